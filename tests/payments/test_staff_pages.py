"""The creditor's people see payments, pay back with four eyes, and are told what needs them (B-12, B-13)."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock, ids
from portal.people import sessions
from portal.people.roles import Role
from portal.web import paging
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import PASSWORD, Somebody, make_person, sign_in, signed_in
from tests.factories.world import make_account, make_creditor
from tests.payments.conftest import Shop, choose_card
from tests.payments.test_contested import dispute
from tests.payments.test_reconciliation import compare, one_cent_more
from tests.payments.test_refunds import approve, ask, pay, rows, standing
from tests.payments.test_states import _begun
from tests.queries_counted import counted


@pytest.fixture
def manager(shop: Shop, app: PortalFlask) -> Browser:
    return signed_in(app, shop.creditor_id, Role.MANAGER)


@pytest.fixture
def colleague(shop: Shop, app: PortalFlask) -> Browser:
    return sign_in(app, make_person(shop.creditor_id, Role.ADMIN, email="bruno@rossi.example", name="Bruno Galli"))


def page_of(shop: Shop) -> str:
    return f"/c/payments/{ids.spell(shop.attempts()[-1].id)}"


def test_paid_back_with_four_eyes(shop: Shop, payer: Debtor, manager: Browser, colleague: Browser) -> None:
    pay(shop, payer)
    manager.get("/c/payments")
    assert "Bianchi Costruzioni" in manager.text
    manager.get(page_of(shop))
    assert "€1,234.56" in manager.text
    assert "Can still be paid back" in manager.text
    manager.submit("/refund", amount="234,56", reason="Ordine annullato <b>")
    assert "Now a colleague has to agree" in manager.text
    assert "Ordine annullato &lt;b&gt;" in manager.text
    assert "You asked for it" in manager.text
    assert "/approve" not in manager.text
    colleague.get("/c/")
    assert "asks to pay back €234.56" in colleague.text
    colleague.get("/c/payments?state=waiting")
    assert "1 refund waits for a decision" in colleague.text
    colleague.get(page_of(shop))
    colleague.submit("/approve")
    assert colleague.status == 200
    shop.deliver()
    assert (standing(shop), shop.open_minor()) == (["succeeded"], 23456)
    manager.get(page_of(shop))
    assert "€234.56 was paid back" in manager.text
    assert "Bruno Galli" in manager.text
    manager.get("/c/")
    assert "asks to pay back" not in manager.text
    manager.get(f"/c/debtors/{ids.spell(shop.account.debtor_id)}")
    assert "€234.56 was paid back" in manager.text


def test_a_forged_approval_of_ones_own_request_is_refused(shop: Shop, payer: Debtor, manager: Browser) -> None:
    pay(shop, payer)
    manager.get(page_of(shop))
    manager.submit("/refund", amount="10", reason="Prova")
    form = manager.form("/decline")
    answer = manager.post(form.action.replace("/decline", "/approve"), form.fields)
    assert answer.status_code == 409
    assert standing(shop) == ["requested"]


def test_declined_with_a_reason(shop: Shop, payer: Debtor, manager: Browser, colleague: Browser) -> None:
    pay(shop, payer)
    manager.get(page_of(shop))
    manager.submit("/refund", amount="10", reason="Prova")
    colleague.get(page_of(shop))
    colleague.submit("/decline", why="Non è dovuto")
    assert "Non è dovuto" in colleague.text
    assert (standing(shop), shop.open_minor()) == (["declined"], 0)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "", "reason": "x"}, "write how much goes back"),
        ({"amount": "1.234,56", "reason": "x"}, "without dots between the thousands"),
        ({"amount": "1234.57", "reason": "Ordine annullato"}, "At most €1,234.56 can be paid back."),
        ({"amount": "0", "reason": "Ordine annullato"}, "more than nought, and at most €1,234.56"),
        ({"amount": "10", "reason": " "}, "say why, for your colleagues"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    shop: Shop, payer: Debtor, manager: Browser, typed: dict[str, str], said: str
) -> None:
    pay(shop, payer)
    manager.get(page_of(shop))
    manager.submit("/refund", **typed)
    assert manager.status == 422
    assert said in manager.text
    fields = manager.form("/refund").fields
    assert {name: fields[name] for name in typed} == {name: value.strip() for name, value in typed.items()}
    assert rows(shop) == []


def test_money_moves_only_after_a_fresh_proof_and_nothing_typed_is_lost(
    shop: Shop, payer: Debtor, app: PortalFlask
) -> None:
    pay(shop, payer)
    anna = make_person(shop.creditor_id, Role.MANAGER)
    bruno = make_person(shop.creditor_id, Role.ADMIN, email="bruno@rossi.example", name="Bruno Galli")
    manager, colleague = sign_in(app, anna), sign_in(app, bruno)
    manager.get(page_of(shop))
    colleague.get(page_of(shop))
    with time_machine.travel(clock.now() + sessions.PROOF + timedelta(seconds=1)):
        send(manager, "/refund", amount="10,50", reason="Ordine annullato")
        assert (manager.path, rows(shop)) == ("/c/proof", [])
        prove(manager, anna)
        fields = manager.form("/refund").fields
        assert (fields["amount"], fields["reason"]) == ("10,50", "Ordine annullato")
        manager.submit("/refund", amount="10,50", reason="Ordine annullato")
        assert standing(shop) == ["requested"]
        colleague.get(page_of(shop))
        send(colleague, "/approve")
        assert (colleague.path, standing(shop)) == ("/c/proof", ["requested"])
        prove(colleague, bruno)
        colleague.submit("/approve")
        assert standing(shop) != ["requested"]


def send(browser: Browser, containing: str, **typed: str) -> None:
    """As `submit`, saying which page the form stands on, as browsers do."""
    form, headers = browser.form(containing), {"Origin": browser.base_url, "Referer": browser.base_url + browser.path}
    browser.page = browser.client.post(
        form.action, data={**form.fields, **typed}, base_url=browser.base_url, headers=headers, follow_redirects=True
    )


def prove(browser: Browser, somebody: Somebody) -> None:
    browser.submit("/c/proof", password=PASSWORD)
    assert browser.path.startswith("/c/payments/")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
def test_who_only_looks_sees_all_and_pays_nothing_back(
    shop: Shop, payer: Debtor, app: PortalFlask, role: Role
) -> None:
    pay(shop, payer)
    refund_id = ask(shop, shop.attempts()[0].id, 100)
    browser = signed_in(app, shop.creditor_id, role)
    browser.get(page_of(shop))
    assert browser.status == 200
    assert "waits for a second person" in browser.text
    assert "/refund" not in browser.text
    browser.get("/c/me")
    hidden = {name: browser.form("/c/me/password").fields[name] for name in ("csrf_token", "command_id")}
    for path in (f"{page_of(shop)}/refund", f"/c/payments/refunds/{ids.spell(refund_id)}/approve"):
        assert browser.post(path, hidden).status_code == 403
    assert standing(shop) == ["requested"]


def test_contested_is_seen_on_every_page_that_matters(shop: Shop, payer: Debtor, manager: Browser) -> None:
    pay(shop, payer)
    found = dispute(shop)
    shop.deliver()
    for path in ("/c/", f"/c/debtors/{ids.spell(shop.account.debtor_id)}", page_of(shop)):
        manager.get(path)
        assert "The cardholder contests a payment of €1,234.56 at their bank" in manager.text, path
    assert "they say that it was not them" in manager.text
    assert "Until that is decided nothing can be paid back" in manager.text
    with time_machine.travel(clock.now() + timedelta(days=40)):  # such things take months
        later = sign_in(shop.post.app, make_person(shop.creditor_id, Role.VIEWER))  # type: ignore[arg-type]
        assert "The cardholder contests" in later.get("/c/").get_data(as_text=True)
    shop.double.bank.close_dispute(found, won=False)
    shop.deliver()
    manager.get("/c/")
    assert "The bank took €1,234.56 back" in manager.text
    manager.get(page_of(shop))
    manager.submit("/go-on")
    assert "no longer rest" in manager.text
    assert "Let them be asked for again" not in manager.text


def test_a_day_that_differs_is_seen_and_leads_to_its_payments(shop: Shop, payer: Debtor, manager: Browser) -> None:
    pay(shop, payer)
    one_cent_more(shop)
    compare(shop)
    manager.get("/c/")
    assert "do not agree with the payment provider: -€0.01" in manager.text
    manager.get("/c/payments")
    assert "these days do not agree" in manager.text
    [check_url] = {
        part.split('"')[0] for part in manager.text.split('href="') if part.startswith("/c/payments/checks/")
    }
    manager.get(check_url)
    assert manager.status == 200
    assert "€0.01" in manager.text


def test_the_list_goes_on_by_cursor_and_its_queries_are_counted(shop: Shop, payer: Debtor, manager: Browser) -> None:
    for number in range(paging.PAGE_SIZE + 5):
        [item_id] = shop.account.item_ids(shop.account.add_invoice(f"{number}/L", "10.00"))
        _begun(shop, item_id)
    manager.get("/c/payments")
    with counted() as few:
        manager.get("/c/payments?state=open")
    assert len(few) <= 12, few
    assert manager.text.count("data-row") == paging.PAGE_SIZE
    older = next(p.split('"')[0] for p in manager.text.split('rel="next" href="')[1:])
    manager.get(older.replace("&amp;", "&"))
    assert manager.text.count("data-row") == 5
    manager.get("/c/payments?state=paid")
    assert "Nothing matches" in manager.text
    for strange in ("?after=x", "?after=%00", "?state=<b>", "?after=" + "A" * 500):
        assert manager.get(f"/c/payments{strange}").status_code == 200
    with counted() as few:
        manager.get(page_of(shop))
    assert len(few) <= 12, few


def test_anothers_payments_are_not_there(shop: Shop, payer: Debtor, app: PortalFlask) -> None:
    pay(shop, payer)
    refund_id = ask(shop, shop.attempts()[0].id, 100)
    one_cent_more(shop)
    compare(shop)
    other = make_account(make_creditor("verdi", display_name="Verdi"), code="1")
    browser = signed_in(app, other.creditor_id, Role.ADMIN)
    browser.get("/c/payments")
    assert "Bianchi" not in browser.text
    assert browser.get(page_of(shop)).status_code == 404
    browser.get("/c/me")
    hidden = {name: browser.form("/c/me/password").fields[name] for name in ("csrf_token", "command_id")}
    for path in (
        f"{page_of(shop)}/refund",
        f"/c/payments/refunds/{ids.spell(refund_id)}/approve",
        f"{page_of(shop)}/go-on",
    ):
        assert browser.post(path, hidden).status_code == 404, path
    assert standing(shop) == ["requested"]


def test_a_debtor_sees_where_their_payment_stands(shop: Shop, payer: Debtor) -> None:
    attempt = pay(shop, payer)
    shop.double.bank.dispute(shop.double.all("charge")[0]["id"])
    shop.deliver()
    payer.get(f"/d/payments/{ids.spell(attempt.id)}")
    assert payer.status == 200


def test_nobody_pays_on_a_page_that_is_no_longer_right(shop: Shop, payer: Debtor) -> None:
    """Two documents; one was paid back meanwhile: the card page that is open for it closes at Stripe too."""
    first = pay(shop, payer)
    from_refund = ask(shop, first.id, 1000)
    approve(shop, from_refund)
    choose_card(payer)  # ten euro are open again
    assert shop.sessions()[-1]["status"] == "open"
    again = ask(shop, first.id, 500)
    approve(shop, again)
    shop.deliver()
    assert shop.sessions()[-1]["status"] == "expired"
    assert shop.open_minor() == 1500
