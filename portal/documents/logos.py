"""A logo made anew: an upload is decoded and drawn again, so that nothing of the file itself is kept or served."""

import tempfile
from pathlib import Path

import filetype
import typst

MAX_BYTES = 1024 * 1024
MAX_SIDE = 4000  # pixels of the upload; what is larger would only cost memory
BOX = (400, 120)  # pixels into which the logo is fitted: some three times as it is shown
FORMATS = {"image/png": "png", "image/jpeg": "jpg"}
_MIN_SIDE = 8
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG markers that carry the size


class NotALogo(Exception):
    """The upload cannot be used; `reason` is one of format, bytes, size, damaged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def as_png(content: bytes) -> bytes:
    """The picture in `content` (PNG or JPEG) as a fresh PNG that fits into BOX. Raises NotALogo."""
    if len(content) > MAX_BYTES:
        raise NotALogo("bytes")
    kind = FORMATS.get(filetype.guess_mime(content) or "")
    if kind is None:
        raise NotALogo("format")
    width, height = _png_size(content) if kind == "png" else _jpeg_size(content)
    if not (_MIN_SIDE <= width <= MAX_SIDE and _MIN_SIDE <= height <= MAX_SIDE):
        raise NotALogo("size")
    scale = min(BOX[0] / width, BOX[1] / height, 1)
    return _drawn(content, kind, max(1, round(width * scale)), max(1, round(height * scale)))


def _drawn(content: bytes, kind: str, width: int, height: int) -> bytes:
    """Decoded and drawn by typst at one pixel a point, on nothing: transparent stays transparent."""
    with tempfile.TemporaryDirectory(prefix="portal-logo-") as folder:
        Path(folder, "logo").write_bytes(content)
        page = Path(folder, "page.typ")
        page.write_text(
            f"#set page(width: {width}pt, height: {height}pt, margin: 0pt, fill: none)\n"
            f'#image("logo", format: "{kind}", width: {width}pt, height: {height}pt, fit: "stretch")\n'
        )
        try:
            drawn = typst.compile(str(page), root=folder, format="png", ppi=72, ignore_system_fonts=True)
        except typst.TypstError as error:
            raise NotALogo("damaged") from error
    return bytes(drawn)


def _png_size(content: bytes) -> tuple[int, int]:
    if len(content) < 24 or content[12:16] != b"IHDR":
        raise NotALogo("damaged")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """From the first frame header; segments before it are stepped over."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            return int.from_bytes(content[at + 7 : at + 9], "big"), int.from_bytes(content[at + 5 : at + 7], "big")
        if marker == 0xFF:
            at += 1
            continue
        at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    raise NotALogo("damaged")
