"""What did not arrive or is not right, on its case's page: the document once more. The case itself closes there."""

from typing import Any

from flask import flash, redirect, url_for

from portal.cases import actions as cases
from portal.cases import creditor_pages as case_pages
from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.cases.states import CaseStatus
from portal.confirmations import actions, notices
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.invoices import queries as invoices
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("confirmations_creditor", __name__)


def panel(case: Case) -> Panel | None:
    """Where the document stands, and the way to send it once more; closing the case lets it be chased again."""
    invoice = invoices.invoice(case.invoice_id or 0)
    if invoice is None:
        return None
    is_open = case.status is not CaseStatus.CLOSED
    may = is_open and person().may(Permission.ANSWER)
    missing = case.kind == kinds.NOT_RECEIVED
    return Panel(
        "confirmations/staff_panel.html",
        {
            "number": invoice.number,
            "invoice_url": url_for("invoices_creditor.show", invoice_id=invoice.id),
            "sent_to": notices.sent_to(invoice.id, case.opened_at) if missing else None,
            "rests": is_open,
            "send_url": url_for("confirmations_creditor.send_again", case_id=case.id) if may and missing else None,
            "version": case.version,
        },
        leaves_closing=True,
    )


@blueprint.post("/cases/<id:case_id>/send-again")
@allow(Permission.ANSWER)
def send_again(case_id: int) -> Any:
    """The document goes to the address on file; the customer acts next."""
    case = case_pages.own(case_id)
    if case.kind != kinds.NOT_RECEIVED or case.status is CaseStatus.CLOSED:
        only_own(None)
    case_pages.unchanged(case, Form())
    cases.see(case, person().staff_id)
    if not actions.send_again(only_own(invoices.invoice(case.invoice_id or 0))):
        raise NotAllowedNow(t("It cannot go out now: there is no address, or it went a moment ago."))
    flash(i18n.gettext("Done. The document is on its way to them again."), "done")
    return redirect(url_for("cases_creditor.show", case_id=case.id), 303)
