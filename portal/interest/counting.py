"""What interest is due on one item, from its dated history alone: the same answer whenever it is asked.

How the rules are read here, where they leave it open:
- Late is what is open after the effective due date (B-54); then interest counts from the stated one (decision 28).
- A payment pays interest and costs first (art. 1194 c.c.), those of its own day included (B-51).
- What a credit note takes back was never owed: it bears no interest from the beginning.
- Money that went back is owed again from that day: while the creditor had it, nothing was late.
- Days on which the item is contested, or a payment of it is being processed, do not count, then or later.
- Who pays what stood on the page on the bank's working day before the money came owes nothing more.
- Counting stops before the first day whose rate is not verified (B-53).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from portal.core.money import Money
from portal.core.working_days import working_day_before
from portal.interest import rules
from portal.interest.rates import Regime, Unverified
from portal.interest.rules import Row
from portal.ledger.rules import CHARGE, CREDIT_NOTE, INTEREST, Balance, Line, extra_of, fold, in_order

_DAY = timedelta(days=1)
SETTLED_ELSEWHERE = "settlement"  # the creditor's own word that nothing is left


@dataclass(frozen=True, slots=True)
class Terms:
    """What does not change by payments: the two due dates, whose rate counts, and a consumer's contract rate."""

    due_on: date
    effective_on: date
    regime: Regime
    contract_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count, both included; without an end it still lasts.

    With `minor` only so much of the capital is contested, and the rest bears interest.
    """

    first: date
    last: date | None
    minor: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The rows as computed; `entries`: what shall stand booked between one of these days and the one before.

    `waits_from` is the first day that could not be counted, its rate being unverified.
    """

    rows: tuple[Row, ...] = ()
    entries: tuple[tuple[date, int], ...] = ()
    waits_from: date | None = None

    @property
    def total_minor(self) -> int:
        return sum(minor for _, minor in self.entries)


def facts(lines: Iterable[Line]) -> list[Line]:
    """The lines that interest is counted from, in order: all but interest itself; credit notes from the start."""
    kept = [line for line in lines if extra_of(line.kind) != INTEREST]
    begun = min((line.on for line in kept if line.kind == CHARGE), default=None)
    return in_order(
        replace(line, on=min(begun, line.on)) if begun and line.kind == CREDIT_NOTE else line for line in kept
    )


def late_from(lines: Sequence[Line], effective_on: date, pauses: Sequence[Pause], until: date) -> date | None:
    """The first day, up to `until`, on which capital is late and nothing is contested; None where there is none."""
    known = [line for line in facts(lines) if extra_of(line.kind) is None]
    turns = {effective_on, *(line.on for line in known), *(one.last for one in pauses if one.last is not None)}
    for day in sorted(turn + _DAY for turn in turns if effective_on <= turn < until):
        open_before = fold(line for line in known if line.on < day).capital
        if _uncontested(pauses, day, open_before) > 0:
            return day
    return None


def _uncontested(pauses: Sequence[Pause], day: date, capital: int) -> int:
    """What of the capital bears interest on that day; nought or less: nothing."""
    running = [one for one in pauses if _covers(one, day)]
    return capital - sum(capital if one.minor is None else one.minor for one in running)


def _covers(pause: Pause, day: date) -> bool:
    return pause.first <= day and (pause.last is None or day <= pause.last)


def count(
    lines: Sequence[Line], terms: Terms, pauses: Sequence[Pause], until: date, credit: Sequence[Line] = ()
) -> Counted:
    """Interest due on one item through `until` (included), from all its `lines`; their interest is looked past.

    `credit` came for the item and is not used on it (portal.interest.came_late): it bears on what is late as if it
    were, and closes nothing.
    """
    own, known = facts(lines), facts([*lines, *credit])
    in_time = fold(line for line in known if line.on <= terms.effective_on and extra_of(line.kind) is None)
    start = terms.due_on if in_time.capital > 0 else terms.effective_on
    if until <= start:
        return Counted()
    counter = _Counter(terms, pauses, start, known[0].amount.currency if known else "EUR")
    counter.own = Balance() if credit else counter.balance
    counter.take([line for line in known if line.on <= start], [line for line in own if line.on <= start])
    turns = {line.on for line in known if start < line.on < until and extra_of(line.kind) is None}
    for day in sorted(turns | {until}):  # what costs were booked when cuts no row
        since = counter.day
        counter.reach(
            day, [line for line in known if since < line.on <= day], [line for line in own if since < line.on <= day]
        )
    return Counted(tuple(counter.rows), tuple(counter.entries), counter.waits_from)


