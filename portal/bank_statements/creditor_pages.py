"""Bringing bank statements in: upload, what was understood, the person's yes, the report; statements one by one."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from portal.bank_statements import batches, presenting, preview, queries
from portal.bank_statements.formats import all_formats
from portal.bank_statements.models import StatementBatch
from portal.bank_statements.states import BatchStatus
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.imports import forms
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("bank_creditor", __name__)
LOOK_AGAIN_SECONDS = 2


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
    creditor = creditors.by_id(person().creditor.id)
    options = forms.options(form, currency=creditor.currency, terms_days=creditor.default_terms_days, columns=False)
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
    answer = Response(known.example(), content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="example{known.SUFFIXES[0]}"'
    return answer


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
        return _preview_page(batch)
    running = batch.status is BatchStatus.RUNNING and not queries.has_stopped(batch)
    kept = queries.remarks(batch.id)
    page = render_template(
        "bank_statements/staff_report.html",
        title=i18n.gettext("What became of it"),
        heading=_heading(batch, running=running),
        intro=", ".join(file["name"].rpartition("/")[2] for file in batch.files[:5]),
        running=running,
        read=batch.read,
        stopped=queries.has_stopped(batch),
        discarded=batch.status is BatchStatus.DISCARDED,
        go_on_url=url_for(".go_on", upload_id=batch.id) if person().may(Permission.IMPORT) else None,
        figures=presenting.figures(batch),
        refusals=[presenting.remark(one) for one in kept if one.refused],
        notes=[presenting.remark(one) for one in kept if not one.refused],
        waiting=batch.waiting,
        queue_url=url_for("bank_queue_creditor.show_queue"),
        upload_url=url_for(".show_statements"),
    )
    answer = Response(page, content_type="text/html; charset=utf-8")
    if running:  # the browser looks again by itself, without script
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


def _heading(batch: StatementBatch, *, running: bool) -> str:
    if running:
        return i18n.gettext("Booking")
    if batch.status is BatchStatus.DISCARDED:
        return i18n.gettext("Discarded")
    if batch.status is not BatchStatus.DONE:
        return i18n.gettext("This import has stopped")
    return i18n.ngettext("%(count)s new movement", "%(count)s new movements", batch.new) % {"count": batch.new}


def _preview_page(batch: StatementBatch) -> Any:
    seen = preview.look(batch, creditors.by_id(batch.creditor_id).iban or "")
    refusals = [presenting.seen_remark(file, one) for file, one in seen.remarks]
    return render_template(
        "bank_statements/staff_preview.html",
        title=i18n.gettext("What we understood"),
        may_import=person().may(Permission.IMPORT),
        figures=presenting.preview_figures(seen),
        statements=[presenting.seen_statement(one) for one in seen.statements[: preview.SHOWN]],
        statements_left=max(0, len(seen.statements) - preview.SHOWN),
        movements=[presenting.seen_movement(one) for one in seen.movements],
        movements_left=max(0, seen.read - len(seen.movements)),
        remarks=refusals,
        cut=preview.MOST_ITEMS if seen.cut else None,
        something=seen.read > 0 or bool(seen.statements),
        confirm_url=url_for(".confirm", upload_id=batch.id),
        discard_url=url_for(".discard", upload_id=batch.id),
    )


def _batch(batch_id: int) -> StatementBatch:
    found: StatementBatch = only_own(queries.batch(batch_id))
    return found


@blueprint.post("/bank/imports/<id:upload_id>/confirm")
@allow(Permission.IMPORT)
def confirm(upload_id: int) -> Any:
    batch = _batch(upload_id)
    if batch.status is not BatchStatus.UPLOADED:
        raise NotAllowedNow(
            t("This import is not waiting for a yes any more: it is %(now)s.", now=batch.status.label)
        )
    batches.confirm(batch)
    return redirect(url_for(".show_batch", upload_id=batch.id), 303)


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
