"""What the product knows of a contested payment, as one file for the bank (rule B-13)."""

import io
import json
import zipfile
from datetime import timedelta

import time_machine
from pypdf import PdfReader

from portal.core import clock, ids, jobs
from portal.people import sessions
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import make_person, sign_in, signed_in
from tests.payments.conftest import Shop
from tests.payments.test_contested import dispute
from tests.payments.test_refunds import pay

VAT_NUMBER = "IT12345677890"  # of the customer: its end is what they type at the gate


def page_of(shop: Shop) -> str:
    return f"/c/payments/{ids.spell(shop.attempts()[-1].id)}"


def contested(shop: Shop, payer: Debtor) -> None:
    pay(shop, payer)
    jobs.work_off()
    dispute(shop)
    shop.deliver()


def taken_out(browser: Browser, shop: Shop) -> zipfile.ZipFile:
    browser.get(page_of(shop))
    answer = browser.submit("/evidence")
    assert answer.status_code == 200
    assert answer.content_type == "application/zip"
    assert "no-store" in answer.headers["Cache-Control"]
    return zipfile.ZipFile(io.BytesIO(answer.data))


def read(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_one_file_holds_all_that_is_known(shop: Shop, payer: Debtor, app: PortalFlask) -> None:
    contested(shop, payer)
    archive = taken_out(signed_in(app, shop.creditor_id, Role.MANAGER), shop)
    names = archive.namelist()
    assert {"evidence.pdf", "receipt.pdf", "payment-page.json"} <= set(names)
    assert [name for name in names if name.startswith("documents/128-2026-")]
    said = read(archive.read("evidence.pdf"))
    for piece in ("€1,234.56", "128/2026", "fraudulent", "paid in this visit", "Bianchi Costruzioni", "was paid"):
        assert piece in said
    assert "€1,234.56" in read(archive.read("receipt.pdf"))
    shown = json.loads(archive.read("payment-page.json"))
    assert (shown["total_minor"], [line["amount_minor"] for line in shown["lines"]]) == (123456, [123456])
    assert shown["provider_session"] == shop.sessions()[0]["id"]
    assert shop.events("payment.evidence_taken") == ["payment.evidence_taken"]


def test_neither_the_fact_nor_a_key_nor_a_link_is_in_it(shop: Shop, payer: Debtor, app: PortalFlask) -> None:
    contested(shop, payer)
    archive = taken_out(signed_in(app, shop.creditor_id, Role.MANAGER), shop)
    attempt = shop.attempts()[-1]
    for name in archive.namelist():
        content = archive.read(name)
        said = read(content) if name.endswith(".pdf") else content.decode("utf-8", "replace")
        assert VAT_NUMBER not in said, name
        assert "/l/" not in said, name
    assert attempt.idempotency_key not in {*json.loads(archive.read("payment-page.json"))}


def test_only_who_may_pay_back_with_a_fresh_proof_and_where_it_is_contested(
    shop: Shop, payer: Debtor, app: PortalFlask
) -> None:
    pay(shop, payer)
    manager = signed_in(app, shop.creditor_id, Role.MANAGER)
    manager.get(page_of(shop))
    assert "/evidence" not in manager.text, "nobody contests it"
    dispute(shop)
    shop.deliver()
    manager.get(page_of(shop))
    form = manager.form("/evidence")
    assert manager.get(f"{page_of(shop)}/evidence.zip").status_code == 404, (
        "only by the button, which is written down"
    )
    viewer = sign_in(app, make_person(shop.creditor_id, Role.VIEWER, email="vera@rossi.example"))
    viewer.get(page_of(shop))
    assert "/evidence" not in viewer.text
    with time_machine.travel(clock.now() + sessions.PROOF + timedelta(seconds=1)):
        manager.post(form.action, form.fields)
        assert manager.path == "/c/proof"
    assert shop.events("payment.evidence_taken") == []
