"""Each person's own page: where they are signed in, their password, their second factor."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core.text import Text, t
from portal.people import (
    actions,
    forms,
    passwords,
    queries,
    second_factor,
    second_factor_pages,
    session_queries,
    sessions,
    tries,
)
from portal.people.models import StaffSession
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("own_creditor", __name__, url_prefix="/c/me")


@blueprint.get("")
@allow(Permission.READ)
def show() -> Any:
    return _page(Form())


def _running() -> list[StaffSession]:
    return session_queries.sessions_of(person().staff_id, sessions.idle_since())


def _page(form: Form) -> Any:
    who = person()
    running = _running()
    page = render_template(
        "people/staff_own.html",
        title=i18n.gettext("You"),
        email=who.email,
        shortest=passwords.SHORTEST,
        sessions=[_session(row) for row in running],
        others_url=url_for(".end_other_sessions") if len(running) > 1 else None,
        password_url=url_for(".change_password"),
        has_code=who.has_second_factor,
        codes_left=second_factor.left(who.staff_id) if who.has_second_factor else 0,
        set_up_url=url_for("staff_second_factor.show", next=url_for(".show")),
        codes_url=url_for(".make_recovery_codes"),
        off_url=None if queries.needs_second_factor(who.staff_id) else url_for(".turn_off_second_factor"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _session(row: StaffSession) -> dict[str, Any]:
    who = person()
    here = row.id == who.session_id
    return {
        "client": row.client or i18n.gettext("a browser"),
        "started": i18n.moment(row.started_at, who.creditor.time_zone),
        "seen": i18n.moment(row.seen_at, who.creditor.time_zone),
        "here": here,
        "end_url": url_for(".end_session", session_id=row.id) if not here else None,
    }


@blueprint.post("/password")
@allow(Permission.READ)
def change_password() -> Any:
    """With the old password; every session ends, and this browser gets a new one (rule A-50)."""
    who, form = person(), Form()
    staff = only_own(queries.by_id(who.staff_id))
    tries.check(who.email)
    if not passwords.is_right(staff.password_hash, forms.password("old")):
        tries.count(who.email)
        form.wrong["old"] = t("This is not your password. Please try once more.")
    password = forms.new_password(form, [who.email, who.name, who.creditor.name])
    if form.wrong:
        return _page(form)
    actions.change_password(staff, password)
    sessions.begin_proved(staff, who.creditor.id)
    return _done(t("Done. Your password has changed, and all other sessions are over."))


@blueprint.post("/sessions/<id:session_id>/end")
@allow(Permission.READ)
def end_session(session_id: int) -> Any:
    actions.end_session(only_own(next((row for row in _running() if row.id == session_id), None)))
    return _done(t("Done. That session is over."))


@blueprint.post("/sessions/end")
@allow(Permission.READ)
def end_other_sessions() -> Any:
    actions.end_sessions(person().staff_id, but=person().session_id)
    return _done(t("Done. You are signed in here only."))


@blueprint.post("/recovery-codes")
@allow(Permission.READ)
@recently_proved
def make_recovery_codes() -> Any:
    """Ten fresh ones, shown on the page that follows; those from before open nothing any more."""
    if not person().has_second_factor:
        only_own(None)
    second_factor_pages.show_once(second_factor.new_recovery_codes(person().staff_id))
    return redirect(url_for("staff_second_factor.show_codes", next=url_for(".show")), 303)


@blueprint.post("/second-factor/off")
@allow(Permission.READ)
@recently_proved
def turn_off_second_factor() -> Any:
    if not person().has_second_factor:
        only_own(None)
    second_factor.turn_off(person().staff_id)
    return _done(t("Done. Signing in asks for your password alone."))


def _done(sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show"), 303)
