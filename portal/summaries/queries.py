"""Reading what sums are made of: due items with their postings, and the sums that are kept."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select

from portal.confirmations.models import ReceiptAnswer
from portal.core import clock, db, scope
from portal.creditors import queries as creditors
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Transfer
from portal.summaries.models import FigureCount, FigureSum
from portal.summaries.rules import Item, Key, Posting, Sums, tell_item, tell_posting

RECEIVED = "received"
_AT_ONCE = 10_000  # rows that are fetched in one go

_LINES = (
    select(
        DueItem.id, DueItem.currency, DueItem.due_on, DueItem.invoice_id, Invoice.withdrawn_at,
        Transfer.id, Transfer.value_on, Transfer.debit, Transfer.credit, Transfer.kind, Transfer.amount_minor,
    )
    .join(Transfer, Transfer.receivable_id == DueItem.id)
    .join(Invoice, Invoice.id == DueItem.invoice_id)
    .order_by(DueItem.id, Transfer.value_on)
)  # fmt: skip
_OF_ITEMS = _LINES.where(DueItem.id.in_(bindparam("item_ids", expanding=True)))
_OF_NO_ITEM = select(
    Transfer.currency, Transfer.value_on, Transfer.debit, Transfer.credit, Transfer.kind, Transfer.amount_minor
).where(Transfer.receivable_id.is_(None))
_HEARD = (
    select(ReceiptAnswer.invoice_id, func.min(ReceiptAnswer.at))
    .where(ReceiptAnswer.answer == RECEIVED)
    .group_by(ReceiptAnswer.invoice_id)
)
_HEARD_OF = _HEARD.where(
    ReceiptAnswer.invoice_id.in_(bindparam("invoice_ids", expanding=True)),
    ReceiptAnswer.id.not_in(bindparam("answer_ids", expanding=True)),
)


@dataclass(frozen=True, slots=True)
class Told:
    """A due item as the database has it, with all that was booked on it in the order of value dates."""

    item_id: int
    invoice_id: int
    currency: str
    due_on: date
    withdrawn_at: datetime | None
    postings: tuple[tuple[int, Posting], ...]  # with their ids


def items(item_ids: Collection[int]) -> list[Told]:
    rows = db.session().execute(scope.prepared(_OF_ITEMS), {"item_ids": list(item_ids)}).all()
    return list(_told(rows))


def of_invoices(invoice_ids: Collection[int]) -> list[int]:
    """The due items of these invoices."""
    return list(db.session().scalars(select(DueItem.id).where(DueItem.invoice_id.in_(invoice_ids))))


def heard(invoice_ids: Collection[int], without: Collection[int] = ()) -> dict[int, datetime]:
    """When receipt of these invoices was confirmed first, by other answers than those."""
    values = {"invoice_ids": list(invoice_ids), "answer_ids": list(without)}
    return {row[0]: row[1] for row in db.session().execute(scope.prepared(_HEARD_OF), values)}


def _told(rows: Iterable[Any]) -> Iterator[Told]:
    for item_id, of_item in groupby(rows, key=lambda row: row[0]):
        found = list(of_item)
        _id, currency, due_on, invoice_id, withdrawn_at = found[0][:5]
        postings = tuple((row[5], Posting(*row[6:])) for row in found)
        yield Told(item_id, invoice_id, currency, due_on, withdrawn_at, postings)


class Calendar:
    """Days of moments where the creditor is, which is asked only where there is one."""

    def __init__(self) -> None:
        self._zone = ""

    def day(self, at: datetime) -> date:
        self._zone = self._zone or creditors.in_scope().time_zone
        return clock.day_of(at, self._zone)

    def item(self, told: Told, due_on: date, gone_at: datetime | None, heard_at: datetime | None) -> Item:
        gone_on = self.day(gone_at) if gone_at is not None else None
        return Item(told.currency, due_on, gone_on, heard_at is not None and self.day(heard_at) <= due_on)


def count() -> Sums:
    """Everything of the creditor in scope, from its books alone. Takes seconds for a million invoices."""
    sums, calendar, session = Sums(), Calendar(), db.session()
    heard_at = {row[0]: row[1] for row in session.execute(_HEARD)}
    for told in _told(session.execute(_LINES, execution_options={"yield_per": _AT_ONCE})):
        item = calendar.item(told, told.due_on, told.withdrawn_at, heard_at.get(told.invoice_id))
        tell_item(item, (posting for _id, posting in told.postings), sums)
        for _id, posting in told.postings:
            tell_posting(told.currency, posting, sums)
    for row in session.execute(_OF_NO_ITEM, execution_options={"yield_per": _AT_ONCE}):
        tell_posting(row[0], Posting(*row[1:]), sums)
    return sums


def kept() -> Mapping[tuple[str, Key], tuple[int, int]]:
    """The sums as they are kept, by grain and key."""
    one = FigureSum
    key = (one.grain, one.currency, one.kind, one.on_day, one.key_day)
    wanted = select(*key, func.sum(one.amount_minor), func.sum(one.items)).group_by(*key)
    rows = db.session().execute(wanted, execution_options={"yield_per": _AT_ONCE})
    return {(row[0], Key(*row[1:5])): (int(row[5]), int(row[6])) for row in rows if row[5] or row[6]}


_COUNTED = select(FigureCount.counted_at, FigureCount.differed).where(FigureCount.counted_at.is_not(None))


class Counted(NamedTuple):
    """When the books were counted last, and how many sums had differed and were put right."""

    at: datetime
    differed: int


def head() -> FigureCount | None:
    return db.session().scalar(select(FigureCount))


def whole() -> bool:
    """Whether figures may be read from the sums: they are of everything, so of nobody whose reach is less."""
    return counted() is not None


def counted() -> Counted | None:
    """The last count, or None where the sums are not to be read.

    Asked once in a unit of work, so that all figures of a page come from one place.
    """
    current, info = scope.current(), db.session().info
    if current.reach is not None or current.debtor_id is not None:
        return None
    if "figures_counted" not in info:
        row = db.session().execute(scope.prepared(_COUNTED)).one_or_none()
        info["figures_counted"] = Counted(row[0], row[1]) if row is not None and row[0] is not None else None
    found: Counted | None = info["figures_counted"]
    return found
