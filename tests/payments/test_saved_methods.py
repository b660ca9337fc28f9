"""What customers save at the provider: its ids and four digits, by its own word alone, on the creditor's own account."""

import re
from datetime import timedelta
from typing import Any

import pytest
import stripe
import time_machine

from portal.core import clock, db, ids, jobs, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.doubles.stripe.objects.payments import Declined
from portal.payments import accounts, methods, off_session, saved
from portal.payments.jobs import catch_up, sweep
from portal.payments.methods import Order, Part, Saved, SaveOrder, Seen, Standing
from portal.payments.methods.stripe import saved as at_stripe
from portal.payments.models import SavedMethod
from portal.payments.states import SAVED, SavedStatus
from tests.factories.world import make_account, make_creditor
from tests.payments.conftest import ACCOUNT, KEY, Shop, take_cards
from tests.payments.test_lost_and_crashed import dying_at_commit

SOURCE = saved.Source("plan", 77)
V = SavedStatus


def within(shop: Shop, act: Any) -> Any:
    with db.transaction():
        scope.enter(shop.creditor_id)
        return act()


def begin(shop: Shop, kind: str = methods.CARD, source: saved.Source = SOURCE) -> int:
    mandate = saved.Mandate(kind, "a" * 64, ids.new_id(), "it")
    return int(within(shop, lambda: saved.begin(shop.account.debtor_id, source, mandate).id))


def open_page(shop: Shop, row_id: int) -> SavedMethod:
    def act() -> SavedMethod:
        row = saved.one(row_id)
        assert row is not None
        return off_session.open_page(row, "http://portal.test/d/", "EUR")

    return within(shop, act)  # type: ignore[no-any-return]


def one(shop: Shop, row_id: int) -> SavedMethod:
    return within(shop, lambda: saved.one(row_id))  # type: ignore[no-any-return]


def creations(shop: Shop) -> list[Any]:
    return [r for r in shop.double.requests if r.line == "POST /v1/checkout/sessions"]


def save(shop: Shop, number: str = "4242424242424242", source: saved.Source = SOURCE) -> int:
    row_id = begin(shop, source=source)
    shop.double.payer.save_card(str(open_page(shop, row_id).session_id), number)
    shop.deliver()
    return row_id


def test_a_card_is_saved_by_the_providers_word_and_four_digits_are_kept(shop: Shop) -> None:
    row_id = begin(shop)
    session_id = str(open_page(shop, row_id).session_id)
    shop.double.payer.save_card(session_id)
    assert one(shop, row_id).status is V.ASKED, "nothing is said by coming back"
    shop.deliver()
    row = one(shop, row_id)
    assert (row.status, row.kind, row.brand, row.last4) == (V.ACTIVE, "card", "visa", "4242")
    assert (str(row.payer_id)[:4], str(row.method_id)[:3], row.session_url) == ("cus_", "pm_", None)
    assert str(saved.name(row)) == "Visa •••• 4242"
    kept = " ".join(str(getattr(row, column.key)) for column in SavedMethod.__table__.columns)
    assert not re.search(r"\d{13,19}(?!\d)", kept.replace(str(row.creditor_id), "").replace(str(row.id), "")
                         .replace(str(row.debtor_id), "").replace(str(row.account_id), "")
                         .replace(str(row.step_up_id), "")), "no number of a card"  # fmt: skip
    assert "payer@example.test" not in kept
    assert shop.events("saved_method.") == ["saved_method.asked", "saved_method.saved"]


def test_what_is_asked_for_names_nobody_and_goes_to_the_creditors_own_account(shop: Shop) -> None:
    row_id = begin(shop)
    open_page(shop, row_id)
    [asked] = creations(shop)
    assert asked.account == ACCOUNT
    assert (asked.params["mode"], asked.params["customer_creation"]) == ("setup", "always")
    assert asked.params["allowed_payment_method_types"] == {"0": "card"}
    assert asked.params["metadata"] == {"saved": ids.spell(row_id)} == asked.params["setup_intent_data"]["metadata"]
    for word in ("Bianchi", "bianchi", "@", "fattura", "debt"):
        assert word not in asked.raw


def test_a_bank_account_is_saved_with_its_mandate(shop: Shop) -> None:
    row_id = begin(shop, methods.SEPA_DEBIT)
    shop.double.payer.save_debit(str(open_page(shop, row_id).session_id))
    shop.deliver()
    row = one(shop, row_id)
    assert (row.status, row.kind, row.last4) == (V.ACTIVE, "sepa_debit", "3201")
    assert shop.double.all("setup_intent")[0]["mandate"].startswith("mandate_")


