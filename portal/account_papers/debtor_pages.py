"""The debtor's own papers about the whole account: a statement as of any day, the settlement letter (rule A-09)."""

from typing import Any

from flask import Response, render_template, url_for

from portal.account_papers import downloads, queries
from portal.account_papers.downloads import Reader
from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.debtors import queries as debtors
from portal.debtors.visits import Current, answering
from portal.web import i18n, keepsakes
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("account_papers_debtor", __name__)


def _whole_account() -> Current:
    """The visit, if its link opens the whole account: one invoice's link and the paper's code do not (A-07)."""
    visit = answering()
    only_own(visit if visit.invoice_id is None else None)
    return visit


def _reader(visit: Current) -> Reader:
    return Reader(visit.creditor, only_own(debtors.debtor(visit.debtor_id)), i18n.language().code)


@blueprint.get("/account")
def show_account() -> Any:
    return _page(_whole_account(), Form())


def _page(visit: Current, form: Form) -> Any:
    today = clock.today(visit.creditor.time_zone)
    page = render_template(
        "account_papers/debtor_account.html",
        title=i18n.gettext("Statement of account"),
        pdf_url=url_for(".download_statement"),
        xlsx_url=url_for(".download_table"),
        day=form.typed.get("day") or today.isoformat(),
        latest=today.isoformat(),
        papers=keepsakes.for_visit(visit),
        errors=form.errors,
    )
    return page, 422 if form.wrong else 200


@blueprint.get("/account/statement.pdf")
def download_statement() -> Any:
    return _statement("pdf")


@blueprint.get("/account/statement.xlsx")
def download_table() -> Any:
    return _statement("xlsx")


def _statement(suffix: str) -> Any:
    visit, form = _whole_account(), Form()
    on = downloads.day(form, visit.creditor.time_zone)
    return _page(visit, form) if form.wrong else downloads.statement(_reader(visit), on, suffix)


@blueprint.get("/account/settled.pdf")
def download_settlement() -> Response:
    """The settlement letter for what the visit's link opens: the account, or its one invoice."""
    visit = answering()
    settled = queries.settlement(visit.debtor_id, visit.invoice_id, visit.creditor.time_zone)
    if settled is None:
        raise NotAllowedNow(downloads.NOT_YET)
    return downloads.settlement(_reader(visit), settled)
