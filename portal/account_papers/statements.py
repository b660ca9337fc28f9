"""A debtor's account folded from the books as they stand on one day; all amounts of an `Account` are one currency's.

What adds up, always: documents + interest and costs - settled = open, and open - credit = balance, which is the
fold of every line of the books with a value date up to that day (less what the creditor withdrew).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.core.money import Money
from portal.ledger import accounts
from portal.ledger.rules import COSTS, INTEREST, Apart, Line, extra_of, gathered, open_apart

WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the books that touches what the debtor owes or their unallocated credit."""

    id: int
    on: date  # the value date
    kind: str
    debit: str
    credit: str
    item_id: int | None
    amount: Money
    origin_kind: str = ""  # whose money it moves (portal.ledger.models.Transfer)
    origin_id: int = 0

    @property
    def owed(self) -> int:
        """What it adds to the due item, in minor units; negative when it settles."""
        return self.amount.minor * ((self.debit == accounts.RECEIVABLE) - (self.credit == accounts.RECEIVABLE))

    @property
    def kept(self) -> int:
        """What it adds to the debtor's unallocated credit, in minor units."""
        return self.amount.minor * ((self.credit == accounts.UNALLOCATED) - (self.debit == accounts.UNALLOCATED))

    @property
    def is_charge(self) -> bool:
        return accounts.SALES in {self.debit, self.credit}

    @property
    def extra(self) -> str | None:
        """`interest` or `costs` when it adds to one of them (or takes it back), else None."""
        return extra_of(self.kind)

    @property
    def line(self) -> Line:
        """As the books show it to a reader of its due item."""
        return Line(self.on, self.kind, Money(self.owed, self.amount.currency))


@dataclass(frozen=True, slots=True)
class Due:
    """A due item as its document states it; `withdrawn_on` is the day on which the creditor took it back."""

    item_id: int
    invoice_id: int
    number: str
    issued_on: date
    due_on: date
    position: int
    parts: int  # how many due items its document has
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A credit note and the number of the invoice that it corrects."""

    invoice_id: int
    number: str
    issued_on: date
    amount: Money
    related_number: str | None = None


@dataclass(frozen=True, slots=True)
class DueLine:
    """One due item on the day of the statement. `amount` + `interest` + `costs` - `settled` = `open`.

    `apart` is what is open by what it is: payments go to interest and costs first (art. 1194 c.c.).
    """

    due: Due
    amount: Money
    interest: Money
    costs: Money
    settled: Money
    open: Money
    apart: Apart
    days_late: int
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A credit note: what of it was set against documents by that day, and what is still the debtor's credit."""

    note: Note
    used: Money
    left: Money


@dataclass(frozen=True, slots=True)
class Movement:
    """What came or went on one value date: `settled` lowered a document, `kept` raised the unallocated credit."""

    on: date
    kind: str
    account: str  # the other side: where money came from or went to (portal.ledger.accounts)
    about: str | None  # the document's number
    note: str | None  # the credit note's number
    settled: Money
    kept: Money


@dataclass(frozen=True, slots=True)
class Extra:
    """Interest or costs put on a document, or taken off it when negative; `kind` is INTEREST or COSTS.

    Interest that was booked day by day is one line up to `on`.
    """

    on: date
    kind: str
    about: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Account:
    """Everything in one currency up to and including `day`."""

    day: date
    currency: str
    lines: tuple[DueLine, ...]
    notes: tuple[NoteLine, ...]
    movements: tuple[Movement, ...]
    extras: tuple[Extra, ...]
    credit: Money  # the debtor's money that belongs to no document yet

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return Money(sum(one.minor for one in amounts), self.currency)

    @property
    def documents(self) -> Money:
        return self._sum(line.amount for line in self.lines)

    @property
    def interest(self) -> Money:
        return self._sum(line.interest for line in self.lines)

    @property
    def costs(self) -> Money:
        return self._sum(line.costs for line in self.lines)

    @property
    def settled(self) -> Money:
        return self._sum(line.settled for line in self.lines)

    @property
    def open(self) -> Money:
        return self._sum(line.open for line in self.lines)

    @property
    def late(self) -> Money:
        return self._sum(line.open for line in self.lines if line.days_late)

    @property
    def apart(self) -> Apart:
        nothing = Money(0, self.currency)
        return sum((line.apart for line in self.lines), Apart(nothing, nothing, nothing))

    @property
    def balance(self) -> Money:
        return self.open - self.credit


@dataclass(slots=True)
class _Item:
    amount: int = 0
    interest: int = 0
    costs: int = 0
    settled: int = 0
    entries: list[Entry] = field(default_factory=list)

    @property
    def open(self) -> int:
        return self.amount + self.interest + self.costs - self.settled


def fold(
    day: date, dues: Sequence[Due], notes: Sequence[Note], entries: Sequence[Entry],
    last_day: Callable[[date], date] = lambda due_on: due_on,
) -> list[Account]:  # fmt: skip
    """The account on `day`, one per currency. Lines of a later value date and later documents are left out.

    `last_day` says until when payment is in time (rule B-54); what is open after it is late. `entries` come in
    the order in which they were booked.
    """
    known = [entry for entry in sorted(entries, key=lambda entry: entry.on) if entry.on <= day]
    issued = [note for note in notes if note.issued_on <= day]
    currencies = {entry.amount.currency for entry in known} | {note.amount.currency for note in issued}
    return [
        _account(
            day,
            currency,
            dues,
            [note for note in issued if note.amount.currency == currency],
            [entry for entry in known if entry.amount.currency == currency],
            last_day,
        )
        for currency in sorted(currencies, key=lambda code: (code != "EUR", code))
    ]


