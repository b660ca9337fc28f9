"""A step up never loses what was typed, the visit may run out on any of its pages (issue 4, item 1)."""

import json
import secrets
from datetime import timedelta
from typing import Any

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
from tests.factories.world import Account

NEW = "nuovo@bianchi.example"


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


LONG = "La merce è arrivata incompleta, manca il quadro elettrico del secondo piano e il tecnico non risponde. " * 25


@pytest.mark.parametrize(
    ("page", "sent_to", "typed"),
    [
        ("/d/help", "/d/help", {"question": "Una domanda lunga"}),
        ("/d/help", "/d/help", {"question": LONG}),
        ("/d/all-your-data", "/wish", {"wish": "wrong", "words": "Il mio nome è un altro"}),
        ("/d/hand-over", "/d/hand-over", {"email": "collega@bianchi.example"}),
        ("/d/invoices/{invoice}/receipt", "/receipt", {"answer": "wrong", "category": "other", "words": "un pezzo"}),
        ("/d/promise", "/d/promise", {"pay_on": "2026-12-01"}),
        ("/d/already-paid", "/d/already-paid", {"reference": "CRO 123", "words": "dal conto di mia moglie"}),
        ("/d/difficulty", "/d/difficulty", {"help[]": ["later"]}),
    ],
)
def test_no_form_behind_the_gate_loses_what_was_typed(
    debtor: Debtor, account: Account, link: str, page: str, sent_to: str, typed: dict[str, Any]
) -> None:
    enter(debtor, link, account)
    page = page.format(invoice=ids.spell(account.invoice_ids[0]))
    debtor.get(page)
    form = debtor.form(sent_to)
    typed = {name: [form.choices[name][0]] if name.endswith("[]") else value for name, value in typed.items()}
    let_it_run_out(account)
    headers = {"Origin": debtor.base_url, "Referer": debtor.base_url + page}
    debtor.page = debtor.client.post(
        form.action, data={**form.fields, **typed}, base_url=debtor.base_url, headers=headers, follow_redirects=True
    )
    cookie = debtor.client.get_cookie("portal", domain="portal.test")
    assert cookie is not None
    assert len(cookie.value) < 3900, "browsers take 4096 with the name and what is said of it"
    through_the_gate(debtor, account)
    assert debtor.path == page
    again = debtor.form(sent_to)
    for name, value in typed.items():
        if name in again.fields and not name.endswith("[]"):
            assert again.fields[name] == value or value.strip() in debtor.text
        elif name.endswith("[]"):
            assert f'value="{value[0]}" checked' in debtor.text
        else:
            assert value.strip() in debtor.text
    debtor.get(page)
    assert LONG.strip() not in debtor.text, "once"


def test_a_form_with_errors_goes_on_where_its_page_is(debtor: Debtor, account: Account, link: str) -> None:
    """It stands under the address that it was sent to, which is none to open."""
    enter(debtor, link, account)
    debtor.get("/d/all-your-data")
    debtor.submit("/wish", wish="", words="Il mio nome")
    assert debtor.status == 422
    let_it_run_out(account)
    form = debtor.form("/wish")
    headers = {"Origin": debtor.base_url, "Referer": debtor.base_url + form.action}
    data = {**form.fields, "wish": "wrong", "words": "Il mio nome è un altro"}
    debtor.page = debtor.client.post(
        form.action, data=data, base_url=debtor.base_url, headers=headers, follow_redirects=True
    )
    through_the_gate(debtor, account)
    assert debtor.path == "/d/all-your-data"
    assert "Il mio nome è un altro" in debtor.text


def test_a_page_that_was_asked_for_comes_after_the_gate(debtor: Debtor, account: Account, link: str) -> None:
    enter(debtor, link, account)
    let_it_run_out(account)
    debtor.get("/d/help?q=segreto&items%5B%5D=7")
    with debtor.client.session_transaction(base_url=debtor.base_url) as cookie:
        assert "segreto" not in json.dumps(dict(cookie)), "ids alone"
    through_the_gate(debtor, account)
    assert debtor.path == "/d/help"


def test_what_is_too_long_for_a_cookie_leaves_the_rest(app: PortalFlask, account: Account) -> None:
    assert account
    noise = secrets.token_hex(3000)
    with app.test_request_context("/d/x", method="POST", data={"name": "Maria", "words": noise}):
        held.keep("/d/there")
        assert held.take("/d/there") == {"name": "Maria"}


def test_who_leaves_after_the_visit_ran_out_has_left(debtor: Debtor, account: Account, link: str) -> None:
    enter(debtor, link, account)
    let_it_run_out(account)
    debtor.submit("/d/leave")
    assert debtor.path == "/left"
    debtor.get("/d/")
    assert debtor.status == 403


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
