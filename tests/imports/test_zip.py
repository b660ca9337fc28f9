"""ZIP: one reading for each file in it; bombs, links, nesting and litter."""

import io
import stat
import struct
import zipfile

import pytest

from portal.imports import archives
from tests.imports.files import fattura, read, read_all, signed, table, workbook, zipped

CSV = b"Numero;Data;Importo;Cliente\n1;2026-03-02;10,00;Rossi\n"


def test_each_file_is_read_under_its_own_name() -> None:
    content = zipped(
        {
            "a/IT01_1.xml": fattura(),
            "IT01_1_MT_001.xml": b'<x:MetadatiInvioFile xmlns:x="y"/>',
            "IT01_2.xml.p7m": signed(fattura()),
            "fatture.csv": CSV,
            "fatture.xlsx": workbook([["Numero", "Data", "Importo", "Cliente"], ["1", "2026-03-02", 10.0, "Rossi"]]),
            "leggimi.pdf": b"%PDF-1.7",
        }
    )
    found = read_all(content, "marzo.zip")
    assert [(r.file, r.format, len(r.documents), [code for code, _ in r.refused]) for r in found] == [
        ("marzo.zip!a/IT01_1.xml", "fatturapa", 2, []),
        ("marzo.zip!IT01_1_MT_001.xml", "fatturapa", 0, ["sdi_message"]),
        ("marzo.zip!IT01_2.xml.p7m", "fatturapa-p7m", 2, []),
        ("marzo.zip!fatture.csv", "csv", 1, []),
        ("marzo.zip!fatture.xlsx", "xlsx", 1, []),
        ("marzo.zip!leggimi.pdf", "facturx", 0, ["format_unknown"]),
    ]


def test_what_systems_put_in_by_themselves_is_left_out() -> None:
    litter = {"__MACOSX/._a.xml": b"x", ".DS_Store": b"x", "a/._b.xml": b"x", "Thumbs.db": b"x", "a/": b""}
    found = read_all(zipped({**litter, "a/b.csv": CSV}), "a.zip")
    assert [r.file for r in found] == ["a.zip!a/b.csv"]
    assert read(zipped(litter), "a.zip").refused == [("empty", "the whole file")]


def test_names_are_only_shown() -> None:
    found = read_all(zipped({"../../etc/cron.d/x.csv": CSV, "C:\\x\x1b[31m.csv": CSV}), "a.zip")
    assert [len(r.documents) for r in found] == [1, 1]
    assert found[0].file == "a.zip!../../etc/cron.d/x.csv"
    assert "\x1b" not in found[1].file


def _with_declared_size(size: int) -> bytes:
    content = zipped({"a.csv": b"a" * 50_000_000})
    return content.replace(struct.pack("<I", 50_000_000), struct.pack("<I", size))


def _link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("a.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def _locked() -> bytes:
    content = bytearray(zipped({"a.csv": CSV}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _wrong_sum() -> bytes:
    content = bytearray(zipped({"a.csv": CSV}))
    content[content.index(b"PK\x01\x02") + 16] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped({"a.csv": b"0" * 100_000_000}), "zip_too_large"),
        (_with_declared_size(10), "zip_too_large"),
        (zipped({"b.zip": zipped({"a.csv": CSV})}), "zip_nested"),
        (zipped({"b.csv": zipped({"a.csv": CSV})}), "zip_nested"),
        (_link(), "zip_link"),
        (_locked(), "zip_encrypted"),
        (_wrong_sum(), "zip_damaged"),
        (zipped({"a.csv": CSV})[:-30], "zip_damaged"),
        (b"PK\x03\x04" + b"\0" * 100, "zip_damaged"),
        (zipped({str(at): b"" for at in range(5_001)}), "zip_too_many"),
    ],
)
def test_traps_are_refused(content: bytes, code: str) -> None:
    assert [refusal.code for refusal in read(content, "a.zip").refusals] == [code]


def test_all_members_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_TOGETHER", 1000)
    found = read_all(zipped({"a.csv": CSV + b"\n" * 900, "b.csv": CSV + b"\n" * 900}), "a.zip")
    assert [len(r.documents) for r in found] == [1, 0]
    assert found[1].refused == [("zip_too_large", "the whole file")]


def test_a_table_keeps_its_lines_in_a_zip() -> None:
    found = read(zipped({"a.csv": CSV.replace(b"10,00", b"dieci")}), "a.zip")
    assert found.refused == [("amount_unreadable", "line 2, column Importo")]
    assert found.refused == table("1;2026-03-02;dieci;Rossi", headers="Numero;Data;Importo;Cliente").refused
