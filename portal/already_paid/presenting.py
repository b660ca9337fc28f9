"""What is said to be paid, in the words that both sides read."""

from collections.abc import Sequence
from typing import Any

from portal.already_paid import queries
from portal.already_paid.models import PaidClaim
from portal.already_paid.states import ClaimStatus
from portal.cases.models import Case
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.web import i18n

S = ClaimStatus
HEADINGS: dict[ClaimStatus, Text] = {
    S.LOOKING: t("Thank you. %(creditor)s is looking for it."),
    S.ASKED: t("We have not found it yet."),
    S.FOUND: t("Found. Thank you."),
    S.NOT_FOUND: t("We could not find it."),
    S.OTHERWISE: t("Nothing is left to pay of it."),
}


def heading(found: PaidClaim, creditor: Face) -> str:
    return i18n.say(t(HEADINGS[found.status].msgid, creditor=creditor.display_name))


def steps(found: PaidClaim) -> list[str]:
    """What comes next, or what one may do now."""
    said: list[Text] = []
    if found.status is S.LOOKING:
        said.append(t("Until %(day)s nobody will remind you.", day=i18n.day(found.until)))
        said.append(t("When your money is here, this closes by itself and you hear of it."))
    elif found.status is S.ASKED:
        said.append(t("Could you look at the date and the reference once more? You can correct both below."))
        said.append(t("If they are right, write to us: a person goes on looking with you."))
    elif found.status is S.NOT_FOUND:
        said.append(t("Write to us or call us: together we find out where it is."))
    return [i18n.say(one) for one in said]


def facts(found: PaidClaim, items: Sequence[Item]) -> list[tuple[str, str]]:
    rows = [
        (t("Document"), ", ".join(invoices.title(item) for item in items)),
        (t("Paid on"), i18n.day(found.paid_on)),
        (t("Reference of your bank"), found.reference or ""),
    ]
    return [(i18n.say(label), value) for label, value in rows if value]


def panel_values(case: Case) -> dict[str, Any] | None:
    """What both sides' panels show; None for a case whose row is gone."""
    found = queries.claim(case.subject_id) if case.subject_id is not None else None
    if found is None:
        return None
    items = invoice_queries.items(queries.item_ids(found.id))
    return {"claim": found, "items": items, "facts": facts(found, items)}
