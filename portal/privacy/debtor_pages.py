"""One's own data: taken out at level 3, and a person for what is wrong in it or not wanted (rule C-23)."""

import tempfile
from datetime import timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, send_file, url_for

from portal.cases import actions as cases
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.debtors import step_up, step_up_queries
from portal.debtors.models import Debtor, StepUp
from portal.debtors.states import StepUpStatus
from portal.debtors.visits import answering, current
from portal.privacy import actions, export
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.forms import MAX_WORDS, Form
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("privacy_debtor", __name__)

ACTION = "data.access"
SHORTLY = timedelta(minutes=15)  # from the code on; and never in another visit
IN_MEMORY = 4 * 1024**2
WISHES: dict[str, tuple[Text, Text]] = {
    "wrong": (t("Something is not right"), t("A name, a number, an address, an invoice")),
    "object": (t("I object to how my data is used"), t("Tell us what you do not want, and why")),
    "erase": (t("I want my data deleted"), t("What the law asks us to keep stays until its time is over")),
}


def _terms(debtor_id: int, _kept: dict[str, Any], language: str) -> str:
    debtor = db.session().get_one(Debtor, debtor_id)
    name = creditors.face(debtor.creditor_id).display_name
    lines = (
        t("I want to see all the data that %(creditor)s holds about me.", creditor=name),
        t("It is about me, or I act for the person or company that it is about."),
    )
    return "\n".join(i18n.say(line, language) for line in lines)


def _perform(row: StepUp) -> None:
    """Where no code could come a colleague who has made sure takes the data out on the customer's own page."""
    if row.proved_at is not None:
        actions.note_export(row.debtor_id)


step_up.register(
    step_up.Kind(
        action=ACTION,
        title=t("See all your data"),
        terms=_terms,
        perform=_perform,
        back_url=lambda _row: url_for("privacy_debtor.show"),
        done_url=lambda row: url_for("privacy_debtor.show_ready", step_up_id=row.id),
        proof=False,
    )
)


@blueprint.get("/all-your-data")
def show() -> Any:
    answering()
    return _page(Form())


def _page(form: Form) -> Any:
    page = render_template(
        "privacy/debtor_data.html",
        title=i18n.gettext("All your data"),
        start_url=url_for(".start"),
        tell_url=url_for(".tell"),
        wishes=[(value, i18n.say(label), i18n.say(hint)) for value, (label, hint) in WISHES.items()],
        wish=form.typed.get("wish", ""),
        words=form.typed.get("words", ""),
        contact_url=url_for("contacts_debtor.show"),
        privacy_road=url_for("door.show_privacy"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/all-your-data")
def start() -> Any:
    """Nothing is shown yet: who asks, and the code on another channel, come first."""
    row = step_up.begin(answering(), ACTION, {}, i18n.language().code)
    return redirect(url_for("step_up_debtor.show", step_up_id=row.id), 303)


@blueprint.post("/all-your-data/wish")
def tell() -> Any:
    """What is wrong, or not wanted, goes to the creditor's people as a question: a person decides and answers."""
    visit, form = answering(), Form()
    wish = form.choice("wish", frozenset(WISHES), t("Please choose what it is about."))
    words = form.text("words", longest=MAX_WORDS, needed=t("Please write it in your own words."))
    if form.wrong or wish is None:
        return _page(form)
    asked = cases.ask(visit, f"{i18n.say(WISHES[wish][0])}:\n{words}", invoice_id=visit.invoice_id)
    flash(i18n.say(t("Thank you. A person reads it and answers.")), "done")
    return redirect(url_for("cases_debtor.show_case", case_id=asked.id), 303)


@blueprint.get("/all-your-data/<id:step_up_id>")
def show_ready(step_up_id: int) -> Any:
    row, zone = _ready(step_up_id), current().creditor.time_zone
    return render_template(
        "privacy/debtor_data_ready.html",
        title=i18n.gettext("All your data"),
        until=i18n.moment(row.status_at + SHORTLY, zone),
        summary_url=url_for(".download_summary", step_up_id=row.id),
        everything_url=url_for(".download", step_up_id=row.id),
        wish_url=url_for(".show"),
    )


def _ready(step_up_id: int) -> StepUp:
    """The act, proved in this very visit and a short while ago. Raises NotAllowedNow when it is not, any more."""
    visit = answering()
    found = step_up_queries.one(step_up_id)
    row: StepUp = only_own(found if found is not None and visit.reaches(found.visit_id) else None)
    done = row.status is StepUpStatus.DONE and row.proved_at is not None
    if row.action != ACTION or not done or row.visit_id != visit.id or clock.now() >= row.status_at + SHORTLY:
        raise NotAllowedNow(
            t("Your data can be taken out for a few minutes after the code. Please ask for it again.")
        )
    return row


@blueprint.get("/all-your-data/<id:step_up_id>/summary.pdf")
def download_summary(step_up_id: int) -> Any:
    debtor = _debtor(_ready(step_up_id))
    return saved(export.readable(debtor, current().creditor), _file_name("pdf"), "application/pdf")


@blueprint.get("/all-your-data/<id:step_up_id>/everything.zip")
def download(step_up_id: int) -> Any:
    """The same file as the creditor's people take out for somebody who asks them."""
    debtor = _debtor(_ready(step_up_id))
    into = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the answer
    export.write(debtor, current().creditor, into)
    into.seek(0)
    answer: Response = send_file(
        into, mimetype="application/zip", as_attachment=True, download_name=_file_name("zip")
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _debtor(row: StepUp) -> Debtor:
    return db.session().get_one(Debtor, row.debtor_id)


def _file_name(suffix: str) -> str:
    return f"{ids.spell(current().debtor_id)}-{clock.today(current().creditor.time_zone).isoformat()}.{suffix}"
