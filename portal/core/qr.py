"""QR codes: as SVG (one path, no style, no script, black on a white ground of their own), or as PNG for a printer."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import groupby

import qrcode
from PIL import Image
from qrcode.exceptions import DataOverflowError
from qrcode.util import ALPHA_NUM, MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

QUIET_ZONE = 4  # modules of white on every side, without which readers do not find the code
PRINTER_DPI = 600
_INCH = 25.4  # millimetres


@dataclass(frozen=True, slots=True)
class QrImage:
    """A code at error level M: its SVG, its version (1–40) and its modules a side without the quiet zone."""

    svg: str
    version: int
    modules: int


@lru_cache(maxsize=256)  # some 10 ms each, and a page is looked at more than once
def svg(data: bytes | str, title: str, millimetres: int | None = None) -> QrImage:
    """The code for `data`; `title` is its name for those who do not see it.

    Bytes are written in byte mode exactly as they are (EPC); text in capitals, digits and `$%*+-./: `
    becomes the smaller alphanumeric code (links, rule A-80), other text UTF-8. The SVG scales to the page;
    `millimetres` gives it a printed width, quiet zone included. Raises ValueError when there is too much
    data for any code.
    """
    code = _code(data)
    side = code.modules_count + 2 * QUIET_ZONE
    size = f' width="{millimetres}mm" height="{millimetres}mm"' if millimetres else ""
    markup = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"{size} role="img"'
        f' shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path stroke="#000" d="{"".join(_strokes(code.modules))}"/></svg>'
    )
    return QrImage(markup, code.version, code.modules_count)


def png(data: bytes | str, millimetres: int, dpi: int = PRINTER_DPI) -> bytes:
    """The same code in black and white for a print of about `millimetres`, quiet zone included: every module has the
    same whole number of dots, so that no printer blurs one. Raises as `svg`."""
    code = _code(data)
    side = code.modules_count + 2 * QUIET_ZONE
    dots = max(1, round(millimetres / _INCH * dpi / side))
    image = Image.new("1", (side, side), 1)
    for y, row in enumerate(code.modules):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + QUIET_ZONE, y + QUIET_ZONE), 0)
    written = io.BytesIO()
    large = image.resize((side * dots, side * dots), Image.Resampling.NEAREST)
    large.save(written, "PNG", dpi=(dpi, dpi), optimize=True)
    return written.getvalue()


def _code(data: bytes | str) -> qrcode.QRCode:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    try:
        # One segment in one mode: the library's own splitting is what EPC readers stumble over.
        code.add_data(_segment(data))
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise ValueError("too much data for a QR code") from error
    return code


def _segment(data: bytes | str) -> QRData:
    raw = data if isinstance(data, bytes) else data.encode()
    alphanumeric = isinstance(data, str) and all(byte in ALPHA_NUM for byte in raw)
    return QRData(raw, mode=MODE_ALPHA_NUM if alphanumeric else MODE_8BIT_BYTE)


def _strokes(rows: Sequence[Sequence[bool | None]]) -> Iterator[str]:
    """Each run of dark modules as a horizontal stroke one unit thick, relative to the one before it."""
    for y, row in enumerate(rows):
        x, pen = 0, None
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                yield f"M{x + QUIET_ZONE} {y + QUIET_ZONE}.5" if pen is None else f"m{x - pen} 0"
                yield f"h{length}"
                pen = x + length
            x += length
