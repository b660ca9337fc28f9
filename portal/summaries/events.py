"""What the nightly count of the figures found."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@event("figures.put_right", about="")
@dataclass(frozen=True, kw_only=True)
class SumsPutRight(Event):
    """Sums differed from the books, and are what the books say again: how many, of which kinds, since which day."""

    sums: int
    kinds: str
    since: date
