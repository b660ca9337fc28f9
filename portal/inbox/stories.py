"""Every event as a sentence for the creditor's people. A new event gets its sentence here (a test asks for it)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.confirmations import rules as receipts
from portal.core.money import Money
from portal.core.text import Text, t
from portal.debtors import gate
from portal.invoices import holds
from portal.people import roles
from portal.web import i18n

GOOD, WAIT, PROBLEM, PLAIN = "good", "wait", "problem", "plain"


@dataclass(frozen=True, slots=True)
class Story:
    """A sentence with placeholders (see `_arguments`), how it is tinted, and what is added where a field is there."""

    text: Text
    kind: str = PLAIN
    notes: Mapping[str, Text] = field(default_factory=dict)


_WHY = {"why": t("%(why)s")}
_UNTIL = {"until": t("Until %(until)s.")}

STORIES: dict[str, Story] = {
    # What debtors do
    "receipt.confirmed": Story(
        t("Invoice %(number)s arrived, all is fine"),
        GOOD,
        {"will_pay_on": t("They mean to pay on %(will_pay_on)s.")},
    ),
    "receipt.problem_reported": Story(t("Something is wrong with invoice %(number)s: %(category)s"), WAIT),
    "receipt.denied": Story(
        t("Invoice %(number)s has not arrived"),
        WAIT,
        {"address_corrected": t("They gave another address.")},
    ),
    "question.asked": Story(t("They asked something"), WAIT),
    "question.answered": Story(t("The question was answered"), GOOD),
    "transfer.announced": Story(t("A transfer of %(amount)s is on its way, they say"), WAIT, _UNTIL),
    "payment.created": Story(t("A payment of %(amount)s was begun")),
    "payment.redirected": Story(t("They went on to the payment page")),
    "payment.processing": Story(t("A payment of %(amount)s is on its way"), WAIT),
    "payment.succeeded": Story(
        t("%(amount)s was paid"),
        GOOD,
        {"excess_minor": t("%(excess)s was more than what was open: it is kept as their credit.")},
    ),
    "payment.failed": Story(t("A payment of %(amount)s did not go through"), WAIT, _WHY),
    "payment.expired": Story(t("A payment lapsed without being finished")),
    "payment.cancelled": Story(t("A payment was cancelled")),
    # At the door
    "gate.passed": Story(t("Opened by the person"), GOOD),
    "visit.ended": Story(t("The visit ended: %(why)s")),
    "link.issued": Story(t("A link was made: %(campaign)s")),
    "link.revoked": Story(t("A link was revoked: %(why)s")),
    "link.frozen": Story(t("A link rests after five wrong answers"), PROBLEM),
    "contact.added": Story(t("An address was added: %(source)s")),
    "contact.confirmed": Story(t("A colleague decided: this address is theirs")),
    "contact.stopped": Story(t("An address is no longer used: %(why)s"), WAIT),
    "courtesy.stopped": Story(t("They want no more courtesy messages at this address"), WAIT),
    "courtesy.resumed": Story(t("They want courtesy messages again")),
    # Messages
    "message.planned": Story(t("A message was planned: %(key)s")),
    "message.sending": Story(t("A message is being sent")),
    "message.sent": Story(t("A message was sent: %(key)s")),
    "message.failed": Story(t("A message could not be sent: %(key)s"), PROBLEM, _WHY),
    "message.bounced": Story(t("The address takes no mail"), PROBLEM),
    "message.suppressed": Story(t("A message was held back"), PLAIN, _WHY),
    # Invoices and the books
    "invoice.imported": Story(t("%(document)s %(number)s over %(total)s came in")),
    "invoice.changed": Story(t("Invoice %(number)s came in again with changes: %(fields)s"), WAIT),
    "invoice.settled": Story(t("Invoice %(number)s is settled"), GOOD),
    "invoice.withdrawn": Story(t("Invoice %(number)s was withdrawn")),
    "item.settled": Story(t("%(amount)s came off invoice %(number)s (%(by)s), %(open)s is left"), GOOD),
    "item.held": Story(t("Nobody asks for invoice %(number)s now: %(reason)s"), WAIT, _UNTIL),
    "item.released": Story(t("Invoice %(number)s no longer rests: %(reason)s")),
    "credit_note.applied": Story(
        t("A credit note took %(applied)s off"),
        GOOD,
        {"unallocated_minor": t("%(unallocated)s of it is kept as their credit.")},
    ),
    "import.uploaded": Story(t("A file was uploaded")),
    "import.started": Story(t("An import began")),
    "import.finished": Story(t("An import ended: %(created)s new, %(changed)s changed, %(refused)s refused"), GOOD),
    "import.failed": Story(t("An import stopped"), PROBLEM, _WHY),
    "import.discarded": Story(t("An import was discarded")),
    # The creditor's own side
    "endpoint.added": Story(t("An address for your system was added")),
    "endpoint.stopped": Story(t("Nothing goes to your system any more"), PROBLEM, _WHY),
    "endpoint.resumed": Story(t("Your system is told again"), GOOD),
    "delivery.queued": Story(t("Your system is to be told")),
    "delivery.made": Story(t("Your system was told"), GOOD),
    "delivery.gave_up": Story(t("Your system could not be told"), PROBLEM, _WHY),
    "delivery.replayed": Story(t("Your system is told once more")),
    "payment_method.configured": Story(t("A way to pay was set up: %(method)s")),
    "creditor.changed": Story(t("The settings were changed: %(fields)s")),
    "person.invited": Story(t("A colleague was invited as %(role)s")),
    "person.invitation_withdrawn": Story(t("An invitation was taken back")),
    "person.joined": Story(t("A colleague joined as %(role)s"), GOOD),
    "person.role_changed": Story(t("A colleague is now %(role)s")),
    "person.access_ended": Story(t("A colleague's access was ended")),
    "person.signed_in": Story(t("A colleague signed in")),
    "person.signed_out_everywhere": Story(t("A colleague was signed out everywhere")),
    "person.password_changed": Story(t("A colleague changed their password")),
}

# What happened at the door without anybody having proved anything: never called opened (rule A-33).
TRACES: dict[str, Story] = {
    gate.FETCHED: Story(t("The link was fetched, by a machine or a person")),
    gate.WRONG_FACT: Story(t("Somebody typed something that does not fit"), WAIT),
    gate.NOT_ME: Story(t("Somebody said: this is not me"), PROBLEM),
    gate.VIEWED: Story(t("The document was shown")),
}

WORDS: dict[str, Text] = {
    "revoked": t("its link was revoked"),
    "left": t("they left"),
    "by_hand": t("a colleague did it"),
    "by_staff": t("a colleague did it"),
    "replaced": t("another one took its place"),
    "bounced": t("mail came back"),
    "not_me": t("it belongs to somebody else"),
    "creditor": t("from your records"),
    "debtor": t("by the customer"),
    "caring": t("courtesy message"),
    "new_link": t("a new link"),
    "question_answered": t("an answer"),
    "invoice_copy": t("a copy of the invoice"),
    "receipt_copy": t("a copy of the answer"),
    "payment_receipt": t("a payment receipt"),
    "qr": t("the code on paper"),
    "paper": t("the code on paper"),
    "invoice": t("invoice"),
    "late_credit": t("credit used later"),
    "settlement": t("settled elsewhere"),
    "payment": t("payment"),
    "credit_note": t("credit note"),
    "card": t("card"),
    "bank_transfer": t("bank transfer"),
}


_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_UNKNOWN = "–"  # an old event may lack a field that its sentence names today


def tell(story: Story, data: Mapping[str, Any], number: str | None) -> tuple[str, str]:
    """The sentence and its note in the reader's language; `number` is the invoice's, where there is one."""
    said = _arguments(data, number)
    notes = [_say(note, said) for name, note in story.notes.items() if data.get(name)]
    return _say(story.text, said), " ".join(notes)


def _say(text: Text, said: Mapping[str, Any]) -> str:
    named = _PLACEHOLDER.findall(text.msgid)
    return i18n.say(Text(text.msgid, {name: said.get(name, _UNKNOWN) for name in named}))


def _arguments(data: Mapping[str, Any], number: str | None) -> dict[str, Any]:
    said = {name: _word(name, value) for name, value in data.items() if not name.endswith("_minor")}
    currency = data.get("currency")
    for name, value in data.items():
        if name.endswith("_minor") and isinstance(value, int) and currency:
            said[name.removesuffix("_minor")] = i18n.money(Money(value, currency))
    said["number"] = number or data.get("number") or _UNKNOWN
    said["document"] = t("Credit note") if data.get("kind") == "credit_note" else t("Invoice")
    return said


def _word(name: str, value: Any) -> Any:
    if name in {"until", "will_pay_on", "value_on"} and isinstance(value, str):
        return i18n.day(date.fromisoformat(value))
    if name == "category":
        return receipts.CATEGORIES.get(value, receipts.CATEGORIES["other"])
    if name == "reason":
        return holds.LABELS.get(value, value)
    if name == "role":
        role = roles.read(str(value))
        return role.label if role else value
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return WORDS.get(value, value) if isinstance(value, str) else value
