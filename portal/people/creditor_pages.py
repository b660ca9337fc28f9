"""Who works here and what they may do: inviting, changing, ending (each person's own page is own_pages)."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core import ids
from portal.core.text import Text, t
from portal.people import actions, agencies, forms, mails, notices, queries, second_factor, sessions
from portal.people.models import Invitation, Membership, StaffMail
from portal.people.presenting import person
from portal.people.roles import AGENCY_ROLES, Permission, Role, may_invite
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("people_creditor", __name__)


@blueprint.get("/people")
@allow(Permission.INVITE)
def show_list() -> Any:
    return _people_page(Form())


def _people_page(form: Form) -> Any:
    who = person()
    invited = queries.invited(who.creditor.id)
    sent = mails.latest_about([one.invitation_id for one in invited])
    found = agencies.working_for(who.creditor.id) if who.may(Permission.PEOPLE) else []
    page = render_template(
        "people/staff_list.html",
        title=i18n.gettext("People"),
        people=[_row(one) for one in queries.colleagues(who.creditor.id, sessions.idle_since())],
        invited=[_invited_row(one, sent.get(one.invitation_id)) for one in invited],
        roles=[(role.value, i18n.say(role.label), i18n.say(role.hint)) for role in _may_give()],
        role_labels=[(role.value, i18n.say(role.label)) for role in Role],
        agencies=[(ids.spell(one.id), one.name) for one in found],
        own_name=who.creditor.display_name,
        agencies_url=url_for("agencies_creditor.show") if who.may(Permission.PEOPLE) else None,
        typed={name: form.typed.get(name, "") for name in ("email", "role", "agency")},
        invite_url=url_for(".invite"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _may_give() -> list[Role]:
    return [role for role in Role if may_invite(person().role, role)]


def _row(one: queries.Colleague) -> dict[str, Any]:
    who = person()
    touchable = who.may(Permission.PEOPLE) and one.works and one.staff_id != who.staff_id
    state = t("works here") if one.works else t("disabled") if one.disabled_at else t("access ended")
    values: dict[str, Any] = {"staff_id": one.staff_id}
    return {
        "name": one.name,
        "email": one.email,
        "agency": one.agency or "",
        "role": one.role.value,
        "role_label": one.role.label,
        "last": i18n.moment(one.seen_at, who.creditor.time_zone) if one.seen_at else i18n.gettext("never"),
        "state": t("signed in") if one.works and one.running else state,
        "kind": "good" if one.works else "plain",
        "role_url": url_for(".change_role", **values) if touchable else None,
        "out_url": url_for(".sign_out_everywhere", **values) if touchable and one.running else None,
        "reset_url": url_for(".show_reset", **values) if touchable and one.has_second_factor else None,
        "end_url": url_for(".end_access", **values) if touchable else None,
    }


def _invited_row(one: queries.Invited, mail: StaffMail | None) -> dict[str, Any]:
    zone, may = person().creditor.time_zone, may_invite(person().role, one.role)
    values: dict[str, Any] = {"invitation_id": one.invitation_id}
    return {
        "email": one.email,
        "role_label": one.role.label,
        "agency": one.agency or "",
        "until": i18n.moment(one.expires_at, zone),
        "mail": notices.how_it_stands(mail),
        "again_url": url_for(".mail_again", **values) if may else None,
        "withdraw_url": url_for(".withdraw_invitation", **values) if may else None,
    }


@blueprint.post("/people")
@allow(Permission.INVITE)
@recently_proved
def invite() -> Any:
    """A one-time address goes to the invited by mail; whoever invites never sees it."""
    who, form = person(), Form()
    email, role = forms.mail_address(form), forms.role(form)
    agency_id = forms.agency(form, agencies.working_for(who.creditor.id) if who.may(Permission.PEOPLE) else [])
    if role is not None and not may_invite(who.role, role):
        form.wrong["role"] = t("You cannot give a role that may do more than yours.")
    if role is not None and agency_id is not None and role not in AGENCY_ROLES:
        form.wrong["role"] = t("Somebody who works for an agency cannot decide for you. Please choose another role.")
    if form.wrong or role is None:
        return _people_page(form)
    staff = actions.add_person(email, language=who.creditor.language)
    invitation = actions.invite(staff, who.creditor.id, role, organisation_id=agency_id, by=who.staff_id)
    actions.mail_invitation(invitation, staff, who.name)
    return _done(t("Done. The invitation goes to %(email)s by mail.", email=email))


def _place(staff_id: int) -> Membership:
    """The person's place at this creditor; somebody else's people look like none."""
    place: Membership = only_own(queries.membership(staff_id, person().creditor.id))
    return place


@blueprint.post("/people/<id:staff_id>/role")
@allow(Permission.PEOPLE)
@recently_proved
def change_role(staff_id: int) -> Any:
    form = Form()
    place, role = _place(staff_id), forms.role(form)
    if role is None or place.ended_at is not None:
        return _people_page(form) if role is None else only_own(None)
    actions.change_role(place, role, by=person().staff_id)
    return _done(t("Done. It counts from now on."))


@blueprint.post("/people/<id:staff_id>/end")
@allow(Permission.PEOPLE)
@recently_proved
def end_access(staff_id: int) -> Any:
    actions.end_access(_place(staff_id), by=person().staff_id)
    return _done(t("Done. This person can no longer see anything here."))


@blueprint.post("/people/<id:staff_id>/sign-out")
@allow(Permission.PEOPLE)
def sign_out_everywhere(staff_id: int) -> Any:
    """Without another proof: whoever stops a thief must not be stopped by a form."""
    actions.sign_out_everywhere(_place(staff_id))
    return _done(t("Done. This person has to sign in again."))


@blueprint.get("/people/<id:staff_id>/second-factor")
@allow(Permission.PEOPLE)
def show_reset(staff_id: int) -> Any:
    return _reset_page(_place(staff_id), Form())


def _reset_page(place: Membership, form: Form) -> Any:
    staff = only_own(queries.by_id(place.staff_id))
    page = render_template(
        "people/staff_reset_second_factor.html",
        title=i18n.gettext("Reset the code from the telephone"),
        name=staff.name,
        email=staff.email,
        reset_url=url_for(".reset_second_factor", staff_id=staff.id),
        back_url=url_for(".show_list"),
        reason=form.typed.get("reason", ""),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/people/<id:staff_id>/second-factor")
@allow(Permission.PEOPLE)
@recently_proved
def reset_second_factor(staff_id: int) -> Any:
    """With a reason, which the person reads in the mail that tells them."""
    place, form = _place(staff_id), Form()
    reason = form.text("reason", longest=300, needed=t("Please write why: your colleague will read it."))
    if form.wrong:
        return _reset_page(place, form)
    second_factor.reset(place, reason, by=person().staff_id, by_name=person().name)
    return _done(t("Done. Your colleague sets it up anew when they sign in, and has been told by mail."))


def _invitation(invitation_id: int) -> Invitation:
    """A live invitation to this creditor, to a role that the reader may give."""
    found = queries.live_invitation(invitation_id)
    own = found if found is not None and found.creditor_id == person().creditor.id else None
    invitation: Invitation = only_own(own)
    if not may_invite(person().role, Role(invitation.role)):
        only_own(None)
    return invitation


@blueprint.post("/people/invitations/<id:invitation_id>/mail")
@allow(Permission.INVITE)
def mail_again(invitation_id: int) -> Any:
    """The same invitation once more: the address in the first mail goes on working."""
    invitation = _invitation(invitation_id)
    actions.mail_invitation(invitation, only_own(queries.by_id(invitation.staff_id)), person().name)
    return _done(t("Done. It is on its way once more."))


@blueprint.post("/people/invitations/<id:invitation_id>/withdraw")
@allow(Permission.INVITE)
def withdraw_invitation(invitation_id: int) -> Any:
    actions.withdraw_invitation(_invitation(invitation_id))
    return _done(t("Done. That invitation no longer works."))


def _done(sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show_list"), 303)
