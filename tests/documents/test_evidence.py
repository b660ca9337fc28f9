"""What customers send: by content and not by name, made anew, nothing that acts; a scanner where there is one (A-65)."""

import contextlib
import io
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image
from pypdf import PdfReader

from portal.core import db, installation
from portal.documents import evidence, scanning
from portal.settings import Settings
from tests.conftest import CORPUS, need
from tests.factories.evidence import SECRET, pdf, pdf_that_launches, photo


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_made_anew_and_tells_nothing_of_where_it_was_taken(kind: str) -> None:
    sent = photo(kind)
    assert kind == "PNG" or SECRET.encode() in sent
    (kept,) = evidence.checked([sent])
    assert SECRET.encode() not in kept.content
    found = Image.open(io.BytesIO(kept.content))
    assert (found.format, found.size, dict(found.getexif())) == (kind, (640, 480), {})
    assert kept.name.rpartition(".")[2] in {"jpg", "png"}


def test_a_picture_that_was_taken_sideways_stands_upright() -> None:
    (kept,) = evidence.checked([photo(turned=True)])
    assert Image.open(io.BytesIO(kept.content)).size == (480, 640)


def test_a_large_photograph_is_kept_smaller() -> None:
    (kept,) = evidence.checked([photo(size=(6000, 4000))])
    assert Image.open(io.BytesIO(kept.content)).size == (3000, 2000)


def test_a_pdf_keeps_its_pages_and_loses_its_author() -> None:
    (kept,) = evidence.checked([pdf(3)])
    assert SECRET.encode() not in kept.content
    found = PdfReader(io.BytesIO(kept.content))
    assert len(found.pages) == 3
    assert not found.metadata


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", evidence.EMPTY),
        (b"%PDF-1.7\n" + b"0" * evidence.MOST_BYTES, evidence.TOO_LARGE),
        (b"MZ" + b"\0" * 200, evidence.NOT_TAKEN),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", evidence.NOT_TAKEN),
        (b"GIF89a" + b"\0" * 50, evidence.NOT_TAKEN),
        (photo()[:200], evidence.DAMAGED),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 30, evidence.DAMAGED),
        (b"%PDF-1.7\nnothing", evidence.DAMAGED),
        (pdf(script=True), evidence._OF_PDFS["active"]),
        (pdf(attached=True), evidence._OF_PDFS["active"]),
        (pdf_that_launches(), evidence._OF_PDFS["active"]),
        (pdf(password="x"), evidence._OF_PDFS["locked"]),
        (pdf(101), evidence._OF_PDFS["long"]),
    ],
)
def test_what_is_not_taken_says_what_to_do(sent: bytes, why: object) -> None:
    with pytest.raises(evidence.NotTaken) as refused:
        evidence.checked([sent])
    assert refused.value.text == why


def test_the_name_decides_nothing_and_is_not_kept() -> None:
    first, second = evidence.checked([pdf(), pdf()])
    assert first.name != second.name
    assert evidence.why_not_so_many(5) is None
    assert evidence.why_not_so_many(1, 5) == evidence.TOO_MANY


@pytest.mark.corpus
def test_hostile_files_are_refused_or_come_out_as_pages_and_pixels() -> None:
    folder = CORPUS / "bad-input"
    need(None if folder.is_dir() else "the corpus is not here")
    taken = set()
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) > 30
    for path in files:
        try:
            (kept,) = evidence.checked([path.read_bytes()])
        except evidence.NotTaken:
            continue
        taken.add(path.suffix)
        if kept.media_type == evidence.PDF:
            assert PdfReader(io.BytesIO(kept.content)).attachments == {}
        else:
            assert not Image.open(io.BytesIO(kept.content)).getexif()
    assert taken == {".jpg", ".pdf"}
    with pytest.raises(evidence.NotTaken):
        evidence.checked([(folder / "pdf-ok" / "sample-files__with-attachment.pdf").read_bytes()])


class Scanner:
    """Speaks ClamAV's INSTREAM on a loopback port and answers what it is told to."""

    def __init__(self) -> None:
        self.answer, self.seen = b"stream: OK\0", b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            with caller, caller.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                self.seen = b""
                while size := int.from_bytes(stream.read(4), "big"):
                    self.seen += stream.read(size)
                caller.sendall(self.answer)

    def stop(self) -> None:
        with contextlib.suppress(OSError):  # stopped already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def scanner(house: Settings) -> Iterator[Scanner]:
    found = Scanner()
    installation.install(replace(house, clamav=f"tcp:127.0.0.1:{found.port}"), installation.keys())
    yield found
    found.stop()
    installation.install(house, installation.keys())


def scanned(sent: bytes) -> None:
    with db.transaction(writes=False):
        scanning.scan([sent])


def test_the_scanner_sees_the_whole_file_and_its_word_counts(scanner: Scanner) -> None:
    sent = photo() * 40
    scanned(sent)
    assert scanner.seen == sent
    scanner.answer = b"stream: Eicar-Test-Signature FOUND\0"
    with pytest.raises(evidence.NotTaken) as refused:
        scanned(sent)
    assert refused.value.text == scanning.INFECTED


def test_a_scanner_that_is_down_or_confused_lets_nothing_through(scanner: Scanner) -> None:
    scanner.answer = b"INSTREAM size limit exceeded. ERROR\0"
    with pytest.raises(evidence.NotTaken) as refused:
        scanned(b"x")
    assert refused.value.text == scanning.NO_ANSWER
    scanner.stop()
    with pytest.raises(evidence.NotTaken) as refused:
        scanned(b"x")
    assert refused.value.text == scanning.NO_ANSWER


def test_without_a_scanner_nothing_is_asked(house: Settings) -> None:
    assert not scanning.is_on()
    scanned(b"x")
