"""Invoices came in from a file."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("import.started", about="batch")
@dataclass(frozen=True, kw_only=True)
class ImportStarted(Event):
    batch_id: int


@event("import.uploaded", about="batch")
@dataclass(frozen=True, kw_only=True)
class ImportUploaded(Event):
    batch_id: int


@event("import.finished", about="batch", public=True)
@dataclass(frozen=True, kw_only=True)
class ImportFinished(Event):
    batch_id: int
    created: int
    changed: int
    unchanged: int
    refused: int


@event("import.failed", about="batch")
@dataclass(frozen=True, kw_only=True)
class ImportFailed(Event):
    batch_id: int
    why: str


@event("import.discarded", about="batch")
@dataclass(frozen=True, kw_only=True)
class ImportDiscarded(Event):
    batch_id: int
