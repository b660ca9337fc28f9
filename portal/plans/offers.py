"""The road to a plan: to make one, or to the one that stands."""

from collections.abc import Sequence

from flask import url_for

from portal.core import clock
from portal.core.text import t
from portal.debtors.visits import Current
from portal.invoices import holds
from portal.invoices.payable import ONLINE_CURRENCY
from portal.invoices.queries import Item
from portal.silence import queries as silence
from portal.web.offers import Offer

KIND = "plan"
LATE, EARLY, STANDS = 58, 42, 95


def offer(visit: Current, items: Sequence[Item]) -> list[Offer]:
    """One road; the page finds out by itself what may be agreed, and names a person where nothing may."""
    open_ones = [item for item in items if item.is_open and item.open.currency == ONLINE_CURRENCY]
    if not visit.may_answer or not open_ones or silence.any_barred(open_ones):
        return []
    road = url_for("plan_choice_debtor.show")
    if all(item.held_for in {holds.PLAN, holds.PLAN_ASKED} for item in open_ones):
        return [Offer(t("Your plan"), t("See it, pay the next instalment, change it"), road, STANDS, KIND)]
    late = any(item.due_on < clock.today(visit.creditor.time_zone) for item in open_ones)
    return [Offer(t("Pay in instalments"), t("See every amount and day before you say yes"), road,
                  LATE if late else EARLY, KIND)]  # fmt: skip
