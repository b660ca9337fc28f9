"""Caring: one message per debtor before the due date, never twice, and silence where silence is right."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock, db, jobs, scope
from portal.core.outbox import OutboxRow
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import actions as debtors
from portal.debtors import gate
from portal.debtors.models import AccessLink, ContactPoint, Debtor
from portal.inbox import stories
from portal.invoices import actions as invoices
from portal.invoices import holds, queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.messages import presenting
from portal.messages.models import Message
from portal.reminders import actions as reminders
from portal.reminders import rules
from portal.reminders.models import Touch
from portal.settings import Settings
from portal.web import i18n
from tests.factories.messages import went_out
from tests.factories.world import Account, make_account, make_creditor

pytestmark = pytest.mark.usefixtures("wednesday")


def plan(account: Account, days: int = 0) -> reminders.Planned:
    with db.transaction():
        scope.enter(account.creditor_id)
        creditor = creditors.by_id(account.creditor_id)
        return reminders.plan(creditor, at=clock.now() + timedelta(days=days), any_hour=True)


def messages(account: Account) -> list[Message]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(Message).order_by(Message.id)))


def test_one_message_for_all_that_falls_due_and_never_a_second(house: Settings) -> None:
    account = make_account()
    for number, due_in in (("1", 3), ("2", 9), ("3", 10)):
        account.add_invoice(number, due_in=due_in)
    account.add_invoice("later", due_in=11)
    assert plan(account).contacts == 1
    assert plan(account).contacts == 0, "one contact a day"
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(Touch)).all()) == 3
        link = session.scalars(select(AccessLink).where(AccessLink.campaign == "caring_soon")).one()
        assert link.contact_point_id == account.contact_id
    assert plan(account, days=1).contacts == 0, "nothing while another is under way"
    went_out(account)
    assert plan(account, days=1).contacts == 1, "the later one has its own message on its day"


def test_a_day_that_was_missed_is_caught_up(house: Settings) -> None:
    account = make_account()
    account.add_invoice(due_in=4)
    assert plan(account).contacts == 1


def test_nothing_is_said_of_what_is_late_held_withdrawn_or_paid(house: Settings) -> None:
    account = make_account()
    account.add_invoice("late", due_in=-1)
    held = account.add_invoice("held", due_in=5)
    gone = account.add_invoice("withdrawn", due_in=5)
    paid = account.add_invoice("paid", due_in=5)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        (item,) = queries.items_of_debtor(account.debtor_id, held)
        invoices.hold(item, holds.TRANSFER_ON_ITS_WAY, 1, clock.today() + timedelta(days=3))
        invoices.withdraw(session.get(Invoice, gone))
        (item,) = queries.items_of_debtor(account.debtor_id, paid)
        source = ledger.Source("test", 1)
        invoices.settle_item(item, item.open, account=accounts.BANK, kind="payment", source=source,
                             value_on=clock.today())  # fmt: skip
    assert plan(account).contacts == 0


def test_who_has_no_address_or_no_fact_is_counted_and_not_written_to(house: Settings) -> None:
    creditor = make_creditor()
    nowhere = make_account(creditor, code="1")
    nameless = make_account(creditor, code="-", vat_number=None, tax_code=None, postcode=None)
    for account in (nowhere, nameless):
        account.add_invoice(f"x{account.debtor_id}", due_in=5)
    with db.transaction() as session:
        scope.enter(creditor.id)
        debtors.stop_contact(session.get(ContactPoint, nowhere.contact_id), "bounced")
    planned = plan(nowhere)
    assert planned.contacts == 0
    assert dict(planned.left_out) == {"no_address": 1, "no_fact": 1}


def test_what_is_settled_before_the_moment_of_sending_is_not_said(house: Settings) -> None:
    account = make_account()
    invoice_id = account.add_invoice(due_in=5)
    plan(account)
    with db.transaction():
        scope.enter(account.creditor_id)
        (item,) = queries.items_of_debtor(account.debtor_id, invoice_id)
        source = ledger.Source("test", 1)
        invoices.settle_item(item, item.open, account=accounts.BANK, kind="payment", source=source,
                             value_on=clock.today())  # fmt: skip
    jobs.work_off()
    (message,) = messages(account)
    assert (message.status, message.why) == ("suppressed", "what it speaks of is settled")


def _settle(account: Account, invoice_id: int) -> None:
    (item,) = queries.items_of_debtor(account.debtor_id, invoice_id)
    invoices.settle_item(item, item.open, account=accounts.BANK, kind="payment", source=ledger.Source("test", item.item_id),
                         value_on=clock.today())  # fmt: skip


def _hold(account: Account, invoice_id: int) -> None:
    (item,) = queries.items_of_debtor(account.debtor_id, invoice_id)
    invoices.hold(item, holds.DISPUTED, 1, None)


def _withdraw(account: Account, invoice_id: int) -> None:
    invoice = queries.invoice(invoice_id)
    assert invoice is not None
    invoices.withdraw(invoice)


def _nothing(account: Account, invoice_id: int) -> None:
    """It stays as it is."""


@pytest.mark.parametrize(
    ("happened", "days_later", "why"),
    [
        ((_settle, _settle), 0, "what it speaks of is settled"),
        ((_hold, _hold), 0, "held back for now"),
        ((_withdraw, _withdraw), 0, "what it speaks of was taken back"),
        ((_nothing, _nothing), 8, "the date that it speaks of has passed"),
        ((_settle, _hold), 0, "nothing that it speaks of is still to be said"),
        ((_settle, _nothing), 8, "nothing that it speaks of is still to be said"),
        ((_settle, _nothing), 0, None),
        ((_hold, _nothing), 0, None),
        ((_nothing, _nothing), 4, None),
    ],
)
def test_why_it_is_held_back_is_what_happened(
    house: Settings, happened: tuple[Callable[[Account, int], None], ...], days_later: int, why: str | None
) -> None:
    account = make_account()
    with time_machine.travel(datetime(2027, 3, 1, 9, 0, tzinfo=UTC)) as traveller:
        both = [account.add_invoice(str(number), due_in=5) for number in range(2)]
        plan(account)
        with db.transaction():
            scope.enter(account.creditor_id)
            for happens, invoice_id in zip(happened, both, strict=True):
                happens(account, invoice_id)
        traveller.shift(timedelta(days=days_later))
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            assert reminders.why_not_send(session.scalars(select(Message)).one()) == why


def test_the_reason_is_said_in_the_readers_language(house: Settings) -> None:
    """It is kept in English; both the list and the timeline have its words."""
    for why in (rules.SETTLED, rules.HELD, rules.LATE, rules.WITHDRAWN, rules.SEVERAL):
        i18n.use("it")
        sentence, note = stories.tell(stories.STORIES["message.suppressed"], {"why": str(why)}, None)
        assert note == presenting.why(str(why)) == i18n.say(why)
        assert sentence


def test_nobody_is_written_to_who_said_that_it_is_not_them(house: Settings) -> None:
    account = make_account()
    account.add_invoice(due_in=5)
    plan(account)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        link = session.scalars(select(AccessLink)).first()
        gate.note(link, gate.NOT_ME, None)
    jobs.work_off()
    assert [m.status for m in messages(account)] == ["suppressed"]


def test_nothing_is_planned_on_a_sunday_and_what_waits_on_friday_night_leaves_on_monday(house: Settings) -> None:
    account = make_account(language="en")
    with time_machine.travel(datetime(2026, 11, 20, 19, 59, tzinfo=UTC), tick=False):
        account.add_invoice(due_in=6)
        with db.transaction():
            scope.enter(account.creditor_id)
            assert reminders.plan(creditors.by_id(account.creditor_id)).contacts == 1
    with time_machine.travel(datetime(2026, 11, 20, 20, 1, tzinfo=UTC), tick=False):
        jobs.work_off()
        (message,) = messages(account)
        assert (message.language, message.status) == ("en", "planned")
        with db.transaction(writes=False) as session:
            (waiting,) = session.scalars(select(OutboxRow).where(OutboxRow.state == "waiting")).all()
    assert waiting.due_at == datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    other = make_account(make_creditor("due"))
    with time_machine.travel(datetime(2026, 11, 22, 11, 0, tzinfo=UTC), tick=False):
        other.add_invoice(due_in=5)
        with db.transaction():
            scope.enter(other.creditor_id)
            planned = reminders.plan(creditors.by_id(other.creditor_id))
    assert (planned.contacts, dict(planned.left_out)) == (0, {"outside_hours": 1})


def test_two_creditors_do_not_meet(house: Settings) -> None:
    one, other = make_account(make_creditor("uno")), make_account(make_creditor("due"))
    one.add_invoice(due_in=5)
    other.add_invoice(due_in=5)
    assert plan(one).contacts == 1
    assert messages(other) == []
    with db.transaction():
        scope.enter(other.creditor_id)
        assert db.changed(update(Debtor).values(name="X")) == 1


def decide(account: Account) -> None:
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        debtors.confirm_contact(session.get_one(ContactPoint, account.contact_id))


def say_not_me(account: Account) -> None:
    account.link()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        link = session.scalars(select(AccessLink).order_by(AccessLink.id.desc())).first()
        gate.note(link, gate.NOT_ME, None)


def test_not_me_pauses_until_a_colleague_decides_and_again_when_it_is_said_again(house: Settings) -> None:
    account = make_account()
    say_not_me(account)
    account.add_invoice(due_in=5)
    assert plan(account).left_out == {"no_address": 1}, "no other address is on file"
    decide(account)
    assert plan(account).contacts == 1
    say_not_me(account)
    jobs.work_off()
    assert messages(account)[-1].status == "suppressed"
    assert plan(account, days=1).left_out == {"no_address": 1}


def test_what_is_late_or_held_at_the_moment_of_sending_is_not_said(house: Settings) -> None:
    held, late = make_account(code="1"), make_account(make_creditor("due"), code="2")
    for account in (held, late):
        account.add_invoice(due_in=5)
        plan(account)
    with db.transaction():
        scope.enter(held.creditor_id)
        (item,) = queries.items_of_debtor(held.debtor_id)
        invoices.hold(item, holds.PROBLEM_REPORTED, 1, None)
    jobs_done = clock.now() + timedelta(days=6)
    with time_machine.travel(jobs_done):
        jobs.work_off()
    for account in (held, late):
        assert [m.status for m in messages(account)] == ["suppressed"]


def test_a_message_counts_the_documents_it_may_still_speak_of(house: Settings) -> None:
    account = make_account()
    invoice_ids = [account.add_invoice(str(n), due_in=5) for n in range(3)]
    plan(account)
    (message,) = messages(account)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        invoices.withdraw(session.get(Invoice, invoice_ids[0]))
        (item,) = queries.items_of_debtor(account.debtor_id, invoice_ids[1])
        invoices.hold(item, holds.NOT_RECEIVED, 1, None)
        assert reminders.known_for(message) == {"count": 1}


def test_one_creditors_trouble_does_not_end_the_round(house: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC)):
        first, second, third = (make_account(make_creditor(name)) for name in ("uno", "due", "tre"))
        for account in (first, second, third):
            account.add_invoice(due_in=5)
        with db.transaction() as session:
            scope.enter(second.creditor_id)
            session.get_one(Creditor, second.creditor_id).time_zone = "Nowhere/Land"
        jobs.PERIODIC["portal.reminders.jobs.plan"].work()
    assert [len(messages(account)) for account in (first, second, third)] == [1, 0, 1]
    assert "planning failed" in caplog.text
