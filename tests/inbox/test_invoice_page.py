"""One invoice: books, answers with the text that was shown, papers, the code, and taking it back."""

import base64
import re

import pytest
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.money import Money
from portal.debtors import links
from portal.debtors.models import AccessLink
from portal.documents import store
from portal.invoices import actions as invoices
from portal.invoices import credit_notes, own_pdf
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice, Reservation
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.core.pictures import from_svg, read_qr
from tests.factories.evidence import pdf
from tests.factories.people import signed_in
from tests.factories.staff_world import Busy, make_busy
from tests.factories.world import make_account, make_creditor


@pytest.fixture
def busy(app: PortalFlask) -> Busy:
    return make_busy(app)


@pytest.fixture
def manager(app: PortalFlask, busy: Busy) -> Browser:
    return signed_in(app, busy.creditor, Role.MANAGER)


def test_what_was_said_is_shown_with_the_text_that_stood_there(busy: Busy, manager: Browser) -> None:
    busy.answer(answer="received")
    manager.get(busy.invoice)
    first, second = manager.text.index("Yes, and all is fine"), manager.text.index("Yes, but something is wrong")
    assert first < second, "the newest first"
    assert "The text that they saw" in manager.text
    assert "The amount or the price" in manager.text
    assert "Quando arriva?" in manager.text
    assert '<p class="letter" lang="it">' in manager.text


def test_the_books_say_what_the_amount_is_made_of(busy: Busy, manager: Browser) -> None:
    with db.transaction():
        scope.enter(busy.creditor.id)
        item = invoice_queries.items_of_debtor(busy.account.debtor_id, busy.invoice_id)[0]
        invoices.settle_item(
            item, Money(23456, "EUR"), account=accounts.BANK, kind="payment", source=Source("test", ids.new_id()),
            value_on=clock.today(),
        )  # fmt: skip
    manager.get(busy.invoice)
    books = manager.text.split("<h2>The books</h2>")[1]
    assert re.findall(r"[-−]?€[\d,.]+", books)[:2] == ["€1,234.56", "-€234.56"]
    assert '<p class="big amount">€1,000.00' in manager.text
    assert "€234.56 came off invoice 128/2026 (payment), €1,000.00 is left" in manager.text


