"""Agencies: their people see the customers of their mandate while it lasts, and nothing else at all (issue 4, 3)."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, text, update

from portal.cases.models import CaseEntry
from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.ids import spell
from portal.creditors.models import Creditor
from portal.debtors.models import ContactPoint, Debtor
from portal.imports.models import ImportBatch
from portal.invoices.models import DueItem, Invoice
from portal.messages.models import Message
from portal.people import agencies
from portal.people.models import Membership
from portal.people.roles import AGENCY_ROLES, OF_AGENCIES, Permission, Role, may
from portal.settings import Settings
from portal.sync import results
from portal.web.edge import CHANGING, PortalFlask
from portal.webhooks import actions as webhooks
from portal.webhooks.models import Delivery
from tests.actors import Browser, forms_of
from tests.actors import Debtor as DebtorsBrowser
from tests.factories.people import Somebody, make_person, sign_in
from tests.factories.staff_world import Busy, make_busy
from tests.factories.world import Account, make_account, make_creditor
from tests.people.test_roles import address, rows_of, send, views


@dataclass
class World:
    """A creditor with two customers, one of whom an agency sees."""

    inside: Busy
    outside: Account
    mandate_id: int
    organisation_id: int
    operator: Somebody
    admin: Somebody

    @property
    def creditor(self) -> Creditor:
        return self.inside.creditor


def give(
    creditor: Creditor, by: Somebody, debtors: list[int] | None, *, days: int | None = 30, starts_in: int = 0,
    vat: str = "IT09876543210", name: str = "Agenzia Alfa",
) -> tuple[int, int]:  # fmt: skip
    """A mandate of `creditor` for these customers; its id and the agency's."""
    start = clock.now() + timedelta(days=starts_in)
    with db.transaction():
        scope.enter(creditor.id)
        agency = agencies.organisation(name, vat)
        until = start + timedelta(days=days) if days is not None else None
        mandate = agencies.give(agency, name=name, from_at=start, until_at=until, debtor_ids=debtors, by=by.staff_id)
        return mandate.id, agency.id


@pytest.fixture
def world(app: PortalFlask) -> World:
    inside = make_busy(app)
    outside = make_account(inside.creditor, code="0099", vat_number="IT99999990000", name="Verdi Esterni S.r.l.")
    outside.add_invoice("999/2026")
    admin = make_person(inside.creditor)
    mandate_id, organisation_id = give(inside.creditor, admin, [inside.account.debtor_id])
    operator = make_person(
        inside.creditor, Role.AGENT, email="ida@alfa.example", name="Ida Alfa", organisation_id=organisation_id
    )
    return World(inside, outside, mandate_id, organisation_id, operator, admin)


@pytest.fixture
def browser(app: PortalFlask, world: World) -> Browser:
    return sign_in(app, world.operator)


def hidden(browser: Browser) -> dict[str, str]:
    browser.get("/c/me")
    fields = browser.form("/c/me/password").fields
    return {name: fields[name] for name in ("csrf_token", "command_id")}


# What they see


def test_they_see_the_customers_of_the_mandate(browser: Browser, world: World) -> None:
    assert browser.get(world.inside.card).status_code == 200
    assert "Bianchi" in browser.text
    for path in ("/c/debtors", "/c/items?state=all", "/c/", "/c/activity", "/c/messages"):
        browser.get(path)
        assert browser.status == 200, path
        assert "Verdi Esterni" not in browser.text, path
        assert "999/2026" not in browser.text, path
    browser.get("/c/debtors")
    assert "Bianchi" in browser.text


def test_another_customer_looks_like_none(browser: Browser, world: World) -> None:
    """Every page and every form that names a customer, an invoice, an address: 404 with the same bytes."""
    theirs = {"debtor_id": world.outside.debtor_id, "contact_id": world.outside.contact_id,
              "invoice_id": world.outside.invoice_ids[0]}  # fmt: skip
    tried = 0
    for rule in sorted(browser.app.url_map.iter_rules(), key=lambda one: one.rule):
        view = browser.app.view_functions[rule.endpoint]
        permission = getattr(view, "permission", None)
        arguments = set(rule.arguments)
        may_open = permission is not None and may(Role.AGENT, permission, through_agency=True)
        if rule.rule.startswith("/api/") or not may_open or not arguments or not arguments <= set(theirs):
            continue
        bodies = []
        for values in (theirs, {name: ids.new_id() for name in theirs}):
            path = rule.rule
            for name in arguments:
                path = path.replace(f"<id:{name}>", spell(values[name]))
            numbers = hidden(browser)
            if (rule.methods or set()) & CHANGING:
                answer = browser.post(path, {**numbers, "address": "x@y.example"}, follow=False)
            else:
                answer = browser.get(path, follow=False)
            assert answer.status_code == 404, (path, answer.status_code)
            bodies.append(answer.get_data())
        assert bodies[0] == bodies[1], rule.rule
        tried += 1
    assert tried >= 8


