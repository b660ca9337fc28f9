"""The month on paper: made once on the first working morning, kept as it is, told of to who wants it."""

import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from pypdf import PdfReader
from sqlalchemy import select

from portal.core import db, ids, jobs, scope
from portal.creditors import queries as creditors
from portal.documents import store
from portal.months import actions, queries, rules
from portal.months.models import MonthPaper
from portal.people import mails, notices
from portal.people.models import StaffMail
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import Account, make_account, make_creditor

ROME = "Europe/Rome"
MORNING = datetime.fromisoformat("2027-03-01T07:05:00+01:00")  # a Monday, the first of March
FEBRUARY, MARCH = date(2027, 2, 1), date(2027, 3, 1)


@pytest.fixture
def account(app: PortalFlask) -> Account:
    """Sold in February: 1,234.56, late by the 15th."""
    made = make_account()
    with time_machine.travel("2027-02-10T10:00:00+01:00", tick=True):
        made.add_invoice("128/2027", "1234.56", due_in=5)
    return made


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def goes_round(at: datetime) -> None:
    with time_machine.travel(at, tick=True):
        jobs.PERIODIC["portal.months.jobs.make_month_papers"].work()


def papers(account: Account) -> list[MonthPaper]:
    wanted = select(MonthPaper).order_by(MonthPaper.id)
    return within(account, lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]


def text_of(account: Account, paper: MonthPaper) -> str:
    content = within(account, lambda: store.content(queries.paper(paper.id)[1]))  # type: ignore[index]
    said = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return " ".join(said.replace("\u00a0", " ").split())


@pytest.mark.parametrize(
    ("at", "month"),
    [
        ("2027-03-01T06:59:00+01:00", None),
        ("2027-03-01T07:00:00+01:00", "2027-02-01"),
        ("2027-03-31T23:59:00+02:00", "2027-02-01"),
        ("2027-05-03T06:59:00+02:00", None),  # the 1st is a holiday and a Saturday, the 3rd a Monday
        ("2027-05-03T07:00:00+02:00", "2027-04-01"),
        ("2027-01-04T07:00:00+01:00", "2026-12-01"),
        ("2027-02-28T23:30:00+00:00", None),  # March in Rome, and not yet seven
    ],
)
def test_it_is_due_on_the_first_working_morning(at: str, month: str | None) -> None:
    found = rules.due_month(datetime.fromisoformat(at), ROME)
    assert (found.isoformat() if found else None) == month


def test_the_last_day_of_each_month() -> None:
    days = [rules.last_day(date(2028, number, 1)).day for number in range(1, 13)]
    assert days == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_it_is_made_once_and_stays_as_it_is(app: PortalFlask, account: Account) -> None:
    goes_round(MORNING)
    (first,) = papers(account)
    assert first.month == FEBRUARY
    with time_machine.travel(MORNING, tick=True):
        browser = signed_in(app, account.creditor_id, Role.VIEWER)
        browser.get("/c/figures/months")
        assert "2027" in browser.text
        path = f"/c/figures/months/{ids.spell(first.id)}.pdf"
        assert path in browser.text
        before = browser.get(path)
        assert before.headers["Content-Disposition"].endswith('-2027-02.pdf"')
        said = text_of(account, first)
        for piece in ("Febbraio 2027", "Venduto", "1.234,56 €", "+1.234,56 €", "NPS –", "Reclami 0", "100,0 %"):
            assert piece in said, (piece, said)
        account.add_invoice("129/2027", "99.00", due_in=-20)
    goes_round(MORNING.replace(day=20))
    assert [one.id for one in papers(account)] == [first.id]
    with time_machine.travel(MORNING, tick=True):
        assert browser.get(path).data == before.data


def test_the_next_month_stands_beside_the_one_before(account: Account) -> None:
    goes_round(MORNING)
    with time_machine.travel(MORNING.replace(day=10), tick=True):
        account.add_invoice("130/2027", "500.00", due_in=60, issued_days_ago=2)
    goes_round(datetime.fromisoformat("2027-04-01T07:30:00+02:00"))
    february, march = papers(account)
    assert (february.month, march.month) == (FEBRUARY, MARCH)
    said = text_of(account, march)
    assert "1.734,56 €" in said
    assert "+500,00 €" in said, said


def test_a_creditor_without_history_has_none(app: PortalFlask) -> None:
    creditor = make_creditor()
    goes_round(MORNING)
    with db.transaction():
        scope.enter(creditor.id)
        assert db.session().scalars(select(MonthPaper)).all() == []


def test_who_wants_it_gets_a_link_and_no_figure(app: PortalFlask, account: Account) -> None:
    with time_machine.travel("2027-02-27T10:00:00+01:00", tick=True):
        somebody = make_person(account.creditor_id, Role.MANAGER)
        manager = sign_in(app, somebody)
        manager.get("/c/figures/months")
        for _ in range(2):  # said twice it is the same
            token = {"csrf_token": manager.csrf(), "command_id": ids.spell(ids.new_id()), "wanted": "yes"}
            assert manager.post("/c/figures/months/mine", token).status_code == 200
    goes_round(MORNING)
    goes_round(MORNING.replace(hour=9))
    wanted = select(StaffMail).where(StaffMail.key == mails.MONTH)
    (mail,) = within(account, lambda: list(db.session().scalars(wanted)))
    face = within(account, lambda: creditors.face(account.creditor_id))
    content = within(account, lambda: notices.compose(mail, face)).decode()
    assert "/c/figures/months" in content
    assert "234,56" not in content
    with time_machine.travel(MORNING, tick=True):
        manager = sign_in(app, somebody)
        manager.get("/c/figures/months")
        manager.submit("/c/figures/months/mine", wanted="no")
    goes_round(datetime.fromisoformat("2027-04-01T07:30:00+02:00"))
    assert len(papers(account)) == 2
    assert len(within(account, lambda: list(db.session().scalars(wanted)))) == 1


def test_twice_at_once_is_once(account: Account) -> None:
    with time_machine.travel(MORNING, tick=True):
        assert within(account, lambda: actions.see_to(FEBRUARY, ROME)) is not None
        assert within(account, lambda: actions.see_to(FEBRUARY, ROME)) is None


def test_another_creditors_paper_is_not_there(app: PortalFlask, account: Account) -> None:
    goes_round(MORNING)
    (paper,) = papers(account)
    stranger = signed_in(app, make_account(make_creditor("verdi")).creditor_id, Role.ADMIN)
    assert stranger.get(f"/c/figures/months/{ids.spell(paper.id)}.pdf").status_code == 404
    assert stranger.get("/c/figures/months").status_code == 200
