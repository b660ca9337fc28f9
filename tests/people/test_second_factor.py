"""The second factor: who must have one, what its codes open, and how often; how it is lost and found (rule A-66)."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner, Result
from sqlalchemy import inspect, select, text

from portal.commands import line, staff
from portal.core import clock, db, jobs, scope
from portal.core.events import EventRow
from portal.core.ids import spell
from portal.creditors.models import Creditor
from portal.doubles.mailbox import Mailbox
from portal.people import actions, codes, queries, second_factor, sessions, tries
from portal.people.models import SecondFactorReset
from portal.people.roles import NEED_SECOND_FACTOR, Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import PASSWORD, Somebody, let_codes_come_again, make_person, set_up, sign_in
from tests.factories.world import make_creditor


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


def with_password(app: PortalFlask, somebody: Somebody) -> Browser:
    """A browser in which the right password has been typed, and nothing else."""
    browser = Browser(app)
    browser.get("/c/language/en")
    browser.get("/c/login")
    browser.submit("/c/login", email=somebody.email, password=PASSWORD)
    return browser


def names(creditor: Creditor) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        return list(session.scalars(select(EventRow.name).order_by(EventRow.seq)))


def recovery_codes(browser: Browser) -> list[str]:
    return re.findall(r"<code>(\d-\w{5}-\w{5})</code>", browser.text)


# Who must have one


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_managers_and_administrators_see_nothing_before_they_have_one(
    app: PortalFlask, creditor: Creditor, role: Role
) -> None:
    browser = with_password(app, make_person(creditor, role, with_app=False))
    must = role in NEED_SECOND_FACTOR
    assert must == (role in {Role.MANAGER, Role.ADMIN})
    for path in ("/c/", "/c/items", "/c/debtors", "/c/me", "/c/results.csv", "/c/people", "/c/settings/account"):
        browser.get(path)
        assert (browser.path == "/c/second-factor") == must, path
    if must:
        browser.get("/c/second-factor")
        form = browser.form("/c/second-factor").fields
        hidden = {name: form[name] for name in ("csrf_token", "command_id")}
        browser.post("/c/me/password", {**hidden, "old": PASSWORD, "password": "mongolfiera bassotto tinello"})
        assert browser.path == "/c/second-factor"
        assert actions_still_know(PASSWORD, role, creditor), "nothing was done"


def actions_still_know(password: str, role: Role, creditor: Creditor) -> bool:
    with db.transaction():
        return actions.who_is(f"{role.value}.{spell(creditor.id)}@rossi.example", password) is not None


def test_it_is_set_up_right_after_signing_in(app: PortalFlask, creditor: Creditor, mailbox: Mailbox) -> None:
    somebody = make_person(creditor, Role.MANAGER, with_app=False)
    browser = with_password(app, somebody)
    assert browser.path == "/c/second-factor"
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in browser.text, "drawn on the page itself"
    before = browser.client.get_cookie("portal-staff", domain="portal.test")
    set_up(browser, somebody.email)
    assert browser.path == "/c/"
    after = browser.client.get_cookie("portal-staff", domain="portal.test")
    assert before is not None
    assert after is not None
    assert before.value != after.value, "a new session for a new level (A-50)"
    assert "person.second_factor_on" in names(creditor)
    jobs.work_off()
    (mail,) = mailbox.messages
    assert mail.recipients == (somebody.email,)


def test_the_wrong_code_does_not_set_it_up(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor, Role.ADMIN, with_app=False)
    browser = with_password(app, somebody)
    for typed in ("000000", "", "12345", "abcdef"):
        browser.submit("/c/second-factor", code=typed)
        assert browser.status == 422
        assert "<svg" in browser.text, "the same code is still there to be read"
    with db.transaction(writes=False):
        assert not second_factor.is_on(somebody.staff_id)
    set_up(browser, somebody.email)
    assert browser.path == "/c/"


def test_a_secret_that_was_shown_waits_a_quarter_and_then_for_the_password(
    app: PortalFlask, creditor: Creditor, later: time_machine.Traveller
) -> None:
    somebody = make_person(creditor, Role.ADMIN, with_app=False)
    browser = with_password(app, somebody)
    later.shift(second_factor.PENDING + timedelta(seconds=1))
    browser.get("/c/second-factor")
    assert "<svg" not in browser.text
    browser.submit("/begin", password="wrong")
    assert browser.status == 422
    browser.submit("/begin", password=PASSWORD)
    assert "<svg" in browser.text
    set_up(browser, somebody.email)


def test_setting_it_up_ends_the_sessions_that_a_password_alone_opened(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor, Role.VIEWER)
    here, elsewhere = with_password(app, somebody), with_password(app, somebody)
    here.get("/c/me")
    here.get("/c/second-factor?next=/c/me")
    here.submit("/begin", password=PASSWORD)
    set_up(here, somebody.email)
    assert here.path == "/c/me"
    elsewhere.get("/c/")
    assert elsewhere.path == "/c/login"


# Its codes


def test_the_password_alone_opens_nothing(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor)
    browser = with_password(app, somebody)
    assert browser.path == "/c/code"
    for path in ("/c/", "/c/me", "/c/second-factor", "/c/choose", "/c/second-factor/codes"):
        browser.get(path)
        assert browser.path in {"/c/code", "/c/login"}, path
    assert "person.signed_in" not in names(creditor)


def test_a_code_is_taken_once(app: PortalFlask, creditor: Creditor, later: time_machine.Traveller) -> None:
    somebody = make_person(creditor)
    code = somebody.code()
    first, second = with_password(app, somebody), with_password(app, somebody)
    first.submit("/c/code", code=code)
    assert first.path == "/c/"
    second.submit("/c/code", code=code)
    assert (second.path, second.status) == ("/c/code", 422)
    second.submit("/c/code", code=somebody.code(-1))
    assert second.status == 422, "nor the one before it"
    later.shift(30)
    second.submit("/c/code", code=somebody.code())
    assert second.path == "/c/"


@pytest.mark.parametrize(("steps", "in_"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_telephone_may_be_half_a_minute_off(
    app: PortalFlask, creditor: Creditor, later: time_machine.Traveller, steps: int, in_: bool
) -> None:
    somebody = make_person(creditor)
    browser = with_password(app, somebody)
    browser.submit("/c/code", code=somebody.code(steps))
    assert (browser.path == "/c/") == in_


def test_one_persons_code_is_not_anothers(app: PortalFlask, creditor: Creditor) -> None:
    somebody, other = make_person(creditor), make_person(creditor, email="altra@rossi.example")
    browser = with_password(app, somebody)
    browser.submit("/c/code", code=other.code())
    assert browser.status == 422


def test_five_codes_and_then_the_password_again(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor)
    browser = with_password(app, somebody)
    for _ in range(sessions.CODE_TRIES):
        browser.submit("/c/code", code="000000")
        assert browser.status == 422
    let_codes_come_again(somebody)
    browser.submit("/c/code", code=somebody.code())
    assert browser.status == 422, "also the right one"
    assert "sign in again" in browser.text


def test_twenty_at_once_are_still_five(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor)
    browser = with_password(app, somebody)
    with db.transaction(writes=False):
        kept = browser.client.get_cookie("portal-staff", domain="portal.test")
        assert kept is not None
    with app.test_request_context("/c/code", headers={"Cookie": f"portal-staff={kept.value}"}):
        with db.transaction(writes=False):
            found = sessions.waiting_for_code()
        assert found is not None
        session_id = found[0].id

    def count(_number: int) -> bool:
        with db.transaction():
            return sessions.count_code_try(session_id)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(count, range(20))) == sessions.CODE_TRIES


def test_an_accounts_codes_are_not_guessed_from_everywhere(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor)
    for number in range(tries.CODES.amount):
        browser = Browser(app)
        browser.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        browser.get("/c/login")
        browser.submit("/c/login", email=somebody.email, password=PASSWORD)
        browser.submit("/c/code", code="000000")
        assert browser.status == 422
    late = with_password(app, somebody)
    late.submit("/c/code", code=somebody.code())
    assert late.status == 429


def test_a_password_typed_ten_minutes_ago_waits_no_longer(
    app: PortalFlask, creditor: Creditor, later: time_machine.Traveller
) -> None:
    somebody = make_person(creditor)
    browser = with_password(app, somebody)
    later.shift(sessions.CODE_WAIT + timedelta(seconds=1))
    browser.submit("/c/code", code=somebody.code())
    assert browser.path == "/c/login"


def test_who_is_disabled_between_password_and_code_is_out(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor)
    browser = with_password(app, somebody)
    with db.transaction():
        found = queries.by_id(somebody.staff_id)
        assert found is not None
        actions.disable(found)
    browser.submit("/c/code", code=somebody.code())
    assert browser.path == "/c/login"


def test_after_the_code_one_lands_where_one_wanted(app: PortalFlask, creditor: Creditor) -> None:
    somebody, browser = make_person(creditor), Browser(app)
    browser.get("/c/items?when=overdue")
    browser.submit("/c/login", email=somebody.email, password=PASSWORD)
    browser.submit("/c/code", code=somebody.code())
    assert browser.path == "/c/items"


# What is kept


def test_no_secret_and_no_recovery_code_stands_in_the_database(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor, Role.ADMIN, with_app=False)
    browser = with_password(app, somebody)
    with db.transaction(writes=False):
        secret = second_factor.pending_secret(somebody.staff_id)
    assert secret is not None
    browser.submit("/c/second-factor", code=codes.code_at(secret, codes.step_of(clock.now())))
    shown = recovery_codes(browser)
    assert len(set(shown)) == 10
    with db.engine().connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = str(connection.execute(text(f'SELECT * FROM "{table}"')).all())
            assert secret not in rows, table
            for code in shown:
                assert code not in rows, table
                assert code[2:].replace("-", "") not in rows, table


def test_recovery_codes_are_shown_once(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor, Role.ADMIN, with_app=False)
    browser = with_password(app, somebody)
    set_up(browser, somebody.email)
    browser.get("/c/second-factor/codes")
    assert browser.path == "/c/"
    assert recovery_codes(browser) == []


def test_the_cookie_of_before_shows_no_recovery_codes_again(app: PortalFlask, creditor: Creditor) -> None:
    """They lie with the session's row and are gone with the first look, whichever cookie comes back."""
    here = sign_in(app, make_person(creditor, Role.ADMIN))
    here.get("/c/me")
    here.submit("/recovery-codes", follow=False)
    before = [cookie._to_request_header() for cookie in here.client._cookies.values()]  # type: ignore[attr-defined]
    here.get("/c/second-factor/codes")
    assert len(recovery_codes(here)) == 10
    again = app.test_client(use_cookies=False).get(
        "/c/second-factor/codes", headers={"Cookie": "; ".join(before)}, base_url="http://portal.test"
    )
    assert again.status_code == 303
    assert recovery_codes(here)[0] not in again.get_data(as_text=True)


