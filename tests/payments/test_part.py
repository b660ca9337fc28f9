"""Pay what one can: all that is due, some of it, or a part, shown before it is paid (issue 3 §1, rules B-03, B-11)."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.money import Money
from portal.creditors import actions as creditors
from portal.creditors import queries as creditor_queries
from portal.debtors import links
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Reservation
from portal.ledger import actions as ledger
from portal.payments.models import TransferNotice
from portal.web.edge import PortalFlask
from tests.actors import Debtor, forms_of
from tests.parallel import at_once, twin
from tests.payments.conftest import Shop, english
from tests.payments.test_one_checkout import bank_pays, form_of, spelled
from tests.payments.test_receipt import read
from tests.queries_counted import counted

MOST_QUERIES = 6


def hold(shop: Shop, invoice_id: int, reason: str) -> None:
    with db.transaction():
        scope.enter(shop.creditor_id)
        for item in invoice_queries.items(shop.account.item_ids(invoice_id)):
            invoices.hold(item, reason, 1, None)


def change(shop: Shop, **values: object) -> None:
    with db.transaction():
        scope.enter(shop.creditor_id)
        creditors.change_settings(creditor_queries.by_id(shop.creditor_id), values)


def chosen(payer: Debtor) -> list[str]:
    """The due items that the main button pays."""
    card = re.search(r'action="/d/pay/card">(.*?)</form>', payer.text, re.DOTALL)
    return re.findall(r'name="items\[\]" value="(\w+)"', card[1]) if card else []


def show_part(payer: Debtor, amount: str, *items: str) -> None:
    payer.get("/d/pay/part", query_string={"amount": amount, "items[]": list(items)})


def pay_part(payer: Debtor, **typed: object) -> str:
    """Presses the button of the page that shows where it goes; where it leads."""
    card = re.search(r'action="/d/pay/card">(.*?)</form>', payer.text, re.DOTALL)
    assert card is not None
    fields = forms_of(f"<form>{card[1]}</form>")[0].fields
    answer = payer.post("/d/pay/card", {**fields, "items[]": chosen(payer), **typed}, follow=False)
    return str(answer.headers.get("Location", ""))


def reserved(shop: Shop) -> dict[int, int]:
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        return {one.due_item_id: one.amount_minor for one in session.scalars(select(Reservation)) if one.is_open}


def item_of(shop: Shop, invoice_id: int) -> int:
    return shop.account.item_ids(invoice_id)[0]


def test_all_that_is_due_is_one_button(shop: Shop, payer: Debtor) -> None:
    late = shop.account.add_invoice("100/2026", "40.00", due_in=-20)
    now = shop.account.add_invoice("101/2026", "60.00", due_in=-1)
    payer.get("/d/pay")
    assert "Pay €100.00 by card" in payer.text
    assert set(chosen(payer)) == set(spelled(shop, late, now))
    assert payer.text.index("Pay €100.00 by card") < payer.text.index("Choose what to pay")


def test_one_and_several_are_chosen_by_ticking(shop: Shop, payer: Debtor) -> None:
    others = [shop.account.add_invoice(f"{n}/2026", "10.00", due_in=-n) for n in (1, 2, 3)]
    payer.get("/d/pay")
    form = payer.form("/d/pay")
    ticks = next(f for f in forms_of(payer.text) if len(f.choices.get("items[]", [])) == 4)
    assert ticks.method == "get", form
    for some in ([others[1]], [others[0], shop.account.invoice_ids[0]]):
        payer.get(ticks.action, query_string={"items[]": spelled(shop, *some)})
        assert set(chosen(payer)) == set(spelled(shop, *some))
    assert "What you chose" in payer.text
    assert "Pay €1,244.56 by card" in payer.text


def test_what_is_contested_or_announced_stays_out_until_it_is_ticked(shop: Shop, payer: Debtor) -> None:
    wrong = shop.account.add_invoice("100/2026", "40.00", due_in=-20)
    sent = shop.account.add_invoice("101/2026", "60.00", due_in=-1)
    fine = shop.account.add_invoice("102/2026", "5.00", due_in=-1)
    hold(shop, wrong, holds.PROBLEM_REPORTED)
    hold(shop, sent, holds.TRANSFER_ON_ITS_WAY)
    payer.get("/d/pay")
    assert chosen(payer) == spelled(shop, fine)
    assert "You said that a transfer is on its way." in payer.text
    assert "You told us that something is wrong with it." in payer.text
    payer.get("/d/pay", query_string={"items[]": spelled(shop, wrong, fine)})
    assert set(chosen(payer)) == set(spelled(shop, wrong, fine))
    show_part(payer, "1239.56")
    assert "100/2026" not in payer.text, "a part goes around what is contested"


def test_when_all_is_contested_nothing_is_chosen(shop: Shop, payer: Debtor) -> None:
    hold(shop, shop.account.invoice_ids[0], holds.DISPUTED)
    payer.get("/d/pay")
    assert chosen(payer) == []
    assert "<details open>" in payer.text
    assert "Nothing is chosen yet." in payer.text


def test_a_part_is_shown_before_it_is_paid_oldest_first(shop: Shop, payer: Debtor) -> None:
    late = shop.account.add_invoice("100/2026", "40.00", due_in=-20)
    show_part(payer, "100,50")
    assert "Your €100.50 would go here" in payer.text
    rows = re.findall(
        r"<b>(Invoice [^<]+)</b>.*?<small>([^<]*)</small></span><span class=\"amount\">([^<]+)", payer.text
    )
    assert [(title, part, left) for title, left, part in rows] == [
        ("Invoice 100/2026", "€40.00", "then it is closed"),
        ("Invoice 128/2026", "€60.50", "€1,174.06 is left"),
    ]
    assert shop.attempts() == [], "looking pays nothing"
    assert pay_part(payer).startswith(shop.double.url)
    first = item_of(shop, shop.account.invoice_ids[0])
    assert reserved(shop) == {item_of(shop, late): 4000, first: 6050}
    assert [s["amount_total"] for s in shop.sessions()] == [10050]
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    assert shop.open_minor(late) == 0
    assert shop.open_minor(shop.account.invoice_ids[0]) == 123456 - 6050
    assert shop.event_data("payment.succeeded")[0]["excess_minor"] == 0


def test_one_payment_over_several_invoices_has_one_receipt(shop: Shop, payer: Debtor) -> None:
    shop.account.add_invoice("100/2026", "40.00", due_in=-20)
    show_part(payer, "100.50")
    pay_part(payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    [attempt] = shop.attempts()
    text = read(payer.get(f"/d/payments/{ids.spell(attempt.id)}/receipt.pdf").data)
    for piece in ("100/2026", "€40.00", "128/2026", "€60.50", "Paid in all", "€100.50"):
        assert piece in text
    payer.get(f"/d/payments/{ids.spell(attempt.id)}")
    assert "€60.50" in payer.text
    assert "€1,234.56" not in payer.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("9.99", "at least €10.00"),
        ("1234.57", "At most €1,234.56"),
        ("99999999999", "At most €1,234.56"),
        ("0", "Write an amount like 120,50"),
        ("-5", "Write an amount like 120,50"),
        ("1.234,00", "without dots between the thousands"),
        ("tutto", "Write an amount like 120,50"),
        ("", "Write an amount like 120,50"),
        ("10.001", "Write an amount like 120,50"),
    ],
)
def test_what_cannot_be_a_part_is_said_beside_the_field(shop: Shop, payer: Debtor, typed: str, said: str) -> None:
    show_part(payer, typed)
    assert payer.status == 422
    assert said in payer.text
    assert 'href="#amount"' in payer.text
    if typed:
        assert f'value="{typed}"' in payer.text, "what was typed is kept"


def test_the_amount_is_judged_again_behind_the_click(shop: Shop, payer: Debtor) -> None:
    """Below the least, above what is open, or not to be split at all: no session is opened (rule B-03)."""
    show_part(payer, "20.00")
    for forged in ("0.50", "9.99", "1234.57", "-20", "2e1"):
        page = payer.page
        assert pay_part(payer, amount=forged, command_id=ids.spell(ids.new_id())) == "", forged
        assert payer.status in {409, 422}, forged
        payer.page = page
    change(shop, partial_payments=False)
    assert pay_part(payer, command_id=ids.spell(ids.new_id())) == ""
    assert (payer.status, shop.sessions()) == (422, [])
    change(shop, partial_payments=True)
    show_part(payer, "20.00")
    assert pay_part(payer) != ""
    assert [s["amount_total"] for s in shop.sessions()] == [2000]


def test_what_was_shown_and_is_not_so_any_more_is_shown_again(shop: Shop, payer: Debtor) -> None:
    late = shop.account.add_invoice("100/2026", "40.00", due_in=-20)
    show_part(payer, "60.00")
    hold(shop, late, holds.PROBLEM_REPORTED)  # a hold does not change what was ticked
    with db.transaction():
        scope.enter(shop.creditor_id)
        invoices.withdraw(invoice_queries.invoice(late))  # type: ignore[arg-type]
    assert pay_part(payer) == ""
    assert payer.status == 409, payer.text
    assert "Something has changed in the meantime." in payer.text
    assert "100/2026" not in payer.text
    assert "€60.00" in payer.text
    assert pay_part(payer).startswith(shop.double.url)
    assert reserved(shop) == {item_of(shop, shop.account.invoice_ids[0]): 6000}


def test_without_the_policy_there_is_no_part(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay")
    assert "I can pay a part of it" in payer.text
    change(shop, partial_payments=False)
    payer.get("/d/pay")
    assert "I can pay a part of it" not in payer.text
    show_part(payer, "20.00")
    assert "takes the whole amount only" in payer.text
    show_part(payer, "1234.56")
    assert payer.status == 200, "the whole is no part"


def test_the_second_tab_sees_the_open_part_and_cannot_pay_twice(shop: Shop, payer: Debtor, app: PortalFlask) -> None:
    show_part(payer, "20.00")
    first = pay_part(payer)
    colleague = english(app)
    colleague.enter(shop.account.link(), shop.account.fact)
    colleague.get("/d/pay")
    assert "A payment is open" in colleague.text
    assert chosen(colleague) == []
    payer.get("/d/pay")
    colleague.post("/d/pay/card", {**form_of(colleague, spelled(shop, *shop.account.invoice_ids)), "amount": "20.00",
                                   "shown": "0" * 16}, follow=False)  # fmt: skip
    assert colleague.page is not None
    assert colleague.page.headers["Location"] == first, "the same part leads to the same page"
    assert len(shop.sessions()) == 1
    colleague.get("/d/pay")
    colleague.post("/d/pay/card", form_of(colleague, spelled(shop, *shop.account.invoice_ids)), follow=False)
    assert [(s["status"], s["amount_total"]) for s in shop.sessions()] == [("expired", 2000), ("open", 123456)]


def test_twenty_clicks_on_a_part_are_one_payment(shop: Shop, payer: Debtor) -> None:
    show_part(payer, "20.00")
    page = payer.page
    windows = [twin(payer) for _ in range(20)]

    def click(number: int) -> str:
        windows[number].page = page
        return pay_part(windows[number], command_id=ids.spell(ids.new_id()))  # type: ignore[arg-type]

    led = set(at_once(20, click))
    [session] = shop.sessions()
    [attempt] = shop.attempts()
    assert led <= {session["url"], f"/d/payments/{ids.spell(attempt.id)}/go", f"/d/payments/{ids.spell(attempt.id)}"}
    assert (session["amount_total"], sum(reserved(shop).values())) == (2000, 2000)


def test_a_part_by_transfer_has_its_own_lines(shop: Shop, payer: Debtor) -> None:
    late = shop.account.add_invoice("100/2026", "40.00", due_in=-20)
    show_part(payer, "100.50")
    road = re.search(r'href="(/d/pay/transfer[^"]+)"', payer.text)
    assert road is not None
    payer.get(road[1].replace("&amp;", "&"))
    assert re.findall(r'data-copy="([0-9.]+)"', payer.text) == ["40.00", "60.50"]
    form = payer.form("/d/pay/transfer")
    payer.post(form.action, {**form.fields, "items[]": spelled(shop, late, shop.account.invoice_ids[0])})
    assert "Good: your transfer is on its way" in payer.text
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        assert [one.amount_minor for one in session.scalars(select(TransferNotice))] == [10050]


def test_one_announced_transfer_leaves_the_others_their_form(shop: Shop, payer: Debtor) -> None:
    first, second = shop.account.invoice_ids[0], shop.account.add_invoice("129/2026", "50.00")
    payer.get("/d/pay/transfer", query_string={"items[]": spelled(shop, first)})
    payer.submit("/d/pay/transfer")
    payer.get("/d/pay/transfer", query_string={"items[]": spelled(shop, first, second)})
    assert "Invoice 128/2026: you told us that it is on its way." in payer.text
    assert "My transfer is on its way" in payer.text
    form = payer.form("/d/pay/transfer")
    assert form.fields["items[]"] == spelled(shop, second)[0]
    payer.post(form.action, {**form.fields, "items[]": spelled(shop, first, second)})  # an old page: both
    assert payer.status == 200
    with db.transaction(writes=False) as session:
        scope.enter(shop.creditor_id)
        assert [one.amount_minor for one in session.scalars(select(TransferNotice))] == [123456, 5000]
    payer.get("/d/pay/transfer", query_string={"items[]": spelled(shop, first, second)})
    assert "My transfer is on its way" not in payer.text


def test_parts_of_an_invoice_are_told_apart_and_count_as_one_document(shop: Shop, payer: Debtor) -> None:
    shop.account.add_invoice("131/2026", "100.00", parts=2)
    payer.get("/d/pay")
    assert "Invoice 131/2026, part 1" in payer.text
    assert "Invoice 131/2026, part 2" in payer.text
    assert "Invoice 128/2026, part" not in payer.text
    payer.get("/d/")
    assert "2 open documents" in payer.text


@pytest.mark.parametrize("path", ["/d/pay/return", "/d/pay/left"])
def test_back_from_the_provider_after_the_visit_ended(shop: Shop, payer: Debtor, path: str) -> None:
    show_part(payer, "20.00")
    pay_part(payer)
    with time_machine.travel(clock.now() + timedelta(minutes=20)):
        payer.get(path)
        assert payer.status == 403
        assert ("checking your payment" in payer.text) is (path == "/d/pay/return")
        for word in ("128/2026", "20.00", "Rossi", "Bianchi"):
            assert word not in payer.text
        payer.get(path)
        assert 'href="/gate"' in payer.text, "once more, when the cookie has forgotten the visit"
        payer.get("/gate")
        assert "fact" in payer.form("/gate").fields, "the way back in is the gate"
        payer.submit("/gate", fact=shop.account.fact)
        assert payer.path == "/d/"
    payer.client.delete_cookie("portal", domain="portal.test")
    payer.get("/d/pay/return")
    assert 'href="/gate"' not in payer.text
    assert payer.status == 403


def test_the_papers_code_pays_a_part_too(shop: Shop, debtor: Debtor) -> None:
    debtor.enter(shop.account.link(invoice_id=shop.account.invoice_ids[0], purpose=links.QR), "128/2026")
    show_part(debtor, "20.00")
    assert pay_part(debtor).startswith(shop.double.url)


def test_more_than_a_hundred_are_paid_in_two_goes(shop: Shop, payer: Debtor) -> None:
    shop.account.add_invoice("9/2026", "101.00", due_in=-4000, parts=101)
    payer.get("/d/pay")
    assert len(chosen(payer)) == 100
    assert "These are the 100 oldest." in payer.text
    with counted() as statements:
        payer.get("/d/pay")
    assert len(statements) <= MOST_QUERIES, str(statements)


@pytest.mark.parametrize("path", ["/d/pay", "/d/pay/part?amount=30,00", "/d/pay/transfer"])
def test_pages_are_short_need_no_script_and_ask_little(shop: Shop, payer: Debtor, path: str) -> None:
    costs = []
    for _ in range(2):
        payer.get(path)
        with counted() as statements:
            payer.get(path)
        costs.append(len(statements))
        assert len(statements) <= MOST_QUERIES, str(statements)
        assert len(payer.text) < 12_000
        assert payer.text.count("<script") <= (path == "/d/pay/transfer")
        for number in range(4):
            shop.account.add_invoice(f"{number}{len(costs)}/B", "10.00", due_in=-number)
    assert costs[0] == costs[1] or costs[1] <= costs[0] + 1


def test_a_bank_credit_closes_the_open_part(shop: Shop, payer: Debtor) -> None:
    show_part(payer, "20.00")
    pay_part(payer)
    bank_pays(shop, 1000)
    shop.deliver()
    assert [s["status"] for s in shop.sessions()] == ["expired"]
    assert reserved(shop) == {}


def charge(shop: Shop, invoice_id: int, kind: str, minor: int) -> None:
    """Interest or costs as the books hold them."""
    with db.transaction():
        scope.enter(shop.creditor_id)
        ledger.charge_more(
            item_of(shop, invoice_id),
            shop.account.debtor_id,
            [ledger.Extra(Money(minor, "EUR"), clock.today() - timedelta(days=1), 0)],
            account=kind,
            kind=kind,
            source=ledger.Source(f"test_{kind}", ids.new_id()),
        )


def test_interest_and_costs_are_shown_apart_and_come_first(shop: Shop, payer: Debtor) -> None:
    late = shop.account.add_invoice("100/2026", "100.00", due_in=-20)
    charge(shop, late, "interest", 1253)
    charge(shop, late, "costs", 4000)
    show_part(payer, "60,00")
    for piece in ("€12.53 for interest", "€40.00 for costs", "€7.47 for the invoice", "€92.53 is left"):
        assert piece in payer.text
    show_part(payer, "20,00")
    assert "€12.53 for interest" in payer.text
    assert "€7.47 for costs" in payer.text
    assert "for the invoice" not in payer.text
    other = shop.account.add_invoice("101/2026", "10.00", due_in=-5)
    payer.get("/d/pay", query_string={"items[]": spelled(shop, late, other)})
    for piece in ("Pay €162.53 by card", "€12.53 for interest", "€40.00 for costs", "€110.00 for the invoice"):
        assert piece in payer.text