@pytest.mark.parametrize("role", sorted(AGENCY_ROLES, key=lambda role: role.value), ids=lambda role: role.value)
def test_what_is_the_creditors_own_is_not_theirs_in_any_role(app: PortalFlask, world: World, role: Role) -> None:
    somebody = make_person(
        world.creditor, role, email=f"{role.value}@alfa.example", organisation_id=world.organisation_id
    )
    browser = sign_in(app, somebody)
    closed = (
        "/c/people", "/c/agencies", "/c/settings", "/c/settings/payments", "/c/settings/account", "/c/imports",
        "/c/webhooks",
    )  # fmt: skip
    for path in closed:
        assert browser.get(path).status_code == 403, (role, path)
    for permission in Permission:
        if permission not in OF_AGENCIES:
            assert not may(role, permission, through_agency=True)
    assert browser.get(world.inside.card).status_code == 200


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT, Role.MANAGER], ids=lambda role: role.value)
def test_the_matrix_of_an_agency(app: PortalFlask, world: World, role: Role) -> None:
    """Every page and form with rows inside the mandate: what is open to agencies works, all else is 403."""
    somebody = make_person(
        world.creditor, role, email=f"{role.value}@alfa.example", organisation_id=world.organisation_id
    )
    browser, rows = sign_in(app, somebody), rows_of(world.inside, somebody.staff_id)
    opened = set()
    for view in views(app):
        path = address(view, rows)
        if path is None:
            continue
        status = send(browser, view, path)
        if may(role, view.permission, through_agency=True):
            assert status < 500, (view.method, path, status)
            assert status not in {401, 403}, (view.method, path)
            opened |= {view.endpoint} if view.method == "GET" and status == 200 else set()
        else:
            assert status == 403, (view.method, path, status)
    assert {"today_creditor.show", "debtors_creditor.show", "invoices_creditor.show", "own_creditor.show"} <= opened


def test_what_is_read_in_pieces_keeps_the_reach(app: PortalFlask, world: World) -> None:
    """A file is written out after the request's own transaction has ended."""
    zone = world.creditor.time_zone
    inside = b"".join(results.lines(world.creditor.id, zone, reach=world.mandate_id)).decode()
    whole = b"".join(results.lines(world.creditor.id, zone)).decode()
    assert "999/2026" in whole
    assert "128/2026" in inside
    assert "999/2026" not in inside


def test_every_shape_of_query_stays_inside(app: PortalFlask, world: World) -> None:
    with db.transaction(writes=False) as session:
        scope.enter(world.creditor.id, reach=world.mandate_id)
        mine = [world.inside.account.debtor_id]
        assert session.scalars(select(Debtor.id)).all() == mine
        assert session.scalar(select(func.count()).select_from(Debtor)) == 1
        assert session.scalar(select(func.count(ContactPoint.id))) == 1
        inner = select(Invoice.id).subquery()
        assert session.scalar(select(func.count()).select_from(inner)) == 1
        cte = select(DueItem.debtor_id).cte()
        assert set(session.scalars(select(cte.c.debtor_id))) == set(mine)
        assert session.get(Debtor, world.outside.debtor_id) is None
        joined = select(DueItem.id).join(Invoice, Invoice.id == DueItem.invoice_id)
        assert len(session.scalars(joined).all()) == 1
        assert set(session.scalars(select(EventRow.debtor_id))) == set(mine), "nor what is about no customer"
        assert session.scalars(select(ImportBatch)).all() == []
        prepared = select(Debtor.name)
        assert session.scalars(scope.prepared(prepared)).all() == ["Bianchi Costruzioni S.n.c."]
        assert session.scalars(select(Message)).all() is not None
    with db.transaction(writes=False) as session:
        scope.enter(world.creditor.id)
        assert session.scalar(select(func.count()).select_from(Debtor)) == 2, "there was somebody to hide"
        assert None in set(session.scalars(select(EventRow.debtor_id)))
        assert len(session.scalars(scope.prepared(prepared)).all()) == 2