def test_the_same_page_again_and_a_new_one_when_it_has_lapsed(shop: Shop) -> None:
    row_id = begin(shop)
    first = open_page(shop, row_id).session_url
    assert open_page(shop, row_id).session_url == first
    assert [one.idempotency_key for one in creations(shop)] == [f"{ids.spell(row_id)}-page-1"] * 2
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert open_page(shop, row_id).session_url != first
        shop.double.payer.save_card(str(one(shop, row_id).session_id))
        shop.deliver()
        assert one(shop, row_id).status is V.ACTIVE
    assert len(shop.sessions()) == 2


def test_a_day_after_the_code_the_mandate_is_asked_for_anew(shop: Shop) -> None:
    row_id = begin(shop)
    with time_machine.travel(clock.now() + timedelta(hours=25)), pytest.raises(NotAllowedNow):
        open_page(shop, row_id)
    assert shop.sessions() == []


def test_dead_after_the_page_was_opened_finds_the_same_page(shop: Shop) -> None:
    row_id = begin(shop)
    with dying_at_commit(2):
        open_page(shop, row_id)
    assert (one(shop, row_id).session_id, len(shop.sessions())) == (None, 1)
    assert open_page(shop, row_id).session_id == shop.sessions()[0]["id"]
    assert creations(shop)[1].replayed


def test_without_any_notice_the_sweep_asks(shop: Shop) -> None:
    shop.double.webhooks.drop()
    row_id = begin(shop)
    shop.double.payer.save_card(str(open_page(shop, row_id).session_id))
    with time_machine.travel(clock.now() + timedelta(minutes=40)):
        sweep()
    assert one(shop, row_id).status is V.ACTIVE


def test_a_lost_notice_is_found_in_the_providers_list(shop: Shop) -> None:
    shop.double.webhooks.drop()
    row_id = begin(shop)
    shop.double.payer.save_card(str(open_page(shop, row_id).session_id))
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        catch_up()
        jobs.work_off()
    assert one(shop, row_id).status is V.ACTIVE


def test_a_notice_twice_saves_once(shop: Shop) -> None:
    shop.double.webhooks.duplicate()
    save(shop)
    shop.deliver()
    assert shop.events("saved_method.").count("saved_method.saved") == 1


def test_another_one_takes_its_place_and_the_former_is_let_go_of(shop: Shop) -> None:
    former, later = save(shop), save(shop, "5555555555554444")
    assert (one(shop, former).status, one(shop, later).status) == (V.STOPPED, V.ACTIVE)
    jobs.work_off()
    detached = [m["customer"] for m in shop.double.all("payment_method")]
    assert detached[0] is None
    assert detached[1] is not None


def test_stopped_while_it_was_being_saved_is_never_charged(shop: Shop) -> None:
    row_id = begin(shop)
    session_id = str(open_page(shop, row_id).session_id)
    assert within(shop, lambda: saved.stop(SOURCE))
    shop.double.payer.save_card(session_id)
    shop.deliver()
    assert one(shop, row_id).status is V.STOPPED
    jobs.work_off()
    assert [m["customer"] for m in shop.double.all("payment_method")] == [None]


def test_stopping_when_stripe_is_away_is_still_at_once(shop: Shop) -> None:
    row_id = save(shop)
    shop.double.faults.fail(times=20, status=503)
    within(shop, lambda: saved.stop(SOURCE))
    jobs.work_off()
    assert one(shop, row_id).status is V.STOPPED
    shop.double.faults.clear()
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        jobs.work_off()
    assert [m["customer"] for m in shop.double.all("payment_method")] == [None]


@pytest.mark.parametrize("number", ["4000000000000002", "4000002500003155"])
def test_what_the_bank_does_not_let_be_saved_is_not(shop: Shop, number: str) -> None:
    row_id = begin(shop)
    session_id, payer = str(open_page(shop, row_id).session_id), shop.double.payer
    if number.endswith("3155"):
        assert payer.save_card(session_id, number) == "authenticate"
        with pytest.raises(Declined):
            payer.authenticate_saving(session_id, approve=False)
    else:
        with pytest.raises(Declined):
            payer.save_card(session_id, number)
    shop.deliver()
    assert one(shop, row_id).status is V.ASKED


