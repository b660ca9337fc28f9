"""The road to naming a day, or to the day that was named."""

from collections.abc import Sequence

from flask import url_for

from portal.core import clock
from portal.core.text import t
from portal.debtors.visits import Current
from portal.invoices import holds
from portal.invoices.payable import ONLINE_CURRENCY
from portal.invoices.queries import Item
from portal.web.offers import Offer

KIND = "promise"
LATE, EARLY, NAMED = 60, 45, 30


def offer(visit: Current, items: Sequence[Item]) -> list[Offer]:
    """One road: the page finds out by itself what may be promised, and what is promised already."""
    open_ones = [item for item in items if item.is_open and item.open.currency == ONLINE_CURRENCY]
    if not visit.may_answer or not open_ones or not visit.creditor.promise_days:
        return []
    road = url_for("promises_debtor.show_new")
    if all(item.held_for == holds.PROMISED for item in open_ones):
        return [Offer(t("The day that you named"), t("See it, change it, keep it"), road, NAMED, KIND)]
    late = any(item.due_on < clock.today(visit.creditor.time_zone) for item in open_ones)
    return [Offer(t("Tell us when you will pay"), t("Until that day nobody reminds you"), road,
                  LATE if late else EARLY, KIND)]  # fmt: skip
