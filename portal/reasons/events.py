"""Why something is still open, as its customer said it. Difficulty never becomes an event (rule C-26)."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("reason.given", about="reason", public=True)
@dataclass(frozen=True, kw_only=True)
class ReasonGiven(Event):
    """`cause` is forgot, mistake, contest or paid; `invoice_id` is there where it is about one."""

    reason_id: int
    cause: str
    invoice_id: int | None = None
