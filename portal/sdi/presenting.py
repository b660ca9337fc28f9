"""What the SdI said of an invoice, in the words of its customer and of the creditor's people."""

from datetime import datetime
from typing import Any

from portal.core import clock
from portal.core.text import Text, t
from portal.debtors.visits import Current
from portal.invoices.models import Invoice
from portal.people.presenting import person
from portal.sdi import documents as d
from portal.sdi import queries, rules
from portal.sdi.models import SdiMessage
from portal.sdi.rules import At
from portal.web import i18n

_TINTS = {At.REJECTED: "problem", At.REFUSED: "problem", At.AVAILABLE: "wait", At.TRANSMITTED: "wait",
          At.TRYING: "wait", At.NOTHING: "wait"}  # fmt: skip
_OUTCOMES: dict[str, Text] = {
    d.ACCEPTED: t("accepted"),
    d.REFUSED: t("refused"),
    "EN00": t("the answer does not fit the file"),
    "EN01": t("the answer is not admissible"),
}
# What its customer reads; nothing of a rejection here: the page says that by itself.
_FOR_CUSTOMER: dict[At, Text] = {
    At.PASSED: t("The tax system has it"),
    At.TRYING: t("The tax system is trying to deliver it"),
    At.AVAILABLE: t(
        "It waits for you in your own area on the site of the tax authority (Fatture e Corrispettivi). You can also "
        "download it here."
    ),
    At.TRANSMITTED: t("The tax system could not deliver it. You can download it here."),
    At.DELIVERED: t("Delivered by the tax system"),
    At.EXPIRED: t("Delivered by the tax system; the time to answer to it has passed"),
    At.ACCEPTED: t("Delivered by the tax system, and accepted"),
    At.REFUSED: t("Your office refused it. We look into it."),
}
_WITH_DAY: dict[At, Text] = {
    At.DELIVERED: t("Delivered by the tax system on %(day)s"),
    At.EXPIRED: t("Delivered by the tax system on %(day)s; the time to answer to it has passed"),
    At.ACCEPTED: t("Delivered by the tax system on %(day)s, and accepted"),
}


def for_customer(invoice: Invoice, zone: str) -> list[tuple[str, str]]:
    """One row beside the document, where the SdI has said something of it (portal.invoices.remarks)."""
    said = queries.of_invoice(invoice.id)
    now = rules.standing(queries.files_of(invoice), said) if said else None
    if now is None or now.at not in _FOR_CUSTOMER:
        return []
    day = next((one.said_at for one in said if one.kind == d.RC and one.said_at and one.sdi_id == now.sending), None)
    words = _FOR_CUSTOMER[now.at]
    if day is not None and now.at in _WITH_DAY:
        words = Text(_WITH_DAY[now.at].msgid, {"day": i18n.day(clock.day_of(day, zone))})
    return [(i18n.gettext("E-invoice"), i18n.say(words))]


def sorry(visit: Current) -> str:
    """On the first page: which documents the SdI sent back, that the slip is ours, that nothing is to be paid."""
    if visit.invoice_id is not None or not visit.may_answer:
        return ""
    numbers = queries.not_issued(visit.debtor_id)
    if not numbers:
        return ""
    words = t(
        "The tax system sent invoice %(numbers)s back to us. The slip is ours, and we are sorry: please pay nothing "
        "on it now. We make it again and send you the new one.",
        numbers=numbers[0],
    )
    if len(numbers) > 1:
        words = t(
            "The tax system sent some invoices back to us: %(numbers)s. The slip is ours, and we are sorry: please "
            "pay nothing on them now. We make them again and send you the new ones.",
            numbers=", ".join(numbers),
        )
    return i18n.say(words)


def for_staff(invoice: Invoice) -> dict[str, Any] | None:
    """How the invoice stands at the SdI, and every message about it; None where there is none."""
    said = queries.of_invoice(invoice.id)
    now = rules.standing(queries.files_of(invoice), said) if said else None
    if now is None:
        return None
    zone = person().creditor.time_zone
    return {
        "state": rules.LABELS[now.at],
        "kind": _TINTS.get(now.at, "good"),
        "rows": [row(one, zone) for one in said],
    }


def row(one: SdiMessage, zone: str) -> dict[str, Any]:
    """One message with what it says: its errors with their codes, its answer, its words."""
    outcome = _OUTCOMES.get(one.outcome or "")
    notes = [i18n.say(outcome) if outcome is not None else "", one.description or ""]
    notes += [f"{code}: {words}" if words else code for code, words in one.errors]
    return {
        "when": _moment(one.said_at or one.taken_at, zone),
        "code": one.kind,
        "what": i18n.say(d.KINDS[one.kind]),
        "sdi_id": one.sdi_id,
        "file": one.file_name or "",
        "notes": [note for note in notes if note],
    }


def _moment(at: datetime, zone: str) -> str:
    return i18n.moment(at, zone)
