"""Where the road to paying appears on the debtor's pages, and where it leads."""

from portal.core import ids
from tests.actors import Debtor
from tests.factories.world import make_account, make_creditor
from tests.payments.conftest import Shop, choose_card


def roads(browser: Debtor) -> list[str]:
    return [part for part in browser.text.split('"') if part.startswith("/d/pay")]


def test_before_the_due_date_the_answer_comes_first_and_after_it_paying(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/")
    assert payer.text.index("/receipt") < payer.text.index('"/d/pay')
    late = shop.another_debtor()
    late.add_invoice("5/2026", "10.00", due_in=-3)
    other = Debtor(payer.app)
    other.enter(late.link(), late.fact)
    other.get("/d/")
    assert other.text.index('"/d/pay') < other.text.index("/receipt")


def test_from_one_invoice_of_several_that_one_is_chosen(shop: Shop, payer: Debtor) -> None:
    second = shop.account.add_invoice("129/2026", "50.00")
    payer.get(f"/d/invoices/{ids.spell(second)}")
    [road] = roads(payer)
    payer.get(road.replace("&amp;", "&"))
    assert payer.form("/d/pay/card").fields["items[]"] == ids.spell(shop.account.item_ids(second)[0])
    payer.submit("/d/pay/card", follow=False)
    assert [s["amount_total"] for s in shop.sessions()] == [5000]


def test_an_open_payment_is_to_go_on_with(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    payer.get("/d/")
    assert "Go on with your payment" in payer.text


def test_nothing_is_offered_that_is_not_there(house: object, debtor: Debtor) -> None:
    account = make_account(make_creditor(iban=None))
    account.add_invoice()
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/")
    assert roads(debtor) == []
