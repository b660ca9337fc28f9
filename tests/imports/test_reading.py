"""Files one after the other: known by what is in them, streamed, explained."""

import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from portal.core.text import Text
from portal.imports.documents import Document
from portal.imports.formats import Format, all_formats
from portal.imports.options import Findings, ReadOptions
from portal.imports.reading import read_file, read_files
from tests.imports.files import HEADERS, read


def test_the_formats_of_the_issue_are_here() -> None:
    assert [each.CODE for each in all_formats()] == [
        "fatturapa-p7m",
        "facturx",
        "ubl",
        "cii",
        "fatturapa",
        "xlsx",
        "csv",
    ]


@pytest.mark.parametrize("made", all_formats(), ids=lambda each: each.CODE)
class TestEveryFormat:
    """The contract of `formats/<code>.py` (house.md §7)."""

    def test_knows_its_own_example_and_no_other_does(self, made: Format) -> None:
        name = f"example{made.SUFFIXES[0]}"
        sniffing = [each.CODE for each in all_formats() if each.sniff(made.example(), name)]
        assert sniffing[0] == made.CODE

    def test_reads_its_example_without_a_refusal(self, made: Format) -> None:
        items = list(made.rows(io.BytesIO(made.example()), ReadOptions(), Findings()))
        assert len(items) >= (1 if made.CODE in {"ubl", "cii", "facturx"} else 2), "one document to a file"
        assert all(isinstance(item, Document) and item.due_items for item in items)

    def test_its_example_is_known_whatever_it_is_called(self, made: Format) -> None:
        for name in (f"a{made.SUFFIXES[0]}", "a", "a.bin"):
            assert read(made.example(), name).format == made.CODE

    def test_has_a_name_for_people(self, made: Format) -> None:
        assert isinstance(made.LABEL, Text), "said in the reader's language"
        assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in made.SUFFIXES)


def test_text_under_the_name_of_an_invoice_is_told_so_in_a_zip_too() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/j.xml", "ciao")
        archive.writestr("k.csv", f"{HEADERS}\n1;2026-03-02;;10,00;Rossi\n")
    packed.seek(0)
    found = [
        (reading.file, reading.format, [getattr(item, "code", "read") for item in reading])
        for reading in read_file(packed, ReadOptions(), "z.zip")
    ]
    assert found == [("z.zip!a/j.xml", "fatturapa", ["xml_broken"]), ("z.zip!k.csv", "csv", ["read"])]


def test_an_upload_in_capitals() -> None:
    (csv,) = (each for each in all_formats() if each.CODE == "csv")
    assert read(csv.example(), "FATTURE.CSV").format == "csv"


@pytest.mark.parametrize(
    ("content", "name", "code", "format_code"),
    [
        (b"", "a.csv", "empty", "csv"),
        (b" \r\n\t", "a.csv", "empty", "csv"),
        (b"", "a.xml.p7m", "empty", "fatturapa-p7m"),
        (b"", "a", "empty", None),
        (b"%PDF-1.7 ...", "a.pdf", "format_unknown", "facturx"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a.png", "format_unknown", None),
        (b"\0\1\2\3", "a.csv", "format_unknown", "csv"),
        (b"ciao", "a.txt", "header_missing", "csv"),
        (b'{"a": 1}', "a.json", "header_missing", "csv"),
        (b"ciao", "j.xml", "xml_broken", "fatturapa"),
        (b"Numero;Data;Scadenza;Importo;Cliente\n1;2026-03-02;;10,00;Rossi\n", "J.XML", "xml_broken", "fatturapa"),
        (b'{"a": 1}', "a.xml", "xml_broken", "fatturapa"),
        (b"ciao", "j.xml.p7m", "p7m_broken", "fatturapa-p7m"),
        (b"ciao", "j.P7M", "p7m_broken", "fatturapa-p7m"),
        (b"\x00\x01\x02", "j.p7m", "p7m_broken", "fatturapa-p7m"),
        (b"%PDF-1.7 ...", "a.xml", "format_unknown", "facturx"),
    ],
)
def test_what_is_no_file_of_invoices(content: bytes, name: str, code: str, format_code: str | None) -> None:
    found = read(content, name)
    assert (found.refused, found.format) == ([(code, "the whole file")], format_code)


def test_files_are_read_in_order_and_named_as_given(tmp_path: Path) -> None:
    paths = [tmp_path / "b.csv", tmp_path / "a.csv"]
    for path in paths:
        path.write_text(f"{HEADERS}\n1;2026-03-02;;10,00;{path.name}\n")
    found = [
        (r.file, [i.debtor.name for i in r if isinstance(i, Document)]) for r in read_files(paths, ReadOptions())
    ]
    assert found == [(str(paths[0]), ["b.csv"]), (str(paths[1]), ["a.csv"])]


def test_a_pipe_is_read_too() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *args: int) -> int:
            raise OSError("a pipe cannot be rewound")

    pipe = Pipe(f"{HEADERS}\n1;2026-03-02;;10,00;Rossi\n".encode())
    found = [(reading.file, [type(item) for item in reading]) for reading in read_file(pipe, ReadOptions(), "stdin")]
    assert found == [("stdin", [Document])]


