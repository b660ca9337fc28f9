"""Hard to pay: nobody is asked why, nobody writes for thirty days, few people know, and it ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.cases import kinds
from portal.cases.models import Case
from portal.core import clock, db, ids, jobs, scope
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.hardship.models import Rest
from portal.hardship.states import RestStatus
from portal.messages.models import Message
from portal.people.roles import Role
from portal.reminders import actions as reminders
from portal.web.edge import PortalFlask
from portal.webhooks.models import Delivery
from tests.actors import Browser
from tests.factories.people import make_person, signed_in
from tests.factories.staff_world import Busy, make_busy


@pytest.fixture
def busy(app: PortalFlask) -> Busy:
    return make_busy(app)


def says_so(busy: Busy, *helps: str) -> None:
    busy.browser.get("/d/difficulty")
    form = busy.browser.form("/d/difficulty")
    busy.browser.post(form.action, {**form.fields, "help[]": list(helps)})
    assert busy.browser.status == 200, busy.browser.text


def rest_of(busy: Busy) -> Rest:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        return session.scalars(select(Rest)).one()


def case_of(busy: Busy) -> Case:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        return session.scalars(select(Case).where(Case.kind == kinds.DIFFICULTY)).one()


def plan_caring(busy: Busy) -> int:
    with db.transaction():
        scope.enter(busy.creditor.id)
        creditor = creditors.by_id(busy.creditor.id)
        return reminders.plan(creditor, any_hour=True).contacts


def test_nobody_writes_and_a_person_is_named(app: PortalFlask, busy: Busy) -> None:
    make_person(busy.creditor, Role.AGENT, name="Ada Neri")
    manager = make_person(busy.creditor, Role.MANAGER, name="Luca Bo")
    says_so(busy, "more_time", "letters", "nonsense")
    assert "Luca Bo" in busy.browser.text
    rest = rest_of(busy)
    assert rest.helps == "more_time letters"
    assert timedelta(days=29) < rest.until - clock.now() <= timedelta(days=30)
    assert case_of(busy).owner_id == manager.staff_id
    busy.account.add_invoice("200/2026", "50.00")
    assert plan_caring(busy) == 0, "nothing is planned for who rests"


def test_what_was_planned_before_is_held_back_and_what_was_asked_for_goes(app: PortalFlask, busy: Busy) -> None:
    busy.account.add_invoice("200/2026", "50.00")
    assert plan_caring(busy) == 1
    says_so(busy)
    jobs.work_off()
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        caring = session.scalars(select(Message).where(Message.key == "caring")).one()
        assert (caring.status.value, caring.why) == ("suppressed", "held back for now")
    agent = signed_in(app, busy.creditor, Role.AGENT)
    agent.get(busy.case)
    agent.submit("/answer", words="Certo.")
    jobs.work_off()
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        answered = session.scalars(select(Message).where(Message.key == "question_answered")).one()
        assert answered.status.value != "suppressed"


def test_few_people_see_it_and_systems_never_hear_of_it(app: PortalFlask, busy: Busy) -> None:
    says_so(busy, "smaller")
    page = f"/c/cases/{ids.spell(case_of(busy).id)}"
    browsers: dict[Role, Browser] = {}
    for role, status in ((Role.VIEWER, 404), (Role.AGENT, 404), (Role.MANAGER, 200), (Role.ADMIN, 200)):
        browser = browsers[role] = signed_in(app, busy.creditor, role)
        assert browser.get(page).status_code == status, role
        browser.get(busy.card)
        assert ("Hard to pay" in browser.text) is (status == 200), role
        assert "Smaller amounts" not in browser.text
    manager = browsers[Role.MANAGER]
    manager.get(page)
    assert "Smaller amounts" in manager.text
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        told = session.scalars(select(EventRow).where(EventRow.name.like("rest.%"))).all()
        assert [row.name for row in told] == ["rest.begun"]
        assert all("smaller" not in str(row.data) for row in session.scalars(select(EventRow)))
        delivered = session.scalars(select(Delivery.event_id)).all()
        assert not set(delivered) & {row.id for row in told}


def test_it_ends_when_a_way_is_found_or_wanted_or_by_itself(app: PortalFlask, busy: Busy) -> None:
    says_so(busy)
    manager = signed_in(app, busy.creditor, Role.MANAGER)
    page = f"/c/cases/{ids.spell(case_of(busy).id)}"
    manager.get(page)
    manager.submit("/prolong")
    manager.submit("/agree")
    assert manager.path == page
    assert (rest_of(busy).status, case_of(busy).outcome) == (RestStatus.ENDED, "agreed")
    says_so(busy, "call")
    assert rest_of(busy).status is RestStatus.RUNNING
    busy.browser.get("/d/difficulty")
    busy.browser.submit("/d/difficulty/end")
    assert rest_of(busy).status is RestStatus.ENDED
    says_so(busy)
    with db.transaction():
        scope.enter(busy.creditor.id)
        db.changed(update(Rest).values(until=clock.now() - timedelta(seconds=1)))
    jobs.PERIODIC["portal.hardship.jobs.end_rests"].work()
    assert rest_of(busy).status is RestStatus.ENDED


def test_the_papers_code_cannot_say_it(app: PortalFlask, busy: Busy) -> None:
    browser = Browser(app)
    browser.get("/d/difficulty")
    assert browser.status == 403 or browser.path != "/d/difficulty"
