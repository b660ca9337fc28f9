"""What leaves the house: thin, below 20 kB, in the creditor's own codes, without anybody's name (D-21, C-26)."""

import dataclasses
import json
from datetime import date
from typing import Any

import pytest

from portal.confirmations.events import ReceiptConfirmed
from portal.core import clock, db, events, ids, jobs, scope
from portal.core.events import EVENTS, Event
from portal.core.money import Money
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.payments.events import PaymentSucceeded
from portal.webhooks import payloads
from tests.factories import webhooks
from tests.webhooks.conftest import Told

PERSONAL = {"name", "email", "address", "phone", "words", "reply", "vat_number", "tax_code", "to_address", "iban"}


def tell(told: Told, happened: Event) -> dict[str, Any]:
    """The body that is owed for `happened`."""
    with db.transaction():
        scope.enter(told.account.creditor_id)
        events.record(happened)
    return dict(json.loads(webhooks.deliveries(told.account)[-1].body))


def test_a_body_has_type_time_ids_and_the_creditors_own_codes(told: Told) -> None:
    invoice_id = told.account.add_invoice("128/2026")
    body = tell(
        told,
        ReceiptConfirmed(
            invoice_id=invoice_id, answer_id=7, will_pay_on=date(2027, 3, 30), debtor_id=told.account.debtor_id
        ),
    )
    assert list(body) == ["type", "timestamp", "data"]
    assert body["type"] == "receipt.confirmed"
    assert body["timestamp"].endswith("Z")
    assert body["data"] == {
        "debtor_id": ids.spell(told.account.debtor_id),
        "debtor_code": "0042",
        "invoice_number": "128/2026",
        "invoice_id": ids.spell(invoice_id),
        "answer_id": ids.spell(7),
        "will_pay_on": "2027-03-30",
    }


def test_a_payment_names_every_invoice_that_it_pays(told: Told) -> None:
    first = told.account.add_invoice("1/2027", due_in=20)
    second = told.account.add_invoice("2/2027", due_in=10, parts=2)
    items = [*told.account.item_ids(first), *told.account.item_ids(second)]
    body = tell(
        told,
        PaymentSucceeded(
            attempt_id=9, method="stripe", amount_minor=246912, currency="EUR", item_ids=tuple(items),
            debtor_id=told.account.debtor_id,
        ),
    )  # fmt: skip
    data = body["data"]
    assert data["invoice_numbers"] == ["2/2027", "1/2027"]
    assert (data["amount_minor"], data["currency"]) == (246912, "EUR")
    assert data["item_ids"] == [ids.spell(item) for item in items]


def test_a_settlement_reaches_the_erp_with_its_invoice_number(told: Told) -> None:
    invoice_id = told.account.add_invoice("77/2027", "100.00")
    with db.transaction():
        scope.enter(told.account.creditor_id)
        (item,) = invoice_queries.items_of_debtor(told.account.debtor_id, invoice_id)
        invoices.settle_item(
            item, Money(10000, "EUR"), account=accounts.BANK, kind="payment", source=Source("test", 1),
            value_on=date(2027, 3, 2),
        )  # fmt: skip
    jobs.work_off()
    settled = {event.type: event.data for event in told.erp.events}
    assert settled["item.settled"]["invoice_number"] == "77/2027"
    assert settled["item.settled"]["open_minor"] == 0
    assert settled["item.settled"]["value_on"] == "2027-03-02"
    assert settled["invoice.settled"]["number"] == "77/2027"


@pytest.mark.parametrize("count", [1, 400, 3000])
def test_a_body_stays_below_twenty_thousand_bytes_and_says_what_was_cut(told: Told, count: int) -> None:
    happened = PaymentSucceeded(
        attempt_id=1, method="stripe", amount_minor=1, currency="EUR", item_ids=tuple(range(1, count + 1))
    )
    with db.transaction(writes=False):
        scope.enter(told.account.creditor_id)
        body = payloads.body(happened, clock.now())
    data = json.loads(body)["data"]
    assert len(body.encode()) < 20_000
    assert data["amount_minor"] == 1
    if count == 3000:
        assert data["cut"] == ["item_ids"]
        assert data["item_ids"] == [ids.spell(item) for item in range(1, len(data["item_ids"]) + 1)]
    else:
        assert "cut" not in data
        assert len(data["item_ids"]) == count


def test_no_public_event_has_room_for_anything_personal() -> None:
    public = [kind for kind in EVENTS.values() if kind.public]
    assert len(public) > 15
    for kind in public:
        fields = {one.name for one in dataclasses.fields(kind)}
        assert not fields & PERSONAL, kind.name


def test_no_name_and_no_address_leaves_with_a_whole_journey(told: Told) -> None:
    told.account.add_invoice()
    told.happens(times=2)
    sent = " ".join(event.body for event in told.erp.events)
    assert sent
    for personal in ("Bianchi", "bianchi.example", "IT12345677890", "40121"):
        assert personal not in sent
