"""A step up never loses what was typed, the visit may run out on any of its pages (issue 4, item 1)."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock, db, ids, installation, jobs, scope
from portal.debtors import held, step_up
from portal.debtors.models import Visit
from portal.debtors.states import StepUpStatus
from portal.doubles.phone import Phone
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.world import Account, make_account

NEW = "nuovo@bianchi.example"


@pytest.fixture
def phone(app: PortalFlask) -> Iterator[Phone]:
    assert app
    with doors.phone_running() as running:
        yield running


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice()
    doors.add_mobile(made)
    return made


@pytest.fixture
def link(account: Account) -> str:
    return account.link()


def enter(browser: Debtor, link: str, account: Account) -> Debtor:
    browser.get("/language/en")
    browser.enter(link, account.fact)
    return browser


def let_it_run_out(account: Account) -> None:
    """Twenty minutes without a click, for every visit of this creditor."""
    with db.transaction():
        scope.enter(account.creditor_id)
        db.changed(update(Visit).values(seen_at=clock.now() - timedelta(minutes=20)))


def through_the_gate(browser: Debtor, account: Account) -> None:
    assert (browser.status, browser.path) == (200, "/gate"), browser.text
    assert "you go on where you were" in browser.text
    browser.submit("/gate", fact=account.fact)
    assert browser.status == 200


def test_what_was_signed_as_the_visit_ran_out(debtor: Debtor, account: Account, phone: Phone, link: str) -> None:
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    let_it_run_out(account)
    debtor.submit("/sign", name=doors.NAME, role="owner", statement="yes")
    through_the_gate(debtor, account)
    assert "Your visit had ended" in debtor.text
    assert NEW in debtor.text
    debtor.submit("/again")
    form = debtor.form("/sign")
    assert form.fields["name"] == doors.NAME
    assert form.fields["role"] == "owner"
    assert "statement" not in form.fields, "what is stated is stated anew"
    doors.signed(debtor)
    debtor.get(debtor.path)
    debtor.submit("/code", code=phone.texts[-1].code)
    assert "Done" in debtor.text
    assert NEW in doors.contacts(account)


def test_on_the_page_of_the_code_no_old_code_counts(
    debtor: Debtor, account: Account, phone: Phone, link: str
) -> None:
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    debtor.get(debtor.path)
    old = phone.texts[-1].code
    let_it_run_out(account)
    debtor.submit("/code", code=old)
    through_the_gate(debtor, account)
    debtor.submit("/again")
    assert debtor.form("/sign").fields["name"] == doors.NAME
    first, second = doors.step_ups(account)
    assert (first.status, second.status) == (StepUpStatus.CODE_SENT, StepUpStatus.SHOWN)
    assert second.code_hash is None
    assert second.kept == first.kept
    doors.signed(debtor)
    debtor.get(debtor.path)
    jobs.work_off()
    assert len(phone.texts) == 2
    if old != phone.texts[-1].code:
        debtor.submit("/code", code=old)
        assert NEW not in doors.contacts(account)
    debtor.submit("/code", code=phone.texts[-1].code)
    assert NEW in doors.contacts(account)


@pytest.mark.parametrize("button", ["/resend", "/call"])
def test_the_other_buttons_of_that_page(
    debtor: Debtor, account: Account, phone: Phone, link: str, button: str
) -> None:
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    debtor.get(debtor.path)
    let_it_run_out(account)
    debtor.submit(button)
    through_the_gate(debtor, account)
    assert NEW in debtor.text
    assert debtor.form("/again")
    assert doors.step_ups(account)[0].status is StepUpStatus.CODE_SENT
    assert len(phone.texts) == 1


def test_what_was_typed_in_your_data(debtor: Debtor, account: Account, link: str) -> None:
    enter(debtor, link, account)
    debtor.get("/d/your-data")
    let_it_run_out(account)
    debtor.submit("/d/your-data", email=NEW, mobile="347 1234567")
    assert doors.step_ups(account) == []
    through_the_gate(debtor, account)
    assert debtor.path == "/d/your-data"
    fields = debtor.form("/d/your-data").fields
    assert (fields["email"], fields["mobile"]) == (NEW, "347 1234567")
    debtor.submit("/d/your-data")
    assert NEW in debtor.text


def test_the_form_behind_an_act_of_a_visit_that_ran_out(debtor: Debtor, account: Account, link: str) -> None:
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    (row,) = doors.step_ups(account)
    let_it_run_out(account)
    enter(debtor, link, account)
    debtor.get(f"/d/your-data?of={ids.spell(row.id)}")
    assert debtor.form("/d/your-data").fields["email"] == NEW


def test_who_opens_the_mail_again_goes_on_as_well(debtor: Debtor, account: Account, phone: Phone, link: str) -> None:
    assert phone
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    let_it_run_out(account)
    debtor.submit("/sign", name=doors.NAME, role="owner", statement="yes")
    debtor.get(link)
    through_the_gate(debtor, account)
    debtor.submit("/again")
    assert debtor.form("/sign").fields["name"] == doors.NAME
    debtor.get("/d/")
    let_it_run_out(account)
    enter(debtor, link, account)
    assert debtor.path == "/d/", "once"


def test_another_link_in_this_browser_forgets_it(debtor: Debtor, account: Account, link: str) -> None:
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    let_it_run_out(account)
    debtor.submit("/sign", name=doors.NAME, role="owner", statement="yes")
    debtor.enter(account.link(), account.fact)
    assert debtor.path == "/d/"


def test_nobody_reads_it_in_the_cookie_and_no_code_is_in_it(
    app: PortalFlask, debtor: Debtor, account: Account, phone: Phone, link: str
) -> None:
    enter(debtor, link, account)
    debtor.get("/d/your-data")
    let_it_run_out(account)
    debtor.submit("/d/your-data", email=NEW)
    with debtor.client.session_transaction(base_url=debtor.base_url) as cookie:
        held_there = json.dumps(dict(cookie))
    assert "bianchi" not in held_there
    assert "your-data" in held_there
    through_the_gate(debtor, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    debtor.get(debtor.path)
    let_it_run_out(account)
    with app.test_request_context(debtor.path, method="POST", data={"code": phone.texts[-1].code, "name": "x"}):
        held.keep("/d/there")
        assert held.take("/d/elsewhere") == {}
        assert held.take("/d/there") == {"name": "x"}
        assert held.take("/d/there") == {}


def test_after_an_hour_it_is_gone(app: PortalFlask, account: Account) -> None:
    assert account
    assert installation.keys()
    with app.test_request_context("/d/x", method="POST", data={"name": "x"}):
        held.keep("/d/there")
        with time_machine.travel(clock.now() + timedelta(minutes=61)):
            assert held.take("/d/there") == {}


def test_while_the_first_visit_runs_nobody_takes_it_over(
    app: PortalFlask, debtor: Debtor, account: Account, phone: Phone, link: str
) -> None:
    """A-42: the act is its visit's. Somebody else with the same link and fact sees nothing of it."""
    assert phone
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    other = enter(Debtor(app), link, account)
    token = other.csrf()
    other.get(debtor.path)
    assert other.status == 409
    assert NEW not in other.text
    other.post(f"{debtor.path}/again", {"csrf_token": token, "command_id": "another0"})
    assert other.status == 409
    other.get(f"/d/your-data?of={ids.spell(doors.step_ups(account)[0].id)}")
    assert NEW not in other.text
    assert len(doors.step_ups(account)) == 1


