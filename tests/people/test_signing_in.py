"""Signing in and out: who gets in, what a stranger learns, which sessions live and die (rules A-24, A-50, A-54)."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import db, scope
from portal.core.events import EventRow
from portal.core.ids import spell
from portal.people import actions, queries, session_queries, sessions
from portal.people.models import Staff
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, People
from tests.factories.people import PASSWORD, Somebody, make_person, sign_in, type_code
from tests.factories.world import make_creditor

COOKIE = "portal-staff"


@pytest.fixture
def browser(people: People) -> Browser:
    opened = people.browser()
    opened.get("/c/language/en")
    return opened


def attempt(browser: Browser, email: str, password: str, **kwargs: object) -> int:
    browser.get("/c/login")
    form = browser.form("/c/login")
    browser.post(form.action, {**form.fields, "email": email, "password": password}, **kwargs)
    return browser.status


def cookie(browser: Browser, name: str = COOKIE) -> str | None:
    found = browser.client.get_cookie(name, domain="portal.test")
    return found.value if found else None


def with_cookie(app: PortalFlask, value: str) -> Browser:
    """A browser into which somebody copied a cookie."""
    other = Browser(app)
    other.client.set_cookie(COOKIE, value, domain="portal.test")
    return other


def without_tokens(html: str) -> str:
    return re.sub(r'(csrf_token|command_id)" value="[^"]*"', r'\1"', html)


def test_a_person_signs_in_and_sees_their_creditor(app: PortalFlask) -> None:
    browser = sign_in(app, make_person(make_creditor()))
    assert browser.path == "/c/"
    assert "Rossi Impianti" in browser.text
    assert "Giulia Ferri" in browser.text
    assert cookie(browser, "portal") is None


def test_a_wrong_password_and_an_unknown_address_look_the_same(browser: Browser) -> None:
    somebody = make_person(make_creditor(), email="giulia@rossi.example")
    assert attempt(browser, somebody.email, "not the password") == 422
    wrong = browser.text.replace(somebody.email, "X")
    assert attempt(browser, "nobody@rossi.example", "not the password") == 422
    assert without_tokens(browser.text.replace("nobody@rossi.example", "X")) == without_tokens(wrong)
    assert "do not fit together" in browser.text
    assert attempt(browser, somebody.email.upper(), PASSWORD) == 200


def test_who_never_chose_a_password_cannot_sign_in_with_none(browser: Browser) -> None:
    make_creditor()
    with db.transaction():
        actions.add_person("nuova@rossi.example")
    assert attempt(browser, "nuova@rossi.example", "") == 422


def test_ten_wrong_tries_close_the_door_even_to_the_right_password(browser: Browser) -> None:
    somebody = make_person(make_creditor())
    for _ in range(10):
        assert attempt(browser, somebody.email, "wrong") == 422
    assert attempt(browser, somebody.email, PASSWORD) == 429
    assert browser.page is not None
    assert int(browser.page.headers["Retry-After"]) > 0


def test_one_account_is_not_tried_from_everywhere(app: PortalFlask) -> None:
    creditor = make_creditor()
    somebody, other = make_person(creditor), make_person(creditor, Role.VIEWER)
    for address in range(30):
        browser = Browser(app)
        assert attempt(browser, somebody.email, "wrong", environ_base={"REMOTE_ADDR": f"198.51.100.{address}"}) == 422
    late = Browser(app)
    assert attempt(late, somebody.email, PASSWORD, environ_base={"REMOTE_ADDR": "203.0.113.9"}) == 429
    same_place = {"REMOTE_ADDR": "203.0.113.9"}
    assert attempt(Browser(app), other.email, PASSWORD, environ_base=same_place) == 200, (
        "another account is not shut out"
    )


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/c/items?q=bar", "/c/items"),
        ("/c/debtors", "/c/debtors"),
        ("//evil.example/c/", "/c/"),
        ("https://evil.example/c/", "/c/"),
        ("/c/\\evil.example", "/c/"),
        ("/c//evil.example", "/c/"),
        ("/c/../d/", "/c/"),
        ("/d/", "/c/"),
        ("/c/logout", "/c/"),
        ("/c/\nSet-Cookie:x", "/c/"),
    ],
)
def test_after_signing_in_one_lands_on_the_staffs_side_only(
    people: People, app: PortalFlask, wanted: str, led_to: str
) -> None:
    somebody, browser = make_person(make_creditor(), Role.AGENT), people.browser()
    browser.get("/c/login", query_string={"next": wanted})
    browser.submit("/c/login", email=somebody.email, password=PASSWORD)
    assert (browser.status, browser.path) == (200, led_to)


def test_who_is_not_signed_in_is_led_to_the_door_and_back(browser: Browser) -> None:
    somebody = make_person(make_creditor(), Role.AGENT)
    browser.get("/c/items?when=overdue")
    assert browser.path == "/c/login"
    browser.submit("/c/login", email=somebody.email, password=PASSWORD)
    assert browser.path == "/c/items"
    assert browser.page is not None
    assert browser.page.request.query_string == b"when=overdue"


def test_signing_in_gives_a_new_session_and_a_new_secret(app: PortalFlask, browser: Browser) -> None:
    somebody = make_person(make_creditor(), Role.AGENT)
    browser.get("/c/login")
    planted, token = cookie(browser), browser.csrf()
    browser.submit("/c/login", email=somebody.email, password=PASSWORD)
    assert browser.path == "/c/"
    assert cookie(browser) != planted
    attacker = with_cookie(app, planted or "")
    attacker.get("/c/")
    assert attacker.path == "/c/login"
    first = cookie(browser)
    assert browser.post("/c/logout", {"csrf_token": token}).status_code == 400, "the secret from before is void"
    assert cookie(browser) == first


def test_signing_in_again_ends_the_session_that_the_browser_had(app: PortalFlask) -> None:
    somebody = make_person(make_creditor(), Role.AGENT)
    browser = sign_in(app, somebody)
    first = cookie(browser)
    browser.client.set_cookie(COOKIE, "", domain="portal.test")
    browser.get("/c/login")
    browser.client.set_cookie(COOKIE, first or "", domain="portal.test")
    browser.get("/c/me")
    form = browser.form("/c/logout").fields
    browser.post("/c/login", {**form, "email": somebody.email, "password": PASSWORD})
    assert browser.path == "/c/"
    copied = with_cookie(app, first or "")
    copied.get("/c/")
    assert copied.path == "/c/login"


def test_signing_out_ends_the_session_on_the_server_and_clears_the_browser(app: PortalFlask) -> None:
    browser = sign_in(app, make_person(make_creditor()))
    kept = cookie(browser)
    browser.submit("/c/logout", follow=False)
    assert browser.page is not None
    assert browser.page.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert browser.status == 303
    copied = with_cookie(app, kept or "")
    copied.get("/c/")
    assert copied.path == "/c/login"


def test_pages_are_kept_by_nobody(app: PortalFlask) -> None:
    browser = sign_in(app, make_person(make_creditor()))
    for path in ("/c/", "/c/items", "/c/me"):
        page = browser.get(path)
        assert page.headers["Cache-Control"] == "no-store"
        assert "Cookie" in page.headers["Vary"]


def test_half_an_hour_without_a_click_ends_a_session(app: PortalFlask, later: time_machine.Traveller) -> None:
    browser = sign_in(app, make_person(make_creditor()))
    later.shift(sessions.IDLE - timedelta(minutes=1))
    browser.get("/c/")
    assert browser.path == "/c/"
    later.shift(sessions.IDLE - timedelta(minutes=1))
    browser.get("/c/")
    assert browser.path == "/c/", "the click before counted"
    later.shift(sessions.IDLE + timedelta(minutes=1))
    browser.get("/c/")
    assert browser.path == "/c/login"


def test_a_form_sent_minutes_later_is_taken(app: PortalFlask, later: time_machine.Traveller) -> None:
    """That the session was seen is kept in a transaction of its own, beside the one of the form."""
    browser = sign_in(app, make_person(make_creditor()))
    browser.get("/c/people")
    later.shift(timedelta(minutes=5))
    browser.submit("/c/people", email="sara@rossi.example", role="agent")
    assert "sara@rossi.example" in browser.text


def test_twelve_hours_end_a_session_however_busy(app: PortalFlask, later: time_machine.Traveller) -> None:
    browser = sign_in(app, make_person(make_creditor()))
    for _ in range(35):
        later.shift(timedelta(minutes=20))
        browser.get("/c/me")
        assert browser.path == "/c/me"
    later.shift(timedelta(minutes=20, seconds=1))
    browser.get("/c/me")
    assert browser.path == "/c/login"


def test_a_new_password_ends_every_other_session_and_renews_this_one(app: PortalFlask) -> None:
    somebody = make_person(make_creditor())
    here, elsewhere = sign_in(app, somebody), sign_in(app, somebody)
    before = cookie(here)
    here.get("/c/me")
    here.submit("/c/me/password", old=PASSWORD, password="mongolfiera bassotto tinello")
    assert here.path == "/c/me"
    assert "has changed" in here.text
    elsewhere.get("/c/")
    assert elsewhere.path == "/c/login"
    copied = with_cookie(app, before or "")
    copied.get("/c/")
    assert copied.path == "/c/login"
    assert attempt(elsewhere, somebody.email, PASSWORD) == 422
    assert attempt(elsewhere, somebody.email, "mongolfiera bassotto tinello") == 200


def test_a_new_password_needs_the_old_one_and_must_be_good(app: PortalFlask) -> None:
    browser = sign_in(app, make_person(make_creditor()))
    browser.get("/c/me")
    browser.submit("/c/me/password", old="wrong", password="short")
    assert browser.status == 422
    assert "This is not your password" in browser.text
    assert "at least 12 characters" in browser.text
    assert 'value="wrong"' not in browser.text


def test_sessions_are_listed_and_ended_one_by_one(app: PortalFlask) -> None:
    somebody = make_person(make_creditor())
    here, elsewhere = sign_in(app, somebody), sign_in(app, somebody)
    here.get("/c/me")
    assert here.text.count("End this session") == 1
    here.submit("/end")
    elsewhere.get("/c/")
    assert elsewhere.path == "/c/login"
    here.get("/c/me")
    assert here.text.count("End this session") == 0


def test_all_others_are_ended_at_once(app: PortalFlask) -> None:
    somebody = make_person(make_creditor())
    here, one, two = (sign_in(app, somebody) for _ in range(3))
    here.get("/c/me")
    here.submit("/c/me/sessions/end")
    assert "signed in here only" in here.text
    assert "End all others" not in here.text
    for other in (one, two):
        other.get("/c/")
        assert other.path == "/c/login"
    here.get("/c/")
    assert here.path == "/c/"


def test_a_session_says_since_when_and_from_what(app: PortalFlask) -> None:
    somebody = make_person(make_creditor(), Role.VIEWER)
    browser = People(app).browser()
    browser.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    browser.get("/c/language/en")
    browser.get("/c/login")
    browser.submit("/c/login", email=somebody.email, password=PASSWORD)
    browser.get("/c/me")
    assert "Firefox, Windows" in browser.text
    assert "this one" in browser.text
    assert "since" in browser.text


def test_another_persons_session_cannot_be_ended_from_ones_own_page(app: PortalFlask) -> None:
    creditor = make_creditor()
    colleague = make_person(creditor, Role.VIEWER)
    here, other = sign_in(app, make_person(creditor)), sign_in(app, colleague)
    with db.transaction(writes=False):
        theirs = session_queries.sessions_of(colleague.staff_id, sessions.idle_since())[0].id
    here.get("/c/me")
    from_form = here.form("/c/me/password").fields
    here.post(f"/c/me/sessions/{spell(theirs)}/end", {k: from_form[k] for k in ("csrf_token", "command_id")})
    assert here.status == 404
    other.get("/c/")
    assert other.path == "/c/"


def test_a_disabled_person_is_out_at_once(app: PortalFlask) -> None:
    somebody = make_person(make_creditor())
    browser = sign_in(app, somebody)
    with db.transaction():
        actions.disable(_staff(somebody))
    browser.get("/c/")
    assert browser.path == "/c/login"
    assert attempt(browser, somebody.email, PASSWORD) == 422


def _staff(somebody: Somebody) -> Staff:
    found = queries.by_id(somebody.staff_id)
    assert found is not None
    return found


def test_who_works_for_two_creditors_chooses_and_switches(app: PortalFlask, people: People) -> None:
    rossi, verdi = make_creditor(), make_creditor("verdi", name="Verdi S.p.A.", display_name="Verdi")
    third = make_creditor("neri", name="Neri", display_name="Neri")
    somebody = make_person(rossi, Role.ADMIN, email="ida@agenzia.example")
    make_person(verdi, Role.VIEWER, email="ida@agenzia.example")
    browser = people.browser()
    browser.get("/c/language/en")
    browser.get("/c/login?next=/c/items")
    browser.submit("/c/login", email=somebody.email, password=PASSWORD)
    type_code(browser, somebody)
    assert browser.path == "/c/choose"
    browser.get("/c/")
    assert browser.path == "/c/choose", "nothing is seen before the choice"
    choices = browser.form("/c/choose").choices["creditor"]
    assert len(choices) == 2
    for place, name, may in ((choices[0], "Rossi Impianti", True), (choices[1], "Verdi", False)):
        browser.get("/c/choose")
        browser.submit("/c/choose", creditor=place)
        assert browser.path == "/c/"
        assert f"· {name}</title>" in browser.text
        assert browser.get("/c/people").status_code == (200 if may else 403)
    browser.get("/c/choose")
    browser.submit("/c/choose", creditor=spell(third.id))
    assert browser.status == 404
    browser.get("/c/")
    assert "· Verdi</title>" in browser.text


def test_every_sign_in_is_in_the_creditors_history(app: PortalFlask) -> None:
    creditor = make_creditor()
    somebody = make_person(creditor)
    sign_in(app, somebody)
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        row = session.scalars(select(EventRow).where(EventRow.name == "person.signed_in")).one()
        assert (row.actor_kind, row.actor_id) == ("staff", somebody.staff_id)


def test_the_language_is_the_persons_own_until_they_choose(app: PortalFlask, people: People) -> None:
    somebody, browser = make_person(make_creditor(), Role.AGENT), people.browser()
    browser.get("/c/login", headers={"Accept-Language": "en"})
    assert "Sign in" in browser.text
    browser.submit("/c/login", email=somebody.email, password=PASSWORD)
    browser.get("/c/", headers={"Accept-Language": "en"})
    assert '<html lang="it"' in browser.text, "what the portal knows of them counts more than the browser"
    browser.get("/c/language/en", headers={"Referer": "http://portal.test/c/items"})
    assert browser.path == "/c/items"
    assert '<html lang="en"' in browser.text


def test_a_page_that_is_not_there_speaks_the_persons_language(app: PortalFlask) -> None:
    """The second factor's page and errors below /c have no person at hand: the cookie remembers what they speak."""
    somebody = make_person(make_creditor(), Role.VIEWER)
    with db.transaction() as session:
        session.get_one(Staff, somebody.staff_id).language = "en"
    browser = People(app).browser()
    browser.get("/c/login")
    browser.submit("/c/login", email=somebody.email, password=somebody.password)
    for path in ("/c/nothing-here", "/c/second-factor"):
        browser.get(path)
        assert 'lang="en"' in browser.text, path
