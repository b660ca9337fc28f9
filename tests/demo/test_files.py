"""The demo's files are what an Italian company would hand over: the list, the e-invoices, the ZIP."""

import base64
import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from pypdf import PdfReader

from portal.core.money import Money
from portal.demo.accounting_export import HEADERS, italian_amount
from portal.demo.fatturapa import NAMESPACE
from portal.demo.files import DemoFiles, write_files
from portal.demo.invoices import Source
from portal.imports.documents import Document
from portal.imports.formats import csv as csv_format
from portal.imports.options import Findings, ReadOptions
from portal.imports.tables.headers import FIELDS, meaning

TODAY = date(2026, 11, 21)
XSD = Path(__file__).parents[2].parent / "shared" / "corpus" / "fatturapa" / "xsd"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return write_files(tmp_path_factory.mktemp("demo") / "files", TODAY)


@pytest.fixture(scope="module")
def e_invoices(written: DemoFiles) -> dict[str, etree._Element]:
    """Every e-invoice file by name, those of the ZIP too."""
    contents = {path.name: path.read_bytes() for path in written.e_invoices}
    with zipfile.ZipFile(written.archive) as archive:
        assert archive.testzip() is None
        contents |= {name: archive.read(name) for name in archive.namelist()}
    return {name: etree.fromstring(content) for name, content in contents.items()}


def rows(written: DemoFiles) -> list[dict[str, str]]:
    text = written.ledger.read_bytes().decode("cp1252")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def bodies(files: dict[str, etree._Element]) -> dict[str, etree._Element]:
    found = {}
    for root in files.values():
        for body in root.findall("FatturaElettronicaBody"):
            found[body.findtext(".//Numero")] = body
    return found


def test_the_same_day_and_seed_give_the_same_bytes(written, tmp_path):
    again = write_files(tmp_path, TODAY)
    assert [path.name for path in again.paths] == [path.name for path in written.paths]
    assert [path.read_bytes() for path in again.paths] == [path.read_bytes() for path in written.paths]
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in again.paths}


def test_the_list_has_headers_that_our_importer_knows():
    known = [meaning(header) for header in HEADERS]
    assert None not in known
    assert sorted(field for field, _ in known) == sorted(set(FIELDS) - {"iban"})


def test_our_importer_reads_the_list_without_a_doubt(written):
    with written.ledger.open("rb") as source:
        read = list(csv_format.rows(source, ReadOptions(), Findings()))
    truth = {invoice.number: invoice for invoice in written.world.invoices if invoice.source is Source.LEDGER_EXPORT}
    assert len(read) == len(truth)
    for document in read:
        assert isinstance(document, Document)
        assert document.warnings == ()
        invoice = truth[document.number]
        assert (document.kind == "credit_note") == invoice.credit_note
        assert (document.issued_on, document.total) == (invoice.issued_on, invoice.payable)
        assert document.disputed == invoice.disputed
        assert (document.debtor.code, document.debtor.email) == (invoice.debtor.code, invoice.debtor.email)
        assert (document.debtor.kind == "consumer") == invoice.debtor.consumer
        if not invoice.credit_note:
            assert [(item.due_on, item.amount, item.settled_on) for item in document.due_items] == [
                (item.due_on, item.amount, item.settled_on) for item in invoice.due_items
            ]


def test_the_list_says_what_is_true(written):
    truth = {
        (invoice.number, item.due_on): (invoice, item)
        for invoice in written.world.invoices
        if invoice.source is Source.LEDGER_EXPORT
        for item in invoice.due_items
    }
    listed = [row for row in rows(written) if row["Tipo documento"] == "Fattura"]
    assert len(listed) == len(truth)
    for row in listed:
        day, month, year = map(int, row["Data scadenza"].split("/"))
        due_on = date(year, month, day)
        invoice, item = truth[row["Numero documento"], due_on]
        assert Decimal(row["Importo"].replace(".", "").replace(",", ".")) == item.amount.decimal
        assert row["Ragione sociale"] == invoice.debtor.name
        assert bool(row["Data incasso"]) == (item.settled_on is not None)
        assert (row["Contestata"] == "Sì") == invoice.disputed
    notes = [row for row in rows(written) if row["Tipo documento"] == "Nota di credito"]
    assert len(notes) >= 1


def test_the_list_is_written_the_italian_way(written):
    raw = written.ledger.read_bytes()
    assert b"Caff\xe8" in raw
    assert raw.count(b"\r\n") == raw.count(b"\n")
    listed = rows(written)
    assert any(int(row["Data documento"][:2]) > 12 for row in listed)
    assert any("." in row["Importo"] for row in listed)
    assert {row["Divisa"] for row in listed} == {"EUR", "CHF"}
    assert {row["Lingua"] for row in listed} == {"IT", "EN"}
    assert any(not row["E-mail"] for row in listed)
    assert italian_amount(Money(123_456_789, "EUR")) == "1.234.567,89"


