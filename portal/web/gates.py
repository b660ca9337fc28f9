"""Blueprints with their guard built in: no endpoint exists without one (house.md §6).

`debtor_blueprint` needs a visit, `creditor_blueprint` a signed-in person with the view's permission, `api_blueprint`
a system's key with it, `open_blueprint` nothing and says why. `portal.wiring` fills in who loads each of them.
"""

import enum
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import flask_smorest
from flask import Blueprint, Response, after_this_request, current_app, g, redirect, request
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from portal.core import db, installation, once, signing
from portal.core.errors import Invalid, NotAllowedNow, NotFound
from portal.core.text import t
from portal.web import limits
from portal.web.edge import CHANGING

WAIT_SECONDS = 10.0
API = "/api/v1"
IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_CALL_ID = re.compile(r"[!-~]{8,255}", re.ASCII)  # visible characters; of what system whatever
_COMMAND_ID = re.compile(r"[0-9A-Za-z_-]{8,40}", re.ASCII)
F = TypeVar("F", bound=Callable[..., Any])


class Guest(Protocol):
    """Who is behind a request, once the gate has let them in."""

    @property
    def who(self) -> str: ...  # names the visit or the person for command ids


class System(Guest, Protocol):
    def may(self, permission: enum.Enum) -> bool: ...


class Person(System, Protocol):
    @property
    def proved_lately(self) -> bool: ...  # whether they typed a password or a code in the last minutes


@dataclass(slots=True)
class Loaders:
    """Filled by wiring: each enters the scope and returns the guest, or None when nobody is there."""

    visit: Callable[[], Guest | None]
    person: Callable[[], Person | None]
    system: Callable[[], System | None]
    no_visit: Callable[[], Any]  # where a debtor without a visit goes
    no_person: Callable[[], Any]  # where staff sign in
    no_proof: Callable[[], Any]  # where they prove once more who they are, and then come back


def loaders() -> Loaders:
    found: Loaders = current_app.extensions["portal.gates"]
    return found


def debtor_blueprint(name: str, import_name: str, url_prefix: str = "/d") -> Blueprint:
    """Pages behind the gate; `g.visit` is the visit and the scope is its debtor's."""
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)
    blueprint.before_request(_need_visit)
    blueprint.guarded_by = "visit"  # type: ignore[attr-defined]
    return blueprint


def creditor_blueprint(name: str, import_name: str, url_prefix: str = "/c") -> Blueprint:
    """Pages of the creditor's people; `g.person` is who, the scope is their creditor's. Views carry @allow."""
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)
    blueprint.before_request(_need_person)
    blueprint.guarded_by = "person"  # type: ignore[attr-defined]
    return blueprint


class _Strict(FlaskParser):
    """A filter that there is not is refused: who mistypes one would take everything for what they asked for."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}  # noqa: RUF012


class _SystemBlueprint(flask_smorest.Blueprint):
    ARGUMENTS_PARSER = _Strict()


def api_blueprint(name: str, import_name: str, description: str) -> Any:
    """Addresses for the creditor's systems; `g.system` is the caller, the scope its creditor's. Views carry @allow.

    What they take and give is written down with them (flask-smorest) and served as the API's description.
    """
    blueprint = _SystemBlueprint(name, import_name, url_prefix=API, description=description)
    blueprint.before_request(_need_system)
    blueprint.guarded_by = "system"
    return blueprint


def open_blueprint(name: str, import_name: str, *, why: str, url_prefix: str | None = None) -> Blueprint:
    """Endpoints that anybody may call; `why` says what makes that right."""
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)
    blueprint.guarded_by = f"open: {why}"  # type: ignore[attr-defined]
    return blueprint


def allow(permission: enum.Enum) -> Callable[[F], F]:
    """Which permission a creditor's view asks for; a view without one is refused to everybody."""

    def mark(view: F) -> F:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def recently_proved(view: F) -> F:
    """Beside @allow: the person has typed their password or a code within the last minutes (rule A-66).

    Who has not is led there first, before anything is looked for or done, and comes back with nothing lost.
    """
    view.needs_proof = True  # type: ignore[attr-defined]
    return view


def recently_proved_if(is_grave: Callable[[], bool]) -> Callable[[F], F]:
    """As `recently_proved`, where what is being sent is grave: asked in the person's scope, before anything else."""

    def mark(view: F) -> F:
        view.needs_proof = is_grave  # type: ignore[attr-defined]
        return view

    return mark


def without_visit(answer: Callable[[], Any]) -> Callable[[F], F]:
    """What a debtor's view answers whose visit has ended, in place of the general page; nothing personal."""

    def mark(view: F) -> F:
        view.without_visit = answer  # type: ignore[attr-defined]
        return view

    return mark


def _need_visit() -> Any:
    visit = loaders().visit()
    if visit is None:
        view = current_app.view_functions.get(request.endpoint or "")
        answer: Callable[[], Any] = getattr(view, "without_visit", loaders().no_visit)
        return answer()
    g.visit = visit
    return _once(visit)


