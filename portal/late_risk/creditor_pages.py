"""What a customer will probably pay late, and why: for the creditor's own people, never for the customer."""

from typing import Any

from flask import render_template, url_for

from portal.core import clock
from portal.core.money import Money
from portal.core.text import t
from portal.debtors import queries as debtors
from portal.late_risk import queries, rules
from portal.late_risk.queries import Foreseen
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("late_risk_creditor", __name__)


@blueprint.get("/debtors/<id:debtor_id>/foreseen")
@allow(Permission.READ)
def show(debtor_id: int) -> Any:
    debtor = only_own(debtors.debtor(debtor_id))
    found = queries.of_debtor(debtor.id, clock.today(person().creditor.time_zone))
    return render_template(
        "late_risk/staff_foreseen.html",
        title=i18n.gettext("What is to be expected"),
        debtor=debtor.name,
        debtor_url=url_for("debtors_creditor.show", debtor_id=debtor.id),
        known=_known(found),
        items=[_item(one) for one in found],
        by=_by(found),
    )


def _item(one: Foreseen) -> dict[str, Any]:
    score = one.score
    own = [reason for reason in score.reasons if reason.code not in rules.OF_THE_CUSTOMER]
    return {
        "number": one.number,
        "url": url_for("invoices_creditor.show", invoice_id=one.invoice_id),
        "due": i18n.short_day(one.due_on),
        "open": i18n.money(Money(one.open_minor, one.currency)),
        "level": i18n.say(rules.LEVELS[score.level]),
        "percent": i18n.say(t("%(percent)s of a hundred", percent=score.percent)),
        "reasons": [_reason(reason) for reason in own],
    }


def _reason(reason: rules.Reason) -> str:
    """The fact, and by how many of a hundred it moves the expectation."""
    return i18n.say(t("%(fact)s (%(points)s)", fact=reason.text, points=f"{reason.points:+d}"))


def _known(found: list[Foreseen]) -> list[str]:
    """What is known of the customer, whichever of their documents it is: each thing once."""
    facts = (reason for one in found for reason in one.score.reasons if reason.code in rules.OF_THE_CUSTOMER)
    return list(dict.fromkeys(i18n.say(reason.text) for reason in facts))


def _by(found: list[Foreseen]) -> str:
    if any(one.score.learned for one in found):
        return i18n.gettext("Reckoned from how your own customers have paid, because that was more often right.")
    return i18n.gettext("Reckoned by fixed rules from how this customer has paid, and from what they said.")