def test_through_another_link_it_is_not_taken_over_either(
    app: PortalFlask, debtor: Debtor, account: Account, link: str
) -> None:
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    page = debtor.path
    let_it_run_out(account)
    other = enter(Debtor(app), account.link(), account)
    other.get(page)
    assert other.status == 409
    assert NEW not in other.text


def test_a_code_of_before_opens_nothing_in_the_new_visit(
    debtor: Debtor, account: Account, phone: Phone, link: str
) -> None:
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    debtor.get(debtor.path)
    page = debtor.path
    let_it_run_out(account)
    debtor.get("/d/")
    enter(debtor, link, account)
    debtor.get("/d/your-data")
    fields = {"csrf_token": debtor.csrf(), "command_id": "another0", "code": phone.texts[-1].code}
    debtor.post(f"{page}/code", fields)
    assert debtor.status == 409
    assert NEW not in doors.contacts(account)


def test_what_was_let_go_of_is_not_begun_again(debtor: Debtor, account: Account, link: str) -> None:
    enter(debtor, link, account)
    doors.ask_for_change(debtor)
    page = debtor.path
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        (row,) = [session.merge(one, load=True) for one in doors.step_ups(account)]
        step_up.forget(row)
    debtor.get(page)
    assert debtor.status == 200
    assert "/again" not in debtor.text
    debtor.get("/d/your-data")
    debtor.post(f"{page}/again", {"csrf_token": debtor.csrf(), "command_id": "another0"})
    assert debtor.status == 409
