"""Closing a dispute: valid, in part, or not valid, with a reason in words, its credit, and word to the customer."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.cases import actions as cases
from portal.cases.models import Case
from portal.core import clock, db, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.disputes import events as happened
from portal.disputes import holding, queries, rules
from portal.disputes.models import Dispute
from portal.disputes.states import MACHINE, UNDER_WAY
from portal.invoices import covering, crediting
from portal.invoices.models import Invoice
from portal.people.models import Staff


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it ends: an outcome of rules.OUTCOMES, why, and of what is valid how much and who credits it."""

    outcome: str
    words: str
    upheld: Money | None = None  # of a part; all that is contested where it is valid
    credit: str | None = None
    others: bool = False  # the credit notes that came since are for something else


def close(dispute_id: int, verdict: Verdict, who: Staff) -> Case:
    """Closes it, posts the credit or waits for the creditor's own, ends the hold, and tells the customer.

    Raises NotAllowedNow where it is closed already, or the amount does not fit.
    """
    crediting.take_turns(queries.debtor_of(dispute_id))
    dispute = queries.locked(dispute_id)
    case = queries.case_of(dispute.id)
    if dispute.status not in UNDER_WAY:
        raise NotAllowedNow(t("It is closed already: %(now)s.", now=dispute.status.label))
    if _invoice(dispute).withdrawn_at is not None:
        raise NotAllowedNow(rules.WITHDRAWN)
    why_not = rules.why_not_upheld(verdict.outcome, verdict.upheld, dispute.amount)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    upheld = _upheld(dispute, verdict)
    nothing = Money(0, dispute.currency)
    left = _not_credited_yet(dispute, upheld, others=verdict.others) if upheld else nothing
    came = notes_in_doubt(dispute) if upheld and verdict.credit == rules.CREDIT_HERE and not verdict.others else []
    for one in came:
        left = left - min(left, one.spent)  # they have it already, in another place
    here = upheld is not None and verdict.credit == rules.CREDIT_HERE
    closed = happened.DisputeClosed(
        dispute_id=dispute.id,
        debtor_id=dispute.debtor_id,
        invoice_id=dispute.invoice_id,
        outcome=verdict.outcome,
        currency=dispute.currency,
        upheld_minor=upheld.minor if upheld else None,
        credited_minor=left.minor if here else None,
        credit=verdict.credit if upheld else None,
    )
    MACHINE.move(dispute, rules.STATUS[verdict.outcome], closed)
    dispute.closed_at, dispute.closed_by, dispute.verdict = clock.now(), who.id, verdict.words
    dispute.upheld_minor = upheld.minor if upheld else None
    dispute.credit = verdict.credit if upheld else None
    db.session().flush()
    if upheld and verdict.credit == rules.CREDIT_FROM_SYSTEM:
        holding.wait_for_note(dispute, case, left)
    holding.spread(dispute.debtor_id, dispute.invoice_id)
    if here and left:
        _credit_here(dispute, left, came)
    cases.see(case, who.id)
    cases.close(case, verdict.outcome)
    cases.tell(case, "dispute_closed")
    return case


def _upheld(dispute: Dispute, verdict: Verdict) -> Money | None:
    if verdict.outcome == rules.REJECTED:
        return None
    if verdict.credit not in rules.CREDITS:
        raise NotAllowedNow(t("Please choose who sends the credit."))
    return verdict.upheld if verdict.outcome == rules.PARTIALLY_UPHELD else dispute.amount


def _invoice(dispute: Dispute) -> Invoice:
    return db.session().get_one(Invoice, dispute.invoice_id)


def _not_credited_yet(dispute: Dispute, upheld: Money, *, others: bool) -> Money:
    """What of it no credit note for its invoice has brought, unless those were for something else."""
    came = Money(0 if others else dispute.credited_minor, upheld.currency)
    return upheld - min(upheld, came)


def notes_in_doubt(dispute: Dispute) -> list[covering.Came]:
    """Credit notes without an invoice that came since it was raised: for it, unless a person knows better."""
    return covering.came_without_invoice(dispute.debtor_id, dispute.currency, dispute.raised_at)


def _credit_here(dispute: Dispute, amount: Money, came: Sequence[covering.Came]) -> None:
    """Books the credit now; what the creditor's system has credited meanwhile takes its place at once."""
    zone = creditors.by_id(scope.current().creditor_id).time_zone
    ahead = crediting.credit_ahead(_invoice(dispute), dispute.id, amount, clock.today(zone))
    for one in came:
        if one.free and ahead.waits:
            covering.take_place(dispute.id, one.note.id)
