"""Settings that a thief would change first: they ask for a fresh proof, and the others are told (rule A-66)."""

from collections.abc import Iterable

from portal.core import scope
from portal.core.text import Text, t
from portal.creditors import actions as creditors
from portal.creditors import queries as creditor_queries
from portal.people import mails, queries

WHAT: dict[str, Text] = {
    "phone": t("the number that customers call"),
    "email": t("the address that customers write to"),
    "gate_fact": t("what the page asks customers for"),
    "no_other_channel": t("where one-time codes may go"),
    "hand_over": t("whether customers may hand documents over"),
    "api_keys": t("which systems of yours may come in by a key"),
    "licensed_lender": t("whether you are a licensed lender"),
}


def tell(changed: Iterable[str], *, by: int) -> None:
    """Mails the other deciders, and the contact address of before and of now, what of these has changed."""
    fields = [name for name in changed if name in WHAT]
    if not fields:
        return
    creditor = creditor_queries.by_id(scope.current().creditor_id)
    actor = queries.by_id(by)
    params = {"by": actor.name if actor is not None else "", "fields": fields}
    told = dict.fromkeys(creditors.contact_addresses(creditor), creditor.language)
    told |= {staff.email: staff.language for staff in queries.deciders(creditor.id) if staff.id != by}
    for address, language in told.items():
        mails.plan(mails.SETTINGS_CHANGED, address, language, params)
