"""Answering whether an invoice arrived: kept with the words that were shown, and what follows from it."""

from dataclasses import dataclass
from datetime import date

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.states import CaseStatus
from portal.confirmations import events as happened
from portal.confirmations import notices, rules
from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.confirmations.states import MACHINE, ReceiptStatus
from portal.core import clock, db, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.debtors import contacts
from portal.debtors import queries as debtor_queries
from portal.debtors.models import ContactPoint
from portal.debtors.visits import Current
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice

_STATUS = {
    rules.RECEIVED: ReceiptStatus.CONFIRMED,
    rules.WRONG: ReceiptStatus.PROBLEM,
    rules.MISSING: ReceiptStatus.DENIED,
}
_CASES = {rules.WRONG: kinds.PROBLEM, rules.MISSING: kinds.NOT_RECEIVED}


@dataclass(frozen=True, slots=True)
class Said:
    """What the debtor said: one of the three answers with what belongs to it."""

    answer: str
    will_pay_on: date | None = None
    category: str | None = None
    words: str | None = None
    address: str | None = None


def answer(visit: Current, invoice: Invoice, said: Said, *, shown_text: str, language: str) -> ReceiptAnswer:
    """Keeps one answer about `invoice`; a later one changes where receipt stands, not what was said before.

    Raises NotAllowedNow for a visit that came with the paper's code (it may pay, not answer).
    """
    if not visit.may_answer:
        raise NotAllowedNow(t("With the code on the paper you can pay. To answer, please open the link in our mail."))
    contact = _corrected_address(visit, said.address) if said.answer == rules.MISSING and said.address else None
    kept = ReceiptAnswer(
        id=ids.new_id(),
        debtor_id=visit.debtor_id,
        invoice_id=invoice.id,
        visit_id=visit.id,
        answer=said.answer,
        will_pay_on=said.will_pay_on,
        category=said.category,
        words=said.words,
        contact_point_id=contact.id if contact else None,
        shown_text=shown_text,
        language=language,
        at=clock.now(),
    )
    db.session().add(kept)
    db.session().flush()
    _move(invoice, kept)
    for kind in _CASES.values():  # what was said before holds no longer (portal.cases.resting)
        cases.close_of(kind, invoice.id, kinds.TAKEN_BACK, by_hand=True)
    _hold(invoice, kept)
    _put_before_people(invoice, kept)
    return kept


def _corrected_address(visit: Current, address: str) -> ContactPoint:
    """The new address takes the place of the one on file; its links die, this visit does not (decision 7)."""
    old = debtor_queries.mail_contact(visit.debtor_id)
    return contacts.replace_address(visit.debtor_id, "email", address, old, except_visit=visit.id)


def _event(kept: ReceiptAnswer) -> events.Event:
    if kept.answer == rules.RECEIVED:
        return happened.ReceiptConfirmed(
            invoice_id=kept.invoice_id, debtor_id=kept.debtor_id, answer_id=kept.id, will_pay_on=kept.will_pay_on
        )
    if kept.answer == rules.WRONG:
        return happened.ReceiptProblemReported(
            invoice_id=kept.invoice_id, debtor_id=kept.debtor_id, answer_id=kept.id, category=kept.category or "other"
        )
    return happened.ReceiptDenied(
        invoice_id=kept.invoice_id,
        debtor_id=kept.debtor_id,
        answer_id=kept.id,
        address_corrected=kept.contact_point_id is not None,
    )


def _move(invoice: Invoice, kept: ReceiptAnswer) -> None:
    to, event = _STATUS[kept.answer], _event(kept)
    receipt = db.session().get(Receipt, invoice.id)
    if receipt is None:
        receipt = Receipt(id=invoice.id, debtor_id=invoice.debtor_id, answer_id=kept.id)
        MACHINE.begin(receipt, to, event)
        db.session().add(receipt)
    else:
        receipt.answer_id = kept.id
        MACHINE.move(receipt, to, event)
    db.session().flush()


def note_sdi_delivery(invoice: Invoice) -> None:
    """The SdI delivered the e-invoice: receipt is known, unless somebody has answered already (rule C-60)."""
    if db.session().get(Receipt, invoice.id) is not None:
        return
    receipt = Receipt(id=invoice.id, debtor_id=invoice.debtor_id)
    delivered = happened.ReceiptDeliveredBySdi(invoice_id=invoice.id, debtor_id=invoice.debtor_id)
    MACHINE.begin(receipt, ReceiptStatus.SDI_DELIVERED, delivered)
    db.session().add(receipt)
    db.session().flush()


def _put_before_people(invoice: Invoice, kept: ReceiptAnswer) -> None:
    """What did not arrive, or is not right, waits for a person."""
    if kept.answer in _CASES:
        cases.open_case(
            _CASES[kept.answer],
            kept.debtor_id,
            visit_id=kept.visit_id,
            words=kept.words,
            invoice_id=invoice.id,
            subject_id=invoice.id,
            cause=kept.category,
        )


def send_again(invoice: Invoice) -> bool:
    """The document goes out once more, and the customer acts next; False where it cannot go, or went just now."""
    if not notices.send_again(invoice):
        return False
    case = case_queries.about(kinds.NOT_RECEIVED, invoice.id)
    if case is not None and case.status is not CaseStatus.CLOSED:
        cases.hand_to_customer(case)
    return True


def _hold(invoice: Invoice, kept: ReceiptAnswer) -> None:
    """Nobody chases what has not arrived or is being looked into, until a later answer says that all is fine."""
    for item in invoice_queries.items_of_debtor(invoice.debtor_id, invoice.id):
        invoices.release(item.item_id, holds.NOT_RECEIVED, holds.PROBLEM_REPORTED)
        if kept.answer == rules.WRONG:
            invoices.hold(item, holds.PROBLEM_REPORTED, kept.id, None)
        if kept.answer == rules.MISSING:
            invoices.hold(item, holds.NOT_RECEIVED, kept.id, None)
