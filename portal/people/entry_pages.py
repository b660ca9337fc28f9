"""Signing in and out, choosing a creditor, accepting an invitation: what comes before a person is known."""

import logging
from typing import Any

from flask import redirect, render_template, request, session, url_for
from werkzeug.exceptions import NotFound

from portal.core import ids, scope
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.people import actions, forms, passwords, queries, second_factor, session_queries, sessions, tries
from portal.people.models import Invitation, Staff
from portal.people.presenting import languages
from portal.people.roles import read
from portal.web import i18n, limits
from portal.web.forms import Form
from portal.web.gates import no_duplicate_fields, only_own, open_blueprint

log = logging.getLogger(__name__)

blueprint = open_blueprint(
    "staff_entry", __name__, url_prefix="/c", why="signing in comes before a person is known; each page checks itself"
)

blueprint.before_request(no_duplicate_fields)

INVITATION = "invitation"
_WRONG = t("Email and password do not fit together. Please try once more.")


@blueprint.get("/login")
def show_login() -> Any:
    if sessions.staff_without_creditor() is not None:
        return redirect(_onward(), 303)
    return _login_page(Form())


def _login_page(form: Form) -> Any:
    page = render_template(
        "people/login.html",
        title=i18n.gettext("Sign in"),
        login_url=url_for(".sign_in", next=sessions.safe_next(request.args.get("next"))),
        email=form.typed.get("email", ""),
        **_plain(form),
    )
    return page, 422 if form.wrong else 200


def _plain(form: Form) -> dict[str, Any]:
    """What layouts/plain.html needs."""
    return {"errors": form.errors, "error_of": dict(form.errors), "languages": languages()}


def _onward() -> str:
    return sessions.safe_next(request.args.get("next")) or url_for("today_creditor.show")


@blueprint.post("/login")
def sign_in() -> Any:
    """The same answer, as slowly, to a wrong address and a wrong password; tries are counted (rule A-66)."""
    form = Form()
    email = form.text("email", longest=254).lower()
    tries.check(email)
    staff = actions.who_is(email, forms.password())
    if staff is None:
        tries.count(email)
        known = queries.by_email(email)
        whose = {"person": ids.spell(known.id) if known is not None else None, "account": tries.mark(email)}
        log.warning("signing in was refused", extra={**whose, "network": limits.network_mark()})
        form.wrong["email"] = _WRONG
        return _login_page(form)
    return _begin(staff, None)


def _begin(staff: Staff, creditor_id: int | None) -> Any:
    """The password was right: to what is still missing, or in."""
    wanted = sessions.safe_next(request.args.get("next"))
    if not sessions.begin(staff, creditor_id):
        return redirect(url_for("staff_second_factor.show_code", next=wanted), 303)
    if queries.needs_second_factor(staff.id):
        second_factor.begin(staff.id)  # so that the page which asks for it can show it at once
    if sessions.CREDITOR not in session:
        return redirect(url_for(".show_choice", next=wanted), 303)
    return redirect(_onward(), 303)


