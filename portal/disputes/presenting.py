"""A dispute as both sides read it: what is contested, how it stands, how it ended."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.core.money import Money
from portal.core.text import Text, t
from portal.disputes import rules
from portal.disputes.models import Dispute, DisputeLine
from portal.disputes.reasons import Offered, label
from portal.disputes.states import DisputeStatus
from portal.invoices.lines import InvoiceLine
from portal.web import i18n

S = DisputeStatus
_CREDITED: Mapping[str, Text] = {
    rules.CREDIT_HERE: t("%(amount)s has been credited."),
    rules.CREDIT_FROM_SYSTEM: t("%(creditor)s sends a credit note over %(amount)s. Until then nobody asks for it."),
}


def grouped(offered: Mapping[str, Offered], first: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """What to choose from: the two categories, `first` before the other, each with its reasons."""
    return [
        (i18n.say(name), [(one.key, i18n.say(one.label)) for one in offered.values() if one.category == category])
        for category, name in sorted(rules.CATEGORIES.items(), key=lambda one: one[0] != first)
    ]


def to_tick(lines: Sequence[InvoiceLine], ticked: str) -> list[dict[str, Any]]:
    chosen = ticked.split()
    return [
        {
            "number": line.number,
            "words": line.description,
            "amount": i18n.money(line.amount),
            "chosen": str(line.number) in chosen,
        }
        for line in lines
    ]


def facts(
    dispute: Dispute, known: Mapping[str, Offered], number: str, lines: Sequence[DisputeLine]
) -> list[tuple[str, str]]:
    """What is contested, in rows; the invoice by its number."""
    say = i18n.gettext
    about = i18n.say(rules.ABOUT[dispute.about])
    rows = [
        (say("Document"), i18n.say(t("Invoice %(number)s", number=number))),
        (say("What is wrong"), i18n.say(label(dispute.reason, known))),
        (say("It is about"), i18n.say(rules.CATEGORIES[dispute.category])),
        (i18n.say(t("Contested")), f"{i18n.money(dispute.amount)} ({about})"),
    ]
    for line in lines:
        amount = i18n.money(Money(line.amount_minor, dispute.currency))
        rows.append((i18n.say(t("Line %(number)s", number=line.number)), f"{line.description} · {amount}"))
    return rows


def ended(dispute: Dispute, creditor: str) -> list[str]:
    """How it was closed, in sentences; nothing while it is under way."""
    if dispute.status is S.WITHDRAWN:
        return [i18n.gettext("You took it back. Nothing is contested any more.")]
    if dispute.status is S.OVERTAKEN:
        return [i18n.gettext("The invoice was withdrawn. You need not pay it, and nothing is contested any more.")]
    if dispute.status is S.REJECTED:
        return [i18n.gettext("We have looked at it and see it differently.")]
    if dispute.upheld_minor is None:
        return []
    upheld = i18n.money(Money(dispute.upheld_minor, dispute.currency))
    right = t("You were right.") if dispute.status is S.UPHELD else t("You were right in part.")
    credited = _CREDITED[dispute.credit or rules.CREDIT_FROM_SYSTEM]
    return [i18n.say(right), i18n.say(Text(credited.msgid, {"amount": upheld, "creditor": creditor}))]
