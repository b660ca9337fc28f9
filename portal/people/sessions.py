"""Who of the creditor's people is behind a request: Flask-Login over rows that can be listed and ended (A-54)."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import flask_login
from flask import Flask, g, redirect, request, session, url_for
from sqlalchemy import update

from portal.core import clock, db, events, ids, scope
from portal.creditors.faces import Face
from portal.people import actions, devices, held, second_factor, session_queries
from portal.people import events as happened
from portal.people.models import Staff, StaffSession
from portal.people.roles import NEED_SECOND_FACTOR, Role, may
from portal.web import language_pages
from portal.web.templating import forget_session

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
PROOF = timedelta(minutes=10)  # for so long a password or a code that was typed counts (rule A-66)
CODE_WAIT = timedelta(minutes=10)
CODE_TRIES = 5  # then the password is asked for again
SEEN_EVERY = timedelta(seconds=60)  # last seen is kept to the minute: a page view need not write
CREDITOR, LANGUAGE, KEY = "creditor", "lang", "_user_id"
WAITING = "waiting"  # a session whose password was right and whose code is still to come, and the creditor wanted

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
    proved_at: datetime
    has_second_factor: bool
    agency: str | None  # through which they work here; none: the creditor's own

    @property
    def who(self) -> str:
        return f"staff:{self.staff_id}"

    @property
    def proved_lately(self) -> bool:
        return clock.now() - self.proved_at <= PROOF

    def may(self, permission: enum.Enum) -> bool:
        return may(self.role, permission, through_agency=self.agency is not None)

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
    found = session_queries.signed_in(session_id, creditor_id, idle_since())
    if found is None:
        return None
    if found.role in NEED_SECOND_FACTOR and not found.has_second_factor:
        g.second_factor_due = True
        return None
    _keep_language(found.language)
    scope.enter(creditor_id, reach=found.reach)
    if clock.now() - found.seen_at > SEEN_EVERY:
        _keep_seen(session_id)
    events.act_as(events.Actor("staff", found.staff_id))
    language_pages.prefer(found.language)
    held.show_again(session_id)
    return Person(
        found.session_id, found.staff_id, found.name, found.email, found.role, found.creditor, found.creditors,
        found.language, found.proved_at, found.has_second_factor, found.agency,
    )  # fmt: skip


def _keep_language(language: str) -> None:
    """For pages that have nobody at hand: errors, and the second factor before a creditor is chosen."""
    if session.get("spoken") != language:
        session["spoken"] = language


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
    return session_queries.staff_of_session(session_id, idle_since()) if session_id is not None else None


def waiting_for_code() -> tuple[StaffSession, Staff] | None:
    """Who has typed the right password in this browser and now owes a code."""
    kept: Any = session.get(WAITING)
    if not isinstance(kept, list) or len(kept) != 2 or not ids.is_id(kept[0]):
        return None
    return session_queries.waiting_for_code(kept[0], idle_since())


def no_person() -> Any:
    """To what is still missing, and afterwards back here: signing in, the code, the second factor, the creditor."""
    wanted = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
    return redirect(url_for(_missing(), next=safe_next(wanted)), 303)


def _missing() -> str:
    if g.get("second_factor_due"):
        return "staff_second_factor.show"
    if staff_without_creditor() is not None:
        return "staff_entry.show_choice"
    return "staff_second_factor.show_code" if waiting_for_code() is not None else "staff_entry.show_login"


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


def begin(staff: Staff, creditor_id: int | None = None) -> bool:
    """A session for somebody whose password was right; False when they still owe a code.

    Whatever the browser had is over (A-50). They work for `creditor_id`, or for the only one they have; who has
    several chooses on the next page.
    """
    if not second_factor.is_on(staff.id):
        begin_proved(staff, creditor_id)
        return True
    leave()
    _keep_language(staff.language)
    row = _new_row(staff.id, ends_at=clock.now() + CODE_WAIT, waits_for_code=True)
    session[WAITING] = [row.id, creditor_id]
    return False


def begin_proved(staff: Staff, creditor_id: int | None = None) -> None:
    """As `begin`, for somebody who has typed everything that is asked for."""
    leave()
    _keep_language(staff.language)
    row = _new_row(staff.id, ends_at=clock.now() + ABSOLUTE)
    flask_login.login_user(_Entering(row.id))
    session.pop("_id", None)  # Flask-Login's hash of address and browser: not used, so not kept
    places = [place.creditor_id for place in session_queries.workplaces(staff.id)]
    if creditor_id in places or len(places) == 1:
        choose(staff.id, creditor_id or places[0])


def _new_row(staff_id: int, *, ends_at: datetime, waits_for_code: bool = False) -> StaffSession:
    now = clock.now()
    row = StaffSession(
        id=ids.new_id(),
        staff_id=staff_id,
        started_at=now,
        seen_at=now,
        ends_at=ends_at,
        proved_at=now,
        waits_for_code=waits_for_code,
        client=devices.label(request.user_agent.string),
    )
    db.session().add(row)
    db.session().flush()
    return row


def count_code_try(session_id: int) -> bool:
    """Counts a code before it is judged, so that twenty at once are still five; False when they are used up."""
    this = update(StaffSession).where(StaffSession.id == session_id, StaffSession.code_tries < CODE_TRIES)
    with db.trace():
        return db.changed(this.values(code_tries=StaffSession.code_tries + 1)) == 1


def enter_likely_creditor(staff: Staff) -> None:
    """The scope in which using a recovery code is told: that of the creditor wanted, else of the first there is."""
    wanted: Any = session[WAITING][1]
    places = [place.creditor_id for place in session_queries.workplaces(staff.id)]
    if places:
        scope.enter(wanted if wanted in places else places[0])
        events.act_as(events.Actor("staff", staff.id))


def pass_code(staff: Staff) -> None:
    """The code was right too: the session that waited for it is over, and the real one begins."""
    wanted: Any = session[WAITING][1]
    begin_proved(staff, wanted if ids.is_id(wanted) else None)


def renew(person: Person) -> None:
    """Another session id for who has proved once more who they are (A-50); it ends when the old one would have."""
    old = db.session().get_one(StaffSession, person.session_id)
    fresh = _new_row(person.staff_id, ends_at=old.ends_at)
    fresh.started_at = old.started_at
    fresh.held_path, fresh.held_form, fresh.held_at = old.held_path, old.held_form, old.held_at
    actions.end_session(old)
    session[KEY] = ids.spell(fresh.id)  # the form's secret stays: other pages that are open may still be sent


def choose(staff_id: int, creditor_id: int) -> None:
    """Works for this creditor from now on; membership has been checked."""
    session[CREDITOR] = creditor_id
    scope.enter(creditor_id)
    events.act_as(events.Actor("staff", staff_id))
    events.record(happened.PersonSignedIn(person_id=staff_id))


def leave() -> None:
    """Ends this browser's session, if it has one, and empties the cookie but for the language."""
    language, waiting = session.get(LANGUAGE), session.get(WAITING)
    for session_id in (_session_id(session.get(KEY)), waiting[0] if isinstance(waiting, list) else None):
        row = db.session().get(StaffSession, session_id) if ids.is_id(session_id) else None
        if row is not None:
            actions.end_session(row)
    forget_session()
    if language:
        session[LANGUAGE] = language
