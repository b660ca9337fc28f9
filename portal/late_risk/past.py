"""Settled and open due items in the order of time: what was known of each on the day on which it was issued.

Nothing of after that day is ever looked at: what was paid later counts as open then. Pure, and in one pass.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from heapq import heappop, heappush

from portal.late_risk.rules import REMEMBERED, Everyone, Facts, Past

LOOKED_AT = 100  # of a customer's settled items the newest: how they paid long ago says little


@dataclass(frozen=True, slots=True)
class Owed:
    """One due item of the past: who owed it, how much in minor units, and when it was paid (None: not yet)."""

    who: str
    currency: str
    amount_minor: int
    issued_on: date
    due_on: date
    settled_on: date | None

    def late_by(self, day: date) -> bool | None:
        """Whether it is known on `day` to be late; None where it is not known yet."""
        if self.settled_on is not None and self.settled_on < day:
            return self.settled_on > self.due_on
        return True if self.due_on < day else None


@dataclass(frozen=True, slots=True)
class Known:
    """A due item with what was known of it when it was issued."""

    item: Owed
    facts: Facts


@dataclass(slots=True)
class _Customer:
    """Sums over a customer's newest settled items; and what is not settled yet, the next settlement first."""

    newest: deque[tuple[int, int]] = field(default_factory=deque)  # days from the due date, and the amount
    late: int = 0
    margin_days: int = 0
    days_late: int = 0
    amount_minor: int = 0
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    waiting: list[tuple[date, int, Owed]] = field(default_factory=list)

    def until(self, day: date) -> None:
        """Takes in what was settled before `day`."""
        while self.waiting and self.waiting[0][0] < day:
            settled_on, _place, item = heappop(self.waiting)
            days = (settled_on - item.due_on).days
            self.recent.appendleft(days > 0)
            self.newest.append((days, item.amount_minor))
            self._count(days, item.amount_minor, 1)
            if len(self.newest) > LOOKED_AT:
                self._count(*self.newest.popleft(), -1)

    def _count(self, days: int, minor: int, times: int) -> None:
        self.late += times * (days > 0)
        self.margin_days += times * days
        self.days_late += times * max(0, days)
        self.amount_minor += times * minor

    def on(self, day: date) -> Past:
        open_late = sum(1 for _settled, _place, item in self.waiting if item.due_on < day)
        return Past(
            len(self.newest), self.late, self.margin_days, self.days_late, self.amount_minor, tuple(self.recent),
            open_late,
        )  # fmt: skip


def of_newest(settled: Sequence[tuple[int, int]], open_late: int) -> Past:
    """What is known of a customer whose newest settled items, newest first, are these: days from the due date to the
    payment, and amount in minor units."""
    some = settled[:LOOKED_AT]
    return Past(
        items=len(some),
        late=sum(days > 0 for days, _minor in some),
        margin_days=sum(days for days, _minor in some),
        days_late=sum(max(0, days) for days, _minor in some),
        amount_minor=sum(minor for _days, minor in some),
        recent=tuple(days > 0 for days, _minor in some[:REMEMBERED]),
        open_late=open_late,
    )


def in_time(items: Iterable[Owed]) -> Iterator[Known]:
    """Each item in the order of issue, with what was known on that day; per customer and currency."""
    customers: dict[tuple[str, str], _Customer] = defaultdict(_Customer)
    waiting: list[tuple[date, bool]] = []  # of everybody: settled on, late
    settled = late = 0
    for place, item in enumerate(sorted(items, key=_order)):
        while waiting and waiting[0][0] < item.issued_on:
            _on, was_late = heappop(waiting)
            settled, late = settled + 1, late + was_late
        customer = customers[item.who, item.currency]
        customer.until(item.issued_on)
        past, everyone = customer.on(item.issued_on), Everyone(settled, late)
        yield Known(item, Facts(item.amount_minor, item.issued_on, item.due_on, past, everyone))
        settled_on = item.settled_on or date.max
        heappush(customer.waiting, (settled_on, place, item))
        if item.settled_on is not None:
            heappush(waiting, (settled_on, settled_on > item.due_on))


def _order(item: Owed) -> tuple[date, date, str, int]:
    return item.issued_on, item.due_on, item.who, item.amount_minor
