"""The road to contesting an invoice, on the same level as paying it (rule C-33)."""

from collections.abc import Sequence

from flask import url_for

from portal.core.text import t
from portal.debtors.visits import Current
from portal.invoices import holds
from portal.invoices.queries import Item
from portal.web.offers import Offer

KIND = "dispute"
WEIGHT = 45


def offer(visit: Current, items: Sequence[Item]) -> list[Offer]:
    """For one invoice its own page, or what was said of it already; with several, which one comes first."""
    if not visit.may_answer or not items:
        return []
    if len({item.invoice_id for item in items}) > 1:
        road = url_for("disputes_debtor.choose")
        return [
            Offer(t("Something is wrong with a document"), t("Choose which one, and say what"), road, WEIGHT, KIND)
        ]
    road = url_for("disputes_debtor.show_form", invoice_id=items[0].invoice_id)
    if any(item.held_for == holds.DISPUTE for item in items):
        return [Offer(t("What you contested"), t("See where it stands, or write on"), road, WEIGHT, KIND)]
    return [Offer(t("Something is wrong with it"), t("Contest all of it, or only a part"), road, WEIGHT, KIND)]
