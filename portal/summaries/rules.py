"""What one due item, and one posting, adds to which sum from which day on.

An item's part in a figure depends on all that was booked on it until a day: a sum of amounts cannot say how many
items are open. So its whole course is told, as changes by value date; what a posting changes is the course with it
less the course without it. The nightly count tells the same of every item.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple

from portal.interest.due_dates import last_day
from portal.ledger import accounts

# By due date, as of any day: what is open and in how many items; how many there are, how many were paid in time.
OPEN, DUE, IN_TIME = "open", "due", "in_time"
DUE_HEARD, IN_TIME_HEARD = "due_heard", "in_time_heard"  # of them those whose receipt was confirmed before
BELOW = "below"  # what single items were overpaid by: of no due date
SOLD, MOVED = "sold", "moved"  # by the month of the value date, less what was taken back since: sales, all charges
PAID = "paid"  # by value date and due date: money that came for due items
CASHED, APART, ASKED = "cashed", "apart", "asked"  # by value date: money in and out, credit apart, anything asked for
BY_DAY_ALONE = frozenset({PAID, CASHED})  # asked for by days of a period, never as all until a day

DAY, MONTH = "d", "m"  # grains

_MONEY = frozenset({accounts.CARD, accounts.BANK, accounts.ELSEWHERE, accounts.UNALLOCATED, accounts.WITHHELD})
_SOLD = frozenset({accounts.SALES, accounts.CREDIT_NOTES, accounts.CREDIT_AHEAD})


class Key(NamedTuple):
    """Which sum, and from which day on."""

    currency: str
    kind: str
    on: date
    of: date


class Posting(NamedTuple):
    """What matters of one line of the books."""

    value_on: date
    debit: str
    credit: str
    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Item:
    """What matters of a due item. `gone_on`: its invoice was taken back; `heard`: its receipt was confirmed by the
    due date."""

    currency: str
    due_on: date
    gone_on: date | None = None
    heard: bool = False


class Sums:
    """Changes of sums, added up by their key: [minor, items]."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        self.kept: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, key: Key, minor: int, items: int = 0) -> None:
        if minor or items:
            one = self.kept[key]
            one[0] += minor
            one[1] += items

    def take_off(self, others: "Sums") -> None:
        for key, (minor, items) in others.kept.items():
            self.add(key, -minor, -items)

    def there(self) -> Mapping[Key, tuple[int, int]]:
        """All that is not nought."""
        return {key: (minor, items) for key, (minor, items) in self.kept.items() if minor or items}


def by_grain(changes: Mapping[Key, tuple[int, int]]) -> Mapping[tuple[str, Key], tuple[int, int]]:
    """The same changes by day, and those that are asked for until a day once more by month."""
    found: defaultdict[tuple[str, Key], list[int]] = defaultdict(lambda: [0, 0])
    for key, (minor, items) in changes.items():
        for grain, at in ((DAY, key.on), (MONTH, key.on.replace(day=1))):
            if grain == DAY or key.kind not in BY_DAY_ALONE:
                of = at if key.kind in _OF_NOTHING else key.of
                one = found[grain, Key(key.currency, key.kind, at, of)]
                one[0] += minor
                one[1] += items
    return {key: (minor, items) for key, (minor, items) in found.items() if minor or items}


_OF_NOTHING = frozenset({BELOW, CASHED, APART, ASKED})


def tell_posting(currency: str, one: Posting, sums: Sums) -> None:
    """What a posting adds by itself, whatever item it is booked on."""
    on = one.value_on
    if one.credit == accounts.UNALLOCATED:
        sums.add(Key(currency, APART, on, on), one.amount_minor)
    if one.debit == accounts.UNALLOCATED:
        sums.add(Key(currency, APART, on, on), -one.amount_minor)
    if one.debit == accounts.RECEIVABLE:
        sums.add(Key(currency, ASKED, on, on), 0, 1)
        if one.credit in _MONEY:
            sums.add(Key(currency, CASHED, on, on), -one.amount_minor)
    elif one.credit == accounts.RECEIVABLE and _is_payment(one):
        sums.add(Key(currency, CASHED, on, on), one.amount_minor)


def _is_payment(one: Posting) -> bool:
    return one.debit in _MONEY and one.kind != "credit_note"


def tell_item(item: Item, postings: Iterable[Posting], sums: Sums) -> None:
    """The course of a due item through all that is booked on it, in the order of value dates."""
    course = _Course(item, sums)
    for day, of_day in groupby(postings, key=lambda one: one.value_on):
        month = day.replace(day=1)
        for one in of_day:
            comes = one.debit == accounts.RECEIVABLE
            signed = one.amount_minor if comes else -one.amount_minor
            course.book(day, signed, paid=not comes)
            course.by_month(MOVED, month, day, signed)
            if (one.credit if comes else one.debit) in _SOLD:
                course.by_month(SOLD, month, day, signed)
            if not comes and _is_payment(one):
                sums.add(Key(item.currency, PAID, day, item.due_on), one.amount_minor)
        if item.gone_on is None or day < item.gone_on:
            course.stand(day)
    if item.gone_on is not None:
        course.go(item.gone_on)


class _Course:
    """Where a due item stands while its postings are gone through: open, overpaid, there, paid in time."""

    __slots__ = ("_is", "_item", "_last", "_minor", "_out_on", "_sums")

    def __init__(self, item: Item, sums: Sums) -> None:
        self._item, self._sums, self._last = item, sums, last_day(item.due_on)
        self._minor, self._out_on = 0, None
        self._is = (0, 0, 0, 0)

    _out_on: date | None

    def book(self, day: date, signed: int, *, paid: bool) -> None:
        self._minor += signed
        if paid:
            self._out_on = day

    def by_month(self, kind: str, month: date, day: date, signed: int) -> None:
        """What was taken back counts from then on in no month."""
        item = self._item
        self._sums.add(Key(item.currency, kind, day, month), signed)
        if item.gone_on is not None:
            self._sums.add(Key(item.currency, kind, max(day, item.gone_on), month), -signed)

    def stand(self, day: date) -> None:
        minor = self._minor
        in_time = minor <= 0 and self._out_on is not None and self._out_on <= self._last
        self._change(day, (max(minor, 0), min(minor, 0), 1, int(in_time)))

    def go(self, day: date) -> None:
        self._change(day, (0, 0, 0, 0))

    def _change(self, day: date, now: tuple[int, int, int, int]) -> None:
        was, self._is = self._is, now
        currency, due_on = self._item.currency, self._item.due_on
        add = self._sums.add
        add(Key(currency, OPEN, day, due_on), now[0] - was[0], (now[0] > 0) - (was[0] > 0))
        add(Key(currency, BELOW, day, day), now[1] - was[1])
        add(Key(currency, DUE, day, due_on), 0, now[2] - was[2])
        add(Key(currency, IN_TIME, day, due_on), 0, now[3] - was[3])
        if self._item.heard:
            add(Key(currency, DUE_HEARD, day, due_on), 0, now[2] - was[2])
            add(Key(currency, IN_TIME_HEARD, day, due_on), 0, now[3] - was[3])
