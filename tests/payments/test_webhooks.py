"""Stripe's notices: only genuine ones of this account and mode, each once, in any order (rules B-02, B-05, B-06)."""

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from stripe import WebhookSignature

from portal.core import clock, db, ids, jobs, scope
from portal.doubles.stripe import PLATFORM, PLATFORM_KEY
from portal.doubles.stripe.webhooks import signature
from portal.payments import accounts
from portal.payments.jobs import catch_up
from portal.payments.methods.stripe import notices
from portal.payments.models import ProviderEvent
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import make_account, make_creditor
from tests.payments.conftest import ACCOUNT, KEY, SECRET, Post, Shop, choose_card, take_cards

VECTOR_BODY = b'{"id":"evt_1","object":"event","type":"checkout.session.completed"}'
VECTOR = "t=1760000000,v1=3b9f5680a51274ae1c10d2d60cbaf203de6f8f14fc159777fa0a4e65248551cd"


@pytest.fixture
def paid(shop: Shop, payer: Debtor) -> dict[str, Any]:
    """A payment that was made and that nobody has told us of; the event that would."""
    choose_card(payer)
    shop.double.webhooks.hold()
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    return next(e for e in shop.double.all("event") if e["type"] == "checkout.session.completed")


def send(shop: Shop, event: dict[str, Any] | bytes, header: str | None = None, secret: str = SECRET) -> int:
    """Posts an event, by default rightly signed, and works off what follows."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    if header is None:
        header = signature(body.decode(), [secret], int(clock.now().timestamp()))
    assert shop.post.app is not None
    answer = shop.post.app.test_client().post(
        f"/in/stripe/{ids.spell(shop.creditor_id)}",
        base_url="http://portal.test",
        data=body,
        headers={"Stripe-Signature": header, "Content-Type": "application/json"},
    )
    assert answer.get_data() == b""
    jobs.work_off()
    return answer.status_code


def kept() -> list[ProviderEvent]:
    with db.transaction(writes=False) as session:
        return list(session.scalars(select(ProviderEvent).order_by(ProviderEvent.id)))


def test_a_genuine_event_is_kept_once_and_worked_off(shop: Shop, paid: dict[str, Any]) -> None:
    assert send(shop, paid) == 204
    [event] = kept()
    assert (event.event_key, event.kind) == (paid["id"], "checkout.session.completed")
    assert event.done_at is not None
    assert shop.open_minor() == 0
    for _ in range(3):
        assert send(shop, paid) == 204
    assert len(kept()) == 1
    assert len(shop.books()) == 1


def test_the_body_is_never_believed(shop: Shop, payer: Debtor) -> None:
    """A rightly signed event that says paid, about a session that is not."""
    choose_card(payer)
    [session] = shop.sessions()
    claimed = {**session, "status": "complete", "payment_status": "paid", "amount_total": 123456}
    event = {
        "id": "evt_claim",
        "object": "event",
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": claimed},
    }
    assert send(shop, event) == 204
    assert (shop.statuses(), shop.open_minor()) == (["redirected"], 123456)


def header_of(body: bytes, seconds: int, secret: str = SECRET) -> str:
    return WebhookSignature.generate_signature_header(body.decode(), secret, seconds)


@pytest.mark.parametrize(("skew", "status"), [(-300, 204), (-301, 400), (300, 204), (301, 400)])
def test_five_minutes_both_ways(shop: Shop, paid: dict[str, Any], skew: int, status: int) -> None:
    body = json.dumps(paid).encode()
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        now = int(clock.now().timestamp())
        assert send(shop, body, header_of(body, now + skew)) == status
    assert (shop.open_minor() == 0) is (status == 204)


def test_the_vector_of_rule_b05(shop: Shop) -> None:
    assert header_of(VECTOR_BODY, 1760000000, "whsec_test_secret") == VECTOR


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "v1=abc",
        "t=1760000000",
        "t=zwei,v1=abc",
        "nonsense",
        VECTOR,
        "t=99999999999999999999,v1=abc",
        "t=1760000000,v1=é",
    ],
)
def test_bad_signatures_are_400(shop: Shop, paid: dict[str, Any], header: str) -> None:
    assert send(shop, paid, header.encode().decode("latin-1")) == 400
    assert kept() == []
    assert shop.open_minor() == 123456


def test_another_secret_or_another_body_is_400(shop: Shop, paid: dict[str, Any]) -> None:
    body = json.dumps(paid).encode()
    good = header_of(body, int(clock.now().timestamp()))
    assert send(shop, body + b" ", good) == 400
    assert send(shop, paid, secret="whsec_of_somebody_else") == 400
    assert send(shop, body, good.replace("v1=", "v0=")) == 400
    assert kept() == []


def test_whatever_is_no_event_is_400(shop: Shop, paid: dict[str, Any]) -> None:
    now = int(clock.now().timestamp())
    for body in (b"", b"{}", b"[]", b"null", b"not json", b'{"id":1,"type":"x","livemode":false}', b'"evt"'):
        header = header_of(body, now)
        assert send(shop, body, header) == 400, body
    no_utf8 = b'{"id":"\xff\xfe"}'
    assert send(shop, no_utf8, f"t={now},v1={'0' * 64}") == 400
    assert send(shop, b"[" * 100_000, header_of(b"[" * 100_000, now)) == 400
    assert send(shop, b" " * 600_000, header_of(b" " * 600_000, now)) == 400
    assert kept() == []


def test_several_signatures_while_a_secret_is_rotated(shop: Shop, paid: dict[str, Any]) -> None:
    body = json.dumps(paid)
    header = signature(body, ["whsec_the_new_one_already", SECRET], int(clock.now().timestamp()))
    assert header.count("v1=") == 2
    assert send(shop, body.encode(), header) == 204
    assert shop.open_minor() == 0


def test_the_other_mode_and_other_accounts_are_refused(shop: Shop, paid: dict[str, Any]) -> None:
    assert send(shop, {**paid, "livemode": True}) == 400
    assert send(shop, {**paid, "account": "acct_1Another"}) == 400
    assert kept() == []
    assert shop.open_minor() == 123456
    assert send(shop, paid) == 204


def test_unknown_types_are_taken_and_do_nothing(shop: Shop, paid: dict[str, Any]) -> None:
    asked = len(shop.double.requests)
    assert send(shop, {**paid, "id": "evt_new", "type": "checkout.session.teleported"}) == 204
    assert send(shop, {**paid, "id": "evt_old", "type": "balance.available", "data": {"object": {}}}) == 204
    assert [e.done_at is not None for e in kept()] == [True, True]
    assert len(shop.double.requests) == asked


def test_the_creditors_other_sales_are_none_of_ours(shop: Shop, payer: Debtor) -> None:
    """The same Stripe account also sells in the creditor's own shop."""
    choose_card(payer)
    client = shop.double.client(KEY)
    for reference in (None, "order-17", ids.spell(ids.new_id())):
        params: dict[str, Any] = {
            "mode": "payment",
            "success_url": "http://127.0.0.1:9/",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Viti"}},
                }
            ],
        }
        if reference:
            params |= {"client_reference_id": reference, "metadata": {"attempt": reference}}
        shop.double.payer.pay_by_card(client.v1.checkout.sessions.create(params=params).id)
    shop.deliver()
    assert set(shop.post.statuses) == {204}
    assert (shop.statuses(), shop.open_minor(), shop.books()) == (["redirected"], 123456, [])


