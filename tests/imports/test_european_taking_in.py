"""E-invoices after EN 16931 taken in: what is due, what a credit note gives back, what is kept of the file."""

import io
from pathlib import Path

from pypdf import PdfReader
from sqlalchemy import select

from portal.core import db, scope
from portal.creditors import queries as creditors
from portal.debtors.models import ContactPoint, Debtor
from portal.documents import store
from portal.imports.formats import cii, facturx, ubl
from portal.invoices import copies, lines
from portal.invoices import queries as invoices
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger import queries as ledger
from portal.ledger.models import Receivable, Transfer
from portal.settings import Settings
from portal.web import i18n
from portal.web.edge import PortalFlask
from tests.factories.world import make_creditor
from tests.imports.files import fattura, invoice, pdf, summarised
from tests.imports.test_european import DAY, PAYABLE, PREPAID, as_credit_note, changed
from tests.imports.test_taking_in import run

REFERS = "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>2026/201</cbc:ID>"
REFERENCE = f"{REFERS}</cac:InvoiceDocumentReference></cac:BillingReference>"
HEAD = "<cac:AccountingSupplierParty>"
S = "<EsigibilitaIVA>S</EsigibilitaIVA>"


def kept(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def standing(creditor_id: int) -> tuple[list[int], int]:
    """What is open of each due item, and the credit that waits for a decision."""
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        open_now = list(session.scalars(select(Receivable.open_minor).order_by(Receivable.id)))
        waits = 0
        for row in session.scalars(select(Transfer)):
            waits += row.amount_minor * ((row.credit == accounts.UNALLOCATED) - (row.debit == accounts.UNALLOCATED))
        assert ledger.unbalanced() == []
        return open_now, waits


def test_the_payable_amount_is_due_and_the_address_is_an_ordinary_one(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    counts = run(creditor.id, kept(tmp_path, "a.xml", ubl.example()), kept(tmp_path, "b.xml", cii.example()))
    assert (counts.created, counts.refused) == (2, 0)
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert sorted(session.scalars(select(DueItem.amount_minor))) == [50000, 50000, 100000]
        assert sorted(session.scalars(select(Invoice.total_minor))) == [120000, 122000]
        assert set(session.scalars(select(ContactPoint.channel))) == {"email", "mobile"}, "not a certified address"
        assert len(set(session.scalars(select(Debtor.id)))) == 2
    again = run(creditor.id, kept(tmp_path, "a.xml", ubl.example()), kept(tmp_path, "b.xml", cii.example()))
    assert (again.created, again.unchanged) == (0, 2)


def test_a_credit_note_gives_back_what_was_owed_and_not_what_the_customer_kept(
    house: Settings, tmp_path: Path
) -> None:
    creditor = make_creditor()
    note = as_credit_note(ubl.example(), (DAY, ""), ("2026/201", "N1"), (HEAD, REFERENCE + HEAD))
    run(creditor.id, kept(tmp_path, "a.xml", ubl.example()), kept(tmp_path, "n.xml", note))
    assert standing(creditor.id) == ([0], 0)
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        row = session.scalars(select(Invoice).where(Invoice.kind == "credit_note")).one()
        assert (row.total_minor, row.credited.minor) == (122000, 100000), "the stated total is still what it says"


def test_split_payment_of_a_fattura_is_not_given_back_either(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    split = summarised("1000.00", "220.00", S)
    named = "<DatiFattureCollegate><IdDocumento>7</IdDocumento></DatiFattureCollegate>"
    note = invoice(summary=split, kind="TD04").replace(b"<Numero>7<", b"<Numero>N7<")
    note = note.replace(b"</DatiGeneraliDocumento>", f"</DatiGeneraliDocumento>{named}".encode())
    run(creditor.id, kept(tmp_path, "a.xml", invoice(summary=split)), kept(tmp_path, "n.xml", note))
    assert standing(creditor.id) == ([0], 0)


def test_a_credit_note_that_was_paid_back_already_gives_nothing(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    note = as_credit_note(
        ubl.example(),
        (DAY, ""),
        ("2026/201", "N1"),
        (HEAD, REFERENCE + HEAD),
        (PREPAID, PREPAID.replace("220.00", "1220.00")),
        (PAYABLE, PAYABLE.replace("1000.00", "0.00")),
    )
    run(creditor.id, kept(tmp_path, "a.xml", ubl.example()), kept(tmp_path, "n.xml", note))
    assert standing(creditor.id) == ([100000], 0)


def test_the_originals_are_kept_and_their_lines_are_read(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    run(creditor.id, kept(tmp_path, "a.xml", ubl.example()), kept(tmp_path, "b.pdf", facturx.example()))
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        found = {}
        for row in session.scalars(select(Invoice)):
            file = store.row(row.file_id) if row.file_id else None
            assert file is not None
            found[row.number] = (file.media_type, [one.amount.minor for one in lines.of(row, file)])
    assert found == {"2026/201": ("application/xml", [122000]), "2026/301": ("application/pdf", [120000])}


def test_one_bad_file_of_a_batch_leaves_the_others(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    broken = changed(ubl.example(), ("PayableAmount", "PaidAmount"))
    counts = run(
        creditor.id,
        kept(tmp_path, "1.xml", broken),
        kept(tmp_path, "2.xml", ubl.example()),
        kept(tmp_path, "3.pdf", pdf({})),
        kept(tmp_path, "4.xml", fattura()),
    )
    assert (counts.created, counts.refused) == (3, 2)


def test_the_copy_of_an_invoice_that_is_only_xml_lists_what_is_on_it(app: PortalFlask, tmp_path: Path) -> None:
    creditor = make_creditor()
    several = changed(ubl.example(), ("Bronze bushings, 40 pieces", "Bronze #bushings *40* pieces"))
    run(creditor.id, kept(tmp_path, "a.xml", several))
    with db.transaction(writes=False) as session, app.test_request_context():
        scope.enter(creditor.id)
        i18n.use("en")
        bill = session.scalars(select(Invoice)).one()
        items = invoices.items(session.scalars(select(DueItem.id)).all())
        made = copies.pdf(creditors.face(creditor.id), session.get_one(Debtor, bill.debtor_id), bill, items)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    assert "Bronze #bushings *40* pieces" in " ".join(text.split())
    assert "What is on it" in text
    assert "does not replace the original" in " ".join(text.split())
