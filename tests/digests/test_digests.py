"""The morning mail: numbers and a link, once a day, to who wants it."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, jobs, scope
from portal.creditors import faces
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.creditors.versions import Overtaken
from portal.digests import policies, queries
from portal.digests.models import Digest
from portal.inbox import queue_queries
from portal.people import mails, notices
from portal.people.models import StaffMail
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import forms_of
from tests.factories.people import make_person, signed_in
from tests.factories.staff_world import Busy, make_busy
from tests.factories.world import make_creditor

MORNING = datetime.fromisoformat("2027-03-10T08:05:00+01:00")  # a Wednesday


@pytest.fixture
def busy(app: PortalFlask) -> Busy:
    """Past its date: one document; and a customer who asked and reported something."""
    with time_machine.travel(MORNING - timedelta(hours=2), tick=True):
        made = make_busy(app)
        made.account.add_invoice("L/1", "50.00", due_in=-30)
        made.account.add_invoice("T/1", "50.00", due_in=0)
    return made


def within(creditor: Creditor, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(creditor.id)
        return act()


def goes_round(at: datetime) -> None:
    with time_machine.travel(at, tick=True):
        jobs.PERIODIC["portal.digests.jobs.send_digests"].work()


def planned(creditor: Creditor) -> list[StaffMail]:
    wanted = select(StaffMail).where(StaffMail.key == mails.DIGEST).order_by(StaffMail.id)
    return within(creditor, lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]


def mornings(creditor: Creditor) -> list[date]:
    return within(creditor, lambda: sorted(db.session().scalars(select(Digest.day))))  # type: ignore[no-any-return]


def test_managers_get_it_once_a_day_and_others_do_not(busy: Busy) -> None:
    manager = make_person(busy.creditor, Role.MANAGER, "luca@rossi.example")
    make_person(busy.creditor, Role.AGENT, "ada@rossi.example")
    goes_round(MORNING - timedelta(minutes=10))
    assert planned(busy.creditor) == []
    for minutes in (0, 10, 300):
        goes_round(MORNING + timedelta(minutes=minutes))
    (mail,) = planned(busy.creditor)
    assert (mail.staff_id, mail.to_address) == (manager.staff_id, "luca@rossi.example")
    goes_round(MORNING + timedelta(days=1))
    assert len(planned(busy.creditor)) == 2
    assert mornings(busy.creditor) == [date(2027, 3, 10), date(2027, 3, 11)]


def test_after_an_outage_todays_goes_once_and_yesterdays_never(busy: Busy) -> None:
    make_person(busy.creditor, Role.MANAGER)
    goes_round(MORNING + timedelta(days=5, hours=9))  # nobody was there since Wednesday; Monday at five
    goes_round(MORNING + timedelta(days=5, hours=10))
    assert mornings(busy.creditor) == [date(2027, 3, 15)]
    assert len(planned(busy.creditor)) == 1
    goes_round(MORNING + timedelta(days=6, hours=14))
    assert mornings(busy.creditor) == [date(2027, 3, 15)], "at night nobody is written to"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (range(15, 21), ["25", "26", "30"]),  # Thursday before Easter 2027 to Tuesday, across the change of the clock
    ],
)
def test_days_of_rest_and_the_changed_clock(busy: Busy, days: range, expected: list[str]) -> None:
    make_person(busy.creditor, Role.MANAGER)
    for n in days:
        goes_round(datetime.fromisoformat(f"2027-03-{10 + n}T08:05:00+0{2 if 10 + n >= 28 else 1}:00"))
    assert [f"{day:%d}" for day in mornings(busy.creditor)] == expected
    assert len(planned(busy.creditor)) == len(expected)


def test_nothing_is_sent_where_there_is_nothing_to_say(app: PortalFlask) -> None:
    creditor = make_creditor()
    make_person(creditor, Role.MANAGER)
    goes_round(MORNING)
    goes_round(MORNING + timedelta(hours=1))
    assert planned(creditor) == []
    assert mornings(creditor) == [date(2027, 3, 10)], "and this morning is seen to"
    assert app


def test_its_numbers_are_those_of_the_page_and_it_tells_no_name_and_no_amount(busy: Busy) -> None:
    manager = make_person(busy.creditor, Role.MANAGER)
    goes_round(MORNING)
    (mail,) = planned(busy.creditor)
    with time_machine.travel(MORNING, tick=True):
        queued = within(busy.creditor, lambda: queue_queries.counts(manager.staff_id, private=True))
        written = within(
            busy.creditor,
            lambda: notices.compose(mail, faces.of(creditors.in_scope())).decode(),
        )
    assert mail.params == {"due_today": 1, "overdue": 1, "answered": 2, "paid": 0, "todo": queued.todo,
                           "mine": queued.mine}  # fmt: skip
    assert queued.todo == 2
    subject = re.search(r"^Subject: (.*)$", written, re.MULTILINE)
    assert subject is not None
    assert not re.search(r"\d", subject.group(1))
    for leaked in ("Bianchi", "50,00", "50.00", "L/1", busy.account.fact):
        assert leaked not in written


def test_who_may_not_know_does_not_count_what_few_may_know(busy: Busy) -> None:
    agent = make_person(busy.creditor, Role.AGENT)
    with time_machine.travel(MORNING - timedelta(hours=2), tick=True):
        busy.browser.get("/d/difficulty")
        busy.browser.submit("/d/difficulty")
        assert busy.browser.status == 200

    def todo(private: bool) -> int:
        today = clock.today()
        return queries.counts(today, MORNING, agent.staff_id, private=private).todo

    assert within(busy.creditor, lambda: todo(True)) == within(busy.creditor, lambda: todo(False)) + 1


def test_each_switches_it_off_for_themselves(app: PortalFlask, busy: Busy) -> None:
    first = make_person(busy.creditor, Role.MANAGER, "luca@rossi.example")
    browser = signed_in(app, busy.creditor, Role.MANAGER)
    browser.get("/c/digest")
    browser.submit("/digest/mine")
    assert "You have switched it off." in browser.text
    goes_round(MORNING)
    assert [mail.staff_id for mail in planned(busy.creditor)] == [first.staff_id]
    browser.submit("/digest/mine")
    goes_round(MORNING + timedelta(days=1))
    assert len(planned(busy.creditor)) == 3


def test_hour_and_readers_are_set_by_who_sees_to_the_settings(app: PortalFlask, busy: Busy) -> None:
    manager = signed_in(app, busy.creditor, Role.MANAGER)
    manager.get("/c/digest")
    assert 'name="hour"' not in manager.text
    admin = signed_in(app, busy.creditor, Role.ADMIN)
    admin.get("/c/digest")
    form = next(one for one in forms_of(admin.text) if one.action == "/c/digest")
    for wrong in ("4", "13", "acht", ""):
        admin.post("/c/digest", {**form.fields, "hour": wrong, "to[]": ["agent"]})
        assert admin.status == 422
        assert "Please write a number from 5 to 12." in admin.text
    form = next(one for one in forms_of(admin.text) if one.action == "/c/digest")
    admin.post("/c/digest", {**form.fields, "hour": "6", "to[]": ["agent", "admin"]})
    assert within(busy.creditor, policies.current) == policies.Version(1, 6, ("agent", "admin"))
    with pytest.raises(Overtaken):
        within(busy.creditor, lambda: policies.write(policies.Version(hour=7, roles=()), by=None, after=0))
    goes_round(MORNING - timedelta(hours=2))
    assert len(planned(busy.creditor)) == 1, "to the administrator, at six"
