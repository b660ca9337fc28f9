"""Objective data on a page: the file, an example of it, and what became of its lines."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from portal.core import clock, spreadsheets
from portal.core.text import t
from portal.credit_lines import ratings, ratings_file
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("credit_ratings", __name__)

_SHOWN_REFUSED = 10


@blueprint.get("/credit/ratings")
@allow(Permission.IMPORT)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    page = render_template(
        "credit_lines/staff_ratings.html",
        title=i18n.gettext("Objective data"),
        upload_url=url_for(".upload"),
        example_url=url_for(".download_example"),
        back_url=url_for("credit_creditor.show_list"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.get("/credit/ratings/example")
@allow(Permission.IMPORT)
def download_example() -> Response:
    return saved(ratings_file.EXAMPLE.encode(), "ratings.csv", spreadsheets.MEDIA_TYPE)


@blueprint.post("/credit/ratings")
@allow(Permission.IMPORT)
def upload() -> Any:
    """Takes in what can be read and belongs to a customer; says of the rest which line, and why."""
    form, sent = Form(), request.files.get("file")
    if sent is None or not sent.filename:
        form.wrong["file"] = t("Please choose a file.")
        return _page(form)
    content = sent.stream.read(ratings_file.MAX_BYTES + 1)
    reading = ratings_file.read(content, clock.today(person().creditor.time_zone))
    if reading.refusal is not None:
        form.wrong["file"] = reading.refusal
        return _page(form)
    counts = ratings.take_in(reading)
    flash(i18n.say(t("%(created)s new, %(changed)s changed, %(unchanged)s as before, %(refused)s refused.",
                     created=counts.created, changed=counts.changed, unchanged=counts.unchanged,
                     refused=len(counts.refused))), "problem" if counts.refused else "done")  # fmt: skip
    for one in counts.refused[:_SHOWN_REFUSED]:
        flash(i18n.say(t("Line %(line)s: %(why)s", line=one.line, why=one.why)), "problem")
    return redirect(url_for(".show"), 303)
