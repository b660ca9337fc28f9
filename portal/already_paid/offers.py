"""The road to "I have already paid", or to what was said about it."""

from collections.abc import Sequence

from flask import url_for

from portal.core import clock
from portal.core.text import t
from portal.debtors.visits import Current
from portal.invoices import holds
from portal.invoices.queries import Item
from portal.web.offers import Offer

KIND = "already_paid"
LATE, SAID = 40, 30


def offer(visit: Current, items: Sequence[Item]) -> list[Offer]:
    """Once the due date is past; the page finds out by itself what was said before."""
    open_ones = [item for item in items if item.is_open]
    if not visit.may_answer or not open_ones:
        return []
    road = url_for("already_paid_debtor.show_new")
    if all(item.held_for == holds.ALREADY_PAID for item in open_ones):
        return [Offer(t("What you said you have paid"), t("Where our search stands"), road, SAID, KIND)]
    if all(item.due_on >= clock.today(visit.creditor.time_zone) for item in open_ones):
        return []
    return [Offer(t("I have already paid"), t("Tell us when: we look for it"), road, LATE, KIND)]
