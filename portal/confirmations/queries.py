"""What was said about receipt."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.core import db, scope


def answers_of_invoice(invoice_id: int) -> list[ReceiptAnswer]:
    """Every answer about one invoice, the newest first."""
    return list(
        db.session().scalars(
            select(ReceiptAnswer).where(ReceiptAnswer.invoice_id == invoice_id).order_by(ReceiptAnswer.id.desc())
        )
    )


def answer(answer_id: int) -> ReceiptAnswer | None:
    return db.session().scalars(select(ReceiptAnswer).where(ReceiptAnswer.id == answer_id)).one_or_none()


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
