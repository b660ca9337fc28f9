"""A batch as one PDF, and the list that goes with it for labels: the same whenever they are asked for.

Nothing of it is kept in a file: the words stand in the messages, the codes are made from their links (decision 3).
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from pypdf import PdfReader

from portal.core import clock, installation, qr, spreadsheets
from portal.creditors.faces import Face
from portal.debtors import links, papers, typed_codes
from portal.debtors.models import Debtor
from portal.documents.typst import render_pdf
from portal.messages.models import Message
from portal.postal.models import Letter, LetterBatch
from portal.web import i18n
from portal.web.i18n import gettext as _

Sheet = tuple[Letter, Message, Debtor]
COLUMNS = ("page", "customer_code", "customer", "postcode", "country", "language")


def pdf(face: Face, batch: LetterBatch, sheets: Sequence[Sheet]) -> bytes:
    """Every letter of the batch on a sheet of its own, each in its reader's language."""
    data: dict[str, Any] = {
        "made_at": clock.iso(batch.made_at),
        "title": f"{face.name} · {_('Letters for the post')}",
        "creditor": {"name": face.name},
        "letters": [_sheet(face, *one) for one in sheets],
    }
    return render_pdf("letter", data, i18n.language().code)


def _sheet(face: Face, letter: Letter, message: Message, debtor: Debtor) -> dict[str, Any]:
    with i18n.speaking(message.language):
        printed = letter.printed_at or message.planned_at
        code = typed_codes.printed(letter.typed_link_id) if letter.typed_link_id is not None else None
        where = urlsplit(installation.settings().public_url).netloc
        return {
            "language": i18n.language().code,
            "lines": papers.sender(face)["lines"],
            "name": debtor.name,
            "code": debtor.code,
            "day": i18n.day(clock.day_of(printed, face.time_zone)),
            "paragraphs": [" ".join(one.split()) for one in (message.text_body or "").split("\n\n") if one.strip()],
            "closing": face.display_name,
            "qr": _qr(letter),
            "typed": [_("No camera? Open this page and type the code."), f"{where}/t", code] if code else None,
        }


def _qr(letter: Letter) -> dict[str, Any] | None:
    if letter.qr_link_id is None:
        return None
    drawn = qr.svg(links.address(letter.qr_link_id), _("Code that opens your page"))
    return {"svg": drawn.svg.encode(), "alt": _("Code that opens your page"), "label": _("Scan it with your phone")}


def table(content: bytes, sheets: Sequence[Sheet]) -> bytes:
    """Who stands on which page of the PDF: for labels, or for the program that knows the addresses."""
    pages = zip(_pages(content), sheets, strict=True)
    rows = (
        (page, debtor.code, debtor.name, debtor.postcode, debtor.country, message.language)
        for page, (_letter, message, debtor) in pages
    )
    return spreadsheets.file([COLUMNS, *rows])


def _pages(content: bytes) -> Iterator[int]:
    """The page on which each letter begins: a long one takes two."""
    reader = PdfReader(io.BytesIO(content))
    for mark in reader.outline:
        page = reader.get_destination_page_number(mark)  # type: ignore[arg-type]
        yield (page or 0) + 1
