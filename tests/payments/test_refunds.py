"""Paying back: four eyes, never more than there is, once at the provider whatever dies, undone when it fails (B-12)."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, jobs, scope
from portal.core.db import Unit
from portal.core.errors import NotAllowedNow, NotFound
from portal.core.money import Money
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts as ledger_accounts
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries
from portal.messages.models import Message
from portal.payments import queries, refunds
from portal.payments.jobs import catch_up, sweep
from portal.payments.models import PaymentAttempt, Refund
from portal.payments.states import RESERVING, AttemptStatus, RefundStatus
from tests.actors import Debtor
from tests.factories.world import make_account, make_creditor
from tests.payments.conftest import KEY, Shop, choose_card

ANNA, BRUNO = "staff:1", "staff:2"
REFUNDS_OF_CARD = {"refunds back": "4000000000005126", "pending": "4000000000007726"}


def pay(shop: Shop, payer: Debtor, number: str = "4242424242424242") -> PaymentAttempt:
    """A payment of everything by card, heard of."""
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[-1]["id"], number)
    shop.deliver()
    return shop.attempts()[-1]


def ask(shop: Shop, attempt_id: int, minor: int, *, by: str = ANNA, source: tuple[str, int] | None = None) -> int:
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = queries.attempt(attempt_id)
        assert attempt is not None
        return refunds.request(attempt, Money(minor, "EUR"), by=by, reason="Comprato due volte", source=source).id


def approve(shop: Shop, refund_id: int, *, by: str = BRUNO) -> None:
    with db.transaction():
        scope.enter(shop.creditor_id)
        refunds.approve(refund_id, by=by)


def pay_back(shop: Shop, attempt_id: int, minor: int) -> int:
    """Asked for, approved and carried out."""
    refund_id = ask(shop, attempt_id, minor)
    approve(shop, refund_id)
    jobs.work_off()
    return refund_id


def rows(shop: Shop) -> list[Refund]:
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        return list(session.scalars(select(Refund).order_by(Refund.id)))


def standing(shop: Shop) -> list[str]:
    return [one.status.value for one in rows(shop)]


def card(shop: Shop) -> int:
    """What the books say is on the card account, and must be what Stripe says."""
    return sum(minor if debit == "card" else -minor for debit, credit, minor, _ in shop.books()
               if "card" in {debit, credit})  # fmt: skip


def stripe_card(shop: Shop) -> int:
    return sum(one["amount"] for one in shop.double.all("balance_transaction"))


def test_part_of_a_payment_goes_back_and_so_much_is_open_again(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    refund_id = ask(shop, attempt.id, 23456, source=("a_case", 17))
    assert (shop.open_minor(), shop.double.all("refund"), standing(shop)) == (0, [], ["requested"])
    approve(shop, refund_id)
    assert (shop.open_minor(), shop.double.all("refund"), standing(shop)) == (23456, [], ["approved"])
    jobs.work_off()
    [refund] = shop.double.all("refund")
    assert (refund["amount"], refund["status"]) == (23456, "succeeded")
    assert refund["metadata"] == {"attempt": ids.spell(attempt.id), "refund": ids.spell(refund_id)}
    assert (standing(shop), shop.statuses(), shop.open_minor()) == (["succeeded"], ["partially_refunded"], 23456)
    assert card(shop) == stripe_card(shop) == 100000
    [told] = shop.event_data("payment.refunded")
    assert (told["source_kind"], told["source_id"], told["amount_minor"]) == ("a_case", ids.spell(17), 23456)
    shop.deliver()
    assert (standing(shop), card(shop)) == (["succeeded"], 100000)


def test_all_of_it_in_two_parts(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    pay_back(shop, attempt.id, 100000)
    pay_back(shop, attempt.id, 23456)
    assert (shop.statuses(), shop.open_minor(), card(shop)) == (["refunded"], 123456, 0)
    with pytest.raises(NotAllowedNow, match="Nothing of this payment"):
        ask(shop, attempt.id, 1)


def test_four_eyes(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    refund_id = ask(shop, attempt.id, 100)
    for alone in (ANNA, refunds.SYSTEM, refunds.PROVIDER):
        with pytest.raises(NotAllowedNow, match="cannot approve"):
            approve(shop, refund_id, by=alone)
    jobs.work_off()
    assert (standing(shop), shop.open_minor(), shop.double.all("refund")) == (["requested"], 0, [])
    approve(shop, refund_id)
    with pytest.raises(NotAllowedNow, match="decided already"):
        approve(shop, refund_id, by="staff:3")
    with pytest.raises(NotAllowedNow, match="decided already"), db.transaction():
        scope.enter(shop.creditor_id)
        refunds.decline(refund_id, by=BRUNO, why="")
    jobs.work_off()
    assert len(shop.double.all("refund")) == 1


def test_a_request_may_be_declined_and_taken_back_and_frees_its_amount(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    for by, decided_by in ((BRUNO, BRUNO), (ANNA, None)):
        refund_id = ask(shop, attempt.id, 123456)
        with pytest.raises(NotAllowedNow):
            ask(shop, attempt.id, 1)
        with db.transaction():
            scope.enter(shop.creditor_id)
            refunds.decline(refund_id, by=by, why="Non serve")
        assert rows(shop)[-1].decided_by == decided_by
        with pytest.raises(NotAllowedNow, match="decided already"):
            approve(shop, refund_id)
    jobs.work_off()
    assert (standing(shop), shop.open_minor(), shop.double.all("refund")) == (["declined"] * 2, 0, [])
    assert shop.statuses() == ["succeeded"]


def test_never_more_than_there_is(shop: Shop, payer: Debtor) -> None:
    """Captured, less what was asked for or went back, less what a dispute took."""
    attempt = pay(shop, payer)
    for wrong in (0, -1, 123457, 10**15):
        with pytest.raises(NotAllowedNow, match="At most"):
            ask(shop, attempt.id, wrong)
    with pytest.raises(NotAllowedNow, match="At most"), db.transaction():
        scope.enter(shop.creditor_id)
        found = queries.attempt(attempt.id)
        assert found is not None
        refunds.request(found, Money(100, "USD"), by=ANNA, reason="")
    ask(shop, attempt.id, 100000)
    with pytest.raises(NotAllowedNow, match=r"234\.56 EUR"):
        ask(shop, attempt.id, 23457)
    ask(shop, attempt.id, 23456)


def test_what_has_not_arrived_cannot_go_back(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    with pytest.raises(NotAllowedNow, match="not arrived"):
        ask(shop, shop.attempts()[0].id, 100)


def test_nothing_goes_back_while_the_bank_decides(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    waiting = ask(shop, attempt.id, 1000)
    charge = shop.double.all("charge")[0]["id"]
    dispute = shop.double.bank.dispute(charge, amount=100000)["id"]
    shop.deliver()
    for act in (lambda: ask(shop, attempt.id, 1), lambda: approve(shop, waiting)):
        with pytest.raises(NotAllowedNow, match="contested at the bank"):
            act()
    shop.double.bank.close_dispute(dispute, won=False)
    shop.deliver()
    with pytest.raises(NotAllowedNow, match=r"At most 224\.56 EUR"):
        ask(shop, attempt.id, 22457)
    approve(shop, waiting)
    jobs.work_off()
    assert standing(shop) == ["succeeded"]
    assert shop.statuses() == ["lost"]
    assert card(shop) == stripe_card(shop) == 22456


def test_contested_between_the_approval_and_the_provider(shop: Shop, payer: Debtor) -> None:
    """Stripe would refuse it too: the refund has failed, and the payment counts as before."""
    attempt = pay(shop, payer)
    refund_id = ask(shop, attempt.id, 1000)
    approve(shop, refund_id)
    shop.double.bank.dispute(shop.double.all("charge")[0]["id"])
    jobs.work_off()
    assert (standing(shop), rows(shop)[0].why, shop.open_minor()) == (["failed"], "charge_disputed", 0)


def test_another_payment_of_the_same_document_is_never_touched(shop: Shop, payer: Debtor) -> None:
    """800 by bank, 434.56 by card: paying back the card reopens 434.56 and no cent more."""
    [item_id] = shop.account.item_ids(shop.account.invoice_ids[0])
    with db.transaction():
        scope.enter(shop.creditor_id)
        [item] = invoice_queries.items([item_id])
        invoices.settle_item(item, Money(80000, "EUR"), account=ledger_accounts.BANK, kind="payment",
                             source=ledger.Source("test", 1), value_on=clock.today())  # fmt: skip
    attempt = pay(shop, payer)
    pay_back(shop, attempt.id, 43456)
    assert (shop.open_minor(), shop.statuses()) == (43456, ["refunded"])
    assert ("bank", "receivable", 80000, item_id) in shop.books()


def test_each_document_gives_back_only_what_this_payment_had_settled_of_it(shop: Shop, payer: Debtor) -> None:
    """One payment over two documents, one of them paid in part by bank before."""
    first = shop.account.invoice_ids[0]
    second = shop.account.add_invoice("129/2026", "500.00", due_in=20)
    [item_id] = shop.account.item_ids(first)
    with db.transaction():
        scope.enter(shop.creditor_id)
        [item] = invoice_queries.items([item_id])
        invoices.settle_item(item, Money(113456, "EUR"), account=ledger_accounts.BANK, kind="payment",
                             source=ledger.Source("test", 1), value_on=clock.today())  # fmt: skip
    both = [ids.spell(one) for invoice_id in (first, second) for one in shop.account.item_ids(invoice_id)]
    choose_card(payer, **{"items[]": both})
    shop.double.payer.pay_by_card(shop.sessions()[-1]["id"])
    shop.deliver()
    [attempt] = shop.attempts()
    assert attempt.amount_minor == 60000
    pay_back(shop, attempt.id, 55000)
    assert (shop.open_minor(first), shop.open_minor(second)) == (5000, 50000)
    pay_back(shop, attempt.id, 5000)
    assert (shop.open_minor(first), shop.open_minor(second)) == (10000, 50000)


def test_what_came_in_too_much_goes_back_first_and_closes_nothing(shop: Shop, payer: Debtor) -> None:
    """The document was paid by bank meanwhile: all of the card's money is credit, and nothing reopens."""
    choose_card(payer)
    [item_id] = shop.account.item_ids(shop.account.invoice_ids[0])
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    with db.transaction():
        scope.enter(shop.creditor_id)
        [item] = invoice_queries.items([item_id])
        invoices.settle_item(item, Money(100000, "EUR"), account=ledger_accounts.BANK, kind="payment",
                             source=ledger.Source("test", 1), value_on=clock.today())  # fmt: skip
    shop.deliver()
    attempt = shop.attempts()[0]
    assert credit(shop) == 100000
    pay_back(shop, attempt.id, 100000)
    assert (shop.open_minor(), credit(shop)) == (0, 0)
    pay_back(shop, attempt.id, 3456)
    assert (shop.open_minor(), credit(shop)) == (3456, 0)


