"""Invoices in by their system's own names, their state back, and what is said of them afterwards (D-10, A-60)."""

from datetime import timedelta
from typing import Any

import pytest

from portal.api.invoice_calls import InvoiceState
from portal.core import clock, db, ids, scope
from portal.invoices.models import Invoice
from portal.people.roles import Permission
from portal.sync import mapping
from portal.web.edge import PortalFlask
from tests.api.conftest import System, make_system, row
from tests.factories.world import Account, make_account, make_creditor
from tests.parallel import at_once


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = answer.json["results"]
    return found


def test_each_row_is_answered_on_its_own(erp: System) -> None:
    bad = row("2/2026", currency="EUR", items=[{"due_on": "31.12.2026", "amount": "12,50"}])
    nobody = row("3/2026", debtor={"email": "x@y.example"})
    answered = results(erp.post("/invoices", {"invoices": [row(), bad, nobody]}))
    assert [one["outcome"] for one in answered] == ["created", "refused", "refused"]
    assert {one["field"] for one in answered[1]["errors"]} == {
        "/invoices/1/items/0/due_on", "/invoices/1/items/0/amount",
    }  # fmt: skip
    assert answered[2]["errors"][0]["field"] == "/invoices/2/debtor/code"
    state = erp.read(f"/invoices/{answered[0]['invoice_id']}")
    assert (state["external_id"], state["open"], state["state"]) == ("inv-1/2026", "122.00", "open")


def test_the_state_is_described_as_it_is_documented() -> None:
    assert tuple(InvoiceState().fields) == mapping.FIELDS


def test_where_no_row_can_be_read_nothing_is_done_and_the_answer_is_422(erp: System) -> None:
    answer = erp.post("/invoices", {"invoices": [row(currency="XXY")]})
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json["errors"] == [
        {"field": "/invoices/0/currency", "message": "“XXY” is not a currency. Write a code like EUR."}
    ]


def test_it_is_found_again_by_its_own_name_whatever_else_has_changed(erp: System) -> None:
    first = results(erp.post("/invoices", {"invoices": [row()]}))[0]
    again = results(erp.post("/invoices", {"invoices": [row()]}))[0]
    assert (again["outcome"], again["invoice_id"]) == ("unchanged", first["invoice_id"])
    moved = row(items=[{"due_on": "2026-12-15", "amount": "122.00"}])
    changed = results(erp.post("/invoices", {"invoices": [moved]}))[0]
    assert changed["outcome"] == "changed"
    assert changed["differences"] == [
        {"what": "due date", "before": "2026-12-01", "after": "2026-12-15", "applied": True}
    ]
    renamed = results(erp.post("/invoices", {"invoices": [row("9/2026", external_id="inv-1/2026")]}))[0]
    assert renamed["invoice_id"] == first["invoice_id"]
    assert {"what": "number", "before": "1/2026", "after": "9/2026", "applied": False} in renamed["differences"]


def test_what_came_by_file_takes_the_name_that_its_system_gives(erp: System) -> None:
    results(erp.post("/invoices", {"invoices": [{**row(), "external_id": "first"}]}))
    number = {key: value for key, value in row("5/2026").items() if key != "external_id"}
    by_file = results(erp.post("/invoices", {"invoices": [number]}))[0]
    named = results(erp.post("/invoices", {"invoices": [row("5/2026", external_id="second")]}))[0]
    assert named["invoice_id"] == by_file["invoice_id"]
    assert erp.read("/invoices?external_id=second")["items"][0]["number"] == "5/2026"
    other = results(erp.post("/invoices", {"invoices": [row("5/2026", external_id="third")]}))[0]
    assert other["differences"][0]["what"] == "identifier of your system"


def test_one_name_twice_in_a_call_is_one_invoice(erp: System) -> None:
    sent = [row("1/2026", external_id="same"), row("2/2026", external_id="same")]
    answered = results(erp.post("/invoices", {"invoices": sent}))
    assert [one["outcome"] for one in answered] == ["created", "changed"]
    assert answered[0]["invoice_id"] == answered[1]["invoice_id"]


def test_two_that_were_there_take_one_name_once(erp: System) -> None:
    plain = [
        {key: value for key, value in row(number).items() if key != "external_id"} for number in ("1/26", "2/26")
    ]
    there = results(erp.post("/invoices", {"invoices": plain}))
    named = [{**one, "external_id": "same"} for one in plain]
    answered = results(erp.post("/invoices", {"invoices": named}))
    assert {one["invoice_id"] for one in answered} == {there[0]["invoice_id"]}


