"""The demo's second creditor: a past from the generator, the demo's people at work there, and silence."""

from datetime import date
from typing import Any

from sqlalchemy import func, select

from portal.cases.models import Case
from portal.core import clock, db, scope
from portal.creditors import queries as creditors
from portal.demo import past
from portal.invoices.models import DueItem
from portal.messages.models import Message
from portal.people import queries as people
from portal.people.roles import Role
from portal.reminders import actions as reminders
from portal.settings import Settings

STAFF = [{"role": "admin", "email": "giulia@demo.example"}, {"role": "agent", "email": "elena@demo.example"}]


def counted(model: Any) -> int:
    return int(db.session().scalar(select(func.count(model.id))) or 0)


def test_the_past_is_there_once_with_people_who_own_its_cases(house: Settings) -> None:
    said: list[str] = []
    for _ in range(2):
        past.add(300, date(2026, 11, 20), STAFF, said.append)
    with db.transaction():
        found = creditors.by_slug(past.SLUG)
        assert found is not None
        scope.enter(found.id)
        assert counted(DueItem) == 300
        assert db.session().scalar(select(func.count(Case.id)).where(Case.owner_id.is_(None))) == 0
        for one in STAFF:
            person = people.by_email(one["email"])
            assert person is not None
            place = people.membership(person.id, found.id)
            assert place is not None
            assert place.role == Role(one["role"]).value
        before = counted(Message)
        assert reminders.plan(found, at=clock.now(), any_hour=True).contacts == 0, "nothing leaves by itself"
        assert counted(Message) == before
    assert said[0] == "a second creditor with a past: 300 of 300 invoices"