def test_a_recovery_code_lets_in_once_and_the_person_is_told(
    app: PortalFlask, creditor: Creditor, mailbox: Mailbox
) -> None:
    somebody = make_person(creditor, Role.ADMIN)
    here = sign_in(app, somebody)
    here.get("/c/me")
    here.submit("/recovery-codes")
    code = recovery_codes(here)[3]
    first, second = with_password(app, somebody), with_password(app, somebody)
    first.submit("/c/code", recovery=code.lower().replace("-", " "))
    assert first.path == "/c/"
    second.submit("/c/code", recovery=code)
    assert second.status == 422
    first.get("/c/me")
    assert "You have 9 recovery codes left" in first.text
    assert names(creditor).count("person.recovery_code_used") == 1
    jobs.work_off()
    (mail,) = [one for one in mailbox.messages if one.recipients == (somebody.email,)]
    assert "9" in mail.text


def test_new_recovery_codes_end_the_old_ones(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor, Role.ADMIN)
    here = sign_in(app, somebody)
    here.get("/c/me")
    here.submit("/recovery-codes")
    old = recovery_codes(here)[0]
    here.get("/c/me")
    here.submit("/recovery-codes")
    fresh = recovery_codes(here)[0]
    browser = with_password(app, somebody)
    browser.submit("/c/code", recovery=old)
    assert browser.status == 422
    browser.submit("/c/code", recovery=fresh)
    assert browser.path == "/c/"


