"""Another Stripe account while payments are under way: they end on the account that they were begun on (B-02, B-07)."""

import hmac
import json
from datetime import timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from sqlalchemy import select

from portal.commands.keys import _reseal_column
from portal.core import clock, db, ids, installation, jobs, scope, signing
from portal.core.money import Money
from portal.payments import accounts, missing, queries, refunds
from portal.payments.jobs import catch_up, compare_nights, sweep
from portal.payments.models import BalanceCheck, MethodAccount
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import signed_in
from tests.payments.conftest import KEY, SECRET, Shop, choose_card

OTHER, OTHER_KEY, OTHER_SECRET = "acct_1Other", "sk_test_other_account_0001", "whsec_other_account_0001"


def change(shop: Shop, key: str = OTHER_KEY, secret: str = OTHER_SECRET, **options: str) -> None:
    """As the settings page does it; what follows is worked off by whoever calls."""
    with db.transaction():
        scope.enter(shop.creditor_id)
        secrets = {"secret_key": key, "webhook_secret": secret}
        assert accounts.configure("stripe", secrets=secrets, options=options, enabled=True) == {}


def change_account(shop: Shop) -> None:
    shop.double.accounts.add(OTHER, key=OTHER_KEY, name="Other")
    change(shop)


def rows(shop: Shop) -> list[MethodAccount]:
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        return list(session.scalars(select(MethodAccount).order_by(MethodAccount.id)))


def checks(shop: Shop) -> dict[str, set[str]]:
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        found: dict[str, set[str]] = {}
        for one in session.scalars(select(BalanceCheck)):
            found.setdefault(one.account, set()).add(one.status.value)
        return found


def pay(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[-1]["id"])


