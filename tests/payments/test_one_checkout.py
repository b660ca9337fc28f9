"""Two live checkouts for one debt: never (pain 3, rule B-10, decision 25). What the form says is not believed."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.money import Money
from portal.debtors import links
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Reservation
from portal.ledger import actions as ledger
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.payments.conftest import Shop, choose_card, english


def spelled(shop: Shop, *invoice_ids: int) -> list[str]:
    return [ids.spell(i) for one in invoice_ids for i in shop.account.item_ids(one)]


def open_reservations(shop: Shop) -> list[int]:
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        return list(session.scalars(select(Reservation.due_item_id).where(Reservation.is_open)))


def test_the_same_form_twice_leads_to_the_same_page(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    form = payer.form("/d/pay/card")
    first = payer.post(form.action, form.fields, follow=False).headers["Location"]
    again = payer.post(form.action, form.fields, follow=False).headers["Location"]
    assert payer.get(again, follow=False).headers["Location"] == first
    assert len(shop.sessions()) == 1


def test_a_second_tab_is_led_to_the_page_that_is_open(shop: Shop, payer: Debtor, app: PortalFlask) -> None:
    first = choose_card(payer)
    colleague = english(app)
    colleague.enter(shop.account.link(), shop.account.fact)
    colleague.get("/d/pay")
    item = spelled(shop, *shop.account.invoice_ids)
    answer = colleague.post("/d/pay/card", form_of(colleague, item), follow=False)
    assert answer.headers["Location"] == first
    assert (len(shop.sessions()), shop.statuses()) == (1, ["redirected"])
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    assert "Paid. Thank you" in colleague.get("/d/pay/return").get_data(as_text=True)


def form_of(browser: Debtor, items: list[str]) -> dict[str, object]:
    """A form as the page would send it, with these due items."""
    return {"csrf_token": browser.csrf(), "command_id": ids.spell(ids.new_id()), "items[]": items}


@pytest.mark.parametrize("same_form", [True, False])
def test_twenty_at_once_are_one_payment(shop: Shop, app: PortalFlask, same_form: bool) -> None:
    """Twenty clicks on one form, and twenty tabs with a form each: one session, and all are led there."""
    item = spelled(shop, *shop.account.invoice_ids)
    first = english(app)
    first.enter(shop.account.link(), shop.account.fact)
    first.get("/d/pay")
    form = form_of(first, item)
    browsers = []
    for _ in range(20):
        browser = english(app)
        browser.client = app.test_client()
        for cookie in (first.client.get_cookie("portal", domain="portal.test"),):
            assert cookie is not None
            browser.client.set_cookie("portal", cookie.value, domain="portal.test")
        browsers.append((browser, form if same_form else {**form, "command_id": ids.spell(ids.new_id())}))
    led: list[tuple[int, str | None]] = []
    start = threading.Barrier(20)

    def click(browser: Debtor, data: dict[str, object]) -> None:
        start.wait()
        answer = browser.post("/d/pay/card", data, follow=False)
        led.append((answer.status_code, answer.headers.get("Location")))

    threads = [threading.Thread(target=click, args=one) for one in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [session] = shop.sessions()
    [attempt] = shop.attempts()
    go = f"/d/payments/{ids.spell(attempt.id)}/go"
    assert {status for status, _ in led} == {303}
    assert {where for _, where in led} <= {session["url"], go}
    assert shop.statuses() == ["redirected"]


def test_other_documents_close_the_open_page_first(shop: Shop, payer: Debtor) -> None:
    second = shop.account.add_invoice("129/2026", "100.00")
    payer.get("/d/pay")
    one, both = spelled(shop, shop.account.invoice_ids[0]), spelled(shop, *shop.account.invoice_ids)
    payer.post("/d/pay/card", form_of(payer, one), follow=False)
    payer.get("/d/pay")
    payer.post("/d/pay/card", form_of(payer, both), follow=False)
    assert [(s["status"], s["amount_total"]) for s in shop.sessions()] == [("expired", 123456), ("open", 133456)]
    assert shop.statuses() == ["cancelled", "redirected"]
    assert len(open_reservations(shop)) == 2
    payer.get("/d/pay")
    payer.post("/d/pay/card", form_of(payer, spelled(shop, second)), follow=False)
    assert [s["amount_total"] for s in shop.sessions() if s["status"] == "open"] == [10000]


def test_documents_that_do_not_overlap_are_paid_apart(shop: Shop, payer: Debtor) -> None:
    second = shop.account.add_invoice("129/2026", "100.00")
    payer.get("/d/pay")
    payer.post("/d/pay/card", form_of(payer, spelled(shop, shop.account.invoice_ids[0])), follow=False)
    payer.get("/d/pay")
    payer.post("/d/pay/card", form_of(payer, spelled(shop, second)), follow=False)
    assert [s["status"] for s in shop.sessions()] == ["open", "open"]
    for session in shop.sessions():
        shop.double.payer.pay_by_card(session["id"])
    shop.deliver()
    assert shop.open_minor() == 0


def test_an_open_page_that_was_paid_in_the_meantime_is_not_opened_again(shop: Shop, payer: Debtor) -> None:
    shop.account.add_invoice("129/2026", "100.00")
    payer.get("/d/pay")
    payer.post("/d/pay/card", form_of(payer, spelled(shop, shop.account.invoice_ids[0])), follow=False)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    payer.get("/d/pay")
    answer = payer.post("/d/pay/card", form_of(payer, spelled(shop, *shop.account.invoice_ids)), follow=False)
    assert answer.headers["Location"].startswith("/d/payments/")
    assert shop.statuses() == ["succeeded"]
    assert (shop.open_minor(), len(shop.sessions())) == (10000, 1)


def test_paid_by_transfer_meanwhile_closes_the_card_page(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    bank_pays(shop, 123456)
    shop.deliver()
    assert [s["status"] for s in shop.sessions()] == ["expired"]
    assert shop.statuses() == ["cancelled"]
    assert open_reservations(shop) == []


def bank_pays(shop: Shop, minor: int) -> None:
    with db.transaction():
        scope.enter(shop.creditor_id)
        [item] = invoice_queries.items(shop.account.item_ids(shop.account.invoice_ids[0]))
        invoices.settle_item(
            item,
            Money(minor, "EUR"),
            account="bank",
            kind="payment",
            source=ledger.Source("test_bank", ids.new_id()),
            value_on=clock.today(),
        )


def test_a_part_paid_meanwhile_closes_the_page_and_the_rest_can_be_paid(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    bank_pays(shop, 100000)
    shop.deliver()
    choose_card(payer)
    assert [(s["status"], s["amount_total"]) for s in shop.sessions()] == [("expired", 123456), ("open", 23456)]


def test_paid_by_bank_and_by_card_keeps_the_second_as_credit(shop: Shop, payer: Debtor) -> None:
    """Both succeed: the invoice is paid once, the rest is the debtor's, and both are told (rule B-10)."""
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    bank_pays(shop, 123456)
    shop.deliver()
    item_id = shop.account.item_ids(shop.account.invoice_ids[0])[0]
    assert shop.books() == [("bank", "receivable", 123456, item_id), ("card", "unallocated", 123456, None)]
    assert shop.statuses() == ["succeeded"]
    assert shop.event_data("payment.succeeded")[0]["excess_minor"] == 123456
    assert "that part is still yours" in payer.get("/d/pay/return").get_data(as_text=True)