def test_unknown_addresses_are_400(shop: Shop, paid: dict[str, Any], app: PortalFlask) -> None:
    body = json.dumps(paid).encode()
    headers = {"Stripe-Signature": header_of(body, int(clock.now().timestamp()))}
    creditor = ids.spell(shop.creditor_id)
    for path in (f"/in/stripe/{ids.spell(ids.new_id())}", f"/in/bank_transfer/{creditor}", f"/in/other/{creditor}"):
        answer = app.test_client().post(path, base_url="http://portal.test", data=body, headers=headers)
        assert answer.status_code == 400, path
    assert app.test_client().get(f"/in/stripe/{creditor}", base_url="http://portal.test").status_code == 405


def test_another_creditors_secret_opens_nothing_here(shop: Shop, paid: dict[str, Any], app: PortalFlask) -> None:
    """A creditor may sign what it likes with its own secret: it only counts at its own address."""
    other = make_creditor("verdi", name="Verdi S.r.l.")
    make_account(other, code="1")
    with db.transaction():
        scope.enter(other.id)
        secrets = {"secret_key": "sk_test_verdi_000001", "webhook_secret": "whsec_verdi_000001"}
        assert accounts.configure("stripe", secrets=secrets, options={}, enabled=True) == {}
    assert send(shop, paid, secret="whsec_verdi_000001") == 400
    body = json.dumps(paid).encode()
    headers = {"Stripe-Signature": header_of(body, int(clock.now().timestamp()), "whsec_verdi_000001")}
    answer = app.test_client().post(
        f"/in/stripe/{ids.spell(other.id)}", base_url="http://portal.test", data=body, headers=headers
    )
    assert answer.status_code == 204
    jobs.work_off(limit=5)
    assert shop.open_minor() == 123456


