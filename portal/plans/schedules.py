"""Instalments to the cent and to the day (rules B-70, B-71); without a database."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from portal.core.money import Money, total

MONTH, FORTNIGHT, WEEK = "month", "2weeks", "week"
EVERY = (MONTH, FORTNIGHT, WEEK)
MOST = 600  # instalments that are ever computed: no policy allows more


@dataclass(frozen=True, slots=True)
class Row:
    """One instalment: its number (0 is the down payment), its stated day, its amount."""

    number: int
    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Schedule:
    """All rows in order; what they add up to is the total that was asked for, always."""

    rows: tuple[Row, ...]
    every: str

    @property
    def total(self) -> Money:
        return total([row.amount for row in self.rows], self.rows[0].amount.currency)

    @property
    def down(self) -> Money | None:
        return self.rows[0].amount if self.rows[0].number == 0 else None

    @property
    def instalments(self) -> tuple[Row, ...]:
        """Without the down payment."""
        return tuple(row for row in self.rows if row.number)

    @property
    def first_on(self) -> date:
        return self.instalments[0].due_on

    @property
    def last_on(self) -> date:
        return self.rows[-1].due_on


class TooSmall(ValueError):
    """An instalment would lie below the least: `amount` is what the smallest would be."""

    def __init__(self, amount: Money) -> None:
        super().__init__(f"an instalment of {amount.plain} is below the least")
        self.amount = amount


def day_of(first: date, every: str, place: int) -> date:
    """The day of the instalment at `place`, from 0. Months keep the first one's day: after the 28th of February the
    31st comes back (rule B-71). Raises ValueError for an unknown rhythm, OverflowError beyond the calendar."""
    if every == WEEK:
        return first + timedelta(weeks=place)
    if every == FORTNIGHT:
        return first + timedelta(weeks=2 * place)
    if every != MONTH:
        raise ValueError("month, 2weeks or week")
    year, month = divmod(first.year * 12 + first.month - 1 + place, 12)
    if year > date.max.year:
        raise OverflowError("beyond the calendar")
    return date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1]))


def part_of(amount: Money, percent: Decimal) -> Money:
    """So many per cent of an amount, half a cent up."""
    minor = (Decimal(amount.minor) * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(int(minor), amount.currency)


def spread(
    debt: Money,
    instalments: int,
    first: date,
    every: str = MONTH,
    *,
    down: Money | None = None,
    down_on: date | None = None,
    least: Money | None = None,
) -> Schedule:
    """`debt` in equal instalments from `first` on; the first ones take the cents that are left (rule B-70).

    `down` is paid on `down_on`, or on the first day. Raises TooSmall for an instalment below `least` (one cent
    without it), ValueError for what is no schedule.
    """
    if not 1 <= instalments <= MOST:
        raise ValueError(f"from 1 to {MOST} instalments")
    if down is not None and not 0 <= down.minor < debt.minor:
        raise ValueError("a down payment is less than the whole")
    rest = debt - down if down else debt
    smallest = Money(rest.minor // instalments, rest.currency)
    if smallest < (least or Money(1, rest.currency)) or not smallest:
        raise TooSmall(smallest)
    parts = rest.split([1] * instalments)
    rows = [Row(place + 1, day_of(first, every, place), part) for place, part in enumerate(parts)]
    if down:
        rows.insert(0, Row(0, down_on or first, down))
    return Schedule(tuple(rows), every)


def fitting(debt: Money, each: Money, most: int) -> int:
    """How many instalments it takes to pay no more than `each` at a time, at most `most`; 0 where that is too few."""
    if each.minor <= 0:
        return 0
    needed = -(-debt.minor // each.minor)
    return needed if needed <= most else 0


def covered(rows: Sequence[int], paid: int) -> list[int]:
    """What of each amount, in order, a sum pays; what is over is left."""
    found = []
    for amount in rows:
        part = max(0, min(amount, paid))
        found.append(part)
        paid -= part
    return found
