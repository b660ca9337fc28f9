"""What happened to a letter: ids and days, never whose address it goes to."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@dataclass(frozen=True, kw_only=True)
class _About(Event):
    letter_id: int
    message_id: int


@event("letter.planned", about="letter", public=True)
@dataclass(frozen=True, kw_only=True)
class LetterPlanned(_About):
    """It waits to be printed; `key` says which words it has."""

    key: str


@event("letter.printed", about="letter", public=True)
@dataclass(frozen=True, kw_only=True)
class LetterPrinted(_About):
    """It stands in a PDF with the others of its batch."""

    batch_id: int


@event("letter.posted", about="letter", public=True)
@dataclass(frozen=True, kw_only=True)
class LetterPosted(_About):
    """A person took it to the post on that day; it counts as arrived from `arrives_on`."""

    posted_on: date
    arrives_on: date


@event("letter.cancelled", about="letter", public=True)
@dataclass(frozen=True, kw_only=True)
class LetterCancelled(_About):
    """It does not go: a person took it out, or something objected as it was to be printed."""