# Lost, and taken away


def test_an_administrator_resets_a_colleagues_with_a_reason(
    app: PortalFlask, creditor: Creditor, mailbox: Mailbox
) -> None:
    colleague = make_person(creditor, Role.MANAGER, name="Marco Bassi")
    theirs, admin = sign_in(app, colleague), sign_in(app, make_person(creditor))
    admin.get("/c/people")
    admin.get(f"/c/people/{spell(colleague.staff_id)}/second-factor")
    admin.submit("/second-factor", reason="")
    assert admin.status == 422
    admin.submit("/second-factor", reason="Telefono perso in treno")
    assert admin.path == "/c/people"
    theirs.get("/c/")
    assert theirs.path == "/c/login"
    again = with_password(app, colleague)
    assert again.path == "/c/second-factor"
    assert names(creditor).count("person.second_factor_reset") == 1
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        (kept,) = session.scalars(select(SecondFactorReset))
        assert kept.reason == "Telefono perso in treno"
        told = session.scalars(select(EventRow.data).where(EventRow.name == "person.second_factor_reset")).one()
        assert "Telefono" not in str(told), "a person's words stand in no event"
    jobs.work_off()
    (mail,) = mailbox.messages
    assert mail.recipients == (colleague.email,)
    assert "Telefono perso in treno" in mail.text