def test_a_credit_note_lowers_its_invoice(erp: System) -> None:
    note = row(
        "NC1", kind="credit_note", related_number="1/2026", items=[{"due_on": "2026-10-05", "amount": "22.00"}]
    )
    first, second = results(erp.post("/invoices", {"invoices": [row(), note]}))
    assert erp.read(f"/invoices/{first['invoice_id']}")["open"] == "100.00"
    assert erp.get(f"/invoices/{second['invoice_id']}").status_code == 404


def test_a_call_sent_again_is_answered_as_before_and_does_nothing_twice(erp: System) -> None:
    number = "call-0001"
    first = erp.post("/invoices", {"invoices": [row()]}, Idempotency_Key=number)
    again = erp.post("/invoices", {"invoices": [row()]}, Idempotency_Key=number)
    assert again.json == first.json
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    other = erp.post("/invoices", {"invoices": [row("2/2026")]}, Idempotency_Key=number)
    assert other.status_code == 409
    assert erp.post("/invoices", {"invoices": [row()]}, Idempotency_Key="short").status_code == 422


def test_a_call_that_failed_frees_its_number(erp: System) -> None:
    number = "call-0002"
    assert erp.post("/invoices", {"invoices": []}, Idempotency_Key=number).status_code == 422
    assert erp.post("/invoices", {"invoices": [row()]}, Idempotency_Key=number).status_code == 200


def test_a_thousand_rows_come_in_and_one_more_is_too_many(erp: System) -> None:
    rows = [row(f"{n}/2026") for n in range(1001)]
    assert erp.post("/invoices", {"invoices": rows}).status_code == 422
    answered = results(erp.post("/invoices", {"invoices": rows[:1000]}))
    assert {one["outcome"] for one in answered} == {"created"}
    seen, cursor = [], ""
    while cursor is not None:
        page = erp.read(f"/invoices?cursor={cursor}" if cursor else "/invoices")
        seen += [one["number"] for one in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 1000


def test_the_list_is_narrowed(erp: System) -> None:
    paid = row("2/2026", items=[{"due_on": "2026-12-01", "amount": "10.00", "settled_on": "2026-10-20"}])
    results(
        erp.post("/invoices", {"invoices": [row(), paid, row("3/2026", debtor={"code": "C-2", "name": "Verdi"})]})
    )
    numbers = {
        asked: [one["number"] for one in erp.read(f"/invoices?{asked}")["items"]]
        for asked in ("state=open", "debtor_code=C-2", "number=2/2026", "external_id=inv-1/2026", "number=none")
    }
    assert numbers == {
        "state=open": ["1/2026", "3/2026"], "debtor_code=C-2": ["3/2026"], "number=2/2026": ["2/2026"],
        "external_id=inv-1/2026": ["1/2026"], "number=none": [],
    }  # fmt: skip
    assert erp.get("/invoices?state=closed").status_code == 422
    mistyped = erp.get("/invoices?debtorcode=C-2")
    assert (mistyped.status_code, mistyped.json["errors"][0]["field"]) == (422, "/debtorcode")


def test_withdrawing_needs_the_state_that_was_read(erp: System) -> None:
    invoice_id = results(erp.post("/invoices", {"invoices": [row()]}))[0]["invoice_id"]
    place = f"/invoices/{invoice_id}"
    assert erp.post(f"{place}/withdraw").status_code == 428
    tag = erp.get(place).headers["ETag"]
    results(erp.post("/invoices", {"invoices": [row(items=[{"due_on": "2026-12-20", "amount": "122.00"}])]}))
    assert erp.post(f"{place}/withdraw", If_Match=tag).status_code == 412
    done = erp.post(f"{place}/withdraw", If_Match=erp.get(place).headers["ETag"])
    assert (done.status_code, done.json["state"]) == (200, "withdrawn")
    assert erp.post(f"{place}/withdraw", If_Match="*").status_code == 409


def test_of_many_withdrawals_at_once_one_finds_what_it_read(erp: System) -> None:
    place = f"/invoices/{results(erp.post('/invoices', {'invoices': [row()]}))[0]['invoice_id']}"
    tag = erp.get(place).headers["ETag"]
    outcomes = at_once(8, lambda _: erp.post(f"{place}/withdraw", If_Match=tag).status_code)
    assert sorted(outcomes) == [200] + 7 * [412]


def test_payments_made_elsewhere_are_booked_once_and_taken_back_once(erp: System) -> None:
    parts = [{"due_on": "2026-12-01", "amount": "60.00"}, {"due_on": "2027-01-01", "amount": "62.00"}]
    invoice_id = results(erp.post("/invoices", {"invoices": [row(items=parts)]}))[0]["invoice_id"]
    paid = {
        "external_id": "mov-7", "invoice_external_id": "inv-1/2026", "amount": "70.00", "currency": "EUR",
        "value_on": clock.today().isoformat(),
    }  # fmt: skip
    first = results(erp.post("/payments", {"payments": [paid]}))[0]
    again = results(erp.post("/payments", {"payments": [paid, {**paid, "external_id": "mov-8", "amount": "1.00"}]}))
    assert [first["outcome"], again[0]["outcome"], again[1]["outcome"]] == ["created", "unchanged", "created"]
    state = erp.read(f"/invoices/{invoice_id}")
    assert [one["open"] for one in state["items"]] == ["0.00", "51.00"]
    assert {one["by"] for one in state["payments"]} == {"elsewhere"}
    back = erp.post(f"/payments/{first['payment_id']}/take-back")
    assert back.status_code == 200
    assert erp.read(f"/invoices/{invoice_id}")["open"] == "121.00"
    assert erp.post(f"/payments/{first['payment_id']}/take-back").status_code == 409
    assert erp.read(f"/payments/{first['payment_id']}")["taken_back_at"] is not None
    assert erp.post("/payments", {"payments": [paid]}).status_code == 422, "what was taken back is not called booked"
    assert erp.read(f"/invoices/{invoice_id}")["open"] == "121.00"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "122.01"}, "/payments/0"), ({"amount": "0.00"}, "/payments/0/amount"),
        ({"amount": "1.005"}, "/payments/0/amount"), ({"currency": "USD"}, "/payments/0"),
        ({"value_on": (clock.today() + timedelta(days=9)).isoformat()}, "/payments/0"),
        ({"invoice_external_id": "who"}, "/payments/0/invoice_external_id"),
    ],
)  # fmt: skip
def test_a_payment_that_does_not_fit_is_refused(erp: System, changes: dict[str, str], field: str) -> None:
    results(erp.post("/invoices", {"invoices": [row()]}))
    paid = {"external_id": "m", "invoice_external_id": "inv-1/2026", "amount": "1.00", "currency": "EUR",
            "value_on": "2026-10-02", **changes}  # fmt: skip
    answer = erp.post("/payments", {"payments": [paid]})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json["errors"]] == [field]


