"""A customer's papers for the creditor's people, in the customer's language or another."""

from typing import Any

from flask import Response, render_template, request, url_for

from portal.account_papers import downloads, queries
from portal.account_papers.downloads import Reader
from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("account_papers_creditor", __name__)


def _language(debtor: Debtor) -> str:
    """The one that was chosen, else the customer's own."""
    return i18n.known(request.args.get("language")) or i18n.known(debtor.language) or i18n.DEFAULT


def _reader(debtor: Debtor) -> Reader:
    return Reader(person().creditor, debtor, _language(debtor))


@blueprint.get("/debtors/<id:debtor_id>/account")
@allow(Permission.READ)
def show_account(debtor_id: int) -> Any:
    return _page(only_own(debtors.debtor(debtor_id)), Form())


def _page(debtor: Debtor, form: Form) -> Any:
    today = clock.today(person().creditor.time_zone)
    languages = [(code, one.own_name) for code, one in i18n.languages().items()]
    settled_url = url_for(".download_settlement", debtor_id=debtor.id)
    page = render_template(
        "account_papers/staff_account.html",
        title=i18n.gettext("Statement of account"),
        debtor={"name": debtor.name, "href": url_for("debtors_creditor.show", debtor_id=debtor.id)},
        pdf_url=url_for(".download_statement", debtor_id=debtor.id),
        xlsx_url=url_for(".download_table", debtor_id=debtor.id) if person().may(Permission.EXPORT) else None,
        settled_url=settled_url if queries.is_settled(debtor.id, None) else None,
        languages_known=languages,
        language=_language(debtor),
        day=form.typed.get("day") or today.isoformat(),
        latest=today.isoformat(),
        errors=form.errors,
    )
    return page, 422 if form.wrong else 200


@blueprint.get("/debtors/<id:debtor_id>/account/statement.pdf")
@allow(Permission.READ)
def download_statement(debtor_id: int) -> Any:
    return _statement(debtor_id, "pdf")


@blueprint.get("/debtors/<id:debtor_id>/account/statement.xlsx")
@allow(Permission.EXPORT)
@recently_proved
def download_table(debtor_id: int) -> Any:
    """A table is data taken out of the portal (rule A-66); the PDF is the customer's paper."""
    return _statement(debtor_id, "xlsx")


def _statement(debtor_id: int, suffix: str) -> Any:
    debtor, form = only_own(debtors.debtor(debtor_id)), Form()
    on = downloads.day(form, person().creditor.time_zone)
    return _page(debtor, form) if form.wrong else downloads.statement(_reader(debtor), on, suffix)


@blueprint.get("/debtors/<id:debtor_id>/account/settled.pdf")
@allow(Permission.READ)
def download_settlement(debtor_id: int) -> Response:
    debtor = only_own(debtors.debtor(debtor_id))
    settled = queries.settlement(debtor.id, None, person().creditor.time_zone)
    if settled is None:
        raise NotAllowedNow(downloads.NOT_YET)
    return downloads.settlement(_reader(debtor), settled)