def test_nobody_resets_their_own_nor_that_of_somebody_who_works_elsewhere(
    app: PortalFlask, creditor: Creditor
) -> None:
    admin_person = make_person(creditor)
    both = make_person(creditor, Role.MANAGER, email="ida@agenzia.example")
    make_person(make_creditor("verdi", name="Verdi S.p.A.", display_name="Verdi"), Role.ADMIN, email=both.email)
    admin = sign_in(app, admin_person)
    admin.get("/c/me")
    hidden = {name: admin.form("/c/me/password").fields[name] for name in ("csrf_token", "command_id")}
    for staff_id in (admin_person.staff_id, both.staff_id):
        admin.get("/c/me")
        hidden = {name: admin.form("/c/me/password").fields[name] for name in ("csrf_token", "command_id")}
        admin.post(f"/c/people/{spell(staff_id)}/second-factor", {**hidden, "reason": "x"})
        assert admin.status == 409
    with db.transaction(writes=False):
        assert second_factor.is_on(admin_person.staff_id)
        assert second_factor.is_on(both.staff_id)


def test_the_operator_resets_it_from_the_command_line(app: PortalFlask, creditor: Creditor, mailbox: Mailbox) -> None:
    somebody = make_person(creditor)
    browser = sign_in(app, somebody)
    run: Callable[..., Result] = CliRunner().invoke
    context = line.Context(create_app=lambda _settings: app)
    assert run(staff.group, ["reset-totp", somebody.email], obj=context).exit_code == 0
    browser.get("/c/")
    assert browser.path == "/c/login"
    assert with_password(app, somebody).path == "/c/second-factor"
    assert run(staff.group, ["reset-totp", somebody.email], obj=context).exit_code == 2, "there is none now"
    assert run(staff.group, ["reset-totp", "nobody@rossi.example"], obj=context).exit_code == 2
    assert "person.second_factor_reset" in names(creditor)
    jobs.work_off()
    assert [mail.recipients[0] for mail in mailbox.messages] == [somebody.email]


def test_others_may_turn_it_on_and_off(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor, Role.AGENT)
    browser = sign_in(app, somebody)
    browser.get("/c/me")
    assert "Set it up" in browser.text
    browser.get("/c/second-factor?next=/c/me")
    browser.submit("/begin", password=PASSWORD)
    set_up(browser, somebody.email)
    assert with_password(app, somebody).path == "/c/code"
    browser.get("/c/me")
    browser.submit("/second-factor/off")
    assert "your password alone" in browser.text
    assert with_password(app, somebody).path == "/c/"
    assert names(creditor).count("person.second_factor_off") == 1


def test_who_must_have_it_cannot_turn_it_off(app: PortalFlask, creditor: Creditor) -> None:
    somebody = make_person(creditor, Role.MANAGER)
    browser = sign_in(app, somebody)
    browser.get("/c/me")
    assert "Do without the code" not in browser.text
    hidden = {name: browser.form("/c/me/password").fields[name] for name in ("csrf_token", "command_id")}
    browser.post("/c/me/second-factor/off", hidden)
    assert browser.status == 409
    with db.transaction(writes=False):
        assert second_factor.is_on(somebody.staff_id)
