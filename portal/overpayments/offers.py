"""The road to money of the reader's that is here: heavy until they have said what to do with it."""

from flask import url_for

from portal.core.text import t
from portal.debtors.visits import Current
from portal.overpayments import queries
from portal.overpayments.models import Overpayment
from portal.web import i18n
from portal.web.offers import Offer

KIND = "credit"
ASKED, ANSWERED = 85, 20


def offer(visit: Current) -> list[Offer]:
    """One road for each amount that its owner may still decide about; for the first page, for it is about no item."""
    return [_road(one) for one in queries.undecided(visit)]


def _road(one: Overpayment) -> Offer:
    answered = one.wish is not None
    return Offer(
        t("%(amount)s of yours is here", amount=i18n.money(one.left)),
        t("You told us what to do with it. You can change that.")
        if answered
        else t("It is more than was open. Tell us what to do with it."),
        url_for("overpayments_debtor.show", overpayment_id=one.id),
        ANSWERED if answered else ASKED,
        KIND,
    )
