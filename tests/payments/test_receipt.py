"""The receipt to keep: a PDF that says what the books say, within the visit alone (journey 2, rule A-09)."""

import io

import pytest
from pypdf import PdfReader

from portal.core import db, ids, scope
from portal.core.money import Money
from portal.debtors import links
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.payments import actions, queries
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import signed_in
from tests.factories.world import today_plus
from tests.payments.conftest import Shop, choose_card, english


def paid(shop: Shop, payer: Debtor) -> str:
    """Pays by card; the address of the receipt."""
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[-1]["id"])
    shop.deliver()
    payer.get("/d/pay/return")
    return receipt_of(shop)


def receipt_of(shop: Shop) -> str:
    return f"/d/payments/{ids.spell(shop.attempts()[-1].id)}/receipt.pdf"


def read(answer: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer)).pages).split())


def test_the_page_leads_to_a_receipt_that_says_what_was_paid(shop: Shop, payer: Debtor) -> None:
    address = paid(shop, payer)
    assert f'href="{address}"' in payer.page.text
    answer = payer.get(address)
    assert answer.status_code == 200
    assert answer.content_type == "application/pdf"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    text = read(answer.data)
    for piece in ("Payment receipt", "Rossi Impianti", "Bianchi Costruzioni", "128/2026", "€1,234.56", "Paid in all"):
        assert piece in text
    assert payer.get(address).data == answer.data, "the same facts give the same bytes"


def test_there_is_none_before_the_money_is_there(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    assert payer.get(receipt_of(shop)).status_code == 404
    payer.get("/d/pay/return")
    assert "receipt.pdf" not in payer.page.text


def test_it_is_nobody_elses(shop: Shop, payer: Debtor, app: PortalFlask) -> None:
    address = paid(shop, payer)
    other = shop.another_debtor()
    other.add_invoice()
    stranger = english(app)
    stranger.enter(other.link(), other.fact)
    assert stranger.get(address).status_code == 404
    assert english(app).get(address).status_code != 200


def test_who_pays_with_the_papers_code_is_not_named(shop: Shop, debtor: Debtor) -> None:
    code = shop.account.link(purpose=links.QR, invoice_id=shop.account.invoice_ids[0])
    debtor.enter(code, "128/2026")
    answer = debtor.get(paid(shop, debtor))
    assert answer.status_code == 200
    assert "Bianchi" not in read(answer.data)
    assert "€1,234.56" in read(answer.data)


def test_what_was_too_much_is_said_to_be_kept(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = queries.locked(shop.attempts()[-1].id)
        assert attempt is not None
        actions.settle_payment(attempt, Money(124456, "EUR"))
    text = read(payer.get(receipt_of(shop)).data)
    assert "Kept as your credit" in text
    assert "€10.00" in text
    assert "€1,244.56" in text


@pytest.mark.parametrize("language", ["it", "en"])
def test_it_speaks_the_visits_language(shop: Shop, payer: Debtor, language: str) -> None:
    address = paid(shop, payer)
    payer.get(f"/language/{language}", follow=False)
    text = read(payer.get(address).data)
    assert ("Ricevuta di pagamento" if language == "it" else "Payment receipt") in text


def test_when_nothing_is_open_any_more_the_page_leads_to_the_settlement_letter(shop: Shop, payer: Debtor) -> None:
    shop.account.add_invoice("129/2026", "10.00")
    road = 'href="/d/account/settled.pdf"'
    choose_card(payer, **{"items[]": [ids.spell(shop.account.item_ids(shop.account.invoice_ids[0])[0])]})
    shop.double.payer.pay_by_card(shop.sessions()[-1]["id"])
    shop.deliver()
    assert "Paid. Thank you" in payer.get("/d/pay/return").text
    assert road not in payer.page.text, "something is open"
    paid(shop, payer)
    assert road in payer.page.text
    assert "nothing more to ask" in read(payer.get("/d/account/settled.pdf").data)


def owe_more(shop: Shop) -> None:
    """50 euro of interest and 40 of costs are claimed for the invoice."""
    with db.transaction():
        scope.enter(shop.creditor_id)
        [item_id] = shop.account.item_ids(shop.account.invoice_ids[0])
        for minor, account in ((5000, accounts.INTEREST), (4000, accounts.COSTS)):
            extra = ledger.Extra(Money(minor, "EUR"), today_plus(0), 0)
            source = ledger.Source(f"test_{account}", item_id)
            kind = "interest" if account == accounts.INTEREST else "costs"
            ledger.charge_more(item_id, shop.account.debtor_id, [extra], account=account, kind=kind, source=source)


def test_interest_and_costs_stand_apart_as_they_were_for_each_payment(shop: Shop, payer: Debtor) -> None:
    """A part of the whole is paid first (art. 1194 c.c.), then the rest: each receipt says what it went to."""
    owe_more(shop)
    payer.get("/d/pay/part", query_string={"amount": "500,00"})
    payer.submit("/d/pay/card", follow=False)
    shop.double.payer.pay_by_card(shop.sessions()[-1]["id"])
    payer.get("/d/pay/return")
    assert "€50.00 for interest, €40.00 for costs, €410.00 for the invoice" in payer.text, "while it is under way"
    shop.deliver()
    payer.get("/d/pay/return")
    assert "€50.00 for interest, €40.00 for costs, €410.00 for the invoice" in payer.text
    first = receipt_of(shop)
    said = read(payer.get(first).data)
    assert "Capital Interest Costs Amount" in said
    assert "€410.00 €50.00 €40.00 €500.00" in said
    assert "Capital €410.00 Interest €50.00 Costs €40.00 Paid in all €500.00" in said
    rest = paid(shop, payer)
    assert "for interest" not in payer.text
    assert "Interest" not in read(payer.get(rest).data)
    assert read(payer.get(first).data) == said, "what came later changes nothing"


def test_staff_see_it_apart_too(shop: Shop, payer: Debtor, app: PortalFlask) -> None:
    owe_more(shop)
    paid(shop, payer)
    browser = signed_in(app, shop.creditor_id, Role.VIEWER)
    browser.get(f"/c/payments/{ids.spell(shop.attempts()[-1].id)}")
    assert "€50.00 for interest, €40.00 for costs, €1,234.56 for the invoice" in browser.text