class _Counter:
    """Walks from date to date: accrues on the capital that is open, then lets the day's lines take effect."""

    def __init__(self, terms: Terms, pauses: Sequence[Pause], start: date, currency: str) -> None:
        self.terms, self.pauses, self.currency = terms, pauses, currency
        self.day, self.balance = start, Balance()
        self.own = self.balance  # of the item's own lines alone: what stands open on it in the books
        self.rows: list[Row] = []
        self.entries: list[tuple[date, int]] = []
        self.waits_from: date | None = None

    def take(self, lines: Iterable[Line], own: Iterable[Line]) -> None:
        for line in lines:
            self.balance.apply(line)
        for line in own if self.own is not self.balance else ():
            self.own.apply(line)

    def reach(self, day: date, lines: Sequence[Line], own: Sequence[Line]) -> None:
        """Counts through `day`; its own lines come after the day's interest (rule B-51)."""
        first, capital = self.day + _DAY, self.balance.capital
        found, unknown = self._between(capital, first, day)
        due = sum(row.amount.minor for row in found)
        self.rows += found
        self.waits_from = self.waits_from or unknown
        self.entries.append((day, due))
        charged = Line(day, INTEREST, Money(due, self.currency))
        self.take([charged, *lines], [charged, *own])
        paid = {line.kind for line in lines if _is_payment(line)}
        if SETTLED_ELSEWHERE in paid:
            self._let_off(self.own.total, day, sum(minor for _, minor in self.entries))
        elif paid and self.own.total <= 0 and self.own is not self.balance and self.balance.ahead:
            # More than enough came: had all been known, the books would have taken what stood there, without the day.
            before, _ = self._between(capital, first, day - _DAY)
            of_the_day = due - sum(row.amount.minor for row in before)
            self._let_off(of_the_day, day, of_the_day)
        elif paid:
            left_on = working_day_before(day)  # an ordinary transfer that arrives on `day`
            shown, _ = self._between(capital, first, left_on - _DAY)
            self._let_off(self.own.total, day, due - sum(row.amount.minor for row in shown))
        self.day = day

    def _between(self, capital: int, first: date, last: date) -> tuple[list[Row], date | None]:
        """The rows of these days, and the first one whose rate is unknown; behind it nothing is counted."""
        if capital <= 0 or self.waits_from is not None:
            return [], None
        found = list[Row]()
        regime, contract = self.terms.regime, self.terms.contract_rate
        for start, end, minor in _spans(self.pauses, first, last, capital):
            money = Money(minor, self.currency)
            try:
                found += rules.rows(money, start, end, regime, contract)
            except Unverified as unknown:
                return [*found, *rules.rows(money, start, unknown.day - _DAY, regime, contract)], unknown.day
        return found, None

    def _let_off(self, short: int, day: date, most: int) -> None:
        """What is short, when it is at most that much, is not asked for: it comes off the latest interest."""
        if not 0 < short <= most:
            return
        off = [Line(day, INTEREST, Money(-short, self.currency))]
        self.take(off, off)
        for place in reversed(range(len(self.entries))):
            on, minor = self.entries[place]
            part = min(minor, short)
            self.entries[place], short = (on, minor - part), short - part


def _is_payment(line: Line) -> bool:
    return line.amount.minor < 0 and extra_of(line.kind) is None and line.kind != CREDIT_NOTE


def _spans(pauses: Sequence[Pause], first: date, last: date, capital: int) -> list[tuple[date, date, int]]:
    """The days from `first` to `last` that count, as spans with the capital that bears interest on them."""
    found = []
    partial = [one for one in pauses if one.minor is not None]
    for start, end in _without([one for one in pauses if one.minor is None], first, last):
        turns = (
            {start} | {one.first for one in partial} | {one.last + _DAY for one in partial if one.last is not None}
        )
        begins = sorted(day for day in turns if start <= day <= end)
        for begin, behind in zip(begins, [*begins[1:], end + _DAY], strict=True):
            left = _uncontested(partial, begin, capital)
            if left > 0:
                found.append((begin, behind - _DAY, left))
    return found


def _without(pauses: Sequence[Pause], first: date, last: date) -> list[tuple[date, date]]:
    """The days from `first` to `last` that count, as spans."""
    spans = []
    for pause in sorted(pauses, key=lambda one: one.first):
        if pause.last is not None and pause.last < first:
            continue
        if pause.first > last:
            break
        if pause.first > first:
            spans.append((first, pause.first - _DAY))
        if pause.last is None:
            return spans
        first = pause.last + _DAY
    return [*spans, (first, last)] if first <= last else spans


def differences(entries: Sequence[tuple[date, int]], booked: Sequence[Line]) -> list[tuple[date, int]]:
    """What is to be booked, dated, so that between any two entries there stands what is due; charges first.

    `booked` are the interest lines that stand on the item already. What stands behind the last entry is taken
    back. However often and late it runs, the sums between the entries are the same.
    """
    found, before = [], date.min
    for on, due in entries:
        stands = sum(line.amount.minor for line in booked if before < line.on <= on)
        found.append((on, due - stands))
        before = on
    behind = [line for line in booked if line.on > before]
    if behind:
        found.append((max(line.on for line in behind), -sum(line.amount.minor for line in behind)))
    return sorted((one for one in found if one[1]), key=lambda one: (one[1] < 0, one[0]))
