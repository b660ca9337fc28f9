"""Bringing invoices in: upload, what was understood, the person's yes, progress, the report by row."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from portal.core import ids, spreadsheets
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.imports import (
    actions,
    another_way,
    batch_pages,
    forms,
    presenting,
    preview,
    queries,
    report_csv,
    sentences,
    steering,
    ways,
)
from portal.imports.formats import all_formats
from portal.imports.models import ImportBatch
from portal.imports.states import BatchStatus
from portal.imports.tables.headers import FIELDS
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("imports_creditor", __name__)


@blueprint.get("/imports")
@allow(Permission.READ_IMPORTS)
def show_upload() -> Any:
    return _upload_page(Form())


def _upload_page(form: Form) -> Any:
    who = person()
    past = queries.past(request.args.get("after"))
    typed = {"currency": who.creditor.currency} | form.typed
    page = render_template(
        "imports/staff_upload.html",
        title=i18n.gettext("Bring in invoices"),
        may_upload=who.may(Permission.IMPORT),
        upload_url=url_for(".upload"),
        sdi_url=url_for("sdi_creditor.show"),
        mailbox_url=url_for("mailbox_creditor.show") if who.may(Permission.WEBHOOKS) else None,
        largest=forms.LARGEST,
        most_files=forms.MOST_FILES,
        how=another_way.reading_options(typed),
        terms=creditors.by_id(who.creditor.id).default_terms_days,
        example_urls=[(i18n.say(each.LABEL), url_for(".download_sample", code=each.CODE)) for each in all_formats()],
        past=[_past_row(one) for one in past.rows],
        older_url=url_for(".show_upload", after=past.next_cursor) if past.next_cursor else None,
        newer_url=url_for(".show_upload") if request.args.get("after") else None,
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _past_row(one: queries.Past) -> dict[str, Any]:
    href = url_for(".show_report", batch_id=one.batch.id)
    return presenting.past_row(one.batch, one.who, person().creditor.time_zone, href)


@blueprint.post("/imports")
@allow(Permission.IMPORT)
def upload() -> Any:
    """Keeps the files and leads to what was understood; nothing of them is on the books yet."""
    form = Form()
    options = forms.options(form, creditors.by_id(person().creditor.id))
    files = forms.uploaded(form)
    if options is None or form.wrong:
        return _upload_page(form)
    refused = preview.why_none_is_usable(files, options)
    if refused:
        form.wrong["files"] = sentences.useless(refused)
        return _upload_page(form)
    as_before = ways.known(files, options)
    batch = actions.upload(files, as_before or options, person().staff_id)
    if as_before is not None:
        flash(i18n.say(t("We read it as you chose for the last file with these columns. You can change that below.")))
    return redirect(url_for(".show_report", batch_id=batch.id), 303)


@blueprint.get("/imports/samples/<code>")
@allow(Permission.READ_IMPORTS)
def download_sample(code: str) -> Response:
    """A small file of this format, to begin with."""
    known = only_own(next((each for each in all_formats() if code == each.CODE), None))
    suffix = ".xml.p7m" if known.SUFFIXES[0] == ".p7m" else known.SUFFIXES[0]
    name = f"{i18n.file_word(i18n.gettext('example'))}{suffix}"
    return saved(known.example(), name, "application/octet-stream")


@blueprint.get("/imports/<id:batch_id>")
@allow(Permission.READ_IMPORTS)
def show_report(batch_id: int) -> Any:
    """What was understood while it waits, how far it is while it runs, what became of each row afterwards."""
    batch = _batch(batch_id)
    if batch.status is BatchStatus.UPLOADED:
        return batch_pages.preview_page(batch, Form())
    if batch.status is BatchStatus.RUNNING and not queries.has_stopped(batch):
        return batch_pages.running_page(batch)
    return batch_pages.report_page(batch)


def _batch(batch_id: int) -> ImportBatch:
    found: ImportBatch = only_own(queries.batch(batch_id))
    return found


@blueprint.post("/imports/<id:batch_id>/options")
@allow(Permission.IMPORT)
def read_again(batch_id: int) -> Any:
    """Another way of reading the same files; nothing is uploaded again."""
    batch, form = _batch(batch_id), Form()
    steering.check_waiting(batch)
    options = forms.options(form, creditors.by_id(person().creditor.id), FIELDS)
    if options is None:
        return batch_pages.preview_page(batch, form)
    steering.read_otherwise(batch, options)
    return redirect(url_for(".show_report", batch_id=batch.id), 303)


@blueprint.post("/imports/<id:batch_id>/confirm")
@allow(Permission.IMPORT)
def confirm(batch_id: int) -> Any:
    batch = _batch(batch_id)
    steering.say_yes(batch, request.form.get("fingerprint"))
    ways.learn(batch)
    expected = batch_pages.expected(request.form.get("expected"))
    return redirect(url_for(".show_report", batch_id=batch.id, of=expected), 303)


@blueprint.post("/imports/<id:batch_id>/discard")
@allow(Permission.IMPORT)
def discard(batch_id: int) -> Any:
    actions.discard(_batch(batch_id))
    flash(i18n.gettext("Discarded. Nothing was saved."), "done")
    return redirect(url_for(".show_upload"), 303)


@blueprint.post("/imports/<id:batch_id>/go-on")
@allow(Permission.IMPORT)
def go_on(batch_id: int) -> Any:
    batch = _batch(batch_id)
    steering.go_on(batch)
    return redirect(url_for(".show_report", batch_id=batch.id), 303)


@blueprint.get("/imports/<id:batch_id>/report.csv")
@allow(Permission.EXPORT)
@recently_proved
def download_report(batch_id: int) -> Response:
    """Every row of the report, written out as it is read."""
    batch = _batch(batch_id)
    stream = report_csv.lines(person().creditor.id, batch.id, i18n.language().code)
    return saved(stream, f"import-{ids.spell(batch.id)}.csv", spreadsheets.MEDIA_TYPE)
