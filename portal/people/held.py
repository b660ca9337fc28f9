"""A form that was sent when the proof had run out: kept sealed with the session, shown once more on its page.

Passwords, codes and secrets are not kept, and files cannot be: those fields are empty when the page comes back.
"""

import json
from datetime import timedelta

from flask import request, session
from sqlalchemy import update

from portal.core import clock, db, ids, installation, signing
from portal.people.models import StaffSession
from portal.web import forms

KEPT_FOR = timedelta(minutes=30)
LONGEST = 80_000  # characters of all fields together: an agency's customer codes are the longest
_WAITING = "held"  # in the cookie: the page that shows the form again
_NEVER = frozenset({"csrf_token", "command_id", "old", "code", "recovery"})
_SECRET = frozenset({"password", "secret", "key", "token"})  # as a word of a field's name: secret_key


def keep(session_id: int, path: str) -> None:
    """Keeps what this request's form holds, for the page at `path`; the newest form takes the place of another."""
    typed = forms.filled(leave_out=_is_secret)
    written = json.dumps(typed)
    sealed = signing.seal(installation.keys(), written) if typed and len(written) <= LONGEST else None
    this = update(StaffSession).where(StaffSession.id == session_id)
    with db.trace():
        db.changed(this.values(held_path=path[:400], held_form=sealed, held_at=clock.now()))


def _is_secret(name: str) -> bool:
    return name in _NEVER or not _SECRET.isdisjoint(name.removesuffix("[]").split("_"))


def wait_for_page(path: str) -> None:
    """The page at `path` may show its form again, once."""
    session[_WAITING] = path


def show_again(session_id: int) -> None:
    """On the page of a held form: what was typed stands where every Form begins (portal.web.forms)."""
    if session.get(_WAITING) != request.path or request.method != "GET":
        return
    session.pop(_WAITING)
    row = db.session().get(StaffSession, session_id)
    if row is None or row.held_path != request.path or row.held_form is None or row.held_at is None:
        return
    if row.held_at > clock.now() - KEPT_FOR:
        forms.begin_with(json.loads(signing.unseal(installation.keys(), row.held_form)))


def forget_old() -> int:
    """Empties what nobody came back for; returns how many forms those were."""
    old = update(StaffSession).where(StaffSession.held_at < clock.now() - KEPT_FOR)
    return db.changed(old.values(held_path=None, held_form=None, held_at=None))


def keep_once(path: str, written: str) -> None:
    """Keeps what the page at `path` shows one time, with the session's row: an older cookie brings nothing back."""
    row_id = _own_row()
    this = update(StaffSession).where(StaffSession.id == row_id)
    db.changed(this.values(held_path=path, held_form=signing.seal(installation.keys(), written), held_at=clock.now()))


def take_once(path: str) -> str | None:
    """What `keep_once` kept for `path`, and it is gone; None for whoever comes second, with whatever cookie."""
    row_id = _own_row()
    if row_id is None:
        return None
    with db.trace() as tracing:
        row = tracing.get(StaffSession, row_id)
        if row is None or row.held_path != path or row.held_form is None or row.held_at is None:
            return None
        mine = (StaffSession.id == row_id, StaffSession.held_form == row.held_form)
        taken = db.changed(update(StaffSession).where(*mine).values(held_path=None, held_form=None, held_at=None))
        late = row.held_at <= clock.now() - KEPT_FOR
        return None if late or not taken else signing.unseal(installation.keys(), row.held_form)


def _own_row() -> int | None:
    key = session.get("_user_id")
    return ids.read(key) if isinstance(key, str) else None
