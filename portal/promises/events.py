"""What happened to a promise: ids, days and amounts in minor units, never a word that somebody wrote."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@dataclass(frozen=True, kw_only=True)
class _About(Event):
    promise_id: int
    item_ids: tuple[int, ...]
    amount_minor: int
    currency: str
    pay_on: date


@event("promise.made", about="promise", public=True)
@dataclass(frozen=True, kw_only=True)
class PromiseMade(_About):
    """The customer named a day on which they will pay."""


@event("promise.amended", about="promise", public=True)
@dataclass(frozen=True, kw_only=True)
class PromiseAmended(_About):
    """Before that day they named another one, `pay_on`."""


@event("promise.kept", about="promise", public=True)
@dataclass(frozen=True, kw_only=True)
class PromiseKept(_About):
    """All of it came by that day."""

    paid_minor: int


@event("promise.broken", about="promise", public=True)
@dataclass(frozen=True, kw_only=True)
class PromiseBroken(_About):
    """The day is over; `paid_minor` of it came in time."""

    paid_minor: int


@event("promise.overtaken", about="promise", public=True)
@dataclass(frozen=True, kw_only=True)
class PromiseOvertaken(_About):
    """Nothing is left to pay of it: it was credited, waived or taken back; or another promise took its place."""


@event("promise.expired", about="promise", public=True)
@dataclass(frozen=True, kw_only=True)
class PromiseExpired(_About):
    """The day is over while the creditor was still looking into something about it: neither kept nor broken."""


@event("promise.cancelled", about="promise", public=True)
@dataclass(frozen=True, kw_only=True)
class PromiseCancelled(_About):
    """It was taken back before its day."""


@event("promise.reopened", about="promise", public=True)
@dataclass(frozen=True, kw_only=True)
class PromiseReopened(_About):
    """The money that had kept it went back before the day was over: it is promised as before."""