def _account(  # noqa: PLR0917 - what one currency's account is made of
    day: date, currency: str, dues: Sequence[Due], notes: Sequence[Note], entries: Sequence[Entry],
    last_day: Callable[[date], date],
) -> Account:  # fmt: skip
    by_id = {due.item_id: due for due in dues}
    items = _items(entries)
    # Money may have a value date before the document that it settles: until then it is the debtor's credit.
    ahead = {item_id for item_id in items if not any(one.is_charge for one in items[item_id].entries)}
    lines = [
        _line(day, currency, due, items[due.item_id], last_day)
        for due in sorted(dues, key=lambda due: (due.issued_on, due.invoice_id, due.position))
        if due.item_id in items and due.item_id not in ahead
    ]
    numbers = {note.invoice_id: note.number for note in notes}
    movements = [
        _movement(entry, by_id, numbers, ahead)
        for entry in entries
        if not entry.is_charge and (not entry.extra or entry.item_id in ahead)
    ]
    movements += [
        _withdrawal(line.due, items[line.due.item_id].open - line.open.minor, currency)
        for line in lines
        if line.withdrawn
    ]
    moved = sorted((one for one in movements if one.settled or one.kept), key=lambda one: one.on)
    extras = [extra for line in lines for extra in _extras(line.due.number, items[line.due.item_id])]
    credit = sum(entry.kept for entry in entries) - sum(items[item_id].open for item_id in ahead)
    kept_notes = tuple(_note_lines(notes, entries))
    return Account(
        day,
        currency,
        tuple(lines),
        kept_notes,
        tuple(moved),
        tuple(sorted(extras, key=lambda one: one.on)),
        Money(credit, currency),
    )


def _items(entries: Iterable[Entry]) -> dict[int, _Item]:
    items: dict[int, _Item] = {}
    for entry in entries:
        if entry.item_id is None or not entry.owed:
            continue
        item = items.setdefault(entry.item_id, _Item())
        item.entries.append(entry)
        if entry.is_charge:
            item.amount += entry.owed
        elif entry.extra == INTEREST:
            item.interest += entry.owed
        elif entry.extra == COSTS:
            item.costs += entry.owed
        else:
            item.settled -= entry.owed
    return items


def _line(day: date, currency: str, due: Due, item: _Item, last_day: Callable[[date], date]) -> DueLine:
    withdrawn = due.withdrawn_on is not None and due.withdrawn_on <= day
    left = min(0, item.open) if withdrawn else item.open  # what was paid too much stays the debtor's
    late = max(0, (day - last_day(due.due_on)).days) if left > 0 else 0
    settled = item.settled + item.open - left
    return DueLine(
        due,
        Money(item.amount, currency),
        Money(item.interest, currency),
        Money(item.costs, currency),
        Money(settled, currency),
        Money(left, currency),
        open_apart([entry.line for entry in item.entries] if left > 0 else [], currency),
        late,
        withdrawn,
    )


def _extras(number: str, item: _Item) -> list[Extra]:
    lines = gathered([entry.line for entry in item.entries])
    return [Extra(line.on, extra, number, line.amount) for line in lines if (extra := extra_of(line.kind))]


def _movement(entry: Entry, dues: dict[int, Due], notes: dict[int, str], ahead: set[int]) -> Movement:
    due = dues.get(entry.item_id) if entry.item_id is not None else None
    settled, kept = -entry.owed, entry.kept
    if entry.item_id in ahead:
        settled, kept = 0, kept + settled
    lowers = entry.credit in {accounts.RECEIVABLE, accounts.UNALLOCATED}
    currency = entry.amount.currency
    return Movement(
        entry.on,
        entry.kind,
        entry.debit if lowers else entry.credit,
        due.number if due else None,
        notes.get(entry.origin_id) if entry.kind == "credit_note" else None,
        Money(settled, currency),
        Money(kept, currency),
    )


def _withdrawal(due: Due, left: int, currency: str) -> Movement:
    on = due.withdrawn_on or due.issued_on
    return Movement(on, WITHDRAWN, WITHDRAWN, due.number, None, Money(left, currency), Money(0, currency))


def _note_lines(notes: Sequence[Note], entries: Sequence[Entry]) -> Iterator[NoteLine]:
    """What of each was used, or given back, and what is left: its own part of the credit."""
    kept: dict[int, int] = {}
    for entry in entries:
        if entry.origin_kind == "credit_note":
            kept[entry.origin_id] = kept.get(entry.origin_id, 0) + entry.kept
    for note in sorted(notes, key=lambda note: (note.issued_on, note.invoice_id)):
        left, currency = max(0, kept.get(note.invoice_id, 0)), note.amount.currency
        yield NoteLine(note, Money(note.amount.minor - left, currency), Money(left, currency))