def test_another_payment_under_a_known_name_is_refused(erp: System) -> None:
    results(erp.post("/invoices", {"invoices": [row()]}))
    paid = {"external_id": "m", "invoice_external_id": "inv-1/2026", "amount": "1.00", "currency": "EUR",
            "value_on": "2026-10-02"}  # fmt: skip
    results(erp.post("/payments", {"payments": [paid]}))
    assert erp.post("/payments", {"payments": [{**paid, "amount": "2.00"}]}).status_code == 422


def test_chasing_of_an_item_is_stopped_and_taken_up_again(erp: System, account: Account) -> None:
    invoice_id = account.add_invoice()
    item = ids.spell(account.item_ids(invoice_id)[0])
    assert erp.post(f"/items/{item}/block", {}).status_code == 422
    done = erp.post(f"/items/{item}/block", {"words": "Sales talk to them", "until": "2027-01-10"})
    assert done.json == {"item_id": item, "blocked": True, "until": "2027-01-10"}
    assert erp.post(f"/items/{item}/block", {"words": "Again"}).status_code == 409
    assert erp.post(f"/items/{item}/resume").json["blocked"] is False
    assert erp.post(f"/items/{item}/resume").status_code == 404
    assert erp.post(f"/items/{item}/block", {"words": "x", "until": "2020-01-10"}).status_code == 422


def test_anothers_invoice_looks_like_none(app: PortalFlask, erp: System) -> None:
    theirs = make_account(make_creditor("verdi")).add_invoice()
    none = ids.spell(ids.new_id())
    for path in ("/invoices/{}", "/invoices/{}/code.svg"):
        foreign, missing = erp.get(path.format(ids.spell(theirs))), erp.get(path.format(none))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.get_data() == missing.get_data()


def test_a_key_does_what_it_may_and_nothing_else(app: PortalFlask, account: Account) -> None:
    reads = make_system(app, account, Permission.READ)
    assert reads.get("/invoices").status_code == 200
    assert reads.post("/invoices", {"invoices": [row()]}).status_code == 403
    sends = make_system(app, account, Permission.IMPORT)
    assert sends.get("/invoices").status_code == 403
    assert sends.post("/invoices", {"invoices": [row()]}).status_code == 200
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert db.session().query(Invoice).count() == 1
