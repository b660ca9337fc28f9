"""Finding money that was paid too much: a debtor's, what waits for a person, what waits to be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, bindparam, false, or_, select

from portal.core import db, scope
from portal.debtors.models import Debtor
from portal.debtors.visits import Current
from portal.ledger.models import Receivable
from portal.ledger.sources import Source
from portal.overpayments.models import Overpayment
from portal.overpayments.states import OverpaymentStatus

S = OverpaymentStatus
SOURCE = "overpayment"  # what using it is booked from, and what refunds are asked for (portal.ledger.actions.Source)
WAITING = (S.OPEN, S.REFUND_REQUESTED)  # for a person of the creditor's
MOST_LISTED = 200


def one(overpayment_id: int) -> Overpayment | None:
    return db.session().scalars(select(Overpayment).where(Overpayment.id == overpayment_id)).one_or_none()


def locked(overpayment_id: int) -> Overpayment | None:
    """As it stands now; nobody else changes it until this transaction ends."""
    return (
        db.session()
        .scalars(
            select(Overpayment)
            .where(Overpayment.id == overpayment_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one_or_none()
    )


def lock_items_of(debtor_id: int) -> None:
    """Nobody else books on the debtor's open due items until this transaction ends."""
    still_open = select(Receivable.id).where(Receivable.debtor_id == debtor_id, Receivable.open_minor > 0)
    db.session().scalars(still_open.order_by(Receivable.id).with_for_update()).all()


def of_source(source: Source) -> Overpayment | None:
    return (
        db.session()
        .scalars(
            select(Overpayment).where(Overpayment.source_kind == source.kind, Overpayment.source_id == source.id)
        )
        .one_or_none()
    )


_OF_DEBTOR = (
    select(Overpayment)
    .where(Overpayment.debtor_id == bindparam("debtor_id"), Overpayment.status.in_((S.OPEN, S.KEPT)))
    .order_by(Overpayment.id)
)


def undecided(visit: Current) -> list[Overpayment]:
    """What this visit's reader may still decide about: theirs, and within the reach of their link (rule A-07).

    The paper's code shows no history (decision 5).
    """
    if not visit.may_answer:
        return []
    rows = db.session().scalars(scope.prepared(_OF_DEBTOR), {"debtor_id": visit.debtor_id})
    return [row for row in rows if visit.invoice_id in {None, row.invoice_id}]


def for_visit(visit: Current, overpayment_id: int) -> Overpayment | None:
    found = one(overpayment_id) if visit.may_answer else None
    return found if found is not None and visit.invoice_id in {None, found.invoice_id} else None


def kept_ids(debtor_id: int | None = None) -> list[int]:
    """What is kept and waits for a due item to be used for, the oldest first."""
    kept = select(Overpayment.id).where(Overpayment.status == S.KEPT)
    if debtor_id is not None:
        kept = kept.where(Overpayment.debtor_id == debtor_id)
    return list(db.session().scalars(kept.order_by(Overpayment.id)))


def debtors_with_kept() -> set[int]:
    """Whose money waits for a due item; asked once in a unit of work, however many invoices come in with it."""
    info = db.session().info
    if "kept_for" not in info:
        kept = select(Overpayment.debtor_id).where(Overpayment.status == S.KEPT)
        info["kept_for"] = set(db.session().scalars(kept))
    found: set[int] = info["kept_for"]
    return found


def unasked_since(before: date) -> list[int]:
    """Open ones about which nobody said anything, and whose day to be given back is past."""
    return list(
        db.session().scalars(
            select(Overpayment.id)
            .where(Overpayment.status == S.OPEN, Overpayment.wish.is_(None), Overpayment.refund_due_on < before)
            .order_by(Overpayment.id)
        )
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the staff's list."""

    overpayment: Overpayment
    debtor: str


def listed(statuses: Sequence[OverpaymentStatus], also: ColumnElement[bool] | None = None) -> list[Row]:
    """Those in these statuses, and those of whom `also` is true, with whose they are, the one due first on top."""
    rows = db.session().execute(
        select(Overpayment, Debtor.name)
        .join(Debtor, Debtor.id == Overpayment.debtor_id)
        .where(or_(Overpayment.status.in_(statuses), false() if also is None else also))
        .order_by(Overpayment.refund_due_on, Overpayment.id)
        .limit(MOST_LISTED)
    )
    return [Row(*row) for row in rows]
