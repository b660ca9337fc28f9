"""Bringing in what the SdI sent: upload, what became of each message, and those that came last."""

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core.text import Text, t
from portal.imports.identifiers import clean
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.sdi import documents, presenting, queries, taking_in
from portal.sdi.reading import Read, read
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("sdi_creditor", __name__)

MOST_FILES, MOST_MESSAGES = 200, 2_000
LARGEST = "32 MB"  # the application's MAX_CONTENT_LENGTH, in words
_FOLDER = re.compile(r"[\\/]")


@blueprint.get("/sdi")
@allow(Permission.READ_IMPORTS)
def show() -> Any:
    return _page(Form())


def _page(form: Form, refused: list[documents.Refused] | None = None, done: str = "") -> Any:
    zone = person().creditor.time_zone
    page = render_template(
        "sdi/staff_upload.html",
        title=i18n.gettext("Messages of the SdI"),
        upload_url=url_for(".upload") if person().may(Permission.IMPORT) else None,
        back_url=url_for("imports_creditor.show_upload"),
        largest=LARGEST,
        most_files=MOST_FILES,
        done=done,
        refused=[{"file": one.file, "why": one.why} for one in refused or ()],
        rows=[
            presenting.row(one, zone)
            | {"number": number, "href": url_for("invoices_creditor.show", invoice_id=one.invoice_id)}
            for one, number in queries.latest()
        ],
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/sdi")
@allow(Permission.IMPORT)
def upload() -> Any:
    """Takes the messages in at once. What was refused stands on the page with its reason; the rest is kept."""
    form = Form()
    found = _uploaded(form)
    if form.wrong:
        return _page(form)
    report = taking_in.Report()
    taking_in.take_chunk(person().creditor.id, found, report)
    done = t(
        "Done. %(new)s new, %(known)s known already, %(refused)s refused.",
        new=report.count(taking_in.TAKEN), known=report.count(taking_in.KNOWN), refused=len(report.refusals),
    )  # fmt: skip
    if report.refusals:
        return _page(form, report.refusals, i18n.say(done))
    flash(i18n.say(done), "done")
    return redirect(url_for(".show"), 303)


def _uploaded(form: Form) -> list[Read]:
    files = [
        (clean(_FOLDER.split(sent.filename or "")[-1], 200) or "?", sent.read())
        for sent in request.files.getlist("files")
        if sent.filename
    ]
    if not files:
        form.wrong["files"] = t("Choose at least one file.")
        return []
    if len(files) > MOST_FILES:
        form.wrong["files"] = t("These are more than %(most)s files. Put them in a ZIP.", most=MOST_FILES)
        return []
    found: list[Read] = []
    for name, content in files:
        for one in read(content, name):
            found.append(one)
            if len(found) > MOST_MESSAGES:
                form.wrong["files"] = _too_many()
                return []
    return found


def _too_many() -> Text:
    return t("These are more than %(most)s messages. Bring them in piece by piece.", most=MOST_MESSAGES)
