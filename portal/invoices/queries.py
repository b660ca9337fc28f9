"""Due items and invoices as pages and actions need them: small rows, one query each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from portal.core import clock, db, scope
from portal.core.money import Money
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice, Reservation
from portal.ledger.models import Receivable


@dataclass(frozen=True, slots=True)
class Item:
    """A due item with its invoice, what is open of it, and the attempt that reserves it, if one does."""

    item_id: int
    invoice_id: int
    debtor_id: int
    number: str
    issued_on: date
    due_on: date
    position: int
    amount: Money
    open: Money
    reference: str
    iban: str | None
    withdrawn: bool
    reserved_by: int | None
    held_for: str | None = None  # why nobody may chase it now; the newest reason where there are several
    parts: int = 1  # how many due items its invoice has
    interest_waits_from: date | None = None  # its interest is counted up to the day before (rule B-53)
    held_until: datetime | None = None  # when that hold ends by itself, if it does
    not_issued: bool = False  # the SdI sent its invoice back (holds.SDI_REJECTED): nothing is to be paid on it now
    resting_minor: int = 0  # what of it nobody is asked to pay beforehand (holds.STAYS_OUT); more than is open: all

    @property
    def free(self) -> Money:
        """What of the open amount nobody contests and nobody said is on its way."""
        return Money(max(self.open.minor - self.resting_minor, 0), self.open.currency)

    @property
    def is_open(self) -> bool:
        return self.open.minor > 0 and not self.withdrawn


def _newest_hold(column: Any) -> Any:
    """Of what holds a due item the newest."""
    return (
        select(column)
        .where(
            Hold.due_item_id == DueItem.id,
            holds.running(bindparam("now", callable_=clock.now, type_=db.Instant())),
        )
        .order_by(Hold.id.desc())
        .limit(1)
        .correlate(DueItem)
        .scalar_subquery()
    )


_HELD_FOR = _newest_hold(Hold.reason)
_RESTING = (
    select(func.coalesce(func.sum(func.coalesce(Hold.amount_minor, Receivable.open_minor)), 0))
    .where(
        Hold.due_item_id == DueItem.id,
        Hold.reason.in_(sorted(holds.STAYS_OUT)),
        holds.running(bindparam("now", callable_=clock.now, type_=db.Instant())),
    )
    .correlate(DueItem, Receivable)
    .scalar_subquery()
)
_PARTS = aliased(DueItem)
_HOW_MANY = (
    select(func.max(_PARTS.position))
    .where(_PARTS.invoice_id == DueItem.invoice_id)
    .correlate(DueItem)
    .scalar_subquery()
)
_COLUMNS = (
    DueItem.id,
    DueItem.invoice_id,
    DueItem.debtor_id,
    Invoice.number,
    Invoice.issued_on,
    DueItem.due_on,
    DueItem.position,
    DueItem.amount_minor,
    DueItem.currency,
    Receivable.open_minor,
    DueItem.reference,
    DueItem.iban,
    Invoice.withdrawn_at,
    Reservation.attempt_id,
    _HELD_FOR,
    _HOW_MANY,
    Receivable.interest_waits_from,
    _newest_hold(Hold.until),
    holds.counts_as_not_issued().correlate(DueItem),
    _RESTING,
)


def _items() -> Any:
    return (
        select(*_COLUMNS)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .outerjoin(Reservation, and_(Reservation.due_item_id == DueItem.id, Reservation.is_open))
    )


def _item(row: Any) -> Item:
    (item_id, invoice_id, debtor_id, number, issued_on, due_on, position, minor, currency, open_minor, reference,
     iban, withdrawn_at, attempt_id, held_for, parts, waits_from, held_until, not_issued, resting) = row  # fmt: skip
    return Item(
        item_id,
        invoice_id,
        debtor_id,
        number,
        issued_on,
        due_on,
        position,
        Money(minor, currency),
        Money(open_minor, currency),
        reference,
        iban,
        withdrawn_at is not None,
        attempt_id,
        held_for,
        parts,
        waits_from,
        held_until,
        bool(not_issued),
        int(resting),
    )


def items_of_debtor(debtor_id: int, invoice_id: int | None = None, *, only_open: bool = True) -> list[Item]:
    """The due items of one debtor, or of one of their invoices; earliest due first.

    `only_open`: those on which something is to be paid, so none of what counts as not issued.
    """
    statement = _OF_DEBTOR[invoice_id is not None, only_open]
    asked = {"debtor_id": debtor_id} | ({} if invoice_id is None else {"invoice_id": invoice_id})
    return [_item(row) for row in db.session().execute(scope.prepared(statement), asked)]


def _of_debtor(of_invoice: bool, only_open: bool) -> Any:
    statement = _items().where(DueItem.debtor_id == bindparam("debtor_id"))
    if of_invoice:
        statement = statement.where(DueItem.invoice_id == bindparam("invoice_id"))
    if only_open:
        issued = ~holds.counts_as_not_issued()
        statement = statement.where(Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None), issued)
    return statement.order_by(DueItem.due_on, DueItem.id)


_OF_DEBTOR = {(a, b): _of_debtor(a, b) for a in (False, True) for b in (False, True)}


def items(item_ids: Sequence[int]) -> list[Item]:
    """These due items, earliest due first; ids of others' are simply not there."""
    statement = _items().where(DueItem.id.in_(item_ids)).order_by(DueItem.due_on, DueItem.id)
    return [_item(row) for row in db.session().execute(statement)]