def test_the_caller_s_file_stays_open() -> None:
    source = io.BytesIO(f"{HEADERS}\n1;2026-03-02;;10,00;Rossi\n".encode())
    for reading in read_file(source, ReadOptions(), "a.csv"):
        assert list(reading)
    assert source.seek(0) == 0


def test_the_layout_is_known_before_the_first_document() -> None:
    source = io.BytesIO(f"Fatture;;;;\n{HEADERS};Note\n1;02/03/2026;31/03/2026;1.234;Rossi;x\n".encode())
    for reading in read_file(source, ReadOptions(decimal=","), "a.csv"):
        before = reading.findings.layout
        next(iter(reading))
        layout = reading.findings.layout
    assert before is None
    assert layout is not None
    assert (layout.header_line, layout.encoding, layout.delimiter, layout.decimal) == (2, "utf-8", ";", ",")
    assert layout.columns == {
        "number": "Numero", "issued_on": "Data", "due_on": "Scadenza", "amount": "Importo", "debtor_name": "Cliente",
    }  # fmt: skip
    assert layout.ignored == ("Note",)


class Long(io.RawIOBase):
    """A CSV of `rows` rows that is nowhere in memory: every block is made when it is asked for."""

    def __init__(self, rows: int) -> None:
        self.rows, self.at = rows, 0
        self.head = f"{HEADERS}\r\n".encode()
        self.size = len(self.head) + rows * len(self.row(0))

    @staticmethod
    def row(number: int) -> bytes:
        day, month = 1 + number % 28, 1 + number // 28 % 12
        amount, customer = f"{number % 9999:06d},50", f"Ditta {number % 997:04d}"
        return f"F{number:09d};{day:02d}/{month:02d}/2026;2026-12-31;{amount};{customer}\r\n".encode()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (self.size if whence == 2 else self.at if whence == 1 else 0)
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        width, made = len(self.row(0)), bytearray()
        first = max(0, (self.at - len(self.head)) // width)
        start = len(self.head) + first * width if self.at >= len(self.head) else 0
        if start == 0:
            made += self.head
        while first < self.rows and len(made) < self.at - start + len(buffer):
            made += self.row(first)
            first += 1
        piece = made[self.at - start :][: len(buffer)]
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)


def _peak(rows: int) -> int:
    """Bytes at the most while a CSV of so many rows was read."""
    with io.BufferedReader(Long(rows)) as source:
        for reading in read_file(source, ReadOptions(), "long.csv"):
            tracemalloc.start()
            count = sum(isinstance(item, Document) for item in reading)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert count == rows
    return peak


def test_a_long_table_takes_no_more_memory_than_a_short_one() -> None:
    short, long = _peak(2_000), _peak(20_000)
    assert long < short + 3 * 1024**2, f"{short} bytes for 2,000 rows, {long} for 20,000"