def test_a_payment_made_on_the_former_account_is_taken_in_by_its_notice(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    change_account(shop)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    assert set(shop.post.statuses) == {204}
    assert (shop.statuses(), shop.open_minor()) == (["succeeded"], 0)
    assert [one.replaced_at is None for one in rows(shop)] == [False, True]
    assert [one.account_id for one in shop.attempts()] == [rows(shop)[0].id]


@pytest.mark.parametrize("way", [sweep, catch_up])
def test_without_any_notice_it_is_found_all_the_same(shop: Shop, payer: Debtor, way) -> None:  # type: ignore[no-untyped-def]
    choose_card(payer)
    change_account(shop)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    with time_machine.travel(clock.now() + timedelta(hours=3)):
        way()
        jobs.work_off()
    assert (shop.statuses(), shop.open_minor()) == (["succeeded"], 0)


def test_each_account_is_compared_with_its_own_payments(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    shop.deliver()
    change_account(shop)
    jobs.work_off()
    with time_machine.travel((clock.now() + timedelta(days=2)).replace(hour=12)):  # a night is whole by then
        compare_nights()
    assert checks(shop) == {"own": {"equal"}, accounts_name(shop): {"equal"}}
    assert shop.events("balance.") == []


def accounts_name(shop: Shop) -> str:
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        found = accounts.row("stripe")
        assert found is not None
        return accounts.name_of(found)


def test_an_open_page_is_closed_on_the_account_that_was_left(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    change_account(shop)
    jobs.work_off()
    assert [one["status"] for one in shop.sessions()] == ["expired"]
    assert shop.statuses() == ["cancelled"]
    choose_card(payer)
    assert shop.statuses() == ["cancelled", "redirected"]
    assert shop.attempts()[-1].account_id == rows(shop)[-1].id


def test_who_comes_back_before_it_is_closed_gets_a_page_on_the_new_account(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    other_tab = payer.form("/d/pay/card")
    choose_card(payer)
    change_account(shop)
    payer.post(other_tab.action, {**other_tab.fields, "command_id": "another-click"}, follow=False)
    assert shop.statuses() == ["cancelled", "redirected"]
    assert [one["status"] for one in shop.sessions()] == ["expired", "open"]


def test_a_refund_and_a_dispute_of_an_earlier_payment_go_to_its_account(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    shop.deliver()
    change_account(shop)
    jobs.work_off()
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = queries.attempt(shop.attempts()[0].id)
        assert attempt is not None
        refund = refunds.request(attempt, Money(10_000, "EUR"), by="staff:1", reason="x")
        refunds.approve(refund.id, by="staff:2")
    jobs.work_off()
    shop.deliver()
    assert shop.statuses() == ["partially_refunded"]
    shop.double.bank.dispute(shop.double.all("charge")[-1]["id"], amount=10_000)
    shop.deliver()
    assert shop.statuses() == ["disputed"]


def test_a_new_key_of_the_same_account_is_no_other_account(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    shop.double.accounts.keys["sk_test_rolled_key_00000001"] = "acct_1RossiImpianti"
    change(shop, key="sk_test_rolled_key_00000001", secret=SECRET)
    jobs.work_off()
    [only] = rows(shop)
    assert (only.replaced_at, only.enabled) == (None, True)
    assert [one["status"] for one in shop.sessions()] == ["open"], "nothing is closed for a new key"
    del shop.double.accounts.keys[KEY]
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    assert shop.statuses() == ["succeeded"]


def test_a_key_typed_wrong_and_then_right_loses_nothing(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    change(shop, key="sk_test_with_a_letter_wrong", secret=SECRET)
    jobs.work_off()
    assert [one["status"] for one in shop.sessions()] == ["open"], "nobody knows yet whose key it is"
    change(shop, key=KEY, secret=SECRET)
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        jobs.work_off()
    assert [one.replaced_at for one in rows(shop)] == [None]
    assert [one["status"] for one in shop.sessions()] == ["open"]


def test_there_and_back_again_is_the_first_account(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    shop.deliver()
    first = rows(shop)[0].id
    change_account(shop)
    jobs.work_off()
    change(shop, key=KEY, secret=SECRET)
    jobs.work_off()
    assert [one.id for one in rows(shop)] == [first]


def test_an_account_that_nobody_paid_on_is_not_kept(shop: Shop) -> None:
    change_account(shop)
    jobs.work_off()
    assert [one.replaced_at for one in rows(shop)] == [None]


def test_another_connected_account_is_another_account(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    shop.double.accounts.add(OTHER)
    shop.double.accounts.connect("acct_1RossiImpianti", OTHER)
    change(shop, key=KEY, secret=SECRET, account=OTHER)
    jobs.work_off()
    assert [one["status"] for one in shop.sessions()] == ["expired"]
    assert len(rows(shop)) == 2


def signed(secret: str) -> tuple[bytes, dict[str, str]]:
    event = {"id": f"evt_{secret[-8:]}", "object": "event", "type": "customer.created", "livemode": False}
    body, at = json.dumps(event).encode(), int(clock.now().timestamp())
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return body, {"Stripe-Signature": f"t={at},v1={mac}"}


# What the provider denies


def denied(shop: Shop, payer: Debtor) -> None:
    """A page is open, and Stripe says on the same account that it knows no such page."""
    choose_card(payer)
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = queries.locked(shop.attempts()[0].id)
        assert attempt is not None
        attempt.provider_id = "cs_test_nobody_knows_it"


def test_what_stripe_denies_is_never_ended_in_silence(shop: Shop, payer: Debtor) -> None:
    denied(shop, payer)
    for days in (0, 1, 2, 30):
        with time_machine.travel(clock.now() + timedelta(days=days, hours=1)):
            sweep()
            jobs.work_off()
    assert shop.statuses() == ["redirected"]
    assert shop.events("payment.missing") == ["payment.missing"], "said once"


def test_nobody_pays_a_second_time_meanwhile_and_a_person_ends_it(shop: Shop, payer: Debtor) -> None:
    denied(shop, payer)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        sweep()
    answer = payer.get("/d/pay")
    assert "Pay by card" not in answer.get_data(as_text=True)
    with db.transaction():
        scope.enter(shop.creditor_id)
        missing.give_up(shop.attempts()[0].id)
    assert shop.statuses() == ["expired"]
    choose_card(payer)
    assert shop.statuses() == ["expired", "redirected"]


def test_what_is_found_again_waits_for_nobody(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = queries.locked(shop.attempts()[0].id)
        assert attempt is not None
        missing.denied(attempt)
    pay_id = shop.sessions()[0]["id"]
    shop.double.payer.pay_by_card(pay_id)
    shop.deliver()
    [found] = shop.attempts()
    assert (found.status.value, found.missing_since) == ("succeeded", None)


def test_notices_for_nobody_are_refused_as_before(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    change_account(shop)
    assert shop.post.app is not None
    address = shop.double.all("webhook_endpoint")[0]["url"]
    for secret in (SECRET, OTHER_SECRET, "whsec_of_nobody_at_all"):
        body, headers = signed(secret)
        shop.post(address, body, headers)
    assert shop.post.statuses == [204, 204, 400]


# What staff see


def test_the_settings_page_names_the_account_of_before(shop: Shop, payer: Debtor, app: PortalFlask) -> None:
    admin = signed_in(app, shop.creditor_id)
    admin.get("/c/settings/payments")
    assert "Accounts of before" not in admin.text
    choose_card(payer)
    change_account(shop)
    admin.get("/c/settings/payments")
    assert "The account in use until" in admin.text


def test_staff_are_told_where_to_look_and_end_what_was_never_paid(
    shop: Shop, payer: Debtor, app: PortalFlask
) -> None:
    denied(shop, payer)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        sweep()
    manager = signed_in(app, shop.creditor_id, Role.MANAGER)
    manager.get("/c/")
    assert "The payment provider knows no payment of €1,234.56" in manager.text
    manager.get(f"/c/payments/{ids.spell(shop.attempts()[0].id)}")
    manager.submit("/give-up")
    assert "its documents can be paid again" in manager.text
    assert "/give-up" not in manager.text
    assert shop.statuses() == ["expired"]
    manager.get("/c/")
    assert "knows no payment" not in manager.text


def test_the_secrets_of_an_account_of_before_move_to_a_new_key_too(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    change_account(shop)
    new = Fernet.generate_key()
    before = installation.keys()
    with db.transaction():
        scope.enter(shop.creditor_id)
        rotated = signing.Keys(signing=before.signing, sealing=(*before.sealing, new))
        assert _reseal_column(MethodAccount.sealed, rotated) == 2
        former = accounts.kept("stripe")[1]
        alone = signing.Keys(signing=before.signing, sealing=(new,))
        assert signing.unseal(alone, former.sealed["secret_key"]) == KEY
