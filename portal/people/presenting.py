"""What the layout of a creditor's page needs, given to every template that a signed-in person sees."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request, url_for

from portal.core.text import Text
from portal.creditors.faces import Face
from portal.people.roles import Permission
from portal.people.sessions import Person
from portal.web import i18n


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of the left column; shown to who may open it."""

    label: Text
    endpoint: str
    permission: Permission


FRONT = "/c/"  # every other page of the staff's side lies below it

# Filled by portal.wiring, so that this feature need not know which pages there are.
navigation: list[Entry] = []


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a creditor's page; `navigation` holds (label, href, current, count or None)."""

    name: str
    role: Text
    agency: str | None
    creditor: str
    face: Face
    navigation: list[tuple[str, str, bool, int | None]]
    own_url: str
    switch_url: str | None


def person() -> Person:
    """Who is behind this request; only pages behind the sign-in call it."""
    found: Person = g.person
    return found


def common() -> dict[str, Any]:
    """A context processor: nothing when nobody of the creditor's people is signed in."""
    who = g.get("person")
    if not isinstance(who, Person):
        return {}
    frame = Frame(
        who.name,
        who.role.label,
        who.agency,
        who.creditor.display_name,
        who.creditor,
        [_word(entry) for entry in _reachable(who)],
        url_for("own_creditor.show"),
        url_for("staff_entry.show_choice") if who.creditors > 1 else None,
    )
    return {
        "staff": frame,
        "search_url": url_for("debtor_list_creditor.show"),
        "search": "",
        "leave_url": url_for("staff_entry.sign_out"),
        "languages": languages(),
        "errors": [],
        "error_of": {},
        "newer_url": None,
    }


def _reachable(who: Person) -> Iterable[Entry]:
    known = current_app.view_functions
    return (entry for entry in navigation if entry.endpoint in known and who.may(entry.permission))


def _word(entry: Entry) -> tuple[str, str, bool, int | None]:
    href = url_for(entry.endpoint)
    here = request.path == href or (href != FRONT and request.path.startswith(f"{href}/"))
    return i18n.say(entry.label), href, here, None


def languages() -> list[dict[str, Any]]:
    """As parts/people language_switch wants them: the staff's side keeps its language in its own cookie."""
    here = i18n.language().code
    return [
        {
            "code": code,
            "name": one.own_name,
            "href": url_for("staff_entry.choose_language", code=code),
            "current": code == here,
        }
        for code, one in i18n.languages().items()
    ]