def test_a_connected_account_is_paid_directly_and_hears_only_its_own(
    app: PortalFlask, double: Any, post: Post, debtor: Debtor
) -> None:
    """Direct charges with the platform's key: every call names the account, every event must (rule B-02)."""
    post.app = app
    double.accounts.connect(PLATFORM, ACCOUNT)
    double.accounts.add("acct_1Verdi")
    double.accounts.connect(PLATFORM, "acct_1Verdi")
    account = make_account(make_creditor())
    account.add_invoice()
    with db.transaction():
        scope.enter(account.creditor_id)
        secrets = {"secret_key": PLATFORM_KEY, "webhook_secret": SECRET}
        assert accounts.configure("stripe", secrets=secrets, options={"account": ACCOUNT}, enabled=True) == {}
        address = accounts.notice_url("stripe")
    double.add_endpoint(address, SECRET, account=PLATFORM, connect=True)
    shop = Shop(account, double, post)
    debtor.enter(account.link(), account.fact)
    choose_card(debtor)
    assert {request.account for request in double.requests} == {ACCOUNT}
    foreign = double.client(PLATFORM_KEY, account="acct_1Verdi").v1.checkout.sessions.create(
        params={
            "mode": "payment",
            "success_url": "http://127.0.0.1:9/",
            "client_reference_id": ids.spell(shop.attempts()[0].id),
            "metadata": {"attempt": ids.spell(shop.attempts()[0].id)},
            "line_items": [
                {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "x"}}}
            ],
        }
    )
    double.payer.pay_by_card(foreign.id)
    shop.deliver()
    assert set(post.statuses) == {204}, "a platform's endpoint hears all its accounts: no reason to complain"
    assert kept() == []
    assert shop.open_minor() == 123456
    [session] = double.all("checkout.session", ACCOUNT)
    double.payer.pay_by_card(session["id"])
    shop.deliver()
    assert shop.open_minor() == 0
    assert {charge["amount"] for charge in double.all("charge", ACCOUNT)} == {123456}


def events_of(shop: Shop, *sessions: str) -> list[dict[str, Any]]:
    wanted = set(sessions)
    found = []
    for event in shop.double.all("event"):
        about = event["data"]["object"]
        if {about.get("id"), about.get("payment_intent")} & wanted or about.get("id") in wanted:
            found.append(event)
    return found


def test_every_order_and_every_duplicate_end_in_the_same_books(shop: Shop, payer: Debtor) -> None:
    """Ordered by debit, paid, refunded in part, contested and lost: what was told when makes no difference."""
    shop.double.webhooks.hold()
    randomness = random.Random(20261121)
    numbers = [f"{n}/2026" for n in range(200, 212)]
    expected = []
    for number in numbers:
        invoice_id = shop.account.add_invoice(number, "10.00")
        [item_id] = shop.account.item_ids(invoice_id)
        payer.get("/d/pay")
        data = {"csrf_token": payer.csrf(), "command_id": ids.spell(ids.new_id()), "items[]": [ids.spell(item_id)]}
        payer.post("/d/pay/card", data, follow=False)
        session_id = shop.sessions()[-1]["id"]
        shop.double.payer.pay_by_debit(session_id)
        [intent] = [s["payment_intent"] for s in shop.sessions() if s["id"] == session_id]
        early = events_of(shop, session_id, intent)
        if randomness.random() < 0.5:  # some are told while the debit is still on its way
            for event in randomness.sample(early, len(early)):
                assert send(shop, event) == 204
        shop.double.bank.settle(intent)
        charge = next(c["id"] for c in shop.double.all("charge") if c["payment_intent"] == intent)
        shop.double.client(KEY).v1.refunds.create(params={"charge": charge, "amount": 100})
        shop.double.bank.close_dispute(shop.double.bank.dispute(charge, amount=500)["id"], won=False)
        story = events_of(shop, session_id, intent, charge) * 2
        randomness.shuffle(story)
        assert {"checkout.session.completed", "checkout.session.async_payment_succeeded"} <= {
            e["type"] for e in story
        }
        for event in story:
            assert send(shop, event) == 204
        expected += [
            ("card", "receivable", 1000, item_id),
            ("receivable", "refunds", 100, item_id),
            ("refunds", "card", 100, None),
            ("withheld", "card", 500, None),
            ("receivable", "withheld", 500, item_id),
        ]
        assert shop.open_minor(invoice_id) == 600
    assert shop.books() == sorted(expected, key=str)
    assert shop.statuses() == ["lost"] * len(numbers)