def _need_person() -> Any:
    person = loaders().person()
    if person is None:
        return loaders().no_person()
    g.person = person
    view = current_app.view_functions.get(request.endpoint or "")
    permission = getattr(view, "permission", None)
    if permission is None or not person.may(permission):
        raise Forbidden
    grave: bool | Callable[[], bool] = getattr(view, "needs_proof", False)
    if grave and not person.proved_lately and (grave is True or (callable(grave) and grave())):
        return loaders().no_proof()
    return _once(person)


def _need_system() -> Any:
    system = loaders().system()
    if system is None:
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": API}))
    g.system = system
    limits.count_call(system.who)
    view = current_app.view_functions.get(request.endpoint or "")
    permission = getattr(view, "permission", None)
    if permission is None or not system.may(permission):
        raise Forbidden
    return _call_once(system)


def _call_once(system: System) -> Any:
    """As `_once`, for a system: its own number stands in a header, and the whole answer is given again."""
    if request.method not in CHANGING:
        return None
    call_id = request.headers.get(IDEMPOTENCY_KEY, "")
    if not _CALL_ID.fullmatch(call_id):
        raise Invalid(t("Send an Idempotency-Key header of 8 to 255 visible characters, new for each new call."))
    body = hashlib.sha256(request.full_path.encode() + b"\n" + request.get_data()).hexdigest()
    try:
        found = _claim(system, hashlib.sha256(call_id.encode()).hexdigest()[:40], body)
    except once.OtherContents:
        raise NotAllowedNow(t("This Idempotency-Key came before with other contents.")) from None
    if not isinstance(found, once.Answer):
        return None
    text = signing.unseal_text(installation.keys(), found.sealed_body) if found.sealed_body else ""
    return Response(text, found.status, {REPLAYED: "true"}, content_type="application/json")


def _once(guest: Guest) -> Any:
    """The same form sent twice gets the same answer (rule D-10)."""
    if request.method not in CHANGING:
        return None
    no_duplicate_fields()
    command_id = request.form.get("command_id", "")
    if not _COMMAND_ID.fullmatch(command_id):
        raise Invalid(t("This form has lost its number. Please open the page again."))
    found = _claim(guest, command_id, _body_hash())
    return redirect(found.location, found.status) if isinstance(found, once.Answer) else None


def _claim(guest: Guest, command_id: str, body: str) -> once.Answer | int:
    """What the first sending was answered, waited for while it is at work; else this request is the first."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            found = once.claim(guest.who, command_id, body)
            break
        except once.AtWork:
            if time.monotonic() > deadline:
                raise NotAllowedNow(t("We are still working on your first click. Please wait a moment.")) from None
            with db.outside_transaction():
                time.sleep(0.1)
    g.command_row = None
    if not isinstance(found, once.Answer):
        g.command_row = found
        after_this_request(_forget_unanswered)
    return found


def _body_hash() -> str:
    """What was sent, files by their contents too, without the form's own numbers."""
    body = hashlib.sha256(request.path.encode())
    for key in sorted(set(request.form) - {"csrf_token", "command_id"}):
        body.update(repr((key, request.form.getlist(key))).encode())
    for key in sorted(request.files):
        for file in request.files.getlist(key):
            content = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]
            file.stream.seek(0)
            body.update(repr((key, file.filename, content)).encode())
    return body.hexdigest()


def _forget_unanswered(response: Response) -> Response:
    """A command that failed may be sent again, even when its row was kept before a network call."""
    row_id = g.pop("command_row", None)
    unit: db.Unit | None = g.get("unit")
    if row_id is not None and response.status_code >= 400 and unit is not None and unit.went_outside:
        with db.trace():
            once.forget(row_id)
    return response


def changed_nothing() -> None:
    """For a view that only looked at what was typed: the form's number stays free, and it may be sent again."""
    row_id = g.pop("command_row", None)
    if row_id is not None:
        once.forget(row_id)


def remember_answer(response: Response) -> None:
    """Keeps where a command led, in the command's own transaction (an edge's `before_commit`)."""
    row_id = g.pop("command_row", None)
    if row_id is not None and response.status_code < 400:
        said = response.get_data(as_text=True) if "system" in g else ""
        sealed = signing.seal_text(installation.keys(), said) if said else None
        once.answered(row_id, response.status_code, response.headers.get("Location", request.path), sealed)


def no_duplicate_fields() -> None:
    """One name, one value, in one place; lists are named `…[]` (rule A-63)."""
    for key in request.form:
        if not key.endswith("[]") and (len(request.form.getlist(key)) > 1 or key in request.args):
            raise Invalid(t("This form came twice in one. Please open the page again."))


def only_own(found: Any) -> Any:
    """The row, or 404: another's row looks exactly like none."""
    if found is None:
        raise NotFound(t("There is nothing here."))
    return found
