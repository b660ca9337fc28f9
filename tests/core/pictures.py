"""Pictures without an imaging library: an SVG becomes grey pixels, a decoder reads the QR code in them."""

import struct
import zlib

import typst
import zxingcpp

Grey = list[bytes]  # rows of one byte a pixel, 0 black to 255 white


def from_modules(modules: list[list[bool]], scale: int = 4, quiet_zone: int = 4) -> Grey:
    """A matrix of dark modules, drawn large and with white around it."""
    width = (len(modules[0]) + 2 * quiet_zone) * scale
    margin = [b"\xff" * width] * (quiet_zone * scale)
    side = b"\xff" * (quiet_zone * scale)
    rows = [side + b"".join((b"\x00" if dark else b"\xff") * scale for dark in row) + side for row in modules]
    return margin + [row for row in rows for _ in range(scale)] + margin


def from_svg(svg: str, pixels: int = 400, ground: str = "white") -> Grey:
    """The SVG as resvg (inside typst) draws it, on a page of the given colour with 5 mm around."""
    page = (
        f"#set page(width: auto, height: auto, margin: 5mm, fill: {ground})\n"
        '#image(bytes(sys.inputs.svg), format: "svg", width: 40mm)'
    )
    png = typst.compile(
        page.encode(),
        format="png",
        ppi=pixels / (50 / 25.4),
        sys_inputs={"svg": svg},
        ignore_system_fonts=True,
    )
    assert isinstance(png, bytes)
    return from_png(png)


def from_png(png: bytes) -> Grey:
    """PNG of 1-bit grey or 8-bit RGBA, not interlaced: what typst writes and what the corpus holds."""
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        chunks[kind] = chunks.get(kind, b"") + png[at + 8 : at + 8 + length]
        at += length + 12
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour) in {(1, 0), (8, 6)}
    step = 4 if colour == 6 else 1
    stride = width * 4 if colour == 6 else (width + 7) // 8
    data = zlib.decompress(chunks[b"IDAT"])
    above = bytearray(stride)
    grey = []
    for y in range(height):
        start = y * (stride + 1)
        above = _unfiltered(data[start], bytearray(data[start + 1 : start + 1 + stride]), above, step)
        grey.append(bytes(above[1::4]) if colour == 6 else _bits(above, width))
    return grey


def read_qr(grey: Grey) -> bytes:
    """The bytes in the one QR code of the picture."""
    pixels = memoryview(b"".join(grey)).cast("B", (len(grey), len(grey[0])))
    [found] = zxingcpp.read_barcodes(pixels)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return bytes(found.bytes)


def _bits(row: bytearray, width: int) -> bytes:
    return bytes(255 if row[x // 8] >> (7 - x % 8) & 1 else 0 for x in range(width))


def _unfiltered(kind: int, row: bytearray, above: bytearray, step: int) -> bytearray:
    for x in range(len(row)):
        left = row[x - step] if x >= step else 0
        upper_left = above[x - step] if x >= step else 0
        predicted = (0, left, above[x], (left + above[x]) // 2, _paeth(left, above[x], upper_left))[kind]
        row[x] = (row[x] + predicted) & 255
    return row


def _paeth(left: int, above: int, upper_left: int) -> int:
    estimate = left + above - upper_left
    return min((left, above, upper_left), key=lambda value: abs(estimate - value))