def test_when_stripe_is_away_the_notice_waits(shop: Shop, paid: dict[str, Any]) -> None:
    shop.double.faults.fail(times=1, status=503, on="GET *")
    assert send(shop, paid) == 204
    assert (shop.open_minor(), kept()[0].done_at) == (123456, None)
    with time_machine.travel(clock.now() + timedelta(seconds=30)):
        jobs.work_off()
    assert shop.open_minor() == 0
    assert kept()[0].done_at is not None


def test_two_creditors_with_one_event_id_do_not_disturb_each_other(shop: Shop, paid: dict[str, Any]) -> None:
    other = make_creditor("verdi", name="Verdi S.r.l.")
    shop.double.accounts.add("acct_1Verdi", key="sk_test_verdi_000001")
    take_cards(other.id, shop.double, "sk_test_verdi_000001", "acct_1Verdi")
    body = json.dumps({**paid, "type": "balance.available"}).encode()
    headers = {"Stripe-Signature": header_of(body, int(clock.now().timestamp()))}
    assert shop.post.app is not None
    path = f"/in/stripe/{ids.spell(other.id)}"
    answer = shop.post.app.test_client().post(path, base_url="http://portal.test", data=body, headers=headers)
    assert answer.status_code == 204
    assert send(shop, paid) == 204
    assert shop.open_minor() == 0
    assert len(kept()) == 2


def test_the_list_of_events_is_checked_as_each_notice_is(shop: Shop, payer: Debtor, paid: dict[str, Any]) -> None:
    """Read by ourselves because notices were lost: of the other mode or another account nothing is kept."""
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        account = accounts.opened("stripe")
    assert account is not None
    assert notices.of_list(account, paid) is not None
    for wrong in ({"livemode": True}, {"account": "acct_1Another"}, {"type": "balance.available"}):
        assert notices.of_list(account, {**paid, **wrong}) is None
    connected = replace(account, options={"account": "acct_1Verdi"})
    assert notices.of_list(connected, paid) is not None, "the list was asked for with its name"
    assert notices.of_list(connected, {**paid, "account": "acct_1Verdi"}) is not None
    for wrong in ({"livemode": True}, {"account": "acct_1Another"}):
        assert notices.of_list(connected, {**paid, **wrong}) is None


def test_another_payment_with_our_reference_settles_nothing(shop: Shop, payer: Debtor) -> None:
    """The creditor's own shop copies our reference onto a sale of its own: the attempt knows its own page."""
    choose_card(payer)
    [attempt] = shop.attempts()
    params: dict[str, Any] = {
        "mode": "payment",
        "success_url": "http://127.0.0.1:9/",
        "client_reference_id": ids.spell(attempt.id),
        "metadata": {"attempt": ids.spell(attempt.id)},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {"currency": "eur", "unit_amount": 123456, "product_data": {"name": "Viti"}},
            }
        ],
    }
    session = shop.double.client(KEY).v1.checkout.sessions.create(params=params)
    shop.double.payer.pay_by_card(session.id)
    shop.deliver()
    assert (shop.statuses(), shop.open_minor(), shop.books()) == (["redirected"], 123456, [])


def test_what_was_read_in_the_list_and_comes_again_is_worked_off_once(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    shop.double.webhooks.hold()
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        catch_up()
        jobs.work_off()
    assert (shop.open_minor(), len(shop.books())) == (0, 1)
    taken = len(kept())
    shop.double.webhooks.release()
    shop.deliver()
    followed = [one for one in kept() if one.object_key]
    assert len({one.event_key for one in kept()}) == len(kept()) >= taken
    assert all(one.done_at for one in followed)
    assert len(shop.books()) == 1