def test_every_document_comes_by_one_road_only(written, e_invoices):
    listed = {row["Numero documento"] for row in rows(written)}
    electronic = set(bodies(e_invoices))
    assert not listed & electronic
    assert listed | electronic == {invoice.number for invoice in written.world.invoices}
    assert len(electronic) >= 25


def test_the_e_invoices_say_what_is_true(written, e_invoices):
    by_number = {invoice.number: invoice for invoice in written.world.invoices}
    for number, body in bodies(e_invoices).items():
        invoice = by_number[number]
        assert body.findtext(".//TipoDocumento") == ("TD04" if invoice.credit_note else "TD01")
        assert body.findtext(".//ImportoTotaleDocumento") == invoice.total.plain
        assert body.findtext(".//DatiFattureCollegate/IdDocumento") == invoice.credits
        due = [
            (d.findtext("DataScadenzaPagamento"), d.findtext("ImportoPagamento"))
            for d in body.iter("DettaglioPagamento")
        ]
        assert due == [(item.due_on.isoformat(), item.amount.plain) for item in invoice.due_items]
        net = sum(Decimal(line.findtext("PrezzoTotale")) for line in body.iter("DettaglioLinee"))
        assert net == Decimal(body.findtext(".//ImponibileImporto"))
        for detail in body.iter("DettaglioPagamento"):
            assert detail.findtext("IBAN") == written.world.creditor.iban
    several = [root for root in e_invoices.values() if len(root.findall("FatturaElettronicaBody")) > 1]
    assert several
    assert any(body.findtext(".//TipoRitenuta") == "RT02" for body in bodies(e_invoices).values())
    assert any(body.findtext(".//EsigibilitaIVA") == "S" for body in bodies(e_invoices).values())


def test_e_invoices_name_their_customer_by_number(written, e_invoices):
    known = {debtor.vat_number or debtor.tax_code for debtor in written.world.debtors}
    for name, root in e_invoices.items():
        assert name == f"IT{written.world.creditor.vat_number}_{root.findtext('.//ProgressivoInvio')}.xml"
        assert root.tag == f"{{{NAMESPACE}}}FatturaElettronica"
        buyer = root.find(".//CessionarioCommittente/DatiAnagrafici")
        assert (buyer.findtext("IdFiscaleIVA/IdCodice") or buyer.findtext("CodiceFiscale")) in known


def test_invoices_before_their_due_date_bring_a_readable_copy(written, e_invoices):
    by_number = {invoice.number: invoice for invoice in written.world.invoices}
    attached = {number: body for number, body in bodies(e_invoices).items() if body.find("Allegati") is not None}
    assert len(attached) >= 8
    for number, body in attached.items():
        pdf = base64.b64decode(body.findtext("Allegati/Attachment"))
        text = PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
        assert f"Fattura {number}" in text
        assert italian_amount(by_number[number].payable) in text.replace("\u00a0", " ")


def test_who_stands_only_on_e_invoices_can_still_be_reached(written):
    listed = {row["Codice cliente"] for row in rows(written)}
    everybody = {invoice.debtor.code for invoice in written.world.invoices}
    contacts = {contact.debtor_code: contact for contact in written.debtor_contacts}
    assert set(contacts) == everybody - listed
    assert contacts
    assert all(contact.email and (contact.vat_number or contact.tax_code) for contact in contacts.values())


class _Beside(etree.Resolver):
    """The schema imports the signature schema by a name that it has in no folder but the agency's."""

    def resolve(self, url, public_id, context):
        if url.endswith("xmldsig-core-schema.xsd"):
            return self.resolve_filename(str(XSD / "xmldsig-core.xsd"), context)
        return None


@pytest.mark.corpus
@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 1), date(2028, 2, 29)], ids=str)
def test_every_e_invoice_is_valid_by_the_official_schema(today, tmp_path):
    if not XSD.is_dir():
        pytest.skip(f"the corpus is not beside the project ({XSD})")
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Beside())
    schema = etree.XMLSchema(etree.parse(XSD / "Schema_VFPR12_v1.2.3.xsd", parser))
    written = write_files(tmp_path, today)
    with zipfile.ZipFile(written.archive) as archive:
        contents = [archive.read(name) for name in archive.namelist()]
    contents += [path.read_bytes() for path in written.e_invoices]
    assert len(contents) >= 20
    for content in contents:
        schema.assertValid(etree.fromstring(content))
    assert not schema.validate(etree.fromstring(contents[0].replace(b"<TipoDocumento>TD", b"<TipoDocumento>XX")))