@blueprint.post("/logout")
def sign_out() -> Any:
    """The session is over on the server, and nothing of it stays in the browser (rule A-24)."""
    sessions.leave()
    session.clear()
    answer = redirect(url_for(".show_login"), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


@blueprint.get("/language/<code>")
def choose_language(code: str) -> Any:
    """Speaks `code` from now on in this browser; the staff's side has a cookie of its own."""
    if i18n.known(code):
        session[sessions.LANGUAGE] = i18n.known(code)
    referrer = (request.referrer or "").removeprefix(request.host_url.rstrip("/"))
    return redirect(sessions.safe_next(referrer) or url_for(".show_login"), 303)


@blueprint.get("/choose")
def show_choice() -> Any:
    """For whom to work now; shown to who works for several creditors."""
    staff = sessions.staff_without_creditor()
    if staff is None:
        return redirect(url_for(".show_login"), 303)
    return render_template(
        "people/choose_creditor.html",
        title=i18n.gettext("For whom?"),
        places=session_queries.workplaces(staff.id),
        choose_url=url_for(".choose", next=sessions.safe_next(request.args.get("next"))),
        here=session.get(sessions.CREDITOR),
        leave_url=url_for(".sign_out"),
        **_plain(Form()),
    )


@blueprint.post("/choose")
def choose() -> Any:
    """Only a creditor that the person works for; another looks like none."""
    staff = sessions.staff_without_creditor()
    if staff is None:
        return redirect(url_for(".show_login"), 303)
    typed = request.form.get("creditor", "")
    places = {ids.spell(place.creditor_id): place for place in session_queries.workplaces(staff.id)}
    sessions.choose(staff.id, only_own(places.get(typed)).creditor_id)
    return redirect(_onward(), 303)


@blueprint.get("/invitation/<token>")
def open_invitation(token: str) -> Any:
    """Out of the address into the cookie, nothing changed: mail scanners come here too (rules A-20, A-30)."""
    limits.check(limits.BAD_TOKENS, "invitation")
    invitation_id = actions.read_invitation(token)
    found = queries.live_invitation(invitation_id) if invitation_id is not None else None
    if found is None:
        limits.count_bad_token("invitation")
        raise NotFound
    answer = redirect(url_for(".show_welcome"), 303)
    if not request.headers.get("Sec-Purpose", "").startswith("prefetch"):
        session[INVITATION] = found.id
    return answer


def _invited() -> tuple[Invitation, Staff] | None:
    kept: Any = session.get(INVITATION)
    invitation = queries.live_invitation(kept) if ids.is_id(kept) else None
    staff = queries.by_id(invitation.staff_id) if invitation is not None else None
    return (invitation, staff) if invitation is not None and staff is not None else None


@blueprint.get("/welcome")
def show_welcome() -> Any:
    found = _invited()
    return _closed() if found is None else _welcome_page(*found, Form())


def _closed() -> Any:
    page = render_template(
        "people/invitation_closed.html",
        title=i18n.gettext("Invitation"),
        login_url=url_for(".show_login"),
        **_plain(Form()),
    )
    return page, 410


def _welcome_page(invitation: Invitation, staff: Staff, form: Form) -> Any:
    face = creditors.face(invitation.creditor_id) if invitation.creditor_id is not None else None
    role = read(invitation.role or "")
    page = render_template(
        "people/accept_invitation.html",
        title=i18n.gettext("Welcome"),
        accept_url=url_for(".accept"),
        email=staff.email,
        creditor_name=face.display_name if face else None,
        role=i18n.say(role.label) if role else "",
        name=form.typed.get("name", staff.name if staff.password_hash else ""),
        has_password=actions.must_prove(invitation, staff),
        shortest=passwords.SHORTEST,
        **_plain(form),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/welcome")
def accept() -> Any:
    """Once: a name and a password, then in. Who works elsewhere proves it with the password they have."""
    found = _invited()
    if found is None:
        return _closed()
    invitation, staff = found
    form, password = Form(), None
    name = form.text("name", longest=100, needed=t("Please write your name."))
    if actions.must_prove(invitation, staff):
        tries.check(staff.email)
        if not passwords.is_right(staff.password_hash, forms.password()):
            tries.count(staff.email)
            form.wrong["password"] = t("This is not your password. Please try once more.")
    else:
        password = forms.new_password(form, [staff.email, name, _creditor_name(invitation)])
    if form.wrong:
        return _welcome_page(invitation, staff, form)
    if invitation.creditor_id is not None:
        scope.enter(invitation.creditor_id)
    actions.accept(invitation, staff, name=name, password=password)
    return _begin(staff, invitation.creditor_id)


def _creditor_name(invitation: Invitation) -> str:
    return creditors.face(invitation.creditor_id).name if invitation.creditor_id is not None else ""
