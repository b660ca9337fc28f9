"""Who of the creditor's people is behind a request: Flask-Login over rows that can be listed and ended (A-54)."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import flask_login
from flask import Flask, redirect, request, session, url_for
from sqlalchemy import update

from portal.core import clock, db, events, ids, scope
from portal.creditors.faces import Face
from portal.people import actions, queries
from portal.people import events as happened
from portal.people.models import Staff, StaffSession
from portal.people.roles import ROLES, Role
from portal.web import language_pages
from portal.web.templating import forget_session

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
SEEN_EVERY = timedelta(seconds=60)  # last seen is kept to the minute: a page view need not write
CREDITOR, LANGUAGE, KEY = "creditor", "lang", "_user_id"

manager = flask_login.LoginManager()
# The row decides, not the address: a phone changes networks in the middle of a morning.
manager.session_protection = None


def install(app: Flask) -> None:
    manager.init_app(app, add_context_processor=False)


@dataclass(frozen=True, slots=True, eq=False)
class Person(flask_login.UserMixin):
    """Somebody signed in, with the creditor they are working for right now."""

    session_id: int
    staff_id: int
    name: str
    email: str
    role: Role
    creditor: Face
    creditors: int  # for how many they work
    language: str

    @property
    def who(self) -> str:
        return f"staff:{self.staff_id}"

    def may(self, permission: enum.Enum) -> bool:
        return permission in ROLES[self.role]

    def get_id(self) -> str:
        return ids.spell(self.session_id)


class _Entering(flask_login.UserMixin):
    """Somebody who has just signed in and whose creditor is not known yet."""

    def __init__(self, session_id: int) -> None:
        self.id = ids.spell(session_id)


def idle_since() -> datetime:
    """Sessions last seen before this moment have run out."""
    return clock.now() - IDLE


def _session_id(key: Any) -> int | None:
    try:
        return ids.read(key)
    except (ValueError, TypeError):
        return None


@manager.user_loader
def _load(key: str) -> Person | None:
    """The person of this request, their creditor's scope entered; None when there is nobody."""
    session_id = _session_id(key)
    creditor_id: Any = session.get(CREDITOR)
    if session_id is None or not ids.is_id(creditor_id):
        return None
    found = queries.signed_in(session_id, creditor_id, idle_since())
    if found is None:
        return None
    scope.enter(creditor_id)
    if clock.now() - found.seen_at > SEEN_EVERY:
        _keep_seen(session_id)
    events.act_as(events.Actor("staff", found.staff_id))
    language_pages.prefer(found.language)
    return Person(
        found.session_id, found.staff_id, found.name, found.email, found.role, found.creditor, found.creditors,
        found.language,
    )  # fmt: skip


def _keep_seen(session_id: int) -> None:
    with db.trace():
        db.changed(update(StaffSession).where(StaffSession.id == session_id).values(seen_at=clock.now()))


def load_person() -> Person | None:
    """For `portal.web.gates`: who is behind this request, or None."""
    if KEY not in session:
        return None
    user = flask_login.current_user
    return user._get_current_object() if user.is_authenticated else None


def staff_without_creditor() -> Staff | None:
    """Who is signed in, whether or not they have chosen a creditor yet."""
    session_id = _session_id(session.get(KEY))
    return queries.staff_of_session(session_id, idle_since()) if session_id is not None else None


def no_person() -> Any:
    """To the sign-in page and afterwards back here; who has not chosen a creditor yet goes to choose one."""
    wanted = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
    endpoint = "staff_entry.show_choice" if staff_without_creditor() else "staff_entry.show_login"
    return redirect(url_for(endpoint, next=safe_next(wanted)), 303)


def safe_next(wanted: str | None) -> str | None:
    """A page of the staff's side as it may stand behind `next`, else None: never another site."""
    if not wanted or not wanted.startswith("/c/") or len(wanted) > 1000:
        return None
    if "\\" in wanted or "//" in wanted or not wanted.isprintable():
        return None
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or ".." in parts.path or parts.path.startswith("/c/log"):
        return None
    return wanted


def begin(staff: Staff, creditor_id: int | None = None) -> None:
    """A fresh session for somebody who has just proved who they are; whatever the browser had is over (A-50).

    They work for `creditor_id`, or for the only one they have; who has several chooses on the next page.
    """
    leave()
    now = clock.now()
    row = StaffSession(
        id=ids.new_id(),
        staff_id=staff.id,
        started_at=now,
        seen_at=now,
        ends_at=now + ABSOLUTE,
        client=client_label(request.user_agent.string),
    )
    db.session().add(row)
    db.session().flush()
    flask_login.login_user(_Entering(row.id))
    session.pop("_id", None)  # Flask-Login's hash of address and browser: not used, so not kept
    places = [place.creditor_id for place in queries.workplaces(staff.id)]
    if creditor_id in places or len(places) == 1:
        choose(staff.id, creditor_id or places[0])


def choose(staff_id: int, creditor_id: int) -> None:
    """Works for this creditor from now on; membership has been checked."""
    session[CREDITOR] = creditor_id
    scope.enter(creditor_id)
    events.act_as(events.Actor("staff", staff_id))
    events.record(happened.PersonSignedIn(person_id=staff_id))


def leave() -> None:
    """Ends this browser's session, if it has one, and empties the cookie but for the language."""
    session_id, language = _session_id(session.get(KEY)), session.get(LANGUAGE)
    if session_id is not None:
        row = db.session().get(StaffSession, session_id)
        if row is not None:
            actions.end_session(row)
    forget_session()
    if language:
        session[LANGUAGE] = language


_BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def client_label(user_agent: str) -> str | None:
    """`Firefox, Windows`: enough to recognise one's own browser in a list."""
    names = [next((name for mark, name in known if mark in user_agent), None) for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in names if name) or None
