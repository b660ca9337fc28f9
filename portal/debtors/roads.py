"""Roads about the visitor rather than about a document: for the foot of the first page."""

from flask import url_for

from portal.debtors import handing_over
from portal.debtors.visits import Current
from portal.web import i18n


def of(visit: Current) -> list[tuple[str, str]]:
    """(label, address) of each; none for the paper's code."""
    if not visit.may_answer:
        return []
    data = (i18n.gettext("Your contact data"), url_for("contacts_debtor.show"))
    if not handing_over.may(visit):
        return [data]
    return [data, (i18n.gettext("Hand over to a colleague"), url_for("hand_over_debtor.show"))]