def test_anothers_is_out_of_reach(shop: Shop) -> None:
    """Another creditor's row by its number, another debtor's by its source, another account's page by its id."""
    row_id = save(shop)
    other = make_account(make_creditor("verdi"))
    with db.transaction():
        scope.enter(other.creditor_id)
        assert saved.one(row_id) is None
        assert saved.at_provider(row_id) is None
        assert not saved.stop(SOURCE)
    neighbour = shop.another_debtor()
    with db.transaction():
        scope.enter(shop.creditor_id, neighbour.debtor_id)
        assert saved.one(row_id) is None
        assert not saved.stop(SOURCE)
    assert one(shop, row_id).status is V.ACTIVE


def test_a_page_of_another_account_saves_nothing_here(shop: Shop) -> None:
    """Somebody else's session that carries our number, on another account of the provider's."""
    row_id = begin(shop)
    other = make_account(make_creditor("verdi"))
    shop.double.accounts.add("acct_1Verdi", key="sk_test_verdi_0001", name="Verdi")
    take_cards(other.creditor_id, shop.double, "sk_test_verdi_0001", "acct_1Verdi")
    client = shop.double.client("sk_test_verdi_0001")
    order = SaveOrder(ids.spell(row_id), "k", "card", "EUR", "it", clock.now() + timedelta(minutes=50),
                      "http://portal.test/", "http://portal.test/")  # fmt: skip
    session = client.v1.checkout.sessions.create(params=at_stripe.setup_params(order))
    shop.double.payer.save_card(session.id)
    shop.deliver()
    assert one(shop, row_id).status is V.ASKED


def test_a_method_of_another_account_cannot_be_charged_at_stripe(shop: Shop) -> None:
    row = one(shop, save(shop))
    shop.double.accounts.add("acct_1Verdi", key="sk_test_verdi_0001", name="Verdi")
    kept = Saved(ids.spell(row.id), str(row.payer_id), str(row.method_id), "card")
    said = charge(kept, "sk_test_verdi_0001")
    assert isinstance(said, methods.Refused)
    assert shop.double.all("charge") == []
    assert isinstance(charge(kept, KEY), Seen)


def charge(kept: Saved, key: str, amount: int = 2000) -> Any:
    method = methods.online("stripe")
    assert isinstance(method, methods.Saving)
    account = methods.Account(1, {"secret_key": key, "webhook_secret": "x"})
    now = clock.now()
    part = Part("Documento 1", Money(amount, "EUR"))
    order = Order("ref", "key", (part,), "it", now, now + timedelta(hours=23), "http://a.test", "http://a.test", kept)
    return method.charge_saved(account, order)


@pytest.mark.parametrize(
    ("number", "standing", "why"),
    [
        ("4242424242424242", Standing.SUCCEEDED, None),
        ("4000002500003155", Standing.SUCCEEDED, None),
        ("4000002760003184", Standing.FAILED, methods.AUTHENTICATION),
        ("4000000000000341", Standing.FAILED, "generic_decline"),
    ],
)
def test_what_a_charge_says(shop: Shop, number: str, standing: Standing, why: str | None) -> None:
    row_id = begin(shop)
    session_id, payer = str(open_page(shop, row_id).session_id), shop.double.payer
    if payer.save_card(session_id, number) == "authenticate":
        payer.authenticate_saving(session_id)
    shop.deliver()
    row = one(shop, row_id)
    said = charge(Saved(ids.spell(row.id), str(row.payer_id), str(row.method_id), "card"), KEY)
    assert (said.standing, said.why) == (standing, why)
    assert (said.received is not None) == (standing is Standing.SUCCEEDED)
    assert str(said.provider_id).startswith("pi_")


def test_every_edge_of_its_machine() -> None:
    """From each status to each other one: only these."""
    edges = {(a.value, b.value) for a, b in SAVED.edges}
    assert edges == {("asked", "active"), ("asked", "stopped"), ("active", "stopped"), ("active", "failed")}


def test_a_creditor_that_takes_no_cards_saves_nothing(shop: Shop) -> None:
    within(shop, lambda: accounts.switch_off("stripe"))
    assert not within(shop, lambda: saved.is_offered(shop.creditor_id))


def test_the_double_refuses_a_charge_with_a_word_it_does_not_know(shop: Shop) -> None:
    client = shop.double.client(KEY)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(params={"amount": 100, "currency": "eur", "offsession": True})  # type: ignore[typeddict-unknown-key]
    assert refused.value.code == "parameter_unknown"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(params={"amount": 100, "currency": "eur", "off_session": "sometimes"})
    assert refused.value.param == "off_session"
