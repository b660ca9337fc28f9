"""Files as customers send them: a photograph with its place in it, a PDF, and PDFs that do what none should."""

import io

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

SECRET = "45.4642,9.19"


def photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), *, turned: bool = False) -> bytes:
    """A picture of two colours, the camera and the place where it was taken noted in it."""
    picture = Image.new("RGB", size, "#c04020")
    picture.paste("#2040c0", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    if kind == "JPEG":
        exif = Image.Exif()
        exif[0x010F], exif[0x010E] = "Telephone", SECRET
        if turned:
            exif[0x0112] = 6
        picture.save(out, kind, exif=exif, comment=SECRET.encode())
    else:
        picture.save(out, kind)
    return out.getvalue()


def pdf(pages: int = 1, *, script: bool = False, attached: bool = False, password: str = "") -> bytes:
    """Blank pages with an author in the metadata."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    writer.add_metadata({"/Author": SECRET})
    if script:
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('x')")}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    if attached:
        writer.add_attachment("x.exe", b"MZ")
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_that_launches() -> bytes:
    """An action of the page that starts a program, its name written so that a search for it finds nothing."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    page[NameObject("/X")] = DictionaryObject(
        {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("calc.exe")}
    )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue().replace(b"/Launch", b"/#4caunch")
