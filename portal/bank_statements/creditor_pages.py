"""Bringing bank statements in: upload, what was understood, the person's yes, the report; statements one by one."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from portal.bank_statements import batch_pages, batches, presenting, queries
from portal.bank_statements.formats import all_formats
from portal.bank_statements.models import StatementBatch
from portal.bank_statements.states import BatchStatus
from portal.bank_statements.tables.headers import FIELDS
from portal.creditors import queries as creditors
from portal.imports import forms, steering
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("bank_creditor", __name__)


@blueprint.get("/bank/statements")
@allow(Permission.READ)
def show_statements() -> Any:
    return _statements_page(Form())


def _statements_page(form: Form) -> Any:
    who = person()
    found = queries.statements(request.args.get("after"))
    past = queries.past(None)
    page = render_template(
        "bank_statements/staff_statements.html",
        title=i18n.gettext("Bank statements"),
        may_upload=who.may(Permission.IMPORT),
        upload_url=url_for(".upload"),
        largest=forms.LARGEST,
        most_files=forms.MOST_FILES,
        example_urls=[(each.LABEL, url_for(".download_sample", code=each.CODE)) for each in all_formats()],
        statements=[presenting.statement(one) for one in found.rows],
        past=[presenting.past(one, who.creditor.time_zone) for one in past.rows[:10]],
        older_url=url_for(".show_statements", after=found.next_cursor) if found.next_cursor else None,
        newer_url=url_for(".show_statements") if request.args.get("after") else None,
        queue_url=url_for("bank_queue_creditor.show_queue"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/bank/statements")
@allow(Permission.IMPORT)
def upload() -> Any:
    """Keeps the files and leads to what was understood; nothing of them is booked yet."""
    form = Form()
    options = forms.options(form, creditors.by_id(person().creditor.id))
    files = forms.uploaded(form)
    if options is None or form.wrong:
        return _statements_page(form)
    batch = batches.upload(files, options, person().staff_id)
    return redirect(url_for(".show_batch", upload_id=batch.id), 303)


@blueprint.get("/bank/samples/<code>")
@allow(Permission.READ)
def download_sample(code: str) -> Response:
    """A small file of this format, to begin with."""
    known = only_own(next((each for each in all_formats() if code == each.CODE), None))
    return saved(known.example(), f"example{known.SUFFIXES[0]}", "application/octet-stream")


@blueprint.get("/bank/statements/<id:statement_id>")
@allow(Permission.READ)
def show_statement(statement_id: int) -> Any:
    one = only_own(queries.statement(statement_id))
    found = queries.movements(request.args.get("after"), statement_id=one.id)
    here = url_for(".show_statement", statement_id=one.id)
    return render_template(
        "bank_statements/staff_statement.html",
        title=i18n.gettext("Bank statement"),
        statement=presenting.statement(one),
        rows=[presenting.row(row) for row in found.rows],
        older_url=f"{here}?after={found.next_cursor}" if found.next_cursor else None,
        newer_url=here if request.args.get("after") else None,
        list_url=url_for(".show_statements"),
    )


@blueprint.get("/bank/imports/<id:upload_id>")
@allow(Permission.READ)
def show_batch(upload_id: int) -> Any:
    """What was understood while it waits, how far it is while it runs, what became of it afterwards."""
    batch = _batch(upload_id)
    if batch.status is BatchStatus.UPLOADED:
        return batch_pages.preview_page(batch, Form())
    return batch_pages.report_page(batch)


def _batch(batch_id: int) -> StatementBatch:
    found: StatementBatch = only_own(queries.batch(batch_id))
    return found


@blueprint.post("/bank/imports/<id:upload_id>/options")
@allow(Permission.IMPORT)
def read_again(upload_id: int) -> Any:
    """Another way of reading the same files; nothing is uploaded again."""
    batch, form = _batch(upload_id), Form()
    steering.check_waiting(batch)
    options = forms.options(form, creditors.by_id(person().creditor.id), FIELDS)
    if options is None:
        return batch_pages.preview_page(batch, form)
    steering.read_otherwise(batch, options)
    return redirect(url_for(".show_batch", upload_id=batch.id), 303)


@blueprint.post("/bank/imports/<id:upload_id>/confirm")
@allow(Permission.IMPORT)
def confirm(upload_id: int) -> Any:
    """Books what is clear, and the statements of the accounts that are ticked as the creditor's."""
    batch, form = _batch(upload_id), Form()
    steering.check_waiting(batch)
    accounts = batch_pages.ticked_accounts(batch, form)
    if form.wrong:
        return batch_pages.preview_page(batch, form)
    batches.say_yes(batch, request.form.get("fingerprint"), accounts)
    return redirect(url_for(".show_batch", upload_id=batch.id), 303)


@blueprint.post("/bank/imports/<id:upload_id>/accounts")
@allow(Permission.IMPORT)
def confirm_accounts(upload_id: int) -> Any:
    """The accounts whose statements were left out are the creditor's: the files are read once more."""
    batch = _batch(upload_id)
    left_out = batch_pages.left_out(batch)
    accounts = [one for one in left_out if one in request.form.getlist("accounts[]")]
    if not accounts:
        return redirect(url_for(".show_batch", upload_id=batch.id), 303)
    made = batches.again_with(batch, accounts, person().staff_id)
    return redirect(url_for(".show_batch", upload_id=made.id), 303)


@blueprint.post("/bank/imports/<id:upload_id>/discard")
@allow(Permission.IMPORT)
def discard(upload_id: int) -> Any:
    batches.discard(_batch(upload_id))
    flash(i18n.gettext("Discarded. Nothing was booked."), "done")
    return redirect(url_for(".show_statements"), 303)


@blueprint.post("/bank/imports/<id:upload_id>/go-on")
@allow(Permission.IMPORT)
def go_on(upload_id: int) -> Any:
    batch = _batch(upload_id)
    batches.go_on(batch)
    return redirect(url_for(".show_batch", upload_id=batch.id), 303)
