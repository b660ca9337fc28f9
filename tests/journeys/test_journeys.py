"""Journeys 1, 2 and 5 of product.md in a real browser, against the whole house (issue 2 §11)."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.core import clock, db, scope
from portal.creditors import queries as creditors
from portal.debtors import links
from portal.imports import actions as imports
from portal.imports.options import ReadOptions
from portal.reminders import actions as reminders
from tests.factories.world import make_account
from tests.journeys.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def bring_in(stage: Stage, folder: Path, due_on: date) -> None:
    """The creditor's spreadsheet comes in, and the day's caring is planned."""
    issued = due_on - timedelta(days=30)
    path = folder / "fatture.csv"
    path.write_text(
        "Numero;Data;Scadenza;Importo;Codice cliente;Cliente;Partita IVA;Email;Lingua\n"
        f"128/2026;{issued:%d/%m/%Y};{due_on:%d/%m/%Y};1.234,56;C7;Bianchi Costruzioni S.n.c.;12345670017;"
        "maria@bianchi.example;it\n"
    )
    with db.transaction():
        scope.enter(stage.creditor.id)
        batch = imports.begin(ReadOptions(date_format="dmy"), [path.name])
    counts = imports.run(stage.creditor.id, batch, ReadOptions(date_format="dmy"), [(path.name, path)])
    assert (counts.created, counts.refused) == (1, 0)
    with db.transaction():
        scope.enter(stage.creditor.id)
        creditor = creditors.by_id(stage.creditor.id)
        planned = reminders.plan(creditor, any_hour=True)
        assert planned.contacts == 1


def pass_gate(page: Page, fact: str) -> None:
    page.fill("#fact", fact)
    page.click("main form button")
    page.wait_for_url("**/d/")


def fits(page: Page) -> None:
    """Nothing is wider than the phone."""
    page.wait_for_load_state()  # a click ends where the next page begins to come
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_journey_1_caring(stage: Stage, phone: Page, tmp_path: Path) -> None:
    """Invoice in → neutral message → link → gate → "received, all fine, I will pay on the 30th" → the ERP knows."""
    bring_in(stage, tmp_path, clock.today() + timedelta(days=8))
    (mail,) = stage.mailbox.wait_for(to="maria@bianchi.example", timeout=20)
    assert mail.subject == "Un documento di Rossi Impianti è a sua disposizione"
    assert "1.234" not in mail.text
    assert "128/2026" not in mail.text
    phone.goto(mail.link("/l/"))
    assert phone.url.endswith("/gate")
    pass_gate(phone, "0017")
    expect(phone.locator("main")).to_contain_text("1.234,56")
    phone.click("a.action >> nth=0")
    phone.check("input[value=received]")
    phone.fill("#pay_on", (clock.today() + timedelta(days=9)).isoformat())
    phone.click("main form button:has-text('risposta')")
    expect(phone.locator("h1")).to_contain_text("Grazie")
    heard = stage.erp.wait_for("receipt.confirmed", timeout=20)
    assert heard[0].data["invoice_number"] == "128/2026"
    assert heard[0].data["will_pay_on"] == (clock.today() + timedelta(days=9)).isoformat()


def test_journey_1_not_received(stage: Stage, phone: Page, tmp_path: Path) -> None:
    """ "Not received": sent again to the corrected address, before the due date."""
    bring_in(stage, tmp_path, clock.today() + timedelta(days=8))
    (mail,) = stage.mailbox.wait_for(to="maria@bianchi.example", timeout=20)
    phone.goto(mail.link("/l/"))
    pass_gate(phone, "0017")
    phone.click("a.action >> nth=0")
    phone.check("input[value=missing]")
    phone.fill("#address", "contabilita@bianchi.example")
    phone.click("main form button:has-text('risposta')")
    expect(phone.locator("h1")).to_contain_text("Grazie")
    (again,) = stage.mailbox.wait_for(to="contabilita@bianchi.example", timeout=20)
    phone.goto(again.link("/l/"))
    pass_gate(phone, "0017")
    assert stage.erp.wait_for("receipt.denied", timeout=20)


def test_journey_2_pay_by_card(stage: Stage, phone: Page, tmp_path: Path) -> None:
    """Link → gate → amount → the provider's page → receipt on the page → the ERP hears that it is closed."""
    account = make_account(stage.creditor)
    account.add_invoice("55/2026", "250.00", due_in=-3)
    phone.goto(account.link())
    pass_gate(phone, account.fact)
    phone.click("a.action:has-text('Paga')")
    phone.click("button:has-text('carta')")
    phone.wait_for_url(f"{stage.stripe.url}/**")
    pay_on_hosted_page(phone)
    phone.wait_for_url(f"{stage.base_url}/d/**", timeout=20_000)
    expect(phone.locator("main")).to_contain_text("250,00", timeout=20_000)
    heard = stage.erp.wait_for("invoice.settled", timeout=20)
    assert heard[0].data["invoice_number"] == "55/2026"
    phone.goto(f"{stage.base_url}/d/")
    expect(phone.locator("main")).not_to_contain_text("Paga ora")


def pay_on_hosted_page(page: Page) -> None:
    form = page.locator("form:has([name=number])")
    for name, typed in (("number", "4242424242424242"), ("expiry", "12/34"), ("cvc", "123"), ("name", "Maria Rossi")):
        form.locator(f"[name={name}]").fill(typed)
    if form.locator("[name=email]").count():
        form.locator("[name=email]").fill("maria@bianchi.example")
    form.locator("button").click()


def test_journey_2_transfer(stage: Stage, phone: Page) -> None:
    """The transfer's particulars with the code, and "my transfer is on its way" that is not a payment."""
    account = make_account(stage.creditor)
    account.add_invoice("56/2026", "99.90", due_in=4)
    phone.goto(account.link())
    pass_gate(phone, account.fact)
    phone.click("a.action:has-text('Paga')")
    phone.click("text=bonifico")
    expect(phone.locator("main")).to_contain_text("99,90")
    expect(phone.locator("main")).to_contain_text("RF")
    phone.click("main form button")
    assert stage.erp.wait_for("transfer.announced", timeout=20)
    phone.goto(f"{stage.base_url}/d/")
    expect(phone.locator("main")).to_contain_text("99,90")


def test_journey_5_the_paper_invoice(stage: Stage, phone: Page) -> None:
    """The code on the paper, months later: one fact of the paper, what is open, and paying; nothing else."""
    account = make_account(stage.creditor)
    invoice_id = account.add_invoice("77/2026", "310.00", due_in=-60)
    other = account.add_invoice("78/2026", "11.11", due_in=5)
    url = account.link(invoice_id=invoice_id, purpose=links.QR)
    phone.goto(url)
    pass_gate(phone, "77/2026")
    main = phone.locator("main")
    expect(main).to_contain_text("310,00")
    expect(main).not_to_contain_text("11,11")
    assert account.invoice_ids == [invoice_id, other]
    phone.click("a.action:has-text('Paga')")
    phone.click("button:has-text('carta')")
    phone.wait_for_url(f"{stage.stripe.url}/**")
    pay_on_hosted_page(phone)
    phone.wait_for_url(f"{stage.base_url}/d/**", timeout=20_000)
    assert stage.erp.wait_for("invoice.settled", timeout=20)
    phone.context.clear_cookies()  # months later, another look at the same paper
    phone.goto(url)
    pass_gate(phone, "310,00")
    expect(phone.locator("main")).to_contain_text("77/2026")
    expect(phone.locator("main")).not_to_contain_text("310,00")
    assert phone.locator("a.action").count() == 0
