"""That a silence began and ended. What few may know (rule C-26) has events of its own, which no system hears of."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@event("silence.began", about="silence", public=True)
@dataclass(frozen=True, kw_only=True)
class SilenceBegan(Event):
    """Nobody writes about it from here; `item_id` where it is one due item only, `until` the last day."""

    silence_id: int
    reason: str
    item_id: int | None
    until: date | None


@event("silence.ended", about="silence", public=True)
@dataclass(frozen=True, kw_only=True)
class SilenceEnded(Event):
    """`why` is over (its day has come) or by_hand."""

    silence_id: int
    reason: str
    item_id: int | None
    why: str


@event("quiet.began", about="quiet")
@dataclass(frozen=True, kw_only=True)
class QuietBegan(Event):
    """The same for what few may know: no reason, and no system hears of it."""

    quiet_id: int
    until: date | None


@event("quiet.ended", about="quiet")
@dataclass(frozen=True, kw_only=True)
class QuietEnded(Event):
    quiet_id: int
    why: str


@event("limitation.restarted", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class LimitationRestarted(Event):
    """The time to ask for a due item counts anew from a day: a colleague wrote down a formal notice, or the customer
    acknowledged it or agreed a plan (`how`)."""

    item_id: int
    how: str
    counts_from: date


@event("limitation_policy.changed", about="limitation_policy")
@dataclass(frozen=True, kw_only=True)
class LimitationPolicyChanged(Event):
    limitation_policy_id: int
    number: int
