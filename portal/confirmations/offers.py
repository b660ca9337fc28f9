"""The road to the three answers: first before the due date, later behind paying."""

from collections.abc import Sequence

from flask import url_for

from portal.confirmations import queries
from portal.confirmations.states import ReceiptStatus
from portal.core import clock
from portal.core.text import t
from portal.debtors.visits import Current
from portal.invoices.queries import Item
from portal.web.offers import Offer

KIND = "receipt"


def offer(visit: Current, items: Sequence[Item]) -> list[Offer]:
    """For one invoice its own page; with several, the earliest that nobody has answered for."""
    if not visit.may_answer or not items:
        return []
    said = queries.receipts([item.invoice_id for item in items])
    answered = {one for one, receipt in said.items() if receipt.status is not ReceiptStatus.SDI_DELIVERED}
    waiting = [item for item in items if item.invoice_id not in answered]
    if not waiting:
        return []
    first = waiting[0]
    early = first.due_on >= clock.today(visit.creditor.time_zone)
    return [
        Offer(
            t("Tell us whether it arrived")
            if len({item.invoice_id for item in items}) == 1
            else t("Tell us whether invoice %(number)s arrived", number=first.number),
            t("And whether everything on it is right"),
            url_for("confirmations_debtor.show", invoice_id=first.invoice_id),
            90 if early else 50,
            KIND,
        )
    ]
