"""What was said about receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.core import db, scope
from portal.debtors.models import ContactPoint


def answers_of_invoice(invoice_id: int) -> list[ReceiptAnswer]:
    """Every answer about one invoice, the newest first."""
    return list(
        db.session().scalars(
            select(ReceiptAnswer).where(ReceiptAnswer.invoice_id == invoice_id).order_by(ReceiptAnswer.id.desc())
        )
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer as it was given, and which answer about the same invoice counts now."""

    answer: ReceiptAnswer
    corrected_to: str | None  # the address that came with it
    newest_id: int
    newest_at: datetime

    @property
    def is_newest(self) -> bool:
        return self.answer.id == self.newest_id


def kept(answer_id: int) -> Kept | None:
    newest = aliased(ReceiptAnswer)
    row = (
        db.session()
        .execute(
            select(ReceiptAnswer, ContactPoint.address, newest.id, newest.at)
            .join(Receipt, Receipt.id == ReceiptAnswer.invoice_id)
            .join(newest, newest.id == Receipt.answer_id)
            .outerjoin(ContactPoint, ContactPoint.id == ReceiptAnswer.contact_point_id)
            .where(ReceiptAnswer.id == answer_id)
        )
        .one_or_none()
    )
    return Kept(row[0], row[1], row[2], row[3]) if row is not None else None


def latest(debtor_id: int, limit: int = 20) -> list[ReceiptAnswer]:
    """The debtor's latest answers, whichever invoice they are about."""
    return list(
        db.session().scalars(
            select(ReceiptAnswer)
            .where(ReceiptAnswer.debtor_id == debtor_id)
            .order_by(ReceiptAnswer.id.desc())
            .limit(limit)
        )
    )


_RECEIPTS = select(Receipt).where(Receipt.id.in_(bindparam("invoice_ids", expanding=True)))


def receipts(invoice_ids: Sequence[int]) -> dict[int, Receipt]:
    """Where receipt of these invoices stands; an invoice nobody spoke of is not in it."""
    rows = db.session().scalars(scope.prepared(_RECEIPTS), {"invoice_ids": list(invoice_ids)})
    return {receipt.id: receipt for receipt in rows}