def test_what_they_write_stays_inside(app: PortalFlask, world: World) -> None:
    outside = {"debtor_id": world.outside.debtor_id, "channel": "email", "address": "x@y.example"}
    with db.transaction():
        scope.enter(world.creditor.id, reach=world.mandate_id)
        changed = db.changed(update(ContactPoint).values(stopped_why="by_hand"))
        assert changed == 1
    with pytest.raises(scope.ScopeViolation), db.transaction() as session:
        scope.enter(world.creditor.id, reach=world.mandate_id)
        session.add(ContactPoint(id=ids.new_id(), source="creditor", **outside))
        session.flush()


def test_a_reach_is_never_widened(app: PortalFlask, world: World) -> None:
    with db.transaction(writes=False) as session:
        scope.enter(world.creditor.id, reach=world.mandate_id)
        scope.enter(world.creditor.id)
        assert scope.current().reach == world.mandate_id
        assert len(session.scalars(select(Debtor)).all()) == 1
        with pytest.raises(scope.ScopeViolation):
            scope.enter(world.creditor.id, reach=world.mandate_id + 1)
        with pytest.raises(scope.ScopeViolation):
            scope.enter(world.creditor.id, world.outside.debtor_id)
    with db.transaction(writes=False):
        scope.enter(world.creditor.id)
        with pytest.raises(scope.ScopeViolation):
            scope.enter(world.creditor.id, reach=world.mandate_id)


def test_an_empty_mandate_shows_nobody(app: PortalFlask, world: World) -> None:
    mandate_id, organisation_id = give(world.creditor, world.admin, [], vat="IT11111111111", name="Vuota")
    somebody = make_person(world.creditor, Role.AGENT, email="v@vuota.example", organisation_id=organisation_id)
    browser = sign_in(app, somebody)
    browser.get("/c/debtors")
    assert "Bianchi" not in browser.text
    assert browser.get(world.inside.card).status_code == 404
    assert mandate_id


def test_what_they_do_is_done_and_told_to_the_creditors_systems(browser: Browser, world: World) -> None:
    with db.transaction():
        scope.enter(world.creditor.id)
        webhooks.add_endpoint("https://erp.example.com/in")
    browser.get(world.inside.case)
    browser.submit("/answer", words="Arriva domani.")
    assert "has been told" in browser.text
    with db.transaction(writes=False) as session:
        scope.enter(world.creditor.id)
        assert session.scalars(select(CaseEntry.words)).one() == "Arriva domani."
        assert session.scalars(select(CaseEntry.name)).one() == "Ida Alfa"
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
        row = session.scalars(select(EventRow).where(EventRow.name == "question.answered")).one()
        assert (row.actor_kind, row.actor_id) == ("staff", world.operator.staff_id)


# From when until when


def test_they_are_out_when_the_mandate_runs_out(
    app: PortalFlask, world: World, later: time_machine.Traveller
) -> None:
    later.shift(timedelta(days=30) - timedelta(minutes=5))
    browser = sign_in(app, world.operator)
    assert browser.get(world.inside.card).status_code == 200
    later.shift(timedelta(minutes=6))
    browser.get(world.inside.card)
    assert browser.path == "/c/choose"
    assert "it has ended" in browser.text
    assert "Rossi" not in browser.text


def test_they_are_out_at_the_next_click_when_it_is_ended(app: PortalFlask, world: World, browser: Browser) -> None:
    admin = sign_in(app, world.admin)
    admin.get("/c/agencies")
    assert "Agenzia Alfa" in admin.text
    admin.submit("/end")
    assert "see nothing here any more" in admin.text
    browser.get(world.inside.card)
    assert browser.path == "/c/choose"
    assert sign_in(app, world.operator).path == "/c/choose"


