"""The matrix: every page and form of the staff's side, in every role, and with another creditor's rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from werkzeug.routing import Rule

from portal.core import ids
from portal.people.roles import ROLES, Permission, Role
from portal.web.edge import CHANGING, PortalFlask
from tests.actors import Browser
from tests.factories.people import make_person, signed_in
from tests.factories.staff_world import Busy, make_busy


@dataclass(frozen=True)
class View:
    endpoint: str
    rule: Rule
    permission: Permission

    @property
    def method(self) -> str:
        return next(iter(sorted((self.rule.methods or set()) & (CHANGING | {"GET"}))))

    @property
    def own_rows_only(self) -> bool:
        return bool(self.rule.arguments)


def views(app: PortalFlask) -> Iterator[View]:
    for rule in app.url_map.iter_rules():
        blueprint = app.blueprints.get(rule.endpoint.split(".")[0])
        if getattr(blueprint, "guarded_by", "") == "person":
            yield View(rule.endpoint, rule, app.view_functions[rule.endpoint].permission)  # type: ignore[attr-defined]


def address(view: View, values: dict[str, int]) -> str | None:
    """The view's address for these rows; None for a kind of row that this world has none of."""
    if not set(view.rule.arguments) <= set(values):
        return None
    return re.sub(r"<id:(\w+)>", lambda found: ids.spell(values[found[1]]), view.rule.rule)


def rows_of(busy: Busy, staff_id: int) -> dict[str, int]:
    return {
        "debtor_id": busy.account.debtor_id,
        "contact_id": busy.account.contact_id,
        "invoice_id": busy.invoice_id,
        "question_id": busy.question_id,
        "link_id": busy.link_id,
        "visit_id": busy.visit_id,
        "staff_id": staff_id,
    }


def send(browser: Browser, view: View, path: str) -> int:
    if view.method == "GET":
        return browser.get(path, follow=False).status_code
    browser.get("/c/me")
    hidden = {name: browser.form("/c/me/password").fields[name] for name in ("csrf_token", "command_id")}
    return browser.post(path, hidden, follow=False).status_code


def test_every_permission_is_somebodys_and_admins_have_them_all() -> None:
    assert ROLES[Role.ADMIN] == set(Permission)
    assert ROLES[Role.VIEWER] < ROLES[Role.AGENT] < ROLES[Role.MANAGER] < ROLES[Role.ADMIN]
    assert set(ROLES) == set(Role)


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_every_page_in_this_role(app: PortalFlask, role: Role) -> None:
    """Allowed pages open, all else is 403: before anything is looked for, whatever the form holds."""
    busy = make_busy(app)
    rows = rows_of(busy, make_person(busy.creditor, Role.VIEWER, email="zoe@rossi.example").staff_id)
    browser = signed_in(app, busy.creditor, role)
    seen = set()
    for view in views(app):
        path = address(view, rows)
        if path is None:
            continue
        status = send(browser, view, path)
        where = f"{view.method} {path} as {role.value}: {status}"
        if view.permission not in ROLES[role]:
            assert status == 403, where
        elif view.method == "GET" and not path.endswith(
            ("/original", "/code.svg", "/settled.pdf", "/attached.pdf", "/export.zip")
        ):
            assert status == 200, where
        else:
            assert status not in {401, 403, 500}, where
        seen.add(view.endpoint)
    assert len(seen) > 30


def test_a_stranger_gets_nowhere(app: PortalFlask) -> None:
    busy = make_busy(app)
    rows = rows_of(busy, 1)
    browser = Browser(app)
    for view in views(app):
        path = address(view, rows)
        if path is None:
            continue
        if view.method == "GET":
            answer = browser.get(path, follow=False)
        else:
            browser.get("/c/login")
            answer = browser.post(path, browser.form("/c/login").fields, follow=False)
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/c/login"), path
        assert answer.get_data(as_text=True).count("Bianchi") == 0


def test_another_creditors_rows_look_like_none(app: PortalFlask) -> None:
    """404 with the same bytes for another's row and for none, in every view that names a row."""
    mine, theirs = make_busy(app), make_busy(app, "verdi")
    foreign = rows_of(theirs, make_person(theirs.creditor, Role.VIEWER).staff_id)
    nothing = {name: value + 7 for name, value in foreign.items()}
    # An address with two rows is right in the first and foreign in the second, too.
    own = rows_of(mine, 0)
    mixed = {**foreign, "debtor_id": own["debtor_id"]}
    browser = signed_in(app, mine.creditor, Role.ADMIN)
    checked = 0
    for view in views(app):
        if not view.own_rows_only or address(view, foreign) is None:
            continue
        bodies = []
        for rows in (foreign, nothing, mixed if len(view.rule.arguments) > 1 else foreign):
            assert send(browser, view, address(view, rows) or "") == 404, (view.endpoint, rows)
            bodies.append(browser.text)
        assert bodies[0] == bodies[1] == bodies[2], view.endpoint
        checked += 1
    assert checked >= 12


@pytest.mark.parametrize(
    "spelled",
    [
        "0",
        "zzzzzzzzzzzzz",
        "0sa30bc1n3mdk0",
        "0SA30BC1N3MDK",
        "..%2f..%2f",
        "%00%00%00%00%00%00%00",
    ],
)
def test_an_id_that_is_none_is_not_found(app: PortalFlask, spelled: str) -> None:
    browser = signed_in(app, make_busy(app).creditor)
    assert browser.get(f"/c/debtors/{spelled}").status_code == 404


def test_a_form_without_its_secret_does_nothing(app: PortalFlask) -> None:
    busy = make_busy(app)
    browser = signed_in(app, busy.creditor)
    browser.get(busy.card)
    fields = browser.form("/contacts").fields
    without = {name: value for name, value in fields.items() if name != "csrf_token"}
    assert browser.post(f"{busy.card}/contacts", {**without, "address": "x@y.example"}).status_code == 400
    numberless = {name: value for name, value in fields.items() if name != "command_id"}
    assert browser.post(f"{busy.card}/contacts", {**numberless, "address": "x@y.example"}).status_code == 422
    twice = {**fields, "address": ["x@y.example", "z@y.example"]}
    assert browser.post(f"{busy.card}/contacts", twice).status_code == 422
    browser.get(busy.card)
    assert "@y.example" not in browser.text