def invoice(invoice_id: int) -> Invoice | None:
    """The invoice within the scope, or None."""
    return db.session().scalars(select(Invoice).where(Invoice.id == invoice_id)).one_or_none()


def invoice_and(invoice_id: int, more: ColumnElement[bool]) -> tuple[Invoice | None, bool]:
    """The invoice within the scope, or None, and whether `more` holds: one question for both."""
    row = db.session().execute(select(Invoice, more).where(Invoice.id == invoice_id)).one_or_none()
    return (row[0], bool(row[1])) if row is not None else (None, False)


def shares_its_file(invoice: Invoice) -> bool:
    """Whether another invoice came in the same kept file."""
    others = select(Invoice.id).where(Invoice.file_id == invoice.file_id, Invoice.id != invoice.id).limit(1)
    return db.session().scalar(others) is not None


@dataclass(frozen=True, slots=True)
class HoldNow:
    due_item_id: int
    reason: str
    until: datetime | None


_HOLDING = select(Hold.due_item_id, Hold.reason, Hold.until).where(
    Hold.due_item_id.in_(bindparam("item_ids", expanding=True)),
    holds.running(bindparam("now")),
)


def holds_now(item_ids: Sequence[int]) -> dict[int, list[HoldNow]]:
    """What holds each of these due items at this moment."""
    rows = db.session().execute(scope.prepared(_HOLDING), {"item_ids": list(item_ids), "now": clock.now()})
    found: dict[int, list[HoldNow]] = {}
    for item_id, reason, until in rows:
        found.setdefault(item_id, []).append(HoldNow(item_id, reason, until))
    return found


def open_total_of_invoice(invoice_id: int) -> int:
    """Minor units still open on all due items of an invoice."""
    return int(
        db.session().scalar(
            select(func.coalesce(func.sum(Receivable.open_minor), 0))
            .join(DueItem, DueItem.id == Receivable.id)
            .where(DueItem.invoice_id == invoice_id)
        )
        or 0
    )


def on_paper(invoice_id: int) -> tuple[str, list[Money]] | None:
    """What is printed on an invoice that its holder could type: its number, its totals (decision 5)."""
    found = invoice(invoice_id)
    if found is None:
        return None
    amounts = db.session().scalars(select(DueItem.amount_minor).where(DueItem.invoice_id == invoice_id)).all()
    return found.number, [Money(minor, found.currency) for minor in {found.total_minor, *amounts}]


def first_due_on(invoice_id: int) -> date | None:
    """When the first of an invoice's due items falls due."""
    return db.session().scalar(select(func.min(DueItem.due_on)).where(DueItem.invoice_id == invoice_id))