def test_they_are_not_in_before_it_begins(app: PortalFlask, world: World, later: time_machine.Traveller) -> None:
    _, organisation_id = give(world.creditor, world.admin, None, starts_in=3, vat="IT22222222222", name="Domani")
    somebody = make_person(world.creditor, Role.VIEWER, email="d@domani.example", organisation_id=organisation_id)
    assert sign_in(app, somebody).path == "/c/choose"
    later.shift(timedelta(days=3, minutes=1))
    browser = sign_in(app, somebody)
    assert browser.path == "/c/"
    browser.get("/c/debtors")
    assert "Verdi Esterni" in browser.text, "all customers, this time"


def test_a_disabled_operator_is_out_and_a_moved_one_loses_the_rest(
    app: PortalFlask, world: World, browser: Browser
) -> None:
    with db.transaction():
        db.changed(
            update(Membership).where(Membership.staff_id == world.operator.staff_id).values(ended_at=clock.now())
        )
    browser.get("/c/")
    assert browser.path in {"/c/choose", "/c/login"}


def test_for_another_creditor_it_is_worth_nothing(app: PortalFlask, world: World) -> None:
    """The same agency works for two creditors: each mandate opens its own customers."""
    verdi = make_creditor("verdi", name="Verdi S.p.A.", display_name="Verdi")
    account = make_account(verdi, code="0500", vat_number="IT55555550000", name="Cliente di Verdi")
    boss = make_person(verdi, Role.ADMIN, email="capo@verdi.example")
    mandate_id, organisation_id = give(verdi, boss, [account.debtor_id])
    assert organisation_id == world.organisation_id, "the same agency is the same row"
    make_person(verdi, Role.VIEWER, email=world.operator.email, organisation_id=organisation_id)
    browser = sign_in(app, world.operator)
    assert browser.path == "/c/choose"
    for place in browser.form("/c/choose").choices["creditor"]:
        browser.get("/c/choose")
        browser.submit("/c/choose", creditor=place)
        mine = "Verdi</title>" in browser.text
        browser.get("/c/debtors")
        assert ("Cliente di Verdi" in browser.text) == mine
        assert ("Bianchi" in browser.text) != mine
    assert mandate_id


# Giving and ending


@pytest.fixture
def admin(app: PortalFlask, world: World) -> Browser:
    return sign_in(app, world.admin)


def give_on_page(browser: Browser, **typed: str) -> None:
    (form,) = [one for one in forms_of(browser.text) if one.action == "/c/agencies"]
    browser.post(form.action, {**form.fields, **typed})


def test_an_administrator_gives_a_mandate_and_invites_its_people(admin: Browser, world: World) -> None:
    admin.get("/c/agencies")
    give_on_page(
        admin, name="Beta Recuperi", vat_number="it 1357 9135791", reach="named", codes="0042, 0099",
        from_on="", until_on="",
    )  # fmt: skip
    assert "Now invite its people" in admin.text
    assert "Beta Recuperi" in admin.text
    assert "2 customers" in admin.text
    admin.get("/c/people")
    (form,) = [one for one in forms_of(admin.text) if one.action == "/c/people"]
    assert len(form.choices["agency"]) == 3
    admin.post(
        form.action, {**form.fields, "email": "op@beta.example", "role": "agent", "agency": form.choices["agency"][1]}
    )
    assert "op@beta.example" in admin.text


