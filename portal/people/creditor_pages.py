"""Who works here and what they may do; and each person's own page with their password and sessions."""

from typing import Any

from flask import flash, redirect, render_template, session, url_for

from portal.core import installation, signing
from portal.core.text import Text, t
from portal.people import actions, forms, passwords, queries, sessions, tries
from portal.people.models import Membership
from portal.people.presenting import person
from portal.people.roles import Permission, Role
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("people_creditor", __name__)

_SHOWN_ONCE = "shown_once"  # the new invitation's address, sealed, until the next page has shown it


@blueprint.get("/people")
@allow(Permission.PEOPLE)
def show_list() -> Any:
    return _people_page(Form())


def _people_page(form: Form) -> Any:
    who = person()
    sealed = session.pop(_SHOWN_ONCE, None)
    page = render_template(
        "people/staff_list.html",
        title=i18n.gettext("People"),
        people=[_row(one) for one in queries.colleagues(who.creditor.id, sessions.idle_since())],
        invited=[_invited_row(one) for one in queries.invited(who.creditor.id)],
        roles=[(role.value, i18n.say(role.label), i18n.say(role.hint)) for role in Role],
        role_labels=[(role.value, i18n.say(role.label)) for role in Role],
        email=form.typed.get("email", ""),
        role=form.typed.get("role", ""),
        invitation=signing.unseal(installation.keys(), sealed) if sealed else "",
        invite_url=url_for(".invite"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _row(one: queries.Colleague) -> dict[str, Any]:
    who = person()
    touchable = one.works and one.staff_id != who.staff_id
    state = t("works here") if one.works else t("disabled") if one.disabled_at else t("access ended")
    return {
        "name": one.name,
        "email": one.email,
        "role": one.role.value,
        "role_label": one.role.label,
        "last": i18n.moment(one.seen_at, who.creditor.time_zone) if one.seen_at else i18n.gettext("never"),
        "state": t("signed in") if one.works and one.running else state,
        "kind": "good" if one.works else "plain",
        "role_url": url_for(".change_role", staff_id=one.staff_id) if touchable else None,
        "out_url": url_for(".sign_out_everywhere", staff_id=one.staff_id) if touchable and one.running else None,
        "end_url": url_for(".end_access", staff_id=one.staff_id) if touchable else None,
    }


def _invited_row(one: queries.Invited) -> dict[str, Any]:
    zone = person().creditor.time_zone
    return {
        "email": one.email,
        "role_label": one.role.label,
        "until": i18n.moment(one.expires_at, zone),
        "withdraw_url": url_for(".withdraw_invitation", invitation_id=one.invitation_id),
    }


@blueprint.post("/people")
@allow(Permission.PEOPLE)
def invite() -> Any:
    """Makes a one-time address for a colleague; it is shown once, on the page that follows."""
    form = Form()
    email, role = forms.mail_address(form), forms.role(form)
    if form.wrong or role is None:
        return _people_page(form)
    face = person().creditor
    staff = actions.add_person(email, language=face.language)
    address = actions.invite(staff, face.id, role)
    session[_SHOWN_ONCE] = signing.seal(installation.keys(), address)
    return redirect(url_for(".show_list"), 303)


def _place(staff_id: int) -> Membership:
    """The person's place at this creditor; somebody else's people look like none."""
    place: Membership = only_own(queries.membership(staff_id, person().creditor.id))
    return place


@blueprint.post("/people/<id:staff_id>/role")
@allow(Permission.PEOPLE)
def change_role(staff_id: int) -> Any:
    form = Form()
    place, role = _place(staff_id), forms.role(form)
    if role is None or place.ended_at is not None:
        return _people_page(form) if role is None else only_own(None)
    actions.change_role(place, role, by=person().staff_id)
    return _done(t("Done. It counts from now on."))


@blueprint.post("/people/<id:staff_id>/end")
@allow(Permission.PEOPLE)
def end_access(staff_id: int) -> Any:
    actions.end_access(_place(staff_id), by=person().staff_id)
    return _done(t("Done. This person can no longer see anything here."))


@blueprint.post("/people/<id:staff_id>/sign-out")
@allow(Permission.PEOPLE)
def sign_out_everywhere(staff_id: int) -> Any:
    actions.sign_out_everywhere(_place(staff_id))
    return _done(t("Done. This person has to sign in again."))


@blueprint.post("/people/invitations/<id:invitation_id>/withdraw")
@allow(Permission.PEOPLE)
def withdraw_invitation(invitation_id: int) -> Any:
    invitation = queries.live_invitation(invitation_id)
    own = invitation if invitation is not None and invitation.creditor_id == person().creditor.id else None
    actions.withdraw_invitation(only_own(own))
    return _done(t("Done. That invitation no longer works."))


def _done(sentence: Text, endpoint: str = ".show_list") -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(endpoint), 303)


@blueprint.get("/me")
@allow(Permission.READ)
def show_own() -> Any:
    return _own_page(Form())


def _own_page(form: Form) -> Any:
    who = person()
    zone = who.creditor.time_zone
    running = [
        {
            "client": row.client or i18n.gettext("a browser"),
            "started": i18n.moment(row.started_at, zone),
            "seen": i18n.moment(row.seen_at, zone),
            "here": row.id == who.session_id,
            "end_url": url_for(".end_session", session_id=row.id) if row.id != who.session_id else None,
        }
        for row in queries.sessions_of(who.staff_id, sessions.idle_since())
    ]
    page = render_template(
        "people/staff_own.html",
        title=i18n.gettext("You"),
        email=who.email,
        shortest=passwords.SHORTEST,
        sessions=running,
        password_url=url_for(".change_password"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/me/password")
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
        return _own_page(form)
    actions.change_password(staff, password)
    sessions.begin(staff, who.creditor.id)
    return _done(t("Done. Your password has changed, and all other sessions are over."), ".show_own")


@blueprint.post("/me/sessions/<id:session_id>/end")
@allow(Permission.READ)
def end_session(session_id: int) -> Any:
    rows = queries.sessions_of(person().staff_id, sessions.idle_since())
    actions.end_session(only_own(next((row for row in rows if row.id == session_id), None)))
    return _done(t("Done. That session is over."), ".show_own")