def test_amounts_in_the_form_are_not_believed(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    data = form_of(payer, spelled(shop, *shop.account.invoice_ids))
    payer.post("/d/pay/card?amount=1", {**data, "amount_minor": "1", "total": "0,01"}, follow=False)
    assert [s["amount_total"] for s in shop.sessions()] == [123456]


def test_anothers_due_items_are_not_there(shop: Shop, payer: Debtor) -> None:
    other = shop.another_debtor()
    theirs = spelled_of(other)
    mine = spelled(shop, *shop.account.invoice_ids)
    payer.get("/d/pay")
    token_page = payer.page
    for chosen in (theirs, [*mine, *theirs], [ids.spell(ids.new_id())], ["0" * 12], ["128/2026"]):
        payer.page = token_page
        assert payer.post("/d/pay/card", form_of(payer, chosen)).status_code == 404, chosen
    assert payer.get(f"/d/pay/transfer?items[]={theirs[0]}").status_code == 404
    assert (shop.sessions(), shop.attempts()) == ([], [])
    payer.page = token_page
    assert payer.post("/d/pay/card", form_of(payer, mine), follow=False).status_code == 303


def spelled_of(account) -> list[str]:  # type: ignore[no-untyped-def]
    invoice_id = account.add_invoice("999/2026", "10.00")
    return [ids.spell(i) for i in account.item_ids(invoice_id)]


def test_nothing_chosen_is_said_beside_the_choice(shop: Shop, payer: Debtor) -> None:
    shop.account.add_invoice("129/2026", "100.00")
    payer.get("/d/pay")
    answer = payer.post("/d/pay/card", form_of(payer, []))
    assert answer.status_code == 422
    assert "Please choose at least one document to pay." in payer.text
    assert 'href="#items"' in payer.text
    assert shop.attempts() == []


def test_a_link_to_one_invoice_pays_that_one_only(shop: Shop, debtor: Debtor) -> None:
    first = shop.account.invoice_ids[0]
    second = shop.account.add_invoice("129/2026", "100.00")
    debtor.enter(shop.account.link(invoice_id=first), shop.account.fact)
    debtor.get("/d/pay")
    assert "128/2026" in debtor.text
    assert "129/2026" not in debtor.text
    assert debtor.post("/d/pay/card", form_of(debtor, spelled(shop, second))).status_code == 404
    debtor.get("/d/pay")
    debtor.post("/d/pay/card", form_of(debtor, spelled(shop, first)), follow=False)
    assert [s["amount_total"] for s in shop.sessions()] == [123456]


def test_the_papers_code_pays_and_shows_no_history(shop: Shop, debtor: Debtor, app: PortalFlask) -> None:
    first = shop.account.invoice_ids[0]
    known = english(app)
    known.enter(shop.account.link(), shop.account.fact)
    choose_card(known)
    [earlier] = shop.attempts()
    debtor.enter(
        shop.account.link(invoice_id=first, purpose=links.QR).lower().replace("http://portal.test", ""), "128/2026"
    )
    assert debtor.path == "/d/", debtor.text
    assert debtor.get(f"/d/payments/{ids.spell(earlier.id)}").status_code == 404
    debtor.get("/d/pay")
    assert "/go" not in debtor.text
    debtor.submit("/stop")
    assert (debtor.path, shop.statuses()) == ("/d/pay", ["cancelled"]), "what stands in the way may be stopped"
    choose_card(debtor)
    shop.double.payer.pay_by_card(shop.sessions()[-1]["id"])
    shop.deliver()
    assert "Paid. Thank you" in debtor.get("/d/pay/return").get_data(as_text=True)
    assert shop.open_minor() == 0


def test_the_papers_code_may_not_announce_a_transfer(shop: Shop, debtor: Debtor) -> None:
    first = shop.account.invoice_ids[0]
    debtor.enter(
        shop.account.link(invoice_id=first, purpose=links.QR).lower().replace("http://portal.test", ""), "128/2026"
    )
    debtor.get("/d/pay/transfer")
    assert "IT60" in debtor.text
    assert "My transfer is on its way" not in debtor.text
    debtor.get("/d/pay")
    assert debtor.post("/d/pay/transfer", form_of(debtor, spelled(shop, first))).status_code == 409
    assert shop.events("transfer.") == []


def test_other_currencies_are_shown_and_not_payable(shop: Shop, payer: Debtor) -> None:
    dollars = shop.account.add_invoice("77/US", "500.00", currency="USD")
    payer.get("/d/pay")
    assert "Amounts in USD cannot be paid here." in payer.text
    payer.post("/d/pay/card", form_of(payer, spelled(shop, dollars)))
    assert payer.status == 409
    payer.get("/d/pay")
    payer.post("/d/pay/card", form_of(payer, spelled(shop, *shop.account.invoice_ids)), follow=False)
    assert [(s["amount_total"], s["currency"]) for s in shop.sessions()] == [(123456, "eur")]


@pytest.mark.parametrize(
    ("amount", "taken"), [("0.49", False), ("0.50", True), ("999999.99", True), ("1000000.00", False)]
)
def test_what_stripe_does_not_take_is_said_beforehand(shop: Shop, payer: Debtor, amount: str, taken: bool) -> None:
    invoice_id = shop.account.add_invoice("130/2026", amount)
    payer.get("/d/pay")
    payer.post("/d/pay/card", form_of(payer, spelled(shop, invoice_id)), follow=False)
    assert payer.status == (303 if taken else 409)
    assert len(shop.sessions()) == taken


def test_a_paid_invoice_cannot_be_paid_again(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    data = form_of(payer, spelled(shop, *shop.account.invoice_ids))
    bank_pays(shop, 123456)
    assert payer.post("/d/pay/card", data).status_code == 409
    assert "There is nothing to pay here now." in payer.get("/d/pay").get_data(as_text=True)
    assert shop.sessions() == []


def test_parts_of_one_invoice_are_paid_together_each_on_its_own_line(shop: Shop, payer: Debtor) -> None:
    invoice_id = shop.account.add_invoice("131/2026", "100.01", parts=3)
    payer.get("/d/pay")
    payer.post("/d/pay/card", form_of(payer, spelled(shop, invoice_id)), follow=False)
    [session] = shop.sessions()
    shop.double.payer.pay_by_card(session["id"])
    shop.deliver()
    first, second, third = shop.account.item_ids(invoice_id)
    assert sorted(shop.books(), key=lambda row: row[3]) == [
        ("card", "receivable", 3334, first),
        ("card", "receivable", 3334, second),
        ("card", "receivable", 3333, third),
    ]


def test_a_visit_that_ended_pays_nothing(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    data = form_of(payer, spelled(shop, *shop.account.invoice_ids))
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        payer.post("/d/pay/card", data)
        assert payer.path == "/gate", "on through the gate, with what was chosen"
    assert shop.attempts() == []
