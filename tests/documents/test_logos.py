"""A logo is drawn anew: nothing of the uploaded file itself survives, and what is no picture is refused."""

import struct
import zlib

import pytest
import typst

from portal.documents import logos
from portal.documents.logos import NotALogo, as_png
from tests.core.pictures import from_png

MARK = b"<script>alert(1)</script>"


def png(width: int, height: int, *, extra: bytes = b"") -> bytes:
    rows = (b"\0" + bytes((200, 30, 30, 255)) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"tEXt", b"Comment\0" + extra), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body + extra


# A grey 16 × 8 baseline JPEG: one quantisation table, one component, two blocks.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "01" * 64
    + "ffc0000b080008001001011100"
    + "ffc40014000100000000000000000000000000000003"
    + "ffc40014100100000000000000000000000000000000"
    + "ffda0008010100003f0047ffd9"
)


def size(content: bytes) -> tuple[int, int]:
    grey = from_png(content)
    return len(grey[0]), len(grey)


def test_what_was_hidden_in_the_file_is_gone() -> None:
    drawn = as_png(png(200, 100, extra=MARK))
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert MARK not in drawn
    assert b"tEXt" not in drawn
    assert size(drawn) == (200, 100)


@pytest.mark.parametrize(
    ("given", "drawn"),
    [((800, 240), (400, 120)), ((2000, 50), (400, 10)), ((60, 600), (12, 120)), ((40, 40), (40, 40))],
)
def test_large_ones_are_fitted_and_small_ones_left(given: tuple[int, int], drawn: tuple[int, int]) -> None:
    assert size(as_png(png(*given))) == drawn


def test_jpeg_becomes_png() -> None:
    assert size(as_png(JPEG)) == (16, 8)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "format"),
        (b"GIF89a" + b"\0" * 40, "format"),
        (b"<html>" + MARK, "format"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (png(40, 40)[:60], "damaged"),
        (b"\xff\xd8\xff" + b"\0" * 100, "damaged"),
        (b"\xff\xd8" + b"\xff" * 500, "damaged"),
        (JPEG[:-20], "damaged"),
        (png(4, 40), "size"),
        (png(8, 8).replace(struct.pack(">II", 8, 8), struct.pack(">II", 60000, 60000)), "size"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * logos.MAX_BYTES, "bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_logo_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(NotALogo) as refused:
        as_png(content)
    assert refused.value.reason == reason


def test_typst_reads_what_it_wrote() -> None:
    """The drawing is itself a picture that could be uploaded."""
    page = b"#set page(width: 30pt, height: 20pt, margin: 0pt, fill: red)\n"
    drawn = typst.compile(page, format="png", ppi=72)
    assert size(as_png(bytes(drawn))) == (30, 20)
