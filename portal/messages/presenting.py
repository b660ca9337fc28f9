"""Messages in the words that the creditor's people read."""

from collections.abc import Iterable
from typing import Any

from portal.core.events import EventRow
from portal.core.text import Text, t
from portal.messages import rules
from portal.messages.channels import all_channels
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.web import i18n

# What a message is about, by its key.
KINDS: dict[str, Text] = {
    "transfer_received": t("Confirmation of a transfer"),
    "transfer_partial": t("Confirmation of a part of the amount"),
    "transfer_late": t("Confirmation of a transfer after its day"),
    "transfer_returned": t("A transfer that the bank took back"),
    "transfer_corrected": t("A transfer that had been counted by mistake"),
    "caring": t("Courtesy message"),
    "caring_soon": t("Courtesy message shortly before the day"),
    "due_today": t("A note on the day itself"),
    "reminder_gentle": t("A gentle word after the day"),
    "reminder_second": t("A word after a call that reached nobody"),
    "find_a_way": t("An invitation to find a way"),
    "before_legal": t("The last friendly word"),
    "new_link": t("New link"),
    "invoice_copy": t("Document sent again"),
    "payment_receipt": t("Payment receipt"),
    "payment_refund": t("On its way back"),
    "payment_refund_failed": t("Did not get back"),
    "overpayment_found": t("Paid too much: a question"),
    "overpayment_settled": t("Paid too much: settled"),
    "question_answered": t("Answer to a question"),
    "call_booked": t("A call is booked"),
    "call_called_off": t("A call is called off"),
    "promise_reminder": t("A note before the day that they named"),
    "plan_agreed": t("What was agreed, to keep"),
    "plan_reminder": t("A note before an instalment"),
    "plan_missed": t("An instalment has not come"),
    "plan_authenticate": t("An instalment needs the customer's bank"),
    "plan_declined": t("An automatic payment did not go through"),
    "plan_notice": t("The notice before a plan ends"),
    "plan_ended": t("A plan has ended"),
    "already_paid_found": t("Found what had been paid"),
    "already_paid_asked": t("A question about what had been paid"),
    "already_paid_not_found": t("Did not find what had been paid"),
    "dispute_raised": t("Something is wrong: we have it"),
    "dispute_question": t("Something is wrong: we wrote"),
    "dispute_closed": t("Something is wrong: the answer"),
    "dispute_reopened": t("Something is wrong: we look again"),
    "dispute_withdrawn": t("Something is wrong: taken back"),
    "dispute_overtaken": t("Something is wrong: the invoice was withdrawn"),
    "plan_answered": t("An answer about paying in instalments"),
    "plan_void": t("Terms of a plan that do not stand any more"),
    "plan_question": t("A word about paying in instalments"),
    "step_up_code": t("One-time code"),
    "step_up_undecided": t("Nobody decided in time"),
    "contact_changed": t("Notice of changed contact data"),
    "survey_asked": t("How it went: a question"),
    "survey_reminder": t("How it went: the one reminder"),
    "survey_improved": t("What we have changed since"),
    "handed_over": t("Handed over to a colleague"),
}
TINTS = {
    MessageStatus.PLANNED: "wait",
    MessageStatus.SENDING: "wait",
    MessageStatus.SENT: "good",
    MessageStatus.FAILED: "problem",
    MessageStatus.SUPPRESSED: "plain",
}
_HAPPENED: dict[str, Text] = {
    "message.planned": t("Planned"),
    "message.sending": t("Handed to the mail relay"),
    "message.sent": t("Accepted by the mail relay"),
    "message.failed": t("Not sent"),
    "message.bounced": t("The address takes no mail: nothing goes there any more"),
    "message.suppressed": t("Held back"),
    "undelivered.sent_instead": t("Its words go another way, once"),
    "undelivered.left": t("No other way leads to its reader: a colleague asks for one"),
    "message.delivered": t("It arrived"),
    "message.undelivered": t("It did not arrive"),
    "message.complained": t("Its reader complained: nothing goes there any more that they did not ask for"),
}
_ON_PAPER: dict[str, Text] = {
    "message.sending": t("Printed as a letter"),
    "message.sent": t("Taken to the post"),
    "message.delivered": t("The post has brought it by now"),
}


# What the network said outweighs that it was sent, the worst first; what arrived in the end did not fail.
_WORST_FIRST = (rules.COMPLAINED, rules.BOUNCED, rules.DELIVERED, rules.FAILED)


def state(message: Message, facts: Iterable[str]) -> tuple[Text, str]:
    """How a message stands, and its tint: what came back is not called sent (pain 14)."""
    said = set(facts)
    found = next((kind for kind in _WORST_FIRST if kind in said), None)
    if found is None:
        return message.status.label, TINTS[message.status]
    return rules.FACTS[found], "good" if found == rules.DELIVERED else "problem"


def kind(message: Message) -> str:
    return i18n.say(KINDS.get(message.key, t("Another kind")))


def channel(message: Message) -> str:
    if message.channel == rules.LETTER:
        return i18n.gettext("Letter")
    found = all_channels().get(message.channel)
    return i18n.say(found.LABEL) if found is not None else message.channel


def why(kept: str | None) -> str:
    """`550 5.1.1: there is no such mailbox`, its sentence in the reader's language."""
    code, colon, sentence = (kept or "").partition(": ")
    if colon and code[:1].isdigit():
        return f"{code}: {i18n.gettext(sentence)}"
    return i18n.gettext(kept) if kept else ""


def entry(row: EventRow, zone: str, *, on_paper: bool = False) -> dict[str, Any]:
    """One line of what became of it, for the timeline."""
    said = _HAPPENED | _ON_PAPER if on_paper else _HAPPENED
    return {
        "when": i18n.moment(row.at, zone),
        "what": i18n.say(said.get(row.name, Text(row.name))),
        "who": None,
        "note": why(row.data.get("why")) or None,
        "href": None,
    }