def test_the_copy_is_a_pdf_and_the_original_is_what_came(app: PortalFlask, busy: Busy, manager: Browser) -> None:
    pdf = manager.get(f"{busy.invoice}/document.pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.headers["Content-Disposition"] == 'attachment; filename="invoice-128-2026.pdf"'
    assert pdf.headers["Cache-Control"] == "no-store"
    assert manager.get(f"{busy.invoice}/original").status_code == 404
    with db.transaction() as session:
        scope.enter(busy.creditor.id)
        invoice = session.get(Invoice, busy.invoice_id)
        assert invoice is not None
        invoice.file_id = store.keep(b"<p:FatturaElettronica/>", "IT01_1.xml", "application/xml").id
    with manager.get(f"{busy.invoice}/original") as original:
        assert original.data == b"<p:FatturaElettronica/>"
        assert original.headers["Content-Type"] == "application/octet-stream"
        assert original.headers["Content-Disposition"].startswith("attachment")


def test_the_pdf_inside_an_e_invoice_is_offered_to_staff_too(app: PortalFlask, busy: Busy, manager: Browser) -> None:
    manager.get(busy.invoice)
    assert "attached.pdf" not in manager.text
    assert manager.get(f"{busy.invoice}/attached.pdf").status_code == 404
    body = (
        "<FatturaElettronica><FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><Numero>128/2026</Numero>"
        "</DatiGeneraliDocumento></DatiGenerali><Allegati><Attachment>"
        f"{base64.b64encode(pdf()).decode()}</Attachment></Allegati></FatturaElettronicaBody></FatturaElettronica>"
    )
    with db.transaction() as session:
        scope.enter(busy.creditor.id)
        invoice = session.get_one(Invoice, busy.invoice_id)
        invoice.file_id = store.keep(body.encode(), "IT01_2.xml", "application/xml").id
        invoice.pdf = own_pdf.INSIDE
    manager.get(busy.invoice)
    assert f"{busy.invoice}/attached.pdf" in manager.text
    answer = manager.get(f"{busy.invoice}/attached.pdf")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invoice-128-2026-original.pdf"'


def test_the_code_is_made_once_and_opens_this_invoice(app: PortalFlask, busy: Busy, manager: Browser) -> None:
    assert manager.get(f"{busy.invoice}/code.svg").status_code == 404, "looking makes none"
    manager.get(busy.invoice)
    manager.submit("/code")
    assert "Download the code (SVG)" in manager.text
    svg = manager.get(f"{busy.invoice}/code.svg").get_data(as_text=True)
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        link = session.scalars(select(AccessLink).where(AccessLink.purpose == links.QR)).one()
        assert (link.invoice_id, link.contact_point_id) == (busy.invoice_id, None)
        address = links.address(link.id, links.QR)
    assert read_qr(from_svg(svg)).decode() == address
    reader = Browser(app)
    reader.get(address.replace("HTTP://PORTAL.TEST", ""))
    assert reader.path == "/gate"
    reader.submit("/gate", fact="128/2026")
    assert reader.path == "/d/"
    manager.get(busy.invoice)
    assert "Make the code" not in manager.text


def test_who_may_not_send_links_gets_no_code(app: PortalFlask, busy: Busy) -> None:
    """A-61: no page turns an id into a link for who may only look."""
    viewer = signed_in(app, busy.creditor, Role.VIEWER)
    viewer.get(busy.invoice)
    assert "Make the code" not in viewer.text
    assert viewer.get(f"{busy.invoice}/code.svg").status_code == 403


def test_an_invoice_is_taken_back_once(app: PortalFlask, busy: Busy, manager: Browser) -> None:
    manager.get(busy.invoice)
    form = manager.form("/withdraw")
    manager.submit("/withdraw")
    assert manager.path == busy.invoice
    assert "withdrawn" in manager.text
    assert "Take this invoice back" not in manager.text
    manager.get("/c/items")
    assert "128/2026" not in manager.text
    manager.get(busy.card)
    again = {**form.fields, "command_id": ids.spell(ids.new_id())}
    assert manager.post(form.action, again).status_code == 409
    agent = signed_in(app, busy.creditor, Role.AGENT)
    agent.get(busy.invoice)
    assert agent.post(form.action, {**agent.form("/code").fields}).status_code == 403


def test_an_invoice_that_is_being_paid_is_not_taken_back(busy: Busy, manager: Browser) -> None:
    item_id = busy.account.item_ids(busy.invoice_id)[0]
    with db.transaction() as session:
        scope.enter(busy.creditor.id)
        session.add(
            Reservation(
                id=ids.new_id(), debtor_id=busy.account.debtor_id, attempt_id=1, due_item_id=item_id,
                amount_minor=100, is_open=True,
            )
        )  # fmt: skip
    manager.get(busy.invoice)
    manager.submit("/withdraw")
    assert manager.status == 409
    assert "A payment of it is open right now" in manager.text


def test_a_credit_note_has_a_page_without_acts(app: PortalFlask) -> None:
    creditor = make_creditor()
    account = make_account(creditor)
    account.add_invoice("128/2026", "100.00", 5)
    note_id = ids.new_id()
    with db.transaction():
        scope.enter(creditor.id)
        note = invoices.NewInvoice(
            note_id, account.debtor_id, "credit_note", "NC 1", clock.today(), Money(3000, "EUR"), (), "128/2026"
        )
        invoices.add_invoices([note])
        added = invoice_queries.invoice(note_id)
        assert added is not None
        credit_notes.apply_credit_note(added)
    browser = signed_in(app, creditor)
    browser.get(f"/c/invoices/{ids.spell(note_id)}")
    assert browser.status == 200
    assert "Credit note NC 1" in browser.text
    assert "Corrects invoice" in browser.text
    for word in ("Make the code", "Take this invoice back", "Download it as a PDF"):
        assert word not in browser.text
    browser.get("/c/items")
    assert "€70.00" in browser.text
    browser.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    assert "Credit note NC 1" in browser.text
