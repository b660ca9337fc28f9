"""No answer, no webhook, or no process any more: nothing is lost and nobody pays twice (rules B-04, B-06, B-07)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from portal.core import clock, db, ids, jobs, scope
from portal.payments import accounts, actions, checkout, queries
from portal.payments.jobs import sweep
from portal.payments.methods import Seen, Standing
from portal.payments.models import PaymentAttempt
from portal.payments.states import AttemptStatus
from tests.actors import Debtor
from tests.payments.conftest import Shop, choose_card


class Died(BaseException):
    """The process is gone: nothing that catches errors sees this."""


@contextmanager
def dying_at_commit(number: int) -> Iterator[None]:
    """Within the block the process dies as it is about to commit for the `number`th time."""
    seen = 0

    def die(_session: Session) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise Died

    db.before_commit(die)
    try:
        with pytest.raises(Died):
            yield
    finally:
        db._before_commit.remove(die)


def creations(shop: Shop) -> list[Any]:
    return [r for r in shop.double.requests if r.line == "POST /v1/checkout/sessions"]


def test_dead_before_the_call_leaves_nothing_behind(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    with dying_at_commit(1):
        payer.submit("/d/pay/card", follow=False)
    assert (shop.attempts(), shop.sessions()) == ([], [])
    choose_card(payer)
    assert len(shop.sessions()) == 1


def test_dead_after_stripes_success_goes_on_with_the_same_session(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    with dying_at_commit(2):
        payer.submit("/d/pay/card", follow=False)
    assert (shop.statuses(), len(shop.sessions())) == (["created"], 1)
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        payer.get("/d/pay")
        assert (
            payer.post("/d/pay/card", form(shop, payer), follow=False).headers["Location"]
            == shop.sessions()[0]["url"]
        )
    assert (shop.statuses(), len(shop.sessions())) == (["redirected"], 1)
    first, again = creations(shop)
    assert (again.replayed, again.raw, again.idempotency_key) == (True, first.raw, first.idempotency_key)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    assert (shop.open_minor(), len(shop.double.all("charge"))) == (0, 1)


def form(shop: Shop, payer: Debtor) -> dict[str, Any]:
    [item_id] = shop.account.item_ids(shop.account.invoice_ids[0])
    return {"csrf_token": payer.csrf(), "command_id": ids.spell(ids.new_id()), "items[]": [ids.spell(item_id)]}


def test_dead_after_stripes_success_is_found_by_the_sweep(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    with dying_at_commit(2):
        payer.submit("/d/pay/card", follow=False)
    with time_machine.travel(clock.now() + timedelta(minutes=35)):
        sweep()
        [attempt] = shop.attempts()
        assert (attempt.status, attempt.provider_id) == (AttemptStatus.REDIRECTED, shop.sessions()[0]["id"])
    assert len(creations(shop)) == 1, "looking is not asking for another page"


def test_dead_while_working_off_a_notice_books_once(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.double.webhooks.drain()
    with dying_at_commit(3):  # claimed, left for the network, and about to commit the effect
        jobs.work_off()
    assert (shop.statuses(), shop.books()) == (["redirected"], [])
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        jobs.work_off()
    assert shop.statuses() == ["succeeded"]
    assert len(shop.books()) == 1


@pytest.mark.parametrize("kind", ["reset", "fail", "hang"])
@pytest.mark.parametrize("effect", [True, False])
def test_no_answer_is_unknown_and_the_next_click_finds_out(
    shop: Shop, payer: Debtor, kind: str, effect: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.payments.methods.stripe.client.READ_SECONDS", 0.5)
    getattr(shop.double.faults, kind)(on="POST /v1/checkout/sessions", effect=effect)
    payer.get("/d/pay")
    payer.submit("/d/pay/card")
    assert payer.path.startswith("/d/payments/")
    assert "Nothing was charged" in payer.text
    assert shop.statuses() == ["created"]
    payer.get("/d/pay")
    payer.post("/d/pay/card", form(shop, payer), follow=False)
    open_sessions = [s for s in shop.sessions() if s["status"] == "open"]
    assert payer.page.headers["Location"] == open_sessions[-1]["url"]
    assert len(shop.sessions()) == 1
    shop.double.payer.pay_by_card(open_sessions[-1]["id"])
    shop.deliver()
    assert (shop.open_minor(), len(shop.books())) == (0, 1)


def test_while_stripe_is_away_nothing_is_promised(shop: Shop, payer: Debtor) -> None:
    shop.double.faults.fail(times=20, status=503)
    for _ in range(2):
        payer.get("/d/pay/return")
        payer.get("/d/pay")
        payer.post("/d/pay/card", form(shop, payer))
        assert "The payment page does not answer yet." in payer.text
    assert shop.statuses() == ["created"]
    payer.submit("/stop")
    assert payer.status == 409
    shop.double.faults.clear()
    payer.get("/d/pay")
    payer.submit("/stop")
    assert payer.path == "/d/pay"
    assert shop.statuses() == ["cancelled"]


def test_a_key_that_is_refused_is_said_and_not_tried_for_ever(shop: Shop, payer: Debtor) -> None:
    shop.double.accounts.keys.clear()
    payer.get("/d/pay")
    payer.submit("/d/pay/card")
    assert "The payment did not go through" in payer.text
    assert shop.statuses() == ["failed"]
    payer.get("/d/pay")
    assert "Pay by bank transfer" in payer.text


def test_after_a_day_the_provider_is_asked_by_reference_not_by_key(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    with dying_at_commit(2):
        payer.submit("/d/pay/card", follow=False)
    with time_machine.travel(clock.now() + timedelta(hours=24)):
        payer.enter(shop.account.link(), shop.account.fact)
        payer.get("/d/pay")
        payer.post("/d/pay/card", form(shop, payer), follow=False)
        assert [s["status"] for s in shop.sessions()] == ["expired", "open"]
    assert shop.statuses() == ["expired", "redirected"]
    first, second = creations(shop)
    assert first.idempotency_key != second.idempotency_key
    assert "GET /v1/checkout/sessions" in [r.line for r in shop.double.requests]


def test_every_webhook_lost_for_four_days(shop: Shop, payer: Debtor) -> None:
    """The sweep alone ends in the right books, and the value date is the day of the payment."""
    shop.double.webhooks.drop()
    paid_on = clock.today("Europe/Rome")
    second = shop.account.add_invoice("129/2026", "50.00")
    choose_card(payer, **{"items[]": [ids.spell(shop.account.item_ids(shop.account.invoice_ids[0])[0])]})
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    payer.get("/d/pay")
    payer.post(
        "/d/pay/card", {**form(shop, payer), "items[]": [ids.spell(shop.account.item_ids(second)[0])]}, follow=False
    )
    with time_machine.travel(clock.now() + timedelta(days=4)):
        sweep()
        jobs.work_off()
        assert sorted(shop.statuses()) == ["expired", "succeeded"]
        sweep()
    assert shop.open_minor() == 5000
    assert len(shop.books()) == 1
    assert shop.event_data("invoice.settled")[0]["value_on"] == paid_on.isoformat()


def test_one_creditor_whose_provider_is_away_does_not_stop_the_sweep(shop: Shop, payer: Debtor) -> None:
    shop.double.webhooks.drop()
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        shop.double.faults.fail(times=1, status=500, on="GET *")
        sweep()
        assert shop.statuses() == ["redirected"]
        sweep()
        assert shop.statuses() == ["succeeded"]


def test_expired_here_and_paid_there_is_paid(shop: Shop, payer: Debtor) -> None:
    """The provider's truth wins by the loud door, even over another open payment of the same invoice."""
    choose_card(payer)
    [session] = shop.sessions()
    shop.double.webhooks.hold()
    shop.double.payer.pay_by_card(session["id"])
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = queries.locked(shop.attempts()[0].id)
        assert attempt is not None
        expire_here(attempt)
    choose_card(payer)
    assert shop.statuses() == ["expired", "redirected"]
    shop.double.webhooks.release()
    shop.deliver()
    assert shop.statuses() == ["succeeded", "cancelled"]
    assert (shop.open_minor(), len(shop.books())) == (0, 1)
    assert [s["status"] for s in shop.sessions()] == ["complete", "expired"]


def expire_here(attempt: PaymentAttempt) -> None:
    actions.learn(attempt, Seen(standing=Standing.EXPIRED))


def test_ended_here_and_open_there_is_closed_there(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    [attempt] = shop.attempts()
    with db.transaction():
        scope.enter(shop.creditor_id)
        found = queries.locked(attempt.id)
        assert found is not None
        expire_here(found)
    with db.transaction():
        scope.enter(shop.creditor_id)
        assert checkout.ask(attempt.id)
    jobs.work_off()
    assert [s["status"] for s in shop.sessions()] == ["expired"]


def test_cards_switched_off_are_refused_and_what_is_open_is_followed(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    payer.get("/d/pay")
    data = form(shop, payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    with db.transaction():
        scope.enter(shop.creditor_id)
        accounts.switch_off("stripe")
    assert payer.post("/d/pay/card", data).status_code == 409
    shop.deliver()
    assert shop.statuses() == ["succeeded"]
    assert "Pay by card" not in payer.get("/d/pay").get_data(as_text=True)
