"""Every event as a sentence for the creditor's people. A new event gets its sentence here (a test asks for it)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.already_paid.states import ClaimStatus
from portal.channel_wishes import rules as channels
from portal.confirmations import rules as receipts
from portal.core.money import Money
from portal.core.text import Text, t
from portal.credit_lines import kinds as credit_kinds
from portal.credit_lines import rules as credit_rules
from portal.debtors import gate
from portal.disputes import rules as disputes
from portal.inbox import (
    stories_bank,
    stories_credit,
    stories_doors,
    stories_plans,
    stories_postal,
    stories_releases,
    stories_said,
    stories_sdi,
    stories_silence,
    stories_surveys,
    stories_texts,
)
from portal.inbox.story import GOOD, PLAIN, PROBLEM, WAIT, Story
from portal.inbox.story_words import WORDS
from portal.invoices import holds
from portal.messages import presenting as messages
from portal.overpayments import rules as overpayment_rules
from portal.payments.states import AttemptStatus
from portal.people import roles
from portal.reasons import rules as reasons
from portal.sdi import documents as sdi
from portal.silence import limitation
from portal.silence import rules as silence
from portal.web import i18n

_WHY = {"why": t("%(why)s")}
_UNTIL = {"until": t("Until %(until)s.")}

STORIES: dict[str, Story] = {
    **stories_said.STORIES,
    **stories_bank.STORIES,
    **stories_plans.STORIES,
    **stories_postal.STORIES,
    **stories_releases.STORIES,
    **stories_silence.STORIES,
    **stories_sdi.STORIES,
    **stories_credit.STORIES,
    **stories_texts.STORIES,
    **stories_surveys.STORIES,
    **stories_doors.STORIES,
    "person.exported": Story(t("A colleague took everything out for them")),
    "erasure.requested": Story(t("A colleague asks to erase their data: another one decides"), WAIT),
    "erasure.approved": Story(t("A colleague agreed to erase their data")),
    "erasure.declined": Story(t("A colleague decided to keep their data")),
    "erasure.held_back": Story(t("Their data was not erased: something new had begun meanwhile"), WAIT),
    "erasure.done": Story(t("Their data was erased")),
    "retention.forgotten": Story(t("What had been kept long enough went: %(rows)s")),
    "figures.put_right": Story(t("The nightly count put %(sums)s sums of the figures right")),
    "retention.ran": Story(t("The nightly clearing ran: %(rows)s went")),
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
    "case.opened": Story(t("A case was begun")),
    "rest.begun": Story(t("For a while nobody writes to them")),
    "rest.prolonged": Story(t("For a while longer nobody writes to them")),
    "rest.ended": Story(t("Messages go out again")),
    "call.booked": Story(t("They booked a call")),
    "call.called_off": Story(t("A call was called off")),
    "call.made": Story(t("The call took place, or nobody answered")),
    "case.written": Story(t("They wrote in a case"), WAIT),
    "case.files_added": Story(t("They added files to a case: %(files)s")),
    "case.answered": Story(t("We answered in a case")),
    "case.came_back": Story(t("A case came back: what was waited for did not come"), WAIT),
    "case.closed": Story(t("A case was closed")),
    "case.reopened": Story(t("A case was taken up again"), WAIT),
    "case.seen": Story(t("A colleague has seen the case")),
    "case.assigned": Story(t("A case was handed to a colleague")),
    "case.put_off": Story(t("A case was put off")),
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
    "payment.stands": Story(t("The payment stands so now: %(standing)s")),
    "payment.missing": Story(t("The payment provider knows no payment of %(amount)s: please look"), PROBLEM),
    "payment.evidence_taken": Story(t("A colleague took out what is known of it, for the bank")),
    "payment.given_up": Story(t("A colleague looked at the payment provider: nothing was paid")),
    "payment.bounced": Story(t("A payment of %(amount)s came back: their bank did not pay it"), PROBLEM),
    "payment.refund_requested": Story(t("A colleague asks to pay back %(amount)s: another one decides"), WAIT),
    "payment.refund_approved": Story(t("A colleague approved paying back %(amount)s")),
    "payment.refund_declined": Story(t("A colleague decided not to pay back %(amount)s")),
    "payment.refund_sent": Story(
        t("%(amount)s is on its way back"),
        PLAIN,
        {"elsewhere": t("It was ordered at the payment provider, by hand.")},
    ),
    "payment.refunded": Story(t("%(amount)s was paid back"), GOOD),
    "payment.refund_failed": Story(t("Paying back %(amount)s did not get through"), PROBLEM, _WHY),
    "payment.refund_cancelled": Story(t("Paying back %(amount)s was stopped at the payment provider"), WAIT),
    "payment.disputed": Story(
        t("The cardholder contests a payment of %(amount)s at their bank: nobody asks for its documents"),
        PROBLEM,
        {"answer_by": t("Answer at the payment provider by %(answer_by)s.")},
    ),
    "payment.dispute_won": Story(t("The bank decided: the payment of %(amount)s counts"), GOOD),
    "payment.dispute_lost": Story(t("The bank took %(amount)s back: what it had paid is open again"), PROBLEM),
    "saved_method.asked": Story(t("They agreed to pay instalments automatically, with a code")),
    "saved_method.saved": Story(t("Their card or account is saved: instalments are paid automatically"), GOOD),
    "saved_method.stopped": Story(t("Paying automatically was stopped")),
    "saved_method.failed": Story(t("Paying automatically does not work any more: their bank says no"), WAIT),
    "balance.differs": Story(
        t("The payments of %(day)s do not agree with the payment provider: %(difference)s"), PROBLEM
    ),
    "balance.agrees": Story(t("The payments of %(day)s agree with the payment provider"), GOOD),
    "overpayment.opened": Story(
        t("%(amount)s came in too much (%(came_by)s)"),
        WAIT,
        {"refund_due_on": t("Give it back by %(refund_due_on)s.")},
    ),
    "overpayment.wished": Story(t("About %(amount)s that came in too much they say: %(wish)s"), WAIT),
    "overpayment.kept": Story(t("%(amount)s is kept for what comes next")),
    "overpayment.reopened": Story(t("%(amount)s that came in too much is to be decided once more"), WAIT),
    "overpayment.used": Story(t("%(amount)s of their credit was used")),
    "overpayment.applied": Story(t("Their credit of %(amount)s is used up"), GOOD),
    "overpayment.refund_requested": Story(t("A colleague wants %(amount)s given back"), WAIT),
    "overpayment.refunded": Story(t("%(amount)s was given back"), GOOD),
    "overpayment.refund_failed": Story(t("Giving back %(amount)s did not work"), PROBLEM, _WHY),
    "overpayment.return_seen": Story(t("The bank shows that %(amount)s went back to them on %(day)s"), GOOD),
    "overpayment.withdrawn": Story(t("%(amount)s went back together with its payment")),
    "courtesy.stopped": Story(t("They want no more courtesy messages at this address"), WAIT),
    "courtesy.resumed": Story(t("They want courtesy messages again")),
    # Messages
    "message.planned": Story(t("A message was planned: %(key)s")),
    "message.sending": Story(t("A message is being sent")),
    "message.sent": Story(t("A message was sent: %(key)s")),
    "message.failed": Story(t("A message could not be sent: %(key)s"), PROBLEM, _WHY),
    "message.bounced": Story(t("The address takes no mail"), PROBLEM),
    "message.delivered": Story(t("A message arrived: %(key)s")),
    "message.undelivered": Story(t("A message did not arrive: %(key)s"), PROBLEM),
    "message.complained": Story(t("The reader complained of a message: %(key)s"), PROBLEM),
    "undelivered.sent_instead": Story(t("What did not arrive goes another way"), WAIT),
    "undelivered.left": Story(t("No way leads to the customer: a colleague asks for one"), PROBLEM),
    "message.suppressed": Story(t("A message was held back"), PLAIN, _WHY),
    # Invoices and the books
    "invoice.imported": Story(t("%(document)s %(number)s over %(total)s came in")),
    "invoice.changed": Story(t("Invoice %(number)s came in again with changes: %(fields)s"), WAIT),
    "invoice.settled": Story(t("Invoice %(number)s is settled"), GOOD),
    "invoice.withdrawn": Story(t("Invoice %(number)s was withdrawn")),
    "item.settled": Story(t("%(amount)s came off invoice %(number)s (%(by)s), %(open)s is left"), GOOD),
    "item.reopened": Story(t("%(amount)s of invoice %(number)s is open again (%(by)s), %(open)s in all"), WAIT),
    "item.held": Story(t("Nobody asks for invoice %(number)s now: %(reason)s"), WAIT, _UNTIL),
    "item.released": Story(
        t("Invoice %(number)s no longer rests: %(reason)s"), PLAIN, {"why": t("A colleague decided: %(why)s.")}
    ),
    "credit_note.applied": Story(
        t("A credit note took %(applied)s off"),
        GOOD,
        {
            "unallocated_minor": t("%(unallocated)s of it is kept as their credit."),
            "covered_minor": t("%(covered)s of it had been credited before."),
        },
    ),
    "interest.charged": Story(t("%(amount)s of interest was added to invoice %(number)s, through %(until)s")),
    "interest.reduced": Story(t("%(amount)s of interest came off invoice %(number)s: less is due"), GOOD),
    "costs.charged": Story(t("%(amount)s of costs was added to invoice %(number)s")),
    "costs.reduced": Story(t("%(amount)s of costs came off invoice %(number)s: it was in time"), GOOD),
    "interest.credited": Story(
        t("%(amount)s had been paid on invoice %(number)s and is not due after all (%(what)s): it is their credit"),
        WAIT,
    ),
    "interest.waived": Story(t("They are let off on invoice %(number)s: %(what)s. %(amount)s came off"), GOOD, _WHY),
    "interest.policy_changed": Story(t("Interest and costs were set up anew: %(fields)s")),
    "import.uploaded": Story(t("A file was uploaded")),
    "import.started": Story(t("An import began")),
    "import.finished": Story(t("An import ended: %(created)s new, %(changed)s changed, %(refused)s refused"), GOOD),
    "import.failed": Story(t("An import stopped"), PROBLEM, _WHY),
    "import.discarded": Story(t("An import was discarded")),
    # The creditor's own side
    "month_paper.made": Story(t("The paper of the month was made"), GOOD),
    "endpoint.added": Story(t("An address for your system was added")),
    "endpoint.stopped": Story(t("Nothing goes to your system any more"), PROBLEM, _WHY),
    "endpoint.resumed": Story(t("Your system is told again"), GOOD),
    "endpoint.tested": Story(t("A test event was sent to your system")),
    "endpoint.chosen": Story(t("Another choice of what your system is told")),
    "endpoint.secret_rotated": Story(t("Your system has a new signing secret; both hold for a week")),
    "endpoint.old_secret_ended": Story(t("The old signing secret of your system has ended")),
    "api_key.made": Story(t("A key for one of your systems was made")),
    "api_key.rotated": Story(t("A key of your systems has a new secret; both hold for a week")),
    "api_key.old_ended": Story(t("The old secret of a key has ended")),
    "api_key.revoked": Story(t("A key of your systems was revoked")),
    "connector.added": Story(t("A way back to your system was added")),
    "connector.changed": Story(t("A way back to your system was changed")),
    "connector.stopped": Story(t("The state goes back to your system no more"), PROBLEM, _WHY),
    "connector.resumed": Story(t("The state goes back to your system again"), GOOD),
    "connector.resent": Story(t("Everything was sent to your system once more")),
    "connector.stuck": Story(t("The state of an invoice cannot be told to your system"), PROBLEM, _WHY),
    "mailbox.added": Story(t("A mailbox is read for invoices now")),
    "mailbox.changed": Story(t("The settings of the mailbox for invoices were changed")),
    "mailbox.stopped": Story(t("The mailbox for invoices is read no more"), PROBLEM),
    "mailbox.resumed": Story(t("The mailbox for invoices is read again"), GOOD),
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
    "person.second_factor_on": Story(t("A colleague signs in with a code from their telephone now"), GOOD),
    "person.second_factor_off": Story(t("A colleague no longer signs in with a code"), WAIT),
    "person.second_factor_reset": Story(t("The code from a colleague's telephone was reset"), WAIT),
    "person.recovery_code_used": Story(t("A colleague signed in with a recovery code"), WAIT),
    "mandate.given": Story(
        t("An agency was given a mandate"), PLAIN, {"debtors": t("It names %(debtors)s customers.")}
    ),
    "mandate.ended": Story(t("An agency's mandate was ended")),
    "account_change.asked": Story(t("Another bank account was asked for"), WAIT),
    "account_change.approved": Story(t("Another bank account was approved"), WAIT),
    "account_change.done": Story(t("Money goes to another bank account now"), PROBLEM),
    "account_change.called_off": Story(t("Another bank account was called off: %(why)s")),
}

# What happened at the door without anybody having proved anything: never called opened (rule A-33).
TRACES: dict[str, Story] = {
    gate.FETCHED: Story(t("The link was fetched, by a machine or a person")),
    gate.WRONG_FACT: Story(t("Somebody typed something that does not fit"), WAIT),
    gate.NOT_ME: Story(t("Somebody said: this is not me"), PROBLEM),
    gate.VIEWED: Story(t("The document was shown")),
}

# Fields said from one table each, and what is said of what has no word there: a key is ours, not the reader's.
_TABLES: dict[str, Mapping[str, Text]] = {
    "alert": credit_kinds.KINDS,
    "came_by": overpayment_rules.CAME_BY,
    "channel": channels.NAMES,
    "outcome": {**{one.value: one.label for one in ClaimStatus}, **disputes.OUTCOMES}, "cause": reasons.REASONS,
    "category": receipts.CATEGORIES, "reason": {**silence.REASONS, **holds.LABELS},
    "how": limitation.RESTARTS, "campaign": WORDS, "key": WORDS,
    "decision": {key: label for key, (label, _) in credit_rules.DECISIONS.items()},
    "says": sdi.KINDS, "standing": {one.value: one.label for one in AttemptStatus},
}  # fmt: skip
_OTHER: dict[str, Text] = {
    "category": receipts.CATEGORIES["other"],
    "campaign": t("another purpose"),
    "key": t("another kind"),
}


def purpose(campaign: str) -> Text:
    """What a link was made for."""
    return WORDS.get(campaign, _OTHER["campaign"])


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
    if name in {
        "until",
        "will_pay_on",
        "pay_on",
        "paid_on",
        "value_on",
        "refund_due_on",
        "answer_by",
        "day",
        "due_on",
        "first_on",
        "last_on",
        "rated_on",
        "counts_from",
    } and isinstance(value, str):
        return i18n.day(date.fromisoformat(value))
    if name in _TABLES:
        return _TABLES[name].get(value, _OTHER.get(name, value))
    if name == "role":
        role = roles.read(str(value))
        return role.label if role else value
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if not isinstance(value, str):
        return value
    return WORDS.get(value) or (messages.why(value) if name == "why" else value)
