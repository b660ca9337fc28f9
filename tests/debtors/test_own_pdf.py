"""The PDF inside an e-invoice, handed to who may see the invoice: made anew, of this invoice alone."""

import base64
import io

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject

from portal.core import db, ids, scope
from portal.documents import store
from portal.imports.einvoices import attached
from portal.imports.formats import cii, fatturapa, ubl
from portal.invoices import own_pdf
from portal.invoices.models import Invoice
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import Account, make_account
from tests.imports.files import read


def page_of(width: int, script: bool = False) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width, 100)
    if script:
        writer._root_object[NameObject("/AA")] = DictionaryObject()
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def packed(content: bytes) -> str:
    return base64.encodebytes(content).decode()


def in_ubl(*files: bytes) -> bytes:
    references = "".join(
        "<cac:AdditionalDocumentReference><cbc:ID>a</cbc:ID><cac:Attachment>"
        f"<cbc:EmbeddedDocumentBinaryObject>{packed(one)}</cbc:EmbeddedDocumentBinaryObject>"
        "</cac:Attachment></cac:AdditionalDocumentReference>"
        for one in files
    )
    head = "<cac:AccountingSupplierParty>"
    return ubl.example().decode().replace(head, references + head).encode()


def in_cii(content: bytes) -> bytes:
    reference = (
        "<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>a</ram:IssuerAssignedID>"
        f"<ram:AttachmentBinaryObject>{packed(content)}</ram:AttachmentBinaryObject></ram:AdditionalReferencedDocument>"
    )
    end = "</ram:ApplicableHeaderTradeAgreement>"
    return cii.example().decode().replace(end, reference + end).encode()


def in_fattura(*files: bytes) -> bytes:
    """One in each body, in their order."""
    first, *others = fatturapa.example().decode().split("</FatturaElettronicaBody>")
    parts = [first]
    for content, rest in zip(files, others, strict=False):
        block = f"<Allegati><NomeAttachment>f</NomeAttachment><Attachment>{packed(content)}</Attachment></Allegati>"
        parts += [block, "</FatturaElettronicaBody>", rest]
    return "".join(parts).encode()


def width(content: bytes) -> int:
    return int(PdfReader(io.BytesIO(content)).pages[0].mediabox.width)


def test_every_family_may_carry_one_and_reading_says_so() -> None:
    for content, number in ((in_ubl(page_of(201)), "2026/201"), (in_cii(page_of(201)), "2026/301")):
        assert read(content, "a.xml").one.pdf == "inside"
        found = attached.pdf_in(content, number)
        assert found is not None
        assert width(found) == 201
    both = in_fattura(page_of(202), page_of(203))
    bill, credit = read(both, "a.xml").documents
    assert (bill.pdf, credit.pdf) == ("inside", "inside")
    found = [attached.pdf_in(both, one.number) for one in (bill, credit)]
    assert [width(one) for one in found if one is not None] == [202, 203], "each its own, whatever file they share"
    assert attached.pdf_in(both, "another") is None


@pytest.mark.parametrize("content", [b"Timesheet", b"\x89PNG\r\n\x1a\n", b"", b"%PD"])
def test_what_is_attached_and_is_no_pdf_is_none(content: bytes) -> None:
    assert read(in_ubl(content), "a.xml").one.pdf is None
    assert attached.pdf_in(in_ubl(content), "2026/201") is None


def test_the_first_pdf_counts_and_broken_base64_is_none() -> None:
    found = attached.pdf_in(in_ubl(b"Timesheet", page_of(204), page_of(205)), "2026/201")
    assert found is not None
    assert width(found) == 204
    half = in_ubl(page_of(204)).replace(b"JVBERi0", b"JVBERi0xLjMK\xc3\xa9")
    assert attached.pdf_in(half, "2026/201") is None
    assert attached.pdf_in(b"<broken", "2026/201") is None


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account()
    made.add_invoice("2026/201")
    return made


def came_in(account: Account, content: bytes, *numbers: str) -> None:
    """As if these invoices had come in this file."""
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        file = store.keep(content, "a.xml", "application/xml")
        for invoice_id in account.invoice_ids:
            row = session.get_one(Invoice, invoice_id)
            if row.number in numbers:
                row.file_id, row.pdf = file.id, own_pdf.INSIDE


def test_it_is_offered_and_saved_as_a_fresh_pdf(account: Account, debtor: Debtor) -> None:
    page = f"/d/invoices/{ids.spell(account.invoice_ids[0])}"
    debtor.enter(account.link(), account.fact)
    assert f"{page}/attached.pdf" not in debtor.get(page).text
    assert debtor.get(f"{page}/attached.pdf").status_code == 404
    came_in(account, in_ubl(page_of(206)), "2026/201")
    assert f"{page}/attached.pdf" in debtor.get(page).text
    with debtor.client.get(f"{page}/attached.pdf", base_url=debtor.base_url) as answer:
        assert (answer.status_code, answer.content_type) == (200, "application/pdf")
        assert answer.headers["Content-Disposition"].endswith('-2026-201-original.pdf"')
        assert width(answer.data) == 206


def test_a_pdf_that_acts_is_not_handed_on(account: Account, debtor: Debtor) -> None:
    came_in(account, in_ubl(page_of(207, script=True)), "2026/201")
    debtor.enter(account.link(), account.fact)
    debtor.get("/language/en")
    answer = debtor.get(f"/d/invoices/{ids.spell(account.invoice_ids[0])}/attached.pdf")
    assert answer.status_code == 409
    assert "cannot be opened safely" in debtor.text


def test_a_link_to_one_invoice_gets_its_own_pdf_and_no_other(account: Account, debtor: Debtor) -> None:
    """A-07: the file as a whole stays closed to it, what is attached to its own invoice does not."""
    bill, other = account.add_invoice("2026/101"), account.add_invoice("2026/7")
    came_in(account, in_fattura(page_of(208), page_of(209)), "2026/101", "2026/7")
    debtor.enter(account.link(invoice_id=bill), account.fact)
    with debtor.client.get(f"/d/invoices/{ids.spell(bill)}/attached.pdf", base_url=debtor.base_url) as answer:
        assert (answer.status_code, width(answer.data)) == (200, 208)
    assert debtor.get(f"/d/invoices/{ids.spell(bill)}/original").status_code == 404
    assert debtor.get(f"/d/invoices/{ids.spell(other)}/attached.pdf").status_code == 404


def test_the_original_is_named_for_what_it_is(account: Account, debtor: Debtor) -> None:
    page = f"/d/invoices/{ids.spell(account.invoice_ids[0])}"
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        row = session.get_one(Invoice, account.invoice_ids[0])
        row.file_id, row.pdf = store.keep(page_of(210), "r.pdf", "application/pdf").id, own_pdf.AROUND
    debtor.enter(account.link(), account.fact)
    debtor.get("/language/en")
    text = debtor.get(page).text
    assert "Download the original e-invoice (PDF)" in text
    assert f"{page}/attached.pdf" not in text
    with debtor.client.get(f"{page}/original", base_url=debtor.base_url) as answer:
        assert answer.headers["Content-Disposition"].endswith("-2026-201.pdf")
