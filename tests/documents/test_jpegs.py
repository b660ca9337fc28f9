"""Nothing of a camera stays in a PDF, and the picture in it stays what it was."""

import io

from PIL import Image, ImageChops
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject

from portal.documents import evidence, jpegs


def photo(mode: str = "RGB", **how: object) -> bytes:
    picture = Image.linear_gradient("L").resize((60, 40)).convert(mode)
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010F] = "SECRETCAMERA"
    picture.save(out, "JPEG", exif=exif, comment=b"SECRETWORDS", **how)
    assert b"SECRETCAMERA" in out.getvalue()
    return out.getvalue()


def looks_the_same(one: bytes, other: bytes) -> bool:
    pictures = [Image.open(io.BytesIO(content)).convert("RGB") for content in (one, other)]
    return ImageChops.difference(*pictures).getbbox() is None


def test_segments_go_and_points_stay() -> None:
    for content in (photo(), photo("L"), photo("CMYK"), photo(progressive=True), photo() + photo()):
        made = jpegs.bare(content)
        assert b"SECRET" not in made
        assert looks_the_same(content, made)
        assert jpegs.bare(made) == made
    assert looks_the_same(photo(), jpegs.bare(photo()[:-2])), "scanners forget the end"


def test_a_pdf_keeps_neither_metadata_nor_what_its_photos_carry() -> None:
    writer = PdfWriter()
    page = writer.add_blank_page(100, 100)
    stream = StreamObject()
    stream._data = photo()
    said = {"/Type": "/XObject", "/Subtype": "/Image", "/ColorSpace": "/DeviceRGB", "/Filter": "/DCTDecode"}
    stream.update({NameObject(name): NameObject(value) for name, value in said.items()})
    stream.update(
        {NameObject("/Width"): NumberObject(60), NameObject("/Height"): NumberObject(40),
         NameObject("/BitsPerComponent"): NumberObject(8)}
    )  # fmt: skip
    metadata = StreamObject()
    metadata._data = b"<x:xmpmeta>SECRETXMP</x:xmpmeta>"
    stream[NameObject("/Metadata")] = writer._add_object(metadata)
    pictures = DictionaryObject({NameObject("/Im0"): writer._add_object(stream)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): pictures})
    out = io.BytesIO()
    writer.write(out)
    made = evidence.checked([out.getvalue()])[0].content
    assert b"SECRET" not in made
    (kept,) = PdfReader(io.BytesIO(made)).pages[0].images
    assert looks_the_same(photo(), kept.data)
