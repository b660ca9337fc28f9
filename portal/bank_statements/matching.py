"""What each new movement is: money by reference, money that waits, a return, or nothing of ours."""

from collections.abc import Callable, Collection, Mapping, Sequence

from portal.bank_statements import booking, outgoing, queries, returning
from portal.bank_statements.models import BankMovement
from portal.bank_statements.states import MovementStatus
from portal.core import db
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item

S = MovementStatus
_AT_ONCE = 500
# What else a reference may spell than a due item: an instalment stands for the due items of its plan. Each is asked
# with ids and answers by id; filled by portal.reactions.
stands_for: list[Callable[[Collection[int]], Mapping[int, Sequence[int]]]] = []


def match(rows: Sequence[BankMovement]) -> int:
    """Books, keeps waiting or puts aside each of these new movements, in their order; those that may be known
    already wait. How many earlier returns found what they give back."""
    for row in rows:
        if row.same_as_id is not None:
            booking.wait(row, booking.MAY_BE_KNOWN)
    sure = [row for row in rows if row.same_as_id is None]
    credits_ = [row for row in sure if row.amount_minor > 0]
    named = {row.id: returning.items_named(row) for row in credits_}
    named = _due_items(named)
    items = _items_by_id({item_id for found in named.values() for item_id in found})
    for row in credits_:
        _credit(row, [items[item_id] for item_id in named[row.id] if item_id in items])
    db.session().flush()
    for row in sure:
        if row.amount_minor < 0:
            _debit(row)
    found = _later_found(credits_)
    db.session().flush()
    return found


def match_waiting(row: BankMovement) -> None:
    """A waiting movement is looked at as if it had just come: a person has told what it is, or is not."""
    if row.amount_minor < 0:
        row.why = queries.NOT_THERE_YET
        returning.take(row)
    else:
        items = _items_by_id(set(_due_items({row.id: returning.items_named(row)})[row.id]))
        _credit(row, list(items.values()))
        _later_found([row])
    db.session().flush()


def _later_found(credits_: Sequence[BankMovement]) -> int:
    """Returns that came before what they give back."""
    if not any(row.status in queries.HELD for row in credits_):
        return 0
    return sum(returning.take(waiting) for waiting in queries.waiting_returns())


def _due_items(named: Mapping[int, Sequence[int]]) -> dict[int, list[int]]:
    """By movement the due items that its references name, or stand for."""
    everything = {one for found in named.values() for one in found}
    meant: dict[int, Sequence[int]] = {}
    for provider in stands_for if everything else ():
        meant |= provider(everything)
    return {
        row_id: list(dict.fromkeys(item_id for one in found for item_id in meant.get(one, (one,))))
        for row_id, found in named.items()
    }


def _items_by_id(item_ids: set[int]) -> Mapping[int, Item]:
    found: dict[int, Item] = {}
    wanted = sorted(item_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        found |= {item.item_id: item for item in invoice_queries.items(wanted[start : start + _AT_ONCE])}
    return found


def _credit(row: BankMovement, named: Sequence[Item]) -> None:
    if row.reversal:
        booking.wait(row, booking.REVERSED_DEBIT)
    elif not named:
        booking.wait(row, booking.NO_REFERENCE)
    elif len({item.debtor_id for item in named}) > 1:
        booking.wait(row, booking.SEVERAL_DEBTORS)
    elif any(item.amount.currency != row.currency for item in named):
        booking.wait(row, booking.OTHER_CURRENCY)
    elif booking.is_far_ahead(row):
        booking.wait(row, booking.VALUE_AHEAD)
    else:
        # Read again: an earlier movement of this file may have paid part of it.
        booking.book_by_reference(row, invoice_queries.items([item.item_id for item in named]))


def _debit(row: BankMovement) -> None:
    returning.take(row)
    if row.status is S.NEW:
        outgoing.take(row)
