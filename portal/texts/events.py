"""What happened to a creditor's own words: where they stand and which version, never the words."""

from dataclasses import dataclass

from portal.core.events import Event, event


@dataclass(frozen=True, kw_only=True)
class _OwnText(Event):
    own_text_id: int
    key: str
    channel: str
    version: int


@event("own_text.written", about="own_text")
@dataclass(frozen=True, kw_only=True)
class OwnTextWritten(_OwnText):
    """These words hold from now on."""


@event("own_text.left", about="own_text")
@dataclass(frozen=True, kw_only=True)
class OwnTextLeft(_OwnText):
    """The portal's own words hold again."""


@event("own_text.set_aside", about="own_text")
@dataclass(frozen=True, kw_only=True)
class OwnTextSetAside(_OwnText):
    """The tone gate did not let them leave; the portal's own words went instead. Said once a version."""
