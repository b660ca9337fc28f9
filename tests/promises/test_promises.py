"""Promises from the page to the end of their day: bounds, holds, the books' verdict, the kept-rate (rule E-16)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock, db, ids, jobs, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.promises import actions, queries, rules, wishes
from portal.promises.jobs import see_to_promises
from portal.promises.models import Promise
from portal.promises.states import PromiseStatus
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import signed_in
from tests.factories.world import make_account, make_creditor, today_plus
from tests.promises.world import Promising

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
S = PromiseStatus


@pytest.fixture
def world(house: Settings) -> Promising:
    return Promising(make_account())


# The page


def test_a_day_is_named_kept_in_a_calendar_moved_and_taken_back(debtor: Debtor) -> None:
    account = make_account()
    invoice_id = account.add_invoice(due_in=-5)
    world = Promising(account)
    debtor.enter(account.link(), account.fact)
    assert "/d/promise" in debtor.text
    debtor.get("/d/promise")
    debtor.submit("/d/promise", pay_on="")
    assert debtor.status == 422
    debtor.submit("/d/promise", pay_on=today_plus(200).isoformat())
    assert debtor.status == 422
    debtor.submit("/d/promise", pay_on=today_plus(9).isoformat(), remind="yes")
    assert debtor.status == 200, debtor.text
    page = debtor.path
    promise_id = ids.read(page.rsplit("/", 1)[1])
    assert world.one(promise_id).amount_minor == 123456
    assert world.holds() == [holds.PROMISED]
    assert world.names("promise.%") == ["promise.made"]
    with debtor.get(f"{page}/calendar") as answer:
        written = answer.get_data(as_text=True)
    assert f"DTSTART;VALUE=DATE:{today_plus(9):%Y%m%d}\r\n" in written
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    assert "1.234" not in written
    debtor.get("/d/promise")
    assert debtor.path == page, "what is promised already leads to its page"
    debtor.submit("/day", pay_on=today_plus(12).isoformat(), remind="")
    assert world.terms(promise_id) == [today_plus(9), today_plus(12)]
    assert not world.one(promise_id).remind, "an unticked box is an answer"
    assert debtor.path == page
    debtor.submit("/cancel")
    assert world.status(promise_id) == "cancelled"
    assert world.holds() == []
    case = world.case(promise_id)
    assert (case.outcome, case.invoice_id) == ("taken_back", invoice_id)


def test_a_part_of_several_goes_to_the_oldest_first(debtor: Debtor) -> None:
    account = make_account()
    first, second = account.add_invoice("1/2026", "100.00", -20), account.add_invoice("2/2026", "80.00", -5)
    world = Promising(account)
    items = [ids.spell(item.item_id) for item in world.items(first, second)]
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/promise")
    form = debtor.form("/d/promise")
    typed = {**form.fields, "items[]": items, "pay_on": today_plus(3).isoformat()}
    debtor.post(form.action, {**typed, "amount": "5,00"})
    assert debtor.status == 422
    debtor.post(form.action, {**typed, "amount": "500"})
    assert debtor.status == 422
    debtor.post(form.action, {**typed, "amount": "120,00"})
    assert debtor.status == 200, debtor.text
    promise_id = ids.read(debtor.path.rsplit("/", 1)[1])
    assert [line.amount_minor for line in world.within(lambda: queries.lines(promise_id))] == [10000, 2000]


def test_another_customers_promise_is_not_there(app: PortalFlask, debtor: Debtor) -> None:
    creditor = make_creditor()
    account = make_account(creditor)
    promise_id = Promising(account).promise(account.add_invoice(due_in=-2), 3)
    stranger = make_account(creditor, code="0043", vat_number="IT99999999999")
    stranger.add_invoice("9/2026")
    debtor.enter(stranger.link(), stranger.fact)
    for page in ("", "/calendar"):
        debtor.get(f"/d/promises/{ids.spell(promise_id)}{page}")
        assert debtor.status == 404


def test_the_paper_code_names_no_day(debtor: Debtor) -> None:
    account = make_account()
    invoice_id = account.add_invoice(due_in=-2)
    debtor.get(account.link(invoice_id=invoice_id, purpose="qr"))
    debtor.submit("/gate", fact="128/2026")
    assert "/d/promise" not in debtor.text
    assert debtor.get("/d/promise").status_code == 404


# Bounds


def test_bounds_tighten_with_what_was_not_kept() -> None:
    assert rules.bounds(30, 3, 1000, 0) == rules.Bounds(30, 3, 1000)
    assert rules.bounds(30, 3, 1000, 1) == rules.Bounds(15, 2, 1000)
    assert rules.bounds(30, 3, 1000, 2) == rules.Bounds(10, 1, 1000)
    assert rules.bounds(30, 3, 1000, 3) is None
    assert rules.bounds(2, 3, 1000, 2) == rules.Bounds(2, 1, 1000), "never more than the creditor gives"
    assert rules.bounds(0, 3, 1000, 0) is None


def test_no_more_days_than_the_creditor_allows(world: Promising) -> None:
    invoice_id = world.account.add_invoice(due_in=-5)
    with pytest.raises(NotAllowedNow):
        world.promise(invoice_id, 31)
    promise_id = world.promise(invoice_id, 5)
    with pytest.raises(NotAllowedNow):
        world.promise(invoice_id, 6)
    for day in (6, 7):
        world.within(lambda day=day: actions.amend(queries.promise(promise_id), today_plus(day)))
    with pytest.raises(NotAllowedNow):
        world.within(lambda: actions.amend(queries.promise(promise_id), today_plus(8)))
    world.within(lambda: actions.amend(queries.promise(promise_id), today_plus(2)))
    assert world.terms(promise_id) == [today_plus(day) for day in (5, 6, 7, 2)], "a nearer day is always welcome"


def test_a_creditor_that_wants_none_offers_none(debtor: Debtor) -> None:
    account = make_account()
    account.add_invoice(due_in=-5)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        session.execute(update(Creditor).values(promise_days=0))
    debtor.enter(account.link(), account.fact)
    assert "/d/promise" not in debtor.text
    debtor.get("/d/promise")
    assert "pay_on" not in debtor.text
    assert "/d/help" in debtor.text


# The end of the day


def test_kept_to_the_very_day_and_broken_the_day_after(world: Promising) -> None:
    with time_machine.travel(NOON, tick=False):
        kept_invoice, late_invoice = (
            world.account.add_invoice("1/2026", due_in=-5),
            world.account.add_invoice("2/2026", due_in=-5),
        )
        kept, late = world.promise(kept_invoice, 2), world.promise(late_invoice, 2)
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        world.pay(kept_invoice, 123456)
        assert world.status(kept) == "kept"
    with time_machine.travel(datetime(2026, 11, 25, 22, 59, tzinfo=UTC), tick=False):
        see_to_promises()
        assert world.status(late) == "open", "in Rome it is still the 25th"
        assert holds.PROMISED in world.holds()
    with time_machine.travel(datetime(2026, 11, 25, 23, 1, tzinfo=UTC), tick=False):
        see_to_promises()
        see_to_promises()
        assert world.status(late) == "broken"
        assert world.holds() == []
        assert world.names("promise.%") == ["promise.made", "promise.made", "promise.kept", "promise.broken"]
        case = world.case(late)
        assert case.status.value == "ours", "a person sees to it"
        assert case.act_by is not None
        assert world.case(kept).outcome == "kept"


def test_money_of_the_right_day_that_is_booked_later_keeps_it(world: Promising) -> None:
    with time_machine.travel(NOON, tick=False):
        invoice_id = world.account.add_invoice(due_in=-5)
        promise_id = world.promise(invoice_id, 2)
    with time_machine.travel(NOON + timedelta(days=4), tick=False):
        see_to_promises()
        assert world.status(promise_id) == "broken"
        world.pay(invoice_id, 123456, on=datetime(2026, 11, 25, tzinfo=UTC).date())
        assert world.status(promise_id) == "kept"
        assert world.case(promise_id).outcome == "kept"


def test_money_that_goes_back_reopens_and_late_money_keeps_nothing(world: Promising) -> None:
    with time_machine.travel(NOON, tick=False):
        invoice_id = world.account.add_invoice(due_in=-5)
        promise_id = world.promise(invoice_id, 2)
        world.pay(invoice_id, 123456)
        assert world.status(promise_id) == "kept"
        world.bounce(invoice_id, 123456)
        assert world.status(promise_id) == "open"
        assert world.holds() == [holds.PROMISED]
        assert world.case(promise_id).status.value == "theirs"
    with time_machine.travel(NOON + timedelta(days=3), tick=False):
        see_to_promises()
        world.pay(invoice_id, 123456)
        assert world.status(promise_id) == "broken"
        assert world.one(promise_id).paid_minor == 0


def test_one_of_two_that_opens_again_rests_again(world: Promising) -> None:
    first, second = (world.account.add_invoice(f"{n}/2026", "100.00", -5) for n in (1, 2))
    items = world.items(first, second)
    parts = [(item, item.open) for item in items]
    made = world.within(lambda: actions.make(world.account.debtor_id, parts, today_plus(5)).id)
    world.pay(first, 10000)
    assert world.holds() == [holds.PROMISED], "the other one is still promised"
    world.bounce(first, 10000)
    assert world.holds() == [holds.PROMISED, holds.PROMISED]
    assert world.status(made) == "open"
    world.pay(first, 4000)
    world.within(lambda: invoices.release_by_hand(world.items(first)[0], holds.PROMISED, "by_mistake"))
    world.bounce(first, 4000)
    assert world.holds() == [holds.PROMISED], "what a person ended stays ended while the document was open all along"


def test_credited_or_withdrawn_is_overtaken_and_less_credit_asks_for_less(world: Promising) -> None:
    credited, withdrawn, partly = (world.account.add_invoice(f"{n}/2026", "100.00", -5) for n in range(3))
    promises = [world.promise(invoice_id, 2) for invoice_id in (credited, withdrawn, partly)]
    world.pay(credited, 10000, account=accounts.CREDIT_NOTES)
    world.within(lambda: invoices.withdraw(db.session().get_one(Invoice, withdrawn)))
    world.pay(partly, 3000, account=accounts.CREDIT_NOTES)
    assert [world.status(one) for one in promises] == ["overtaken", "overtaken", "open"]
    world.pay(partly, 7000)
    assert world.status(promises[2]) == "kept"


@pytest.mark.parametrize("reason", [holds.PROBLEM_REPORTED, holds.DISPUTE, holds.CREDIT_EXPECTED])
def test_a_day_that_comes_while_we_look_into_it_is_not_broken(world: Promising, reason: str) -> None:
    with time_machine.travel(NOON, tick=False):
        invoice_id = world.account.add_invoice(due_in=-5)
        promise_id = world.promise(invoice_id, 2)
        item = world.items(invoice_id)[0]
        world.within(lambda: invoices.hold(item, reason, 1, None))
    with time_machine.travel(NOON + timedelta(days=3), tick=False):
        see_to_promises()
        assert world.status(promise_id) == "expired"
        with pytest.raises(NotAllowedNow):
            world.within(lambda: actions.amend(queries.promise(promise_id), today_plus(4)))


def test_after_its_day_no_other_is_named_even_before_the_job_ran(world: Promising) -> None:
    with time_machine.travel(NOON, tick=False):
        promise_id = world.promise(world.account.add_invoice(due_in=-5), 2)
    with time_machine.travel(NOON + timedelta(days=3), tick=False), pytest.raises(NotAllowedNow):
        world.within(lambda: actions.amend(queries.promise(promise_id), today_plus(5)))


def test_the_note_goes_once_the_day_before_and_not_when_paid(world: Promising) -> None:
    with time_machine.travel(NOON, tick=False):
        wanted, unwanted, paid = (world.account.add_invoice(f"{n}/2026", due_in=-5) for n in range(3))
        world.promise(wanted, 3, remind=True)
        world.promise(unwanted, 3)
        world.promise(paid, 3, remind=True)
        see_to_promises()
        assert world.messages() == []
    with time_machine.travel(datetime(2026, 11, 25, 5, 0, tzinfo=UTC), tick=False):
        world.pay(paid, 123456)
        see_to_promises()
        assert world.messages() == [], "not at six in the morning"
    with time_machine.travel(datetime(2026, 11, 25, 9, 0, tzinfo=UTC), tick=False):
        see_to_promises()
        see_to_promises()
        assert world.messages() == ["promise_reminder"]
        world.pay(wanted, 123456)
        jobs.work_off()
        assert world.names("message.s%") == ["message.suppressed"], "there is nothing to remind of any more"


# The wish at receipt


def test_a_day_named_at_receipt_is_a_promise_within_the_bounds_else_a_wish(debtor: Debtor) -> None:
    account = make_account()
    invoice_id = account.add_invoice(due_in=5)
    world = Promising(account)
    debtor.enter(account.link(), account.fact)
    for day, made in ((200, 0), (20, 1), (22, 1), (21, 1)):
        debtor.get(f"/d/invoices/{ids.spell(invoice_id)}/receipt")
        debtor.submit("/receipt", answer="received", pay_on=today_plus(day).isoformat())
        assert debtor.status == 200, debtor.text
        assert len(world.names("promise.made")) == made
    assert world.names("promise.amended") == ["promise.amended", "promise.amended"]
    debtor.get(f"/d/invoices/{ids.spell(invoice_id)}/receipt")
    debtor.submit("/receipt", answer="received", pay_on=today_plus(24).isoformat())
    assert debtor.status == 200, "a fourth day stays a wish"
    assert len(world.names("promise.amended")) == 2


# Kept-rate


def test_kept_rate_by_count_and_by_value_as_rule_e16_says(world: Promising) -> None:
    """6 of 10 are 60 %; 7,600 of 12,000 are 63.33 %."""
    kept = [(amount, amount) for amount in (1000, 1200, 1400, 1000, 1500, 1500)]
    broken = [(1000, 0), (1200, 0), (1100, 0), (1100, 0)]
    day = today_plus(-1)

    def add(status: PromiseStatus, promised: int, paid: int, debtor_id: int) -> None:
        db.session().add(
            Promise(
                id=ids.new_id(),
                debtor_id=debtor_id,
                pay_on=day,
                amount_minor=promised * 100,
                paid_minor=paid * 100,
                currency="EUR",
                made_at=clock.now(),
                status=status,
                status_at=clock.now(),
            )
        )

    def fill() -> None:
        for promised, paid in kept:
            add(S.KEPT, promised, paid, world.account.debtor_id)
        for promised, paid in broken:
            add(S.BROKEN, promised, paid, world.account.debtor_id)
        for status in (S.OPEN, S.CANCELLED, S.OVERTAKEN, S.EXPIRED):
            add(status, 5000, 0, world.account.debtor_id)

    world.within(fill)
    for debtor_id in (None, world.account.debtor_id):
        found = world.within(lambda debtor_id=debtor_id: queries.kept_rate("EUR", debtor_id=debtor_id))
        assert (found.kept, found.due) == (6, 10)
        assert found.by_count == Decimal("60.00")
        assert found.promised == Money(1_200_000, "EUR")
        assert found.in_time == Money(760_000, "EUR")
        assert found.by_value == Decimal("63.33")
    other = make_account(world.within(lambda: db.session().get_one(Creditor, world.account.creditor_id)), code="0099",
                         vat_number="IT99999999999")  # fmt: skip
    nothing = world.within(lambda: queries.kept_rate("EUR", debtor_id=other.debtor_id))
    assert (nothing.by_count, nothing.by_value) == (None, None)


# Staff


def test_staff_see_the_promise_and_see_to_a_broken_one(app: PortalFlask) -> None:
    account = make_account()
    world = Promising(account)
    with time_machine.travel(clock.now() - timedelta(days=3)):
        promise_id = world.promise(account.add_invoice(due_in=-9), 1)
    see_to_promises()
    agent = signed_in(app, account.creditor_id)
    case = world.case(promise_id)
    agent.get(f"/c/cases/{ids.spell(case.id)}")
    assert agent.status == 200, agent.text
    agent.submit("/close")
    assert agent.status == 200, agent.text
    assert world.case(promise_id).outcome == "broken"
    agent.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    assert "0 of 1 kept (0 %), 0 % by amount" in agent.text.replace("&nbsp;", " ")
    standing = world.promise(account.add_invoice("2/2026", due_in=-9), 2)
    agent.get(f"/c/cases/{ids.spell(world.case(standing).id)}")
    agent.submit("/cancel")
    assert world.status(standing) == "cancelled"


# The border of the day: when the job runs makes no difference


def hold_until(world: Promising, invoice_id: int, day: date | None) -> None:
    item = world.items(invoice_id)[0]
    world.within(lambda: invoices.hold(item, holds.ALREADY_PAID, ids.new_id(), day))


LAST_DAY = date(2026, 11, 25)


def test_what_was_looked_into_until_its_day_ended_is_not_broken(world: Promising) -> None:
    with time_machine.travel(NOON, tick=False):
        invoice_id = world.account.add_invoice(due_in=-5)
        promise_id = world.promise(invoice_id, 2)
        hold_until(world, invoice_id, LAST_DAY)
    with time_machine.travel(datetime(2026, 11, 25, 23, 10, tzinfo=UTC), tick=False):
        see_to_promises()
        assert world.status(promise_id) == "expired"


def test_what_was_let_go_before_the_job_ran_was_looked_into_all_the_same(world: Promising) -> None:
    with time_machine.travel(NOON, tick=False):
        invoice_id = world.account.add_invoice(due_in=-5)
        promise_id = world.promise(invoice_id, 2)
        hold_until(world, invoice_id, None)
    with time_machine.travel(datetime(2026, 11, 25, 23, 5, tzinfo=UTC), tick=False):
        item_id = world.account.item_ids(invoice_id)[0]
        world.within(lambda: invoices.release(item_id, holds.ALREADY_PAID))
        see_to_promises()
        assert world.status(promise_id) == "expired"


@pytest.mark.parametrize("hour", [21, 23])  # let go an hour before its day ends in Rome, or begun after it
def test_what_was_not_looked_into_when_its_day_ended_is_broken(world: Promising, hour: int) -> None:
    with time_machine.travel(NOON, tick=False):
        invoice_id = world.account.add_invoice(due_in=-5)
        promise_id = world.promise(invoice_id, 2)
        if hour == 21:
            hold_until(world, invoice_id, None)
    with time_machine.travel(datetime(2026, 11, 25, hour, 5, tzinfo=UTC), tick=False):
        item_id = world.account.item_ids(invoice_id)[0]
        if hour == 21:
            world.within(lambda: invoices.release(item_id, holds.ALREADY_PAID))
        else:
            hold_until(world, invoice_id, date(2026, 11, 30))
    with time_machine.travel(datetime(2026, 11, 25, 23, 15, tzinfo=UTC), tick=False):
        see_to_promises()
        assert world.status(promise_id) == "broken"


def test_after_its_day_it_is_not_taken_back_even_before_the_job_ran(world: Promising) -> None:
    with time_machine.travel(NOON, tick=False):
        promise_id = world.promise(world.account.add_invoice(due_in=-5), 2)
    with time_machine.travel(datetime(2026, 11, 25, 23, 1, tzinfo=UTC), tick=False):
        with pytest.raises(NotAllowedNow):
            world.within(lambda: actions.cancel(queries.promise(promise_id)))
        see_to_promises()
        assert world.status(promise_id) == "broken"


# What is contested is nobody's to promise, unless they put it in


def test_what_nobody_contests_is_promised_and_kept(debtor: Debtor) -> None:
    account = make_account()
    invoice_id = account.add_invoice("1/2026", "100.00", due_in=-5)
    world = Promising(account)
    item = world.items(invoice_id)[0]
    world.within(lambda: invoices.hold(item, holds.DISPUTE, ids.new_id(), None, amount=Money(3000, "EUR")))
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/promise")
    debtor.submit("/d/promise", pay_on=today_plus(9).isoformat(), amount="70,01")
    assert debtor.status == 422
    debtor.submit("/d/promise", pay_on=today_plus(9).isoformat(), amount="")
    assert debtor.status == 200, debtor.text
    promise_id = ids.read(debtor.path.rsplit("/", 1)[1])
    assert world.one(promise_id).amount_minor == 7000
    world.pay(invoice_id, 7000)
    assert world.status(promise_id) == "kept"


def test_what_is_contested_as_a_whole_is_promised_only_where_somebody_puts_it_in(debtor: Debtor) -> None:
    account = make_account()
    contested, other = (account.add_invoice(f"{n}/2026", "100.00", due_in=-5) for n in range(2))
    world = Promising(account)
    item = world.items(contested)[0]
    world.within(lambda: invoices.hold(item, holds.DISPUTE, ids.new_id(), None))
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/promise")
    spelled = [ids.spell(account.item_ids(one)[0]) for one in (contested, other)]
    chosen = [f'value="{one}" checked' in debtor.text for one in spelled]
    assert chosen == [False, True]
    debtor.submit("/d/promise", pay_on=today_plus(9).isoformat())
    assert world.one(ids.read(debtor.path.rsplit("/", 1)[1])).amount_minor == 10000
    debtor.get(f"/d/promise?items[]={spelled[0]}")
    debtor.submit("/d/promise", pay_on=today_plus(9).isoformat())
    assert world.one(ids.read(debtor.path.rsplit("/", 1)[1])).amount_minor == 10000


def test_one_that_is_contested_as_a_whole_is_not_chosen_by_itself(debtor: Debtor) -> None:
    account = make_account()
    invoice_id = account.add_invoice("1/2026", "100.00", due_in=-5)
    world = Promising(account)
    item = world.items(invoice_id)[0]
    world.within(lambda: invoices.hold(item, holds.DISPUTE, ids.new_id(), None))
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/promise")
    debtor.submit("/d/promise", pay_on=today_plus(9).isoformat())
    assert debtor.status == 422
    assert world.names("promise.%") == []


def test_a_wish_for_a_contested_invoice_is_about_the_rest(world: Promising) -> None:
    partly, wholly = (world.account.add_invoice(f"{n}/2026", "100.00", due_in=-5) for n in range(2))
    for invoice_id, amount in ((partly, Money(3000, "EUR")), (wholly, None)):
        item = world.items(invoice_id)[0]
        world.within(lambda item=item, amount=amount: invoices.hold(item, holds.DISPUTE, 1, None, amount=amount))
        world.within(lambda invoice_id=invoice_id: wishes.hear(world.account.debtor_id, invoice_id, today_plus(3)))
    with db.transaction(writes=False) as session:
        scope.enter(world.account.creditor_id)
        assert list(session.scalars(select(Promise.amount_minor))) == [7000]
