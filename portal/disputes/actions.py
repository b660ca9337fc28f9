"""What a customer does about an invoice that is not right: contest it, add to it, take it back, ask once more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError

from portal.cases import actions as cases
from portal.cases import events as case_events
from portal.cases import files as case_files
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.debtors.visits import Current
from portal.disputes import events as happened
from portal.disputes import holding, queries, rules
from portal.disputes.models import Dispute, DisputeLine
from portal.disputes.reasons import Offered
from portal.disputes.states import MACHINE, UNDER_WAY, DisputeStatus
from portal.documents.evidence import Checked
from portal.invoices import actions as invoices
from portal.invoices import events as invoice_events
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.lines import InvoiceLine
from portal.invoices.models import Invoice
from portal.people.models import Staff

S = DisputeStatus
TAKEN_FURTHER = "taken_further"  # how a case about receipt ends when more is said of it here
ALREADY = t("You told us already. Please write on there: a person reads it.")


@dataclass(frozen=True, slots=True)
class Contested:
    """What is said to be wrong: why, how much of the invoice, and in whose words."""

    reason: Offered
    about: str
    amount: Money
    words: str | None = None
    lines: tuple[InvoiceLine, ...] = ()


def raise_dispute(visit: Current, invoice: Invoice, said: Contested, files: Sequence[Checked] = ()) -> Dispute:
    """Keeps it, holds as much of the invoice as is contested, and puts it before the desk; all or nothing.

    Raises NotAllowedNow for the paper's code, for an invoice that cannot be contested, and while another is open.
    """
    if not visit.may_answer:
        raise NotAllowedNow(t("With the code on the paper you can pay. To answer, please open the link in our mail."))
    dispute, case = _raise(invoice, said, visit.id)
    case_files.keep(visit, case, files)
    cases.tell(case, "dispute_raised")
    return dispute


def raise_by_phone(invoice: Invoice, said: Contested, who: Staff) -> Dispute:
    """What a customer said on the phone, written down by who spoke with them: they read it on their page, with that
    name. Raises NotAllowedNow as `raise_dispute`."""
    dispute, case = _raise(invoice, replace(said, words=None), None)
    if said.words:
        cases.say(case, said.words, who)
    cases.tell(case, "dispute_raised")
    return dispute


def _raise(invoice: Invoice, said: Contested, visit_id: int | None) -> tuple[Dispute, Case]:
    items, most = contestable(invoice)
    why_not = rules.why_not_amount(said.amount, most)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    dispute = _row(visit_id, invoice, said)
    case = cases.open_case(
        kinds.DISPUTE,
        invoice.debtor_id,
        visit_id=visit_id,
        words=said.words,
        invoice_id=invoice.id,
        subject_id=dispute.id,
        desk=said.reason.desk,
        cause=dispute.reason,
    )
    raised = happened.DisputeRaised(
        dispute_id=dispute.id,
        debtor_id=dispute.debtor_id,
        invoice_id=invoice.id,
        kind=dispute.category,
        why=dispute.reason,
        extent=dispute.about,
        amount_minor=dispute.amount_minor,
        currency=dispute.currency,
        item_ids=holding.will_rest(invoice.id, said.amount, items),
        act_by=case.act_by,
    )
    MACHINE.begin(dispute, S.OPEN, raised)
    _keep(dispute)
    _hold(dispute)
    for line in said.lines:
        _keep_line(dispute, line)
    cases.close_of(kinds.PROBLEM, invoice.id, TAKEN_FURTHER)
    db.session().flush()
    return dispute, case


def contestable(invoice: Invoice) -> tuple[list[invoice_queries.Item], Money]:
    """What is open of the invoice, and how much that is. Raises NotAllowedNow where nothing can be contested."""
    items = invoice_queries.items_of_debtor(invoice.debtor_id, invoice.id)
    most = Money(sum(item.open.minor for item in items), invoice.currency)
    why_not = rules.why_not_dispute(
        withdrawn=invoice.withdrawn_at is not None,
        open_minor=most.minor,
        is_credit_note=invoice.kind != "invoice",
    )
    if why_not is not None:
        raise NotAllowedNow(why_not)
    return items, most


def _row(visit_id: int | None, invoice: Invoice, said: Contested) -> Dispute:
    return Dispute(
        id=ids.new_id(),
        debtor_id=invoice.debtor_id,
        invoice_id=invoice.id,
        visit_id=visit_id,
        reason=said.reason.key,
        category=said.reason.category,
        about=said.about,
        amount_minor=said.amount.minor,
        currency=invoice.currency,
        raised_at=clock.now(),
    )


def _keep(dispute: Dispute) -> None:
    """The database lets only one be open about an invoice, whoever comes at the same moment."""
    try:
        with db.session().begin_nested():
            db.session().add(dispute)
    except IntegrityError:
        raise NotAllowedNow(ALREADY) from None


def _keep_line(dispute: Dispute, line: InvoiceLine) -> None:
    db.session().add(
        DisputeLine(
            id=ids.new_id(),
            debtor_id=dispute.debtor_id,
            dispute_id=dispute.id,
            number=line.number,
            description=line.description,
            amount_minor=line.amount.minor,
        )
    )


def _hold(dispute: Dispute) -> None:
    """Holds as far as is contested; what was said before about receipt rests no longer."""
    for item in invoice_queries.items_of_debtor(dispute.debtor_id, dispute.invoice_id):
        invoices.release(item.item_id, holds.PROBLEM_REPORTED)
    holding.spread(dispute.debtor_id, dispute.invoice_id)


def withdraw(dispute_id: int) -> Case:
    """The customer takes it back: nothing is contested any more. Raises NotAllowedNow once it is closed."""
    dispute = queries.locked(dispute_id)
    case = queries.case_of(dispute.id)
    withdrawn = happened.DisputeWithdrawn(
        dispute_id=dispute.id, debtor_id=dispute.debtor_id, invoice_id=dispute.invoice_id
    )
    MACHINE.move(dispute, S.WITHDRAWN, withdrawn)
    dispute.closed_at = clock.now()
    db.session().flush()
    holding.spread(dispute.debtor_id, dispute.invoice_id)
    cases.close(case, kinds.TAKEN_BACK)
    cases.tell(case, "dispute_withdrawn")
    return case


def hear_withdrawn(event: invoice_events.InvoiceWithdrawn, _event_id: int) -> None:
    """The creditor took the invoice back: nothing of it is contested any more, and no credit note is waited for."""
    for dispute in queries.of_invoice(event.invoice_id, lock=True):
        if dispute.awaits_minor:
            holding.stop_waiting(dispute, kinds.SETTLED)
        if dispute.status in UNDER_WAY:
            _overtake(dispute)
    holding.spread(event.debtor_id, event.invoice_id)


def _overtake(dispute: Dispute) -> None:
    overtaken = happened.DisputeOvertaken(
        dispute_id=dispute.id, debtor_id=dispute.debtor_id, invoice_id=dispute.invoice_id
    )
    MACHINE.move(dispute, S.OVERTAKEN, overtaken)
    dispute.closed_at = clock.now()
    db.session().flush()
    case = queries.case_of(dispute.id)
    cases.close(case, kinds.SETTLED)
    cases.tell(case, "dispute_overtaken")


def reopen(visit: Current, dispute_id: int, words: str) -> Case:
    """What was not valid is looked at once more, within thirty days. Raises NotAllowedNow otherwise."""
    case = queries.case_of(dispute_id)
    if case.status is not CaseStatus.CLOSED:
        raise NotAllowedNow(ALREADY)
    _reopen(queries.locked(dispute_id))
    cases.write(visit, case, words)
    cases.tell(case, "dispute_reopened")
    return case


def _reopen(dispute: Dispute) -> None:
    why_not = rules.why_not_reopen(dispute.status, dispute.closed_at, dispute.reopened_at, clock.now())
    if why_not is None and queries.under_way(dispute.invoice_id) is not None:
        why_not = ALREADY
    if why_not is None and _invoice(dispute).withdrawn_at is not None:
        why_not = rules.WITHDRAWN
    if why_not is not None:
        raise NotAllowedNow(why_not)
    again = happened.DisputeReopened(
        dispute_id=dispute.id,
        debtor_id=dispute.debtor_id,
        invoice_id=dispute.invoice_id,
        amount_minor=dispute.amount_minor,
        currency=dispute.currency,
    )
    MACHINE.move(dispute, S.OPEN, again)
    dispute.reopened_at, dispute.closed_at = clock.now(), None
    db.session().flush()
    _hold(dispute)


def _invoice(dispute: Dispute) -> Invoice:
    return db.session().get_one(Invoice, dispute.invoice_id)


def _about(case_id: int) -> tuple[Case, Dispute] | None:
    case = case_queries.case(case_id)
    if case is None or case.kind != kinds.DISPUTE or case.subject_id is None:
        return None
    return case, queries.locked(case.subject_id)


def hear_customer(event: case_events.CaseWritten | case_events.CaseReopened, _event_id: int) -> None:
    """The customer wrote in the case: who was asked has answered; what was not valid is looked at once more."""
    found = _about(event.case_id)
    if found is None:
        return
    _, dispute = found
    if dispute.status is S.INFO_REQUESTED:
        answered = happened.DisputeAnswered(
            dispute_id=dispute.id, debtor_id=dispute.debtor_id, invoice_id=dispute.invoice_id
        )
        MACHINE.move(dispute, S.OPEN, answered)
        db.session().flush()
    elif dispute.status not in UNDER_WAY:
        _reopen(dispute)


def hear_staff(event: case_events.CaseAnswered, _event_id: int) -> None:
    """One of the creditor's people wrote in the case: the customer acts next."""
    found = _about(event.case_id)
    if found is not None and found[1].status is S.OPEN:
        dispute = found[1]
        asked = happened.DisputeInfoRequested(
            dispute_id=dispute.id, debtor_id=dispute.debtor_id, invoice_id=dispute.invoice_id
        )
        MACHINE.move(dispute, S.INFO_REQUESTED, asked)
        db.session().flush()
