"""One customer's data: what there is, taking it out for them, erasing it with four eyes; and what goes by itself."""

import contextvars
import tempfile
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from portal.core import clock, ids, installation, signing
from portal.core.text import Text, t
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.privacy import actions, export, presenting, queries, retention, rules
from portal.privacy.models import Erasure
from portal.privacy.states import ErasureStatus
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("privacy_creditor", __name__)

TICKET, TICKET_SECONDS = "person-export", 600
IN_MEMORY = 4 * 1024**2


@blueprint.get("/debtors/<id:debtor_id>/privacy")
@allow(Permission.EXPORT)
def show(debtor_id: int) -> Any:
    return _page(debtor_id, Form())


def _page(debtor_id: int, form: Form) -> Any:
    debtor = _debtor(debtor_id)
    past = queries.erasures(debtor_id)
    running = next((one for one in past if one.status in actions.RUNNING), None)
    obstacles = queries.obstacles(debtor_id)
    page = render_template(
        "privacy/staff_person.html",
        title=i18n.gettext("Personal data"),
        name=debtor.name,
        held=presenting.held(queries.held(debtor_id)),
        export_url=url_for(".take_out", debtor_id=debtor_id),
        obstacles=[i18n.say(reason) for reason in rules.why_not_erase(rules.EVERYTHING, obstacles)],
        kept=presenting.kept(),
        what=[(value, i18n.say(label), i18n.say(hint)) for value, (label, hint) in rules.WHAT.items()],
        reasons=[(value, i18n.say(label)) for value, label in rules.REASONS.items()],
        typed=form.typed,
        ask_url=None if running else url_for(".ask", debtor_id=debtor_id),
        running=_running(running),
        past=[presenting.erasure(one, person().creditor.time_zone) for one in past],
        back_url=url_for("debtors_creditor.show", debtor_id=debtor_id),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _debtor(debtor_id: int) -> Debtor:
    found: Debtor = only_own(debtors.debtor(debtor_id))
    return found


def _running(row: Erasure | None) -> dict[str, Any] | None:
    if row is None:
        return None
    values: dict[str, Any] = {"debtor_id": row.debtor_id, "erasure_id": row.id}
    waits = row.status is ErasureStatus.REQUESTED
    mine = row.asked_by == person().who
    return {
        "text": i18n.say(rules.WHAT[row.what][0]),
        "mine": mine,
        "agree_url": url_for(".agree", **values) if waits and not mine else None,
        "decline_url": url_for(".decline", **values) if waits else None,
    }


@blueprint.post("/debtors/<id:debtor_id>/privacy/export")
@allow(Permission.EXPORT)
@recently_proved
def take_out(debtor_id: int) -> Any:
    """Says in the chain that the data leaves; the file comes from an address that works for ten minutes."""
    actions.note_export(_debtor(debtor_id).id)
    ticket = signing.serializer(installation.keys(), TICKET).dumps([person().who, ids.spell(debtor_id)])
    return redirect(url_for(".download", debtor_id=debtor_id, ticket=ticket), 303)


@blueprint.get("/debtors/<id:debtor_id>/privacy/export.zip")
@allow(Permission.EXPORT)
@recently_proved
def download(debtor_id: int) -> Any:
    debtor = _debtor(debtor_id)
    ticket = signing.read_signed(installation.keys(), TICKET, request.args.get("ticket", ""), TICKET_SECONDS)
    if ticket != [person().who, ids.spell(debtor_id)]:
        only_own(None)
    into = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the answer

    def speak() -> None:
        i18n.use(i18n.known(debtor.language) or i18n.DEFAULT)
        export.write(debtor, person().creditor, into)

    contextvars.copy_context().run(speak)  # the summary's language is not the page's
    into.seek(0)
    name = f"{ids.spell(debtor_id)}-{clock.today(person().creditor.time_zone).isoformat()}.zip"
    answer: Response = send_file(into, mimetype="application/zip", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/debtors/<id:debtor_id>/privacy/erasures")
@allow(Permission.EXPORT)
def ask(debtor_id: int) -> Any:
    form = Form()
    _debtor(debtor_id)
    what = form.choice("what", frozenset(rules.WHAT), t("Please choose what is to go."))
    why = form.choice("why", frozenset(rules.REASONS), t("Please choose why."))
    if what is None or why is None:
        return _page(debtor_id, form)
    actions.ask(debtor_id, what, why, by=person().who)
    return _done(debtor_id, t("Written down. Now a colleague has to agree."))


@blueprint.post("/debtors/<id:debtor_id>/privacy/erasures/<id:erasure_id>/agree")
@allow(Permission.EXPORT)
@recently_proved
def agree(debtor_id: int, erasure_id: int) -> Any:
    actions.agree(only_own(queries.erasure(debtor_id, erasure_id)), by=person().who)
    return _done(debtor_id, t("Done. It is erased in the next minutes, and nobody can bring it back."))


@blueprint.post("/debtors/<id:debtor_id>/privacy/erasures/<id:erasure_id>/decline")
@allow(Permission.EXPORT)
def decline(debtor_id: int, erasure_id: int) -> Any:
    actions.decline(only_own(queries.erasure(debtor_id, erasure_id)), by=person().who)
    return _done(debtor_id, t("Done. Nothing is erased."))


def _done(debtor_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", debtor_id=debtor_id), 303)


@blueprint.get("/settings/privacy")
@allow(Permission.EXPORT)
def show_retention() -> Any:
    """What goes by itself and when; nothing is decided here."""
    zone = person().creditor.time_zone
    return render_template(
        "privacy/staff_retention.html",
        title=i18n.gettext("How long data is kept"),
        rows=[presenting.due(one) for one in retention.due(zone)],
        kept=presenting.kept(),
        last=presenting.last_run(queries.last_run(), zone),
        back_url=url_for("settings_creditor.show") if person().may(Permission.SETTINGS) else None,
    )
