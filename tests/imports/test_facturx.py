"""Factur-X and ZUGFeRD PDFs: the invoice inside is read, everything else that a PDF may carry is refused or left."""

import io
import zlib
from dataclasses import replace

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from portal.imports.einvoices import inside_pdf, lines
from portal.imports.formats import cii, facturx, fatturapa, ubl
from tests.imports.files import due, pdf, read, read_all, zipped


@pytest.mark.parametrize("name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml", "irgendwas.txt"])
def test_the_invoice_inside_is_found_by_what_it_is(name: str) -> None:
    found = read(pdf({name: cii.example(), "logo.png": b"\x89PNG", "AGB.txt": b"Bedingungen"}), "rechnung.bin")
    assert found.format == "facturx"
    assert found.one == replace(read(cii.example(), "a.xml").one, pdf="around")


def test_a_ubl_invoice_inside_a_pdf_is_one_too() -> None:
    assert due(read(pdf({"invoice.xml": ubl.example()}), "a.pdf").one) == [("2026-04-30", 100000)]


def test_an_invoice_that_only_the_catalogue_names_is_found() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf({"factur-x.xml": cii.example()})))
    names = writer._root_object["/Names"]["/EmbeddedFiles"]["/Names"]
    writer._root_object[NameObject("/AF")] = ArrayObject([names[1]])
    del writer._root_object["/Names"]
    made = io.BytesIO()
    writer.write(made)
    assert read(made.getvalue(), "a.pdf").one.number == "2026/301"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 ...", "format_unknown"),
        (pdf({}), "format_unknown"),
        (pdf({"a.txt": b"ciao", "b.pdf": b"%PDF-1.7"}), "format_unknown"),
        (pdf({"factur-x.xml": cii.example()}, password="geheim"), "pdf_locked"),
        (pdf({"a.xml": cii.example(), "b.xml": ubl.example()}), "pdf_several"),
        (pdf({f"{place}.txt": b"%d" % place for place in range(51)}), "pdf_too_much"),
        (b"%PDF-1.7" + b" " * 10 * 1024**2, "too_large"),
        (facturx.example()[:-400], "format_unknown"),
    ],
)
def test_a_pdf_that_is_no_invoice_says_why(content: bytes, code: str) -> None:
    found = read(content, "a.pdf")
    assert (found.documents, found.refused, found.format) == ([], [(code, "the whole file")], "facturx")


def test_the_same_invoice_attached_twice_is_one() -> None:
    assert read(pdf({"a.xml": cii.example(), "b.xml": cii.example()}), "a.pdf").one.number == "2026/301"


def test_what_is_attached_and_is_no_invoice_is_called_by_its_name() -> None:
    order = b'<a:SCRDMCCBDACIOMessageStructure xmlns:a="urn:x"/>'
    found = read(pdf({"order-x.xml": order}), "a.pdf")
    assert found.refused == [("format_unknown", "/SCRDMCCBDACIOMessageStructure")]
    assert "Order-X" in str(found.refusals[0].message)
    old = b'<rsm:CrossIndustryDocument xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0"/>'
    assert "ZUGFeRD 1.0" in str(read(pdf({"ZUGFeRD-invoice.xml": old}), "a.pdf").refusals[0].message)


def test_a_broken_invoice_inside_is_refused_with_its_path() -> None:
    broken = cii.example().replace(b"<ram:DuePayableAmount>1000.00</ram:DuePayableAmount>", b"")
    code, where = read(pdf({"factur-x.xml": broken}), "a.pdf").refused[0]
    assert (code, where.rpartition("/")[2]) == ("missing", "DuePayableAmount")


def test_entities_in_the_xml_inside_are_not_opened() -> None:
    hostile = cii.example().replace(b"<rsm:Cross", b'<!DOCTYPE x [<!ENTITY a "b">]><rsm:Cross', 1)
    assert [code for code, _ in read(pdf({"factur-x.xml": hostile}), "a.pdf").refused] == ["xml_dtd"]


def test_a_bomb_is_not_unpacked() -> None:
    """A hundred times as much as may come out, packed into a few kilobytes: what is asked for is bounded."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf({"factur-x.xml": cii.example()})))
    specification = writer._root_object["/Names"]["/EmbeddedFiles"]["/Names"][1].get_object()
    stream = specification["/EF"]["/F"].get_object()
    packer = zlib.compressobj(9)
    stream._data = (
        packer.compress(b"<a>") + b"".join(packer.compress(b" " * 2**20) for _ in range(200)) + packer.flush()
    )
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    made = io.BytesIO()
    writer.write(made)
    assert len(made.getvalue()) < 2**20
    assert read(made.getvalue(), "a.pdf").refused == [("pdf_too_much", "the whole file")]


def test_a_tree_of_names_that_bites_its_tail_ends() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf({"factur-x.xml": cii.example()})))
    tree = writer._root_object["/Names"]["/EmbeddedFiles"]
    reference = writer._add_object(DictionaryObject(tree))
    reference.get_object()[NameObject("/Kids")] = ArrayObject([reference, reference])
    writer._root_object["/Names"][NameObject("/EmbeddedFiles")] = reference
    made = io.BytesIO()
    writer.write(made)
    assert read(made.getvalue(), "a.pdf").refused == [("pdf_too_much", "the whole file")]


def test_one_bad_pdf_in_a_batch_leaves_the_rest() -> None:
    batch = zipped(
        {"1.pdf": b"%PDF-1.7", "2.pdf": facturx.example(), "3.xml": ubl.example(), "4.xml": fatturapa.example()}
    )
    found = read_all(batch, "z.zip")
    assert [(one.format, len(one.documents), len(one.refusals)) for one in found] == [
        ("facturx", 0, 1), ("facturx", 1, 0), ("ubl", 1, 0), ("fatturapa", 2, 0),
    ]  # fmt: skip


def test_the_lines_are_read_from_the_kept_pdf() -> None:
    assert [one.amount.minor for one in lines.lines_of(facturx.example(), "2026/301", "EUR")] == [120000]
    assert lines.lines_of(pdf({}), "2026/301", "EUR") == ()


def test_the_example_opens_as_a_pdf_with_the_invoice_in_it() -> None:
    reader = PdfReader(io.BytesIO(facturx.example()))
    assert list(reader.attachments) == ["factur-x.xml"]
    assert inside_pdf.invoice_in(facturx.example()) == cii.example()
