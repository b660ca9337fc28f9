"""Which day may be promised, and what the books say of a promise; without a database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from portal.core.money import Money
from portal.core.text import Text, t
from portal.promises.states import PromiseStatus
from portal.web import i18n

REMEMBERED = timedelta(days=365)  # a promise that was not kept tightens the next ones for a year
TOO_MANY_BROKEN = 3
SHORTEST = 3  # days that are left to whoever may still promise


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far ahead a day may lie, how often one may be named for a due item, and the least part of an amount."""

    days: int
    times: int
    least_minor: int


def bounds(days: int, times: int, least_minor: int, broken: int) -> Bounds | None:
    """The creditor's bounds, tightened by how many promises this customer has not kept within a year.

    Each one divides the days and takes one time away. None: no day is taken here any more, a person is asked.
    """
    if days <= 0 or times <= 0 or broken >= TOO_MANY_BROKEN:
        return None
    return Bounds(max(min(days, SHORTEST), days // (broken + 1)), max(1, times - broken), least_minor)


def last_day(found: Bounds, today: date, due: Iterable[date]) -> date:
    """The last day that may be named: so many days from today, or from the due date where that is still to come."""
    return max(today, min(due, default=today)) + timedelta(days=found.days)


def why_not_at_all(found: Bounds | None, times: int) -> Text | None:
    """Why no day may be named for due items for which one was named `times` times already, or None."""
    if found is None:
        return t("A day cannot be taken here just now. Please talk to us: we find one together.")
    if times >= found.times:
        return t("A day was named for it %(times)s times already. Please talk to us: we find one together.",
                 times=times)  # fmt: skip
    return None


def why_not_day(day: date | None, today: date, last: date) -> Text | None:
    """Why this day cannot be promised, or None."""
    if day is None:
        return t("Please choose the day on which you will pay.")
    if day < today:
        return t("This day is over. Please choose today or a later day.")
    if day > last:
        return t("Please choose a day until %(day)s. If you need longer, talk to us.", day=i18n.day(last))
    return None


def why_not_amend(status: PromiseStatus, pay_on: date, today: date) -> Text | None:
    """Why another day cannot be named any more, or None. After its day a promise is what it is (rule E-16)."""
    if status is not PromiseStatus.OPEN:
        return t("This cannot be done any more: it is %(now)s.", now=status.label)
    if today > pay_on:
        return t("The day that you named has passed. Please talk to us: we find another one together.")
    return None


def least(found: Bounds, most: Money) -> Money | None:
    """The least that may be promised of `most`; None where there is only the whole."""
    smallest = Money(found.least_minor, most.currency)
    return smallest if smallest < most else None


@dataclass(frozen=True, slots=True)
class Fact:
    """What the books say of one line, in minor units: promised, come by the day, come in all, open now."""

    promised: int
    in_time: int
    in_all: int
    open: int
    withdrawn: bool = False

    @property
    def needed(self) -> int:
        """What of the promise is still asked for: a credit note or a waiver makes it less, never a payment."""
        return min(self.promised, max(0, self.in_all + (0 if self.withdrawn else self.open)))


def kept_so_far(facts: Sequence[Fact]) -> int:
    """What came in time of what was promised, line by line."""
    return sum(max(0, min(fact.in_time, fact.promised)) for fact in facts)


def judge(facts: Sequence[Fact], pay_on: date, today: date, *, looked_into: bool) -> PromiseStatus:
    """What a promise is on `today`, by what the books say; `looked_into`: the creditor has to decide something else.

    Kept is what was paid in full by its day, to the very day (rule E-16).
    """
    if all(max(0, fact.in_time) >= fact.needed for fact in facts):
        return PromiseStatus.KEPT if kept_so_far(facts) else PromiseStatus.OVERTAKEN
    if today <= pay_on:
        return PromiseStatus.OPEN
    return PromiseStatus.EXPIRED if looked_into else PromiseStatus.BROKEN


@dataclass(frozen=True, slots=True)
class KeptRate:
    """How many promises were due and kept, and what of their amounts came in time (rule E-16); one currency.

    Due are those whose day is over: kept or broken. What was overtaken, taken back, or still being looked into on its
    day was not due. There is none without a day, nor one whose day was changed after it had passed (`why_not_amend`).
    """

    due: int
    kept: int
    promised: Money
    in_time: Money

    @property
    def by_count(self) -> Decimal | None:
        """In per cent to two places; None where nothing was due."""
        return _percent(self.kept, self.due)

    @property
    def by_value(self) -> Decimal | None:
        return _percent(self.in_time.minor, self.promised.minor)


def _percent(part: int, whole: int) -> Decimal | None:
    if not whole:
        return None
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)
