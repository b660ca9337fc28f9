"""The figures of credit management, each one pure function with its formula (rules E-10 … E-17, decision 29).

Amounts are minor units of one currency, days are whole days; shares and days come as Decimal, unrounded, None where a
figure is not defined. Sources: the Credit Research Foundation's definitions of DSO, best possible DSO, average days
delinquent and CEI; the count-back method.
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from portal.core.text import Text, t

NOT_DUE, UP_TO_30, UP_TO_60, UP_TO_90, UP_TO_120, OVER_120 = "not_due", "1-30", "31-60", "61-90", "91-120", ">120"
BUCKETS = (NOT_DUE, UP_TO_30, UP_TO_60, UP_TO_90, UP_TO_120, OVER_120)
_ENDS = (0, 30, 60, 90, 120)
LATE = "late"  # every step but the first
MONTHS = 3  # of a period: the as-of month and the two before it


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month as far as it lies before or on the as-of day: its first and last day that count."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def months_until(as_of: date, count: int = MONTHS) -> tuple[Month, ...]:
    """The `count` months that end with the one of `as_of`, the latest last; a running month counts up to the day."""
    found: list[Month] = []
    last = as_of
    for _ in range(count):
        found.append(Month(last.replace(day=1), last))
        last = last.replace(day=1) - timedelta(days=1)
    return tuple(reversed(found))


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def bucket(days_late: int) -> str:
    """Where an open item stands by its days past the effective due date (E-15)."""
    return BUCKETS[bisect_left(_ENDS, days_late)]


def dso(open_minor: int, sales_minor: int, days: int) -> Decimal | None:
    """Days sales outstanding: what is open ÷ sales of the period × its days (E-10)."""
    return Decimal(open_minor) / sales_minor * days if sales_minor > 0 else None


def dso_countback(open_minor: int, sales: Sequence[tuple[int, int]]) -> Decimal | None:
    """Days of sales that what is open stands for, the latest month first: whole months as long as they fit, then the
    part of one (E-11). `sales` are (amount, days) by month, the latest first; None where nothing was ever sold."""
    rest, days = open_minor, Decimal(0)
    if not any(amount > 0 for amount, _ in sales):
        return None
    for amount, of_month in sales:
        if rest <= 0:
            break
        if amount > rest:
            return days + Decimal(rest) / amount * of_month
        rest -= max(0, amount)
        days += of_month
    return days


def best_possible_dso(current_minor: int, sales_minor: int, days: int) -> Decimal | None:
    """What DSO would be if nobody were late: what is not due yet ÷ sales × days (E-12)."""
    return dso(current_minor, sales_minor, days)


def average_days_delinquent(dso_days: Decimal | None, best: Decimal | None) -> Decimal | None:
    """DSO less best possible DSO (E-12)."""
    return dso_days - best if dso_days is not None and best is not None else None


def days_late_weighted(paid: Iterable[tuple[int, int]], *, floor: int | None = 0) -> Decimal | None:
    """Σ amount × days late ÷ Σ amount over what was paid, as (amount, days late); early counts as `floor`, or with
    None as what it is (E-13)."""
    whole, weighed = 0, 0
    for amount, days in paid:
        whole += amount
        weighed += amount * (days if floor is None else max(floor, days))
    return Decimal(weighed) / whole if whole > 0 else None


def days_late_of_late(paid: Iterable[tuple[int, int]]) -> Decimal | None:
    """The same over what was paid late alone (E-13)."""
    return days_late_weighted([one for one in paid if one[1] > 0])


def effectiveness(opening: int, sales: int, closing: int, closing_current: int) -> Decimal | None:
    """CEI in per cent of a month: (opening + sales − what is open at its end) ÷ (opening + sales − what of it is not
    due) × 100 (E-14)."""
    could = opening + sales - closing_current
    return Decimal(opening + sales - closing) / could * 100 if could > 0 else None


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of the aging: how much is open in how many due items."""

    name: str
    amount_minor: int
    count: int


def aging(open_items: Iterable[tuple[int, int, int]]) -> tuple[Bucket, ...]:
    """What is open by days past the effective due date, in the order of BUCKETS, as (days late, amount, items)."""
    amounts, counts = dict.fromkeys(BUCKETS, 0), dict.fromkeys(BUCKETS, 0)
    for days_late, amount, items in open_items:
        name = bucket(days_late)
        amounts[name] += amount
        counts[name] += items
    return tuple(Bucket(name, amounts[name], counts[name]) for name in BUCKETS)


def roll_rates(before: Sequence[Bucket], now: Sequence[Bucket]) -> tuple[tuple[str, str, Decimal | None], ...]:
    """How much of each step of a month ago stands one step later now, in per cent (E-17); the last step has no end,
    so nothing can be said of what rolled into it."""
    then, today = ({one.name: one.amount_minor for one in side} for side in (before, now))
    steps = pairwise(BUCKETS[:-1])
    return tuple((a, b, Decimal(today.get(b, 0)) / then[a] * 100 if then.get(a, 0) > 0 else None) for a, b in steps)


def share(part: int, whole: int) -> Decimal | None:
    """In per cent; None of nothing."""
    return Decimal(part) / whole * 100 if whole > 0 else None


def provision(steps: Sequence[Bucket], rates: Mapping[str, Decimal]) -> int:
    """What would be set aside at these rates in per cent by step: a simulation, no accounting."""
    return sum(int((one.amount_minor * rates.get(one.name, Decimal(0)) / 100).quantize(Decimal(1))) for one in steps)


# What each figure says of itself, on the page, on the command line and in exports.
FORMULAS: Mapping[str, Text] = {
    "dso": t("open in all ÷ sales of the period × days of the period"),
    "dso_countback": t("whole months of sales, counted back from today, that what is open stands for"),
    "bpdso": t("open and not due yet ÷ sales of the period × days of the period"),
    "add": t("DSO less best possible DSO"),
    "add_weighted": t("each payment of the period × its days late, in time as 0, ÷ all of them"),
    "cei": t("(open before the month + sales − open now) ÷ (open before + sales − open and not due) × 100"),
    "aging": t("what is open by days past the last day in time"),
    "promise_kept": t("promises paid in full by their day ÷ promises whose day is over"),
    "plan_kept": t("instalments paid in full in time ÷ instalments whose day is over"),
    "roll_rates": t("open one step later now ÷ open in the step a month ago"),
    "disputes": t("disputed in the period ÷ sales of the period"),
    "on_time": t("documents paid by their last day ÷ documents whose last day is over"),
    "forecast": t("what is due by then × how often it comes: promises and instalments by their kept-rate"),
    "provision": t("what is open in each step × its rate"),
}
