"""A debtor's own change of where they are reached: at level 3 from "Your data", by its rest of 72 hours (A-44)."""

from dataclasses import dataclass
from typing import Any

from portal.core import db
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.debtors import actions, notices, queries
from portal.debtors.models import ContactPoint, Debtor, StepUp
from portal.debtors.step_up_rules import EMAIL, MOBILE
from portal.web import i18n

ACTION = "contacts.change"
REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None is left as it is."""

    email: str | None = None
    mobile: str | None = None  # as +393331234567

    @property
    def is_empty(self) -> bool:
        return self.email is None and self.mobile is None

    def as_kept(self) -> dict[str, Any]:
        return {"email": self.email, "mobile": self.mobile}


def replace_address(
    debtor_id: int, channel: str, address: str, old: ContactPoint | None, *, except_visit: int
) -> ContactPoint:
    """The debtor's new address takes the place of `old`, whose links die, save the visit that asks (decision 7).

    The new one takes no codes for 72 hours, and all that were in use are told (rule A-44). Raises NotAllowedNow for
    an address that bounced or was stopped by hand.
    """
    in_use = queries.in_use(debtor_id)
    new = _replace(debtor_id, channel, address, old, except_visit=except_visit)
    if new.id not in {contact.id for contact in in_use}:
        notices.tell_of_change(debtor_id, in_use)
    return new


def _replace(
    debtor_id: int, channel: str, address: str, old: ContactPoint | None, *, except_visit: int
) -> ContactPoint:
    new = actions.add_contact(debtor_id, channel, address, source="debtor")
    if new.stopped_at is not None:
        raise NotAllowedNow(t("Nothing can go to this address any more. Please write another one."))
    if old is not None and old.id != new.id:
        actions.stop_contact(old, REPLACED, except_visit=except_visit)
    return new


def terms(debtor_id: int, kept: dict[str, Any], language: str) -> str:
    """What the debtor agrees to, line by line (portal.debtors.step_up.Kind)."""
    debtor = db.session().get_one(Debtor, debtor_id)
    name = creditors.face(debtor.creditor_id).display_name
    lines = [t("I change my contact data at %(creditor)s.", creditor=name)]
    for channel, sentence, instead in (
        (EMAIL, t("My e-mail address is now %(new)s.", new=kept["email"]), t("It replaces %(old)s.")),
        (MOBILE, t("My mobile number is now %(new)s.", new=kept["mobile"]), t("It replaces %(old)s.")),
    ):
        if kept[channel] is None:
            continue
        old = queries.newest_contact(debtor_id, channel)
        lines.append(sentence)
        if old is not None:
            lines.append(Text(instead.msgid, {"old": queries.masked(old.address)}))
    return "\n".join(i18n.say(line, language) for line in lines)


def perform(row: StepUp) -> None:
    """Changes what was typed: the code was right, or a colleague has made sure. All that were in use are told."""
    in_use = queries.in_use(row.debtor_id)
    for channel in (EMAIL, MOBILE):
        address = row.kept[channel]
        if address is not None:
            old = queries.newest_contact(row.debtor_id, channel)
            _replace(row.debtor_id, channel, address, old, except_visit=row.visit_id)
    notices.tell_of_change(row.debtor_id, in_use)
