"""What waits about each document, as the pages about documents say it: the same line as on the case's own page."""

from flask import url_for

from portal.cases import kinds, presenting, queries
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.debtors.visits import Current
from portal.web.ladder import Rung, Told


def of_visit(visit: Current) -> dict[int, Told]:
    """For the customer; nothing for the paper's code, which knows no history (decision 5)."""
    if not visit.may_answer:
        return {}
    zone = visit.creditor.time_zone
    return {
        invoice_id: Told(
            presenting.rung(case, zone),
            url_for("cases_debtor.show_case", case_id=case.id)
            if visit.reaches(case.visit_id, case.invoice_id)
            else "",
        )
        for invoice_id, case in by_invoice(visit.debtor_id).items()
    }


def of_invoice(debtor_id: int, invoice_id: int, zone: str) -> Rung | None:
    """For the creditor's people: the very same."""
    case = by_invoice(debtor_id).get(invoice_id)
    return presenting.rung(case, zone) if case is not None else None


def by_invoice(debtor_id: int) -> dict[int, Case]:
    """The most pressing of what is open about each document, or rests it; never what few may know (rule C-26)."""
    found: dict[int, Case] = {}
    for case, held in queries.open_with_documents(debtor_id):
        for invoice_id in {one for one in (case.invoice_id, held) if one is not None}:
            known = found.get(invoice_id)
            if known is None or _weight(case) > _weight(known):
                found[invoice_id] = case
    return found


def _weight(case: Case) -> tuple[bool, int, int]:
    return case.status is CaseStatus.OURS, kinds.KINDS[case.kind].rank, case.id
