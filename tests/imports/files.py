"""Files made by the tests of imports, and what reading them gave."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from asn1crypto import cms
from pypdf import PdfWriter

from portal.imports.documents import Document, Notice, Refusal
from portal.imports.formats import fatturapa
from portal.imports.options import Layout, ReadOptions
from portal.imports.reading import read_file

HEADERS = "Numero;Data;Scadenza;Importo;Cliente"


@dataclass(frozen=True)
class Read:
    """One file, read to its end."""

    file: str
    format: str | None
    documents: list[Document]
    refusals: list[Refusal]
    notes: list[Notice]
    layout: Layout | None

    @property
    def one(self) -> Document:
        assert len(self.documents) == 1, (self.documents, [str(r.message) for r in self.refusals])
        return self.documents[0]

    @property
    def refused(self) -> list[tuple[str, str]]:
        """(code, where) of each refusal."""
        return [(refusal.code, str(refusal.where)) for refusal in self.refusals]

    @property
    def noted(self) -> set[str]:
        return {note.code for note in self.notes}


def warned(document: Document) -> set[str]:
    return {warning.code for warning in document.warnings}


def due(document: Document) -> list[tuple[str, int]]:
    """(date, minor units) of each due item."""
    return [(item.due_on.isoformat(), item.amount.minor) for item in document.due_items]


def read_all(content: bytes | Path, name: str = "file.csv", **options: Any) -> list[Read]:
    source = content if isinstance(content, Path) else io.BytesIO(content)
    found = []
    for reading in read_file(source, ReadOptions(**options), name):
        items = list(reading)
        found.append(
            Read(
                reading.file,
                reading.format,
                [item for item in items if isinstance(item, Document)],
                [item for item in items if isinstance(item, Refusal)],
                reading.findings.notes,
                reading.findings.layout,
            )
        )
    return found


def read(content: bytes | str | Path, name: str = "file.csv", **options: Any) -> Read:
    (only,) = read_all(content.encode() if isinstance(content, str) else content, name, **options)
    return only


def xml(content: bytes, **options: Any) -> Read:
    """A plain FatturaPA file, read."""
    found = read(content, "fattura.xml", **options)
    assert found.format == "fatturapa"
    return found


def table(*rows: str, headers: str = HEADERS, **options: Any) -> Read:
    """A CSV of these rows under the usual headers, read."""
    return read("\r\n".join([headers, *rows, ""]), **options)


def workbook(rows: Sequence[Sequence[Any]], **more_sheets: Sequence[Sequence[Any]]) -> bytes:
    """An XLSX; dates get a date format, everything else its own type."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    for title, lines in {"Fatture": rows, **more_sheets}.items():
        sheet = book.add_worksheet(title)
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, line)
    book.close()
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pdf(attached: Mapping[str, bytes], password: str = "") -> bytes:
    """An empty page with these files attached."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    for name, content in attached.items():
        writer.add_attachment(name, content)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def fattura(changes: Mapping[str, str] | None = None) -> bytes:
    """The FatturaPA example with pieces of its text replaced; each must be there."""
    text = fatturapa.example().decode()
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def invoice(general: str = "", summary: str = "", payment: str = "", kind: str = "TD01") -> bytes:
    """A FatturaPA file with one body: `general` after the number, a summary of 1000 + 220 unless one is given."""
    head = fatturapa.example().decode().partition("  <FatturaElettronicaBody>")[0]
    body = f"""  <FatturaElettronicaBody>
    <DatiGenerali><DatiGeneraliDocumento>
      <TipoDocumento>{kind}</TipoDocumento><Divisa>EUR</Divisa><Data>2026-03-02</Data><Numero>7</Numero>{general}
    </DatiGeneraliDocumento></DatiGenerali>
    <DatiBeniServizi>{summary or summarised("1000.00", "220.00")}</DatiBeniServizi>
    {payment}
  </FatturaElettronicaBody>
"""
    return f"{head}{body}</p:FatturaElettronica>".encode()


def summarised(net: str, vat: str, more: str = "") -> str:
    return (
        f"<DatiRiepilogo><ImponibileImporto>{net}</ImponibileImporto><Imposta>{vat}</Imposta>{more}</DatiRiepilogo>"
    )


def paid_by(*details: str, terms: str = "TP01") -> str:
    inner = "".join(f"<DettaglioPagamento>{detail}</DettaglioPagamento>" for detail in details)
    return f"<DatiPagamento><CondizioniPagamento>{terms}</CondizioniPagamento>{inner}</DatiPagamento>"


def detail(amount: str, due_on: str = "", more: str = "", method: str = "MP05") -> str:
    when = f"<DataScadenzaPagamento>{due_on}</DataScadenzaPagamento>" if due_on else ""
    return f"<ModalitaPagamento>{method}</ModalitaPagamento>{when}<ImportoPagamento>{amount}</ImportoPagamento>{more}"


def signed(content: bytes) -> bytes:
    """Signed data around `content` in DER, without a signer."""
    enclosed = {"content_type": "data", "content": content}
    data = {"version": "v1", "digest_algorithms": [], "encap_content_info": enclosed, "signer_infos": []}
    wrapped: bytes = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump()
    return wrapped


def streamed(content: bytes, piece: int = 1000) -> bytes:
    """The same in BER as streaming signers write it: open-ended lengths, the content in pieces."""
    pieces = b"".join(_tlv(0x04, content[at : at + piece]) for at in range(0, len(content), piece))
    data_name = bytes.fromhex("06092a864886f70d010701")
    enclosed = _open(0x30, data_name + _open(0xA0, _open(0x24, pieces)))
    data = _open(0x30, bytes.fromhex("020101") + b"\x31\x00" + enclosed + b"\x31\x00")
    return _open(0x30, bytes.fromhex("06092a864886f70d010702") + _open(0xA0, data))


def in_definite_pieces(content: bytes, piece: int = 1000) -> bytes:
    """Pieces again, but every length is stated."""
    pieces = b"".join(_tlv(0x04, content[at : at + piece]) for at in range(0, len(content), piece))
    data_name = bytes.fromhex("06092a864886f70d010701")
    enclosed = _tlv(0x30, data_name + _tlv(0xA0, _tlv(0x24, pieces)))
    data = _tlv(0x30, bytes.fromhex("020101") + b"\x31\x00" + enclosed + b"\x31\x00")
    return _tlv(0x30, bytes.fromhex("06092a864886f70d010702") + _tlv(0xA0, data))


def _open(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x80]) + content + b"\0\0"


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