def credit(shop: Shop) -> int:
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        return sum(one.minor for one in ledger_queries.unallocated(shop.account.debtor_id))


def test_credit_that_was_used_elsewhere_is_not_paid_back_twice(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    [item_id] = shop.account.item_ids(shop.account.invoice_ids[0])
    other = shop.account.add_invoice("200/2026", "500.00")
    with db.transaction():
        scope.enter(shop.creditor_id)
        [item] = invoice_queries.items([item_id])
        invoices.settle_item(item, Money(123456, "EUR"), account=ledger_accounts.BANK, kind="payment",
                             source=ledger.Source("test", 1), value_on=clock.today())  # fmt: skip
    shop.deliver()
    attempt, [other_id] = shop.attempts()[0], shop.account.item_ids(other)
    with db.transaction():
        scope.enter(shop.creditor_id)
        [item] = invoice_queries.items([other_id])
        invoices.settle_item(item, Money(50000, "EUR"), account=ledger_accounts.UNALLOCATED, kind="overpayment",
                             source=ledger.Source("test", 2), value_on=clock.today(),
                             origin=ledger.Source("payment_attempt", attempt.id))  # fmt: skip
    with pytest.raises(NotAllowedNow, match="used for another document"):
        ask(shop, attempt.id, 73457)
    pay_back(shop, attempt.id, 73456)
    assert (shop.open_minor(), credit(shop)) == (0, 0)
    # In Stripe's own pages nobody asks us: the truth is theirs, and the document that it had paid is open again.
    charge = shop.double.all("charge")[0]["id"]
    shop.double.client(KEY).v1.refunds.create(params={"charge": charge, "amount": 20000})
    shop.deliver()
    assert (shop.open_minor(other), shop.open_minor(shop.account.invoice_ids[0]), credit(shop)) == (20000, 0, 0)
    assert card(shop) == stripe_card(shop) == 30000


def test_a_refund_that_fails_later_closes_the_document_again(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer, REFUNDS_OF_CARD["refunds back"])
    pay_back(shop, attempt.id, 23456)
    assert (standing(shop), shop.open_minor()) == (["succeeded"], 23456)
    shop.double.advance(timedelta(minutes=1))
    shop.deliver()
    assert (standing(shop), shop.statuses(), shop.open_minor()) == (["failed"], ["succeeded"], 0)
    assert card(shop) == stripe_card(shop) == 123456
    assert shop.event_data("payment.refund_failed")[0]["why"] == "expired_or_canceled_card"
    pay_back(shop, attempt.id, 123456)
    assert shop.open_minor() == 123456


def test_a_refund_that_fails_after_the_document_was_paid_again_is_credit(shop: Shop, payer: Debtor) -> None:
    """What nobody owes any more is the debtor's: the liability is open again (B-12)."""
    attempt = pay(shop, payer, REFUNDS_OF_CARD["refunds back"])
    pay_back(shop, attempt.id, 23456)
    pay(shop, payer)
    assert (shop.open_minor(), credit(shop)) == (0, 0)
    shop.double.advance(timedelta(minutes=1))
    shop.deliver()
    assert (shop.open_minor(), credit(shop)) == (0, 23456)


def test_pending_then_succeeded_or_cancelled(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer, REFUNDS_OF_CARD["pending"])
    pay_back(shop, attempt.id, 1000)
    assert (standing(shop), shop.statuses(), shop.events("payment.refunded")) == (
        ["pending"],
        ["partially_refunded"],
        [],
    )
    shop.double.bank.conclude_refund(shop.double.all("refund")[0]["id"], "canceled")
    shop.deliver()
    assert (standing(shop), shop.statuses(), shop.open_minor()) == (["cancelled"], ["succeeded"], 0)
    pay_back(shop, attempt.id, 2000)
    shop.double.advance(timedelta(minutes=1))
    shop.deliver()
    assert (standing(shop), shop.open_minor()) == (["cancelled", "succeeded"], 2000)
    assert card(shop) == stripe_card(shop)


def test_made_at_stripe_by_hand(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    charge = shop.double.all("charge")[0]["id"]
    shop.double.client(KEY).v1.refunds.create(params={"charge": charge, "amount": 3456})
    shop.deliver()
    shop.deliver()
    [refund] = rows(shop)
    assert (refund.status, refund.requested_by, refund.amount_minor) == (RefundStatus.SUCCEEDED, "provider", 3456)
    assert (shop.open_minor(), shop.statuses()) == (3456, ["partially_refunded"])


def test_the_debtor_is_told_and_nothing_of_it_says_how_much(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer, REFUNDS_OF_CARD["refunds back"])
    pay_back(shop, attempt.id, 23456)
    shop.double.advance(timedelta(minutes=1))
    shop.deliver()
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        planned = list(session.scalars(select(Message).where(Message.key.startswith("payment_refund"))))
    assert sorted(one.key for one in planned) == ["payment_refund", "payment_refund_failed"]
    assert all(one.asked_for and one.params == {} for one in planned)


def test_another_feature_that_asked_tells_the_debtor_itself(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    approve(shop, ask(shop, attempt.id, 100, source=("a_case", 17)))
    jobs.work_off()
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        assert list(session.scalars(select(Message).where(Message.key.startswith("payment_refund")))) == []


def test_anothers_refund_is_not_there(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    refund_id = ask(shop, attempt.id, 100)
    other = make_account(make_creditor("verdi"), code="1")
    for act in (lambda: refunds.approve(refund_id, by=BRUNO), lambda: refunds.decline(refund_id, by=BRUNO, why="")):
        with pytest.raises(NotFound), db.transaction():
            scope.enter(other.creditor_id)
            act()
    assert standing(shop) == ["requested"]


# --- nothing is paid back twice ------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: nothing after this line runs, not even what catches exceptions."""


@contextmanager
def dying_at_commit(number: int) -> Iterator[list[int]]:
    """The process dies at its `number`th commit, which does not happen any more."""
    commits = [0]
    real = Unit.commit

    def counted(unit: Unit) -> None:
        commits[0] += 1
        if commits[0] == number:
            raise Killed
        real(unit)

    patch = pytest.MonkeyPatch()
    patch.setattr(Unit, "commit", counted)
    try:
        yield commits
    finally:
        patch.undo()


def survive(work, number: int) -> bool:
    """Runs `work`, dying at a commit; False when it came to its end before."""
    with dying_at_commit(number):
        try:
            work()
        except Killed:
            return True
    return False


def approve_and_work(shop: Shop, refund_id: int) -> None:
    approve(shop, refund_id)
    jobs.work_off()


def test_killed_at_every_commit_of_a_refund(shop: Shop, payer: Debtor) -> None:
    """After each death the rest is worked off an hour later: one refund at Stripe, one in the books."""
    attempt = pay(shop, payer)
    left, hours = 123456, itertools.count(1)
    for number in range(1, 30):
        refund_id = ask(shop, attempt.id, 1000)
        died = survive(partial(approve_and_work, shop, refund_id), number)
        hour = next(hours)
        with time_machine.travel(clock.now() + timedelta(hours=hour)):
            if standing(shop)[-1] == "requested":
                approve(shop, refund_id)
            jobs.work_off()
            sweep()
            jobs.work_off()
        left -= 1000
        assert standing(shop)[-1] == "succeeded", number
        assert card(shop) == stripe_card(shop) == left, number
        assert len(shop.double.all("refund")) == len(rows(shop)) == number
        if not died:
            break
    assert number > 4


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)  # the same code as the refund's, which runs on both
def test_killed_at_every_commit_of_an_event(shop: Shop, payer: Debtor) -> None:
    """Paid, paid back in part by hand, contested: whichever commit dies, the books are those of an easy day."""
    for number in range(1, 40):
        invoice_id = shop.account.add_invoice(f"{number}/K", "10.00")
        [item_id] = shop.account.item_ids(invoice_id)
        payer.get("/d/pay")
        data = {"csrf_token": payer.csrf(), "command_id": ids.spell(ids.new_id()), "items[]": [ids.spell(item_id)]}
        payer.post("/d/pay/card", data, follow=False)
        shop.double.webhooks.hold()
        shop.double.payer.pay_by_card(shop.sessions()[-1]["id"])
        charge = shop.double.all("charge")[-1]["id"]
        shop.double.client(KEY).v1.refunds.create(params={"charge": charge, "amount": 100})
        shop.double.bank.close_dispute(shop.double.bank.dispute(charge, amount=500)["id"], won=False)
        shop.double.webhooks.release()
        died = survive(shop.deliver, number)
        with time_machine.travel(clock.now() + timedelta(minutes=20 * number)):
            shop.deliver()
            sweep()
            jobs.work_off()
        assert shop.attempts()[-1].status is AttemptStatus.LOST, number
        assert shop.open_minor(invoice_id) == 600, number
        assert card(shop) == stripe_card(shop), number
        if not died:
            break
    assert number > 4


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize("kind", ["reset", "hang", "fail"])
def test_no_answer_is_asked_again_and_pays_back_once(
    shop: Shop, payer: Debtor, kind: str, effect: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.payments.methods.stripe.client.READ_SECONDS", 0.5)
    attempt = pay(shop, payer)
    status = {"status": 503} if kind == "fail" else {}
    getattr(shop.double.faults, kind)(on="POST /v1/refunds", effect=effect, **status)
    pay_back(shop, attempt.id, 1000)
    assert standing(shop) == ["approved"]
    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        jobs.work_off()
    assert standing(shop) == ["succeeded"]
    assert len(shop.double.all("refund")) == 1
    assert card(shop) == stripe_card(shop)


def test_after_a_day_without_an_answer_it_is_looked_for_first(shop: Shop, payer: Debtor) -> None:
    """Stripe has forgotten the key by then: asked with it alone, it would pay back twice."""
    attempt = pay(shop, payer)
    shop.double.faults.reset(on="POST /v1/refunds", effect=True)
    pay_back(shop, attempt.id, 1000)
    later = timedelta(hours=30)
    shop.double.clock.skew += later
    with time_machine.travel(clock.now() + later):
        shop.double.clock.skew -= later
        jobs.work_off()
        sweep()
    assert (standing(shop), len(shop.double.all("refund"))) == (["succeeded"], 1)
    assert len([one for one in shop.double.requests if one.line == "POST /v1/refunds"]) == 1


def test_given_up_by_the_queue_and_found_by_the_sweep(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    shop.double.faults.fail(times=200, status=503, on="*")
    pay_back(shop, attempt.id, 1000)
    now = clock.now()
    for hours in (1, 3, 6, 12, 24, 36, 48, 60):
        with time_machine.travel(now + timedelta(hours=hours)):
            jobs.work_off()
    assert standing(shop) == ["approved"]
    shop.double.faults.clear()
    with time_machine.travel(now + timedelta(hours=61)):
        sweep()
    assert (standing(shop), len(shop.double.all("refund"))) == (["succeeded"], 1)


def test_refused_by_the_provider(shop: Shop, payer: Debtor) -> None:
    """Somebody paid it back at Stripe by hand in the meantime: ours has failed, theirs counts."""
    attempt = pay(shop, payer)
    refund_id = ask(shop, attempt.id, 123456)
    approve(shop, refund_id)
    charge = shop.double.all("charge")[0]["id"]
    shop.double.client(KEY).v1.refunds.create(params={"charge": charge})
    jobs.work_off()
    assert (standing(shop), rows(shop)[0].why) == (["failed"], "charge_already_refunded")
    assert shop.open_minor() == 0
    shop.deliver()
    assert (standing(shop), shop.open_minor(), shop.statuses()) == (["failed", "succeeded"], 123456, ["refunded"])
    assert card(shop) == stripe_card(shop) == 0


def test_every_notice_lost_for_four_days(shop: Shop, payer: Debtor) -> None:
    """Nothing was heard of the payment, its refunds, or a failed one: the provider's own list says it all."""
    choose_card(payer)
    shop.double.webhooks.drop()
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"], REFUNDS_OF_CARD["refunds back"])
    charge = shop.double.all("charge")[0]["id"]
    client = shop.double.client(KEY)
    client.v1.refunds.create(params={"charge": charge, "amount": 1000})
    shop.double.advance(timedelta(hours=1))
    shop.double.clock.skew -= timedelta(hours=1)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        catch_up()
        jobs.work_off()
        assert (standing(shop), shop.statuses(), shop.open_minor()) == (["failed"], ["succeeded"], 0)
        dispute = shop.double.bank.dispute(charge, amount=23456)["id"]
    with time_machine.travel(clock.now() + timedelta(days=6)):
        shop.double.bank.close_dispute(dispute, won=False)
        catch_up()
        jobs.work_off()
        assert (shop.statuses(), shop.open_minor()) == (["lost"], 23456)
        assert card(shop) == stripe_card(shop) == 100000
        before = shop.books()
        catch_up()
        jobs.work_off()
        assert shop.books() == before
    assert shop.post.statuses == []


def test_who_reserves() -> None:
    assert set(RESERVING) == {
        RefundStatus.REQUESTED,
        RefundStatus.APPROVED,
        RefundStatus.PENDING,
        RefundStatus.SUCCEEDED,
    }
