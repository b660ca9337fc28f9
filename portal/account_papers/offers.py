"""The settlement letter, wherever papers are offered to be kept; and the line about it in the receipt's mail."""

from typing import Any

from flask import url_for
from sqlalchemy import select

from portal.account_papers import queries
from portal.core import db
from portal.core.text import Text, t
from portal.debtors.models import AccessLink
from portal.debtors.visits import Current
from portal.messages.models import Message

RECEIPT = "payment_receipt"


def keepsakes(visit: Current) -> list[tuple[Text, str]]:
    """The letter, when what the visit's link opens has come to nought; never to the paper's code (decision 5)."""
    if not visit.may_answer or not queries.is_settled(visit.debtor_id, visit.invoice_id):
        return []
    return [(t("Keep the settlement letter (PDF)"), url_for("account_papers_debtor.download_settlement"))]


def known_for(message: Message) -> dict[str, Any]:
    """Whether the mail about a receipt may say that a settlement letter waits too, behind the same link."""
    if message.key != RECEIPT:
        return {}
    link = db.session().scalars(select(AccessLink).where(AccessLink.id == message.link_id)).one_or_none()
    if link is None or message.debtor_id is None:
        return {}
    return {"settled": queries.is_settled(message.debtor_id, link.invoice_id)}