def test_nobody_of_an_agency_decides(admin: Browser, world: World) -> None:
    admin.get("/c/people")
    (form,) = [one for one in forms_of(admin.text) if one.action == "/c/people"]
    typed = {"email": "capo@alfa.example", "role": "admin", "agency": spell(world.organisation_id)}
    admin.post(form.action, {**form.fields, **typed})
    assert admin.status == 422
    assert "cannot decide for you" in admin.text
    path = f"/c/people/{spell(world.operator.staff_id)}/role"
    admin.get("/c/people")
    admin.submit(path, role="admin")
    assert admin.status == 409


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "Please write the agency"),
        ({"vat_number": "x"}, "VAT number like this"),
        ({"reach": "named", "codes": "0042\nXX-1"}, "No customer has the code XX-1"),
        ({"reach": "named", "codes": ""}, "codes of these customers"),
        ({"until_on": "2020-01-01"}, "lies before"),
        ({"from_on": "soon"}, "Write the date"),
        ({"reach": "some"}, "which customers"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(admin: Browser, typed: dict[str, str], said: str) -> None:
    admin.get("/c/agencies")
    good = {"name": "Beta", "vat_number": "IT13579135791", "reach": "everyone"}
    give_on_page(admin, **(good | typed))
    assert admin.status == 422
    assert said in admin.text
    if "name" not in typed:
        assert 'value="Beta"' in admin.text


def test_one_mandate_at_a_time(admin: Browser, world: World) -> None:
    admin.get("/c/agencies")
    give_on_page(admin, name="Agenzia Alfa", vat_number="IT09876543210", reach="everyone")
    assert admin.status == 409


def test_only_administrators_give_them(app: PortalFlask, world: World) -> None:
    manager = sign_in(app, make_person(world.creditor, Role.MANAGER))
    assert manager.get("/c/agencies").status_code == 403
    numbers = hidden(manager)
    assert manager.post(f"/c/agencies/{spell(world.mandate_id)}/end", numbers).status_code == 403


def test_another_creditors_mandate_is_not_there(app: PortalFlask, world: World) -> None:
    stranger = sign_in(app, make_person(make_creditor("neri", name="Neri", display_name="Neri")))
    stranger.get("/c/agencies")
    assert "Alfa" not in stranger.text
    numbers = hidden(stranger)
    assert stranger.post(f"/c/agencies/{spell(world.mandate_id)}/end", numbers).status_code == 404


# On the debtor's page


def test_customers_of_the_mandate_read_who_works_for_whom(app: PortalFlask, world: World) -> None:
    covered = DebtorsBrowser(app)
    covered.enter(world.inside.account.link(), world.inside.account.fact)
    covered.get("/language/en")
    covered.get("/d/")
    assert "Agenzia Alfa, on behalf of Rossi" in covered.text
    other = DebtorsBrowser(app)
    other.enter(world.outside.link(), world.outside.fact)
    other.get("/d/")
    assert "Alfa" not in other.text
    stranger = DebtorsBrowser(app)
    stranger.get(world.inside.account.link())
    assert "Alfa" not in stranger.text, "not before the gate"


def test_each_creditor_s_customers_and_people_read_its_own_word_for_the_agency(
    app: PortalFlask, world: World
) -> None:
    """Whoever gave a mandate first wrote the agency's row: no other creditor's pages quote it."""
    verdi = make_creditor("verdi", name="Verdi S.p.A.", display_name="Verdi")
    account = make_account(verdi, code="0500", vat_number="IT55555550000", name="Cliente di Verdi")
    account.add_invoice("1/2026")
    boss = make_person(verdi, Role.ADMIN, email="capo@verdi.example")
    _, organisation_id = give(verdi, boss, [account.debtor_id], name="Alfa Gestioni")
    assert organisation_id == world.organisation_id
    make_person(verdi, Role.VIEWER, email="v@alfa.example", organisation_id=organisation_id)
    customer = DebtorsBrowser(app)
    customer.enter(account.link(), account.fact)
    customer.get("/language/en")
    customer.get("/d/")
    assert "Alfa Gestioni, on behalf of Verdi" in customer.text
    assert "Agenzia Alfa" not in customer.text
    admin = sign_in(app, boss)
    for path in ("/c/agencies", "/c/people"):
        admin.get(path)
        assert "Alfa Gestioni" in admin.text, path
        assert "Agenzia Alfa" not in admin.text, path
    (form,) = [one for one in forms_of(admin.text) if one.action == "/c/people"]
    admin.post(
        form.action, {**form.fields, "email": "n@alfa.example", "role": "agent", "agency": ids.spell(organisation_id)}
    )
    assert "n@alfa.example" in admin.text
    assert "Agenzia Alfa" not in admin.text


def test_an_ended_mandate_is_no_longer_named(app: PortalFlask, world: World, later: time_machine.Traveller) -> None:
    later.shift(timedelta(days=31))
    browser = DebtorsBrowser(app)
    browser.enter(world.inside.account.link(), world.inside.account.fact)
    assert "Alfa" not in browser.text


@pytest.mark.parametrize("prepared", ["postgresql"], indirect=True)
def test_the_second_wall_stands_around_what_a_mandate_names(house: Settings) -> None:
    creditor = make_creditor()
    account = make_account(creditor)
    give(creditor, make_person(creditor), [account.debtor_id])
    with db.engine().connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM mandate_debtors")) == 0
        connection.execute(text(f"SELECT set_config('portal.creditor_id', '{creditor.id}', true)"))
        assert connection.scalar(text("SELECT count(*) FROM mandate_debtors")) == 1
