"""Alerts: one a cause, raised by what happens or by the days, closed when the cause ends, told once by mail."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.credit_lines import alerts, kinds, policies, ratings, ratings_file
from portal.credit_lines.jobs import look_at_credit
from portal.credit_lines.models import CreditAlert
from portal.credit_lines.policies import Tell, Version
from portal.credit_lines.states import AlertStatus
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger.sources import Source
from portal.people import mails, notices
from portal.people.models import StaffMail
from portal.people.roles import Role
from portal.promises.jobs import see_to_promises
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.credit_lines.world import Crediting
from tests.factories.people import make_person
from tests.factories.world import make_account, make_creditor

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # a Monday


@pytest.fixture
def world(house: Settings) -> Crediting:
    return Crediting(make_account())


def events_of(world: Crediting) -> list[str]:
    return world.names("credit_alert.%")


def test_over_the_line_from_the_first_cent_until_the_last_is_back(world: Crediting) -> None:
    invoice = world.account.add_invoice(amount="100.01", due_in=20)
    world.set_line(10001)
    assert world.kinds() == []
    world.set_line(10000)
    assert [(one.kind, one.amount_minor) for one in world.alerts()] == [(kinds.OVER, 1)]
    world.look()
    world.look()
    assert len(world.alerts()) == 1
    world.pay(invoice, 1)
    assert world.alerts() == []
    assert world.alerts(is_open=False)[0].status is AlertStatus.CLOSED
    world.bounce(invoice, 1)
    assert world.kinds() == [kinds.OVER], "it came back: a new alert"
    assert events_of(world) == ["credit_alert.raised", "credit_alert.closed", "credit_alert.raised"]
    world.set_line(None)
    assert world.alerts() == []


def test_no_line_is_none_and_nought_is_no_credit(world: Crediting) -> None:
    world.account.add_invoice(amount="1.00", due_in=20)
    world.look()
    assert world.alerts() == []
    world.set_line(0)
    assert world.kinds() == [kinds.OVER]


def test_an_import_is_looked_at_by_the_job(world: Crediting) -> None:
    world.set_line(0)
    world.account.add_invoice(amount="1.00", due_in=20)
    look_at_credit()
    look_at_credit()
    assert world.kinds() == [kinds.OVER]


def test_late_by_more_than_seven_days_counted_from_the_last_day_that_is_in_time(world: Crediting) -> None:
    with time_machine.travel(NOON, tick=False):
        world.account.add_invoice("1/2026", due_in=-8)  # Sunday 15 November: in time until Monday 16, so 7 days late
        world.look()
        assert world.kinds() == []
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        world.look()
        found = world.alerts()
        assert [(one.kind, one.number) for one in found] == [(kinds.LATE, 8)]
        assert found[0].cause_id == world.account.item_ids(world.account.invoice_ids[0])[0]


def test_what_rests_is_neither_late_nor_idle_and_comes_back(world: Crediting) -> None:
    invoice = world.account.add_invoice(due_in=-40)
    item = world.items(invoice)[0]
    world.within(lambda: invoices.hold(item, holds.PLAN, 1, None))
    world.look()
    assert world.alerts() == []
    world.within(lambda: invoices.release(item.item_id, holds.PLAN, 1))
    world.look()
    assert world.kinds() == [kinds.LATE]


def test_where_a_part_is_contested_the_rest_is_late(world: Crediting) -> None:
    invoice = world.account.add_invoice(amount="100.00", due_in=-40)
    item = world.items(invoice)[0]
    world.within(lambda: invoices.hold(item, holds.DISPUTED, 1, None, amount=Money(4000, "EUR")))
    world.look()
    assert world.kinds() == [kinds.LATE]
    world.pay(invoice, 6000)
    world.look()
    assert world.kinds() == [], "what is left is contested"


def test_three_late_items_in_ninety_days_also_when_they_were_paid(world: Crediting) -> None:
    for number in range(3):
        world.account.add_invoice(f"{number}/2026", "50.00", due_in=-30 - 10 * number)
    first, second, third = world.account.invoice_ids
    world.pay(first, 5000, on=clock.today() - timedelta(days=1))
    world.pay(second, 5000, on=clock.today() - timedelta(days=60))  # in time
    world.pay(third, 5000, on=clock.today() - timedelta(days=1))
    world.look()
    assert world.kinds() == []
    world.account.add_invoice("9/2026", "50.00", due_in=-5)
    world.look()
    assert [(one.kind, one.number) for one in world.alerts()] == [(kinds.REPEATED, 3)]


def test_the_first_promise_that_was_not_kept_and_no_second(world: Crediting) -> None:
    with time_machine.travel(NOON, tick=False):
        one = world.account.add_invoice("1/2026", "50.00", due_in=-2)
        other = world.account.add_invoice("2/2026", "60.00", due_in=-2)
        world.promise(one, 1)
        world.promise(other, 2)
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        see_to_promises()
        assert [(a.kind, a.amount_minor) for a in world.alerts()] == [(kinds.PROMISE, 5000)]
    with time_machine.travel(NOON + timedelta(days=4), tick=False):
        see_to_promises()
        world.look()
        assert world.kinds() == [kinds.PROMISE]
        world.pay(one, 5000)
        assert world.alerts() == [], "what was promised first is paid; the second is no first"


def test_an_item_that_nobody_moves(world: Crediting) -> None:
    start = clock.now()
    invoice = world.account.add_invoice("1/2026", "50.00", due_in=-1)
    with time_machine.travel(start + timedelta(days=32), tick=False):
        world.look()
        assert world.kinds() == [kinds.IDLE, kinds.LATE]
        world.look()
        assert world.kinds() == [kinds.IDLE, kinds.LATE], "that it was raised moves nothing"
        world.promise(invoice, 3)
        world.look()
        assert world.kinds() == [], "it rests"


def test_another_document_moves_it_not(world: Crediting) -> None:
    start = clock.now()
    world.account.add_invoice("1/2026", "50.00", due_in=-1)
    with time_machine.travel(start + timedelta(days=32), tick=False):
        other = world.account.add_invoice("2/2026", "50.00", due_in=10)
        world.pay(other, 100)
        world.look()
        assert kinds.IDLE in world.kinds()


def rate(world: Crediting, day: str, score: int = 70) -> None:
    content = f"customer;source;date;score\n0042;Cerved;{day};{score}\n".encode()
    reading = ratings_file.read(content, clock.today())
    assert reading.refusal is None
    world.within(lambda: ratings.take_in(reading))


def test_much_is_open_and_the_data_is_old(world: Crediting) -> None:
    invoice = world.account.add_invoice(amount="50000.01", due_in=20)
    world.look()
    assert world.kinds() == [kinds.STALE], "nothing ever came in"
    rate(world, (clock.today() - timedelta(days=181)).isoformat())
    assert world.kinds() == [kinds.STALE]
    rate(world, (clock.today() - timedelta(days=180)).isoformat())
    assert world.alerts() == []
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        world.look()
        assert [one.number for one in world.alerts()] == [181]
        world.pay(invoice, 1)
        assert world.alerts() == []


def test_a_withdrawn_document_ends_it_and_what_is_switched_off_is_not_raised(world: Crediting) -> None:
    invoice = world.account.add_invoice(amount="100.00", due_in=-30)
    world.set_line(0)
    assert world.kinds() == [kinds.LATE, kinds.OVER]
    off = {kind: Tell(on=kind != kinds.LATE) for kind in kinds.KINDS}
    world.within(lambda: policies.write(Version(tell=off), by=1, after=0))
    world.look()
    assert world.kinds() == [kinds.OVER]
    world.within(lambda: invoices.withdraw(db.session().get_one(Invoice, invoice)))
    assert world.alerts() == []


def test_seen_once_and_over_is_over(world: Crediting) -> None:
    invoice = world.account.add_invoice(amount="100.00", due_in=20)
    world.set_line(0)
    alert_id = world.alerts()[0].id

    def see() -> None:
        found = db.session().get_one(alerts.CreditAlert, alert_id)
        alerts.see(found, 7)

    world.within(see)
    world.within(see)
    assert world.alerts()[0].status is AlertStatus.SEEN
    assert events_of(world).count("credit_alert.seen") == 1
    world.look()
    assert len(world.alerts()) == 1
    world.pay(invoice, 10000)
    with pytest.raises(NotAllowedNow):
        world.within(see)


# Mails


def test_one_mail_a_person_with_the_number_and_each_alert_once(world: Crediting) -> None:
    creditor_id = world.account.creditor_id
    manager = make_person(creditor_id, Role.MANAGER, "capo@rossi.example")
    make_person(creditor_id, Role.AGENT, "agente@rossi.example")
    world.account.add_invoice("1/2026", "100.00", due_in=-30)
    world.set_line(0)
    look_at_credit()
    assert world.mails() == [("capo@rossi.example", {"count": 2})]
    look_at_credit()
    assert len(world.mails()) == 1
    chosen = {kind: Tell(to="agent", mail=kind == kinds.LATE) for kind in kinds.KINDS}
    chosen[kinds.OVER] = Tell(to=str(manager.staff_id), mail=True)
    world.within(lambda: policies.write(Version(tell=chosen), by=1, after=0))
    world.account.add_invoice("2/2026", "100.00", due_in=-30)
    look_at_credit()
    assert world.mails()[1:] == [("agente@rossi.example", {"count": 1})], "over the line was told before"


def test_the_mail_says_how_many_and_about_nobody(world: Crediting) -> None:
    make_person(world.account.creditor_id, Role.MANAGER, "capo@rossi.example")
    world.account.add_invoice("1/2026", "100.00", due_in=-30)
    world.set_line(0)
    world.tell()

    def composed() -> bytes:
        row = db.session().scalars(select(StaffMail).where(StaffMail.key == mails.CREDIT_ALERTS)).one()
        row.language = "en"
        return notices.compose(row, creditors.face(world.account.creditor_id))

    message = message_from_bytes(world.within(composed), policy=default)
    text = message.get_content()
    assert "new alerts at Rossi Impianti that are for you: 2." in text
    assert "/c/credit/alerts" in text
    assert not any(word in text + str(message["Subject"]) for word in ("Bianchi", "100", "1/2026"))


def test_where_nobody_of_the_role_works_the_eldest_manager_hears_of_it(world: Crediting) -> None:
    make_person(world.account.creditor_id, Role.ADMIN, "admin@rossi.example")
    world.account.add_invoice("1/2026", "100.00", due_in=20)
    world.set_line(0)
    look_at_credit()
    assert world.mails() == [("admin@rossi.example", {"count": 1})]


def test_another_creditors_customers_are_never_touched(world: Crediting) -> None:
    other = Crediting(make_account(make_creditor("verdi"), "0042"))
    other.account.add_invoice("1/2026", "100.00", due_in=-30)
    world.account.add_invoice("1/2026", "100.00", due_in=-30)
    world.look()
    assert other.alerts() == []
    other.look()
    assert len(world.alerts()) == len(other.alerts()) == 1


def test_what_a_customer_pays_in_their_own_visit_ends_it_by_the_creditors_policy(world: Crediting) -> None:
    invoice = world.account.add_invoice(amount="100.00", due_in=-30)
    off = {kind: Tell(on=kind != kinds.LATE) for kind in kinds.KINDS}
    world.within(lambda: policies.write(Version(tell=off), by=1, after=0))
    world.set_line(9999)
    assert world.kinds() == [kinds.OVER]
    with db.transaction():
        scope.enter(world.account.creditor_id, world.debtor_id)
        alerts.look_at(world.debtor_id)
        item = invoice_queries.items_of_debtor(world.debtor_id, invoice)[0]
        assert [one.kind for one in db.session().scalars(select(CreditAlert).where(CreditAlert.is_open))] == [
            kinds.OVER
        ]
        invoices.settle_item(
            item, Money(1, "EUR"), account=accounts.BANK, kind="bank_transfer", source=Source("test", ids.new_id()),
            value_on=clock.today(), origin=Source("payer", item.item_id),
        )  # fmt: skip
    assert world.alerts() == []


def test_an_agency_reads_what_is_in_its_reach(app: PortalFlask, world: Crediting) -> None:
    creditor_id = world.account.creditor_id
    with db.transaction(writes=False) as session:
        creditor = session.get_one(Creditor, creditor_id)
    other = Crediting(make_account(creditor, "0077", name="Lontani S.r.l."))
    for one in (world, other):
        one.account.add_invoice(amount="100.00", due_in=20)
        one.set_line(0)
    assert len(world.alerts()) == 2
    with db.transaction():
        scope.enter(creditor_id, reach=12345)
        assert db.session().scalars(select(CreditAlert)).all() == []
        assert policies.current().number == 0
        alerts.look_at(world.debtor_id)
        alerts.look_if_any(other.debtor_id)
    assert len(world.alerts()) == 2, "what it cannot see it does not close"


# Whatever happens


STEPS = st.lists(
    st.tuples(st.sampled_from(["invoice", "pay", "bounce", "line", "look", "job", "promise"]), st.integers(0, 9)),
    max_size=14,
)


@settings(max_examples=12)
@given(STEPS)
def test_use_is_what_the_books_say_and_no_alert_stands_twice(world: Crediting, steps: list[tuple[str, int]]) -> None:
    fresh = Crediting(make_account(make_creditor(f"c{ids.new_id()}"), "0042"))
    account = fresh.account
    for number, (step, n) in enumerate(steps):
        _step(fresh, step, n, f"{number}/2026")
        open_ = fresh.alerts()
        assert len({(one.kind, one.cause_id) for one in open_}) == len(open_)
    fresh.look()
    raised = len(events_of(fresh))
    fresh.look()
    assert len(events_of(fresh)) == raised, "looking again changes nothing"
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        items = invoice_queries.items_of_debtor(account.debtor_id)
    use = fresh.use()
    assert use.open == sum(item.open.minor for item in items)
    assert 0 <= use.late <= use.open


def _step(fresh: Crediting, step: str, n: int, number: str) -> None:
    account = fresh.account
    invoice = account.invoice_ids[n % len(account.invoice_ids)] if account.invoice_ids else None
    if step == "invoice":
        account.add_invoice(number, "10.00", due_in=n * 10 - 50, parts=1 + n % 2)
    elif step == "line":
        fresh.set_line(n * 500 if n else None)
    elif step == "look":
        fresh.look()
    elif step == "job":
        look_at_credit()
    elif invoice is not None:
        item = fresh.items(invoice)[0]
        if step == "pay" and item.open:
            fresh.pay(invoice, min(item.open.minor, 1 + n * 60))
        elif step == "bounce" and item.open < item.amount:
            fresh.bounce(invoice, min((item.amount - item.open).minor, 1 + n * 60))
        elif step == "promise" and item.open and item.held_for is None:
            fresh.within(lambda: invoices.hold(item, holds.PROMISED, n, None))
