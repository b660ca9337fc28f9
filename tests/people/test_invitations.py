"""One-time ways in: they work once, their secret stands nowhere, and nobody gets into another creditor with them."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner, Result
from sqlalchemy import inspect, select, text

from portal.commands import line, staff
from portal.core import clock, db
from portal.people import actions, queries, session_queries
from portal.people.models import Invitation
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import PASSWORD, make_person, set_up, sign_in, type_code
from tests.factories.world import make_creditor

GOOD = "mongolfiera bassotto tinello"
Run = Callable[..., Result]


@pytest.fixture
def run(app: PortalFlask) -> Run:
    """The command line over this test's application."""

    def invoke(*arguments: str) -> Result:
        context = line.Context(create_app=lambda _settings: app)
        return CliRunner().invoke(staff.group, list(arguments), obj=context)

    return invoke


def invited(run: Run, email: str = "nuova@rossi.example", role: str = "agent", creditor: str = "rossi") -> str:
    result = run("add", email, "--creditor", creditor, "--role", role, "--name", "Sara Neri")
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def opened(app: PortalFlask, address: str) -> Browser:
    browser = Browser(app)
    browser.get("/c/language/en")
    browser.get(address)
    return browser


def test_a_second_invitation_says_that_the_first_is_dead(app: PortalFlask, run: Run) -> None:
    make_creditor()
    make_creditor("verdi", name="Verdi S.p.A.", display_name="Verdi")
    asked = ("add", "nuova@rossi.example", "--role", "agent", "--creditor")
    said = "the earlier invitation no longer opens"
    first = run(*asked, "rossi")
    assert said not in first.stderr
    assert said not in run(*asked, "verdi").stderr, "another creditor's invitation lives on"
    second = run(*asked, "rossi")
    assert second.exit_code == 0
    assert said in second.stderr
    assert second.stdout.strip().startswith("http"), "the address alone, for scripts"
    assert json.loads(run(*asked, "rossi", "--json").stdout)["replaces_earlier"] is True
    assert opened(app, first.stdout.strip()).path != "/c/welcome"
    with time_machine.travel(clock.now() + timedelta(days=8)):
        assert said not in run(*asked, "rossi").stderr, "that one had run out by itself"


def test_a_second_reset_says_so_too(app: PortalFlask, run: Run) -> None:
    person = make_person(make_creditor())
    assert "no longer opens" not in run("reset", person.email).stderr
    assert "no longer opens" in run("reset", person.email).stderr


def test_the_first_person_is_let_in_from_the_command_line(app: PortalFlask, run: Run) -> None:
    make_creditor()
    address = invited(run, role="admin")
    assert address.startswith("http://portal.test/c/invitation/")
    browser = opened(app, address)
    assert browser.path == "/c/welcome", "the secret has left the address"
    assert "Rossi Impianti invites you as Administrator" in browser.text
    assert address.rsplit("/", 1)[1] not in browser.text
    browser.submit("/c/welcome", name="Sara Neri", password=GOOD)
    assert browser.path == "/c/second-factor", "before anything else: with this role one can do much"
    set_up(browser, "nuova@rossi.example")
    assert browser.path == "/c/"
    assert "Sara Neri" in browser.text
    assert browser.get("/c/people").status_code == 200


def test_an_invitation_works_once(app: PortalFlask, run: Run) -> None:
    make_creditor()
    address = invited(run)
    first, second = opened(app, address), opened(app, address)
    first.submit("/c/welcome", name="Sara Neri", password=GOOD)
    assert first.path == "/c/"
    second.submit("/c/welcome", name="Somebody Else", password="un altro posto molto strano")
    assert second.status == 410
    third = opened(app, address)
    assert third.status == 404
    first.get("/c/me")
    assert "Sara Neri" in first.text


def test_opening_it_changes_nothing_and_fetchers_do_not_use_it_up(app: PortalFlask, run: Run) -> None:
    make_creditor()
    address = invited(run)
    for _ in range(3):
        assert opened(app, address).path == "/c/welcome"
    with db.transaction(writes=False) as session:
        assert session.scalars(select(Invitation.accepted_at)).all() == [None]
    scanner = Browser(app)
    scanner.get(address, headers={"Sec-Purpose": "prefetch"})
    assert scanner.status == 410, "a prefetch does not even open it"


def test_the_secret_is_in_no_row(app: PortalFlask, run: Run) -> None:
    make_creditor()
    secret = invited(run).rsplit("/", 1)[1]
    with db.engine().connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).all()
            assert secret not in str(rows), table


def test_unknown_used_and_run_out_ones_look_the_same(app: PortalFlask, run: Run) -> None:
    make_creditor()
    address = invited(run)
    with time_machine.travel(clock.now() + actions.INVITATION_DAYS + timedelta(minutes=1), tick=False):
        late = opened(app, address)
    unknown = opened(app, "/c/invitation/" + "x" * 32)
    assert (late.status, unknown.status) == (404, 404)
    assert late.text == unknown.text


