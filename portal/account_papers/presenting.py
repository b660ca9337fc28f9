"""The words of an account's papers, the same in the PDF and in the table."""

from portal.account_papers import statements
from portal.account_papers.statements import Due, Extra, Movement
from portal.core.text import Text, t
from portal.ledger import accounts
from portal.ledger.rules import COSTS, INTEREST
from portal.web import i18n

_CAME: dict[str, Text] = {
    accounts.CARD: t("Card payment"),
    accounts.BANK: t("Bank transfer"),
    accounts.CREDIT_NOTES: t("Credit note"),
    accounts.CREDIT_AHEAD: t("Credit"),
    accounts.UNALLOCATED: t("From your credit"),
}
_BACK: dict[str, Text] = {  # told by what they are, wherever they come from
    "refund": t("Paid back"),
    "refund_undone": t("Refund that did not go through"),
    "card_dispute_lost": t("Card payment taken back"),
    "payment_bounced": t("Payment taken back by the bank"),
    "credit_recalled": t("Credit taken back"),
    "invoice_withdrawn": t("Credit again: the invoice was withdrawn"),
    "bank_return": t("Bank transfer that went back"),
    "bank_undone": t("Bank transfer counted here by mistake"),
    "overpayment_returned": t("Paid back"),
    "discount": t("Let go of, as agreed"),
    "credit_covered": t("Credit note for a credit that you had before"),
}
_EXTRAS: dict[str, Text] = {INTEREST: t("Interest for late payment"), COSTS: t("Costs")}


def movement(one: Movement) -> Text:
    """What came or went; a kind that nobody foresaw is told by where its money came from or went to."""
    if one.kind == statements.WITHDRAWN:
        return t("Withdrawn")
    if one.kind in _BACK:
        return _BACK[one.kind]
    if one.note is not None and one.account == accounts.CREDIT_NOTES:
        return t("Credit note %(number)s", number=one.note)
    if one.settled.minor + one.kept.minor < 0:
        return t("Payment taken back") if one.account in accounts.MONEY_IN else t("Correction")
    if one.account in accounts.MONEY_IN:
        return _CAME.get(one.account, t("Payment"))
    return _CAME.get(one.account, t("Correction"))


def charge(one: Extra) -> Text:
    label = _EXTRAS[one.kind]
    return label if one.amount.minor > 0 else t("%(what)s, taken off", what=label)


def document(due: Due) -> str:
    """The number as it stands on the document, with the part where it is due in several."""
    if due.parts < 2:
        return due.number
    return i18n.say(
        t("%(number)s (part %(part)s of %(parts)s)", number=due.number, part=due.position, parts=due.parts)
    )
