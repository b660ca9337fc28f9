"""One agency, two creditors, one person: their contacts count together, and nobody learns of the other (C-10)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.cases import actions as cases
from portal.cases import kinds
from portal.core import clock, db, jobs, scope
from portal.core.outbox import OutboxRow
from portal.messages.models import Message
from portal.people import agencies
from portal.reminders import agency_caps
from portal.reminders.models import AgencyContact
from tests.factories.messages import message, plan
from tests.factories.people import make_person
from tests.factories.world import Account, make_account, make_creditor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday(house: Any) -> Any:
    with time_machine.travel(MONDAY, tick=False) as clocks:
        yield clocks


def mandate(account: Account, everyone: bool = False) -> None:
    person = make_person(account.creditor_id, email=f"{account.creditor_id}@x.example")
    with db.transaction():
        scope.enter(account.creditor_id)
        agencies.give(
            agencies.organisation("Incassi gentili", "IT 0123 4567890"),
            name="Incassi gentili",
            from_at=clock.now() - timedelta(days=1),
            until_at=None,
            debtor_ids=None if everyone else [account.debtor_id],
            by=person.staff_id,
        )


def write(account: Account, *, asked_for: bool = False) -> int:
    message_id = plan(account)
    with db.transaction():
        scope.enter(account.creditor_id)
        db.session().get_one(Message, message_id).asked_for = asked_for
    jobs.work_off()
    return message_id


def waits_until(message_id: int) -> datetime | None:
    with db.transaction(writes=False) as session:
        rows = select(OutboxRow.due_at).where(OutboxRow.subject_id == message_id, OutboxRow.state == "waiting")
        return session.scalars(rows.order_by(OutboxRow.due_at.desc())).first()


def test_a_second_creditors_message_waits_for_the_next_day(monday: Any, mailbox: Any) -> None:
    one, other = make_account(make_creditor("uno")), make_account(make_creditor("due"))
    for account in (one, other):
        mandate(account, everyone=account is other)
    first = write(one)
    assert message(one, first).status == "sent"
    second = write(other)
    assert message(other, second).status == "planned"
    assert waits_until(second) == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    assert message(other, write(other, asked_for=True)).status == "sent", "what they asked for goes at once"
    monday.move_to(datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    jobs.work_off()
    assert message(other, second).status == "sent"


def test_three_in_seven_days_and_then_the_counts_are_forgotten(monday: Any, mailbox: Any) -> None:
    one, other = make_account(make_creditor("uno")), make_account(make_creditor("due"))
    for account in (one, other):
        mandate(account)
    for day in range(3):
        monday.move_to(MONDAY + timedelta(days=day))
        assert message(one, write(one)).status == "sent"
    monday.move_to(MONDAY + timedelta(days=3))
    fourth = write(other)
    assert waits_until(fourth) == datetime(2026, 11, 30, 7, 30, tzinfo=UTC)
    monday.move_to(MONDAY + timedelta(days=14))
    jobs.work_off()
    with db.transaction(writes=False) as session:
        assert {row.on for row in session.scalars(select(AgencyContact))} == {(MONDAY + timedelta(days=14)).date()}


def test_another_person_and_no_mandate_count_for_nobody(monday: Any, mailbox: Any) -> None:
    one = make_account(make_creditor("uno"))
    other = make_account(make_creditor("due"), vat_number="IT09876543210", email="altri@verdi.example")
    free = make_account(make_creditor("tre"))
    for account in (one, other):
        mandate(account)
    assert [message(account, write(account)).status for account in (one, other, free)] == ["sent", "sent", "sent"]
    with db.transaction(writes=False) as session:
        rows = session.scalars(select(AgencyContact)).all()
    assert len(rows) == 4, "each by its number and by its address"
    assert all(len(row.person) == 64 for row in rows)


def test_a_call_counts_and_waits_like_a_message(monday: Any, mailbox: Any) -> None:
    one, other = make_account(make_creditor("uno")), make_account(make_creditor("due"))
    for account in (one, other):
        mandate(account)
    with db.transaction():
        scope.enter(one.creditor_id)
        assert agency_caps.call_not_before(one.debtor_id) is None
        cases.close(cases.open_case(kinds.CALL_TO_MAKE, one.debtor_id), "not_reached")
    second = write(other)
    assert message(other, second).status == "planned", "they were called today for another creditor"
    with db.transaction():
        scope.enter(other.creditor_id)
        assert agency_caps.call_not_before(other.debtor_id) == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
        cases.close(cases.open_case(kinds.CALL_TO_MAKE, other.debtor_id), "wrong_number")
    with db.transaction(writes=False) as session:
        assert session.scalars(select(AgencyContact.contacts)).all() == [1], "a wrong number reached nobody of theirs"


def test_one_person_whom_two_creditors_know_by_different_numbers_is_one(monday: Any, mailbox: Any) -> None:
    both = {"vat_number": "IT12345677890", "tax_code": "RSSMRA80A01A944I", "email": "a@rossi.example"}
    one = make_account(make_creditor("uno"), **both)
    other = make_account(make_creditor("due"), vat_number="IT12345677890", email="b@rossi.example")
    third = make_account(make_creditor("tre"), vat_number=None, tax_code="RSSMRA80A01A944I", email="c@rossi.example")
    for account in (one, other, third):
        mandate(account)
    assert [message(a, write(a)).status for a in (one, other, third)] == ["sent", "planned", "planned"]


def test_a_second_try_of_the_same_message_is_the_same_contact(monday: Any, mailbox: Any) -> None:
    account = make_account()
    mandate(account)
    mailbox.faults.fail_temporarily(1)
    first = write(account)
    assert message(account, first).status == "sending"
    monday.move_to(MONDAY + timedelta(minutes=2))
    jobs.work_off()
    assert message(account, first).status == "sent", "within the hour, not tomorrow"
    with db.transaction(writes=False) as session:
        assert set(session.scalars(select(AgencyContact.contacts))) == {1}