def test_guessing_is_slowed_down(app: PortalFlask) -> None:
    browser = Browser(app)
    statuses = [browser.get(f"/c/invitation/{'x' * 30}{n:02}").status_code for n in range(25)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


@pytest.mark.parametrize("password", ["short", "nuova.nuova.nuova", "passwordpassword1", "x" * 129])
def test_a_weak_password_is_refused_and_the_name_kept(app: PortalFlask, run: Run, password: str) -> None:
    make_creditor()
    browser = opened(app, invited(run))
    browser.submit("/c/welcome", name="Sara Neri", password=password)
    assert browser.status == 422
    assert 'value="Sara Neri"' in browser.text
    assert password not in browser.text
    browser.submit("/c/welcome", name="Sara Neri", password=GOOD)
    assert browser.path == "/c/"


def test_a_second_invitation_replaces_the_first(app: PortalFlask, run: Run) -> None:
    make_creditor()
    first, second = invited(run), invited(run, role="viewer")
    assert opened(app, first).status == 404
    assert "as Viewer" in opened(app, second).text


def test_one_creditors_invitation_does_not_open_another_creditor(app: PortalFlask, run: Run) -> None:
    """Whoever invites sees the address: with it they must not get into what the person may do elsewhere."""
    make_creditor()
    make_creditor("verdi", name="Verdi S.p.A.", display_name="Verdi")
    person = make_person(make_creditor("neri", name="Neri S.p.A.", display_name="Neri"), email="ida@agenzia.example")
    thief = opened(app, invited(run, email=person.email, role="admin", creditor="verdi"))
    assert "Choose a password" not in thief.text
    thief.submit("/c/welcome", name="Ida", password=GOOD)
    assert thief.status == 422
    sign_in(app, person)
    thief.submit("/c/welcome", name="Ida", password=PASSWORD)
    assert thief.path == "/c/code", "and with her password she still owes her code"
    type_code(thief, person)
    assert "· Verdi</title>" in thief.text


def test_an_invitation_accepted_by_another_gives_nothing_of_the_first_creditor(app: PortalFlask, run: Run) -> None:
    """Two creditors invite the same new address; the one that sees an address opens its own creditor alone."""
    make_creditor()
    verdi = make_creditor("verdi", name="Verdi S.p.A.", display_name="Verdi")
    invited(run, email="nuova@rossi.example", creditor="rossi")
    browser = opened(app, invited(run, email="nuova@rossi.example", creditor="verdi"))
    browser.submit("/c/welcome", name="Somebody", password=GOOD)
    assert "· Verdi</title>" in browser.text
    with db.transaction(writes=False):
        person = queries.by_email("nuova@rossi.example")
        assert person is not None
        assert [place.creditor_id for place in session_queries.workplaces(person.id)] == [verdi.id]


def test_whoever_works_there_is_not_invited_again(run: Run) -> None:
    person = make_person(make_creditor(), Role.AGENT)
    result = run("add", person.email, "--creditor", "rossi", "--role", "admin")
    assert result.exit_code == 2
    assert "works here already" in result.output


def test_a_forgotten_password_is_set_anew_by_the_operators_address(app: PortalFlask, run: Run) -> None:
    person = make_person(make_creditor())
    before = sign_in(app, person)
    result = run("reset", person.email, "--json")
    assert result.exit_code == 0, result.output
    browser = opened(app, json.loads(result.stdout)["invitation"])
    assert "Here you set a new password" in browser.text
    browser.submit("/c/welcome", name="Giulia Ferri", password=GOOD)
    assert browser.path == "/c/code", "a new password is not a new telephone"
    type_code(browser, person)
    assert browser.path == "/c/"
    before.get("/c/")
    assert before.path == "/c/login"


def test_the_command_line_lists_and_shuts_out(app: PortalFlask, run: Run) -> None:
    person = make_person(make_creditor(), Role.MANAGER)
    invited(run)
    listed = json.loads(run("list", "--json").stdout)
    assert {(row["email"], row["role"], row["state"]) for row in listed} == {
        (person.email, "manager", "active"),
        ("nuova@rossi.example", "-", "invited"),
    }
    browser = sign_in(app, person)
    assert run("disable", person.email).exit_code == 0
    browser.get("/c/")
    assert browser.path == "/c/login"
    assert run("disable", person.email).exit_code == 2
    assert run("reset", person.email).exit_code == 2
    assert "disabled" in run("list").output


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "not an address", "--creditor", "rossi", "--role", "admin"),
        ("add", "a@b.it", "--creditor", "nobody", "--role", "admin"),
        ("add", "a@b.it", "--creditor", "rossi", "--role", "king"),
        ("reset", "nobody@rossi.example"),
    ],
)
def test_wrong_usage_ends_with_two(run: Run, arguments: tuple[str, ...]) -> None:
    make_creditor()
    assert run(*arguments).exit_code == 2
