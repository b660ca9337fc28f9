"""An invoice's papers as a browser saves them: the courtesy copy, and the original as it came in."""

from flask import Response, send_file

from portal.core.errors import NotAllowedNow
from portal.documents import store
from portal.documents.models import StoredFile
from portal.invoices import own_pdf
from portal.invoices.models import Invoice
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.gates import only_own


def file_name(invoice: Invoice) -> str:
    """The number with nothing in it that a file system or a header could trip over; without a suffix."""
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in invoice.number).strip("-")
    return f"{i18n.file_word(i18n.gettext('invoice'))}-{safe or 'x'}"


def pdf(invoice: Invoice, content: bytes) -> Response:
    return saved(content, f"{file_name(invoice)}.pdf", "application/pdf")


def attached(invoice: Invoice) -> Response:
    """The issuer's own PDF, beside ours under another name; a sentence where it may not be handed on."""
    inside = invoice.pdf == own_pdf.INSIDE and invoice.file_id is not None
    file = only_own(store.row(invoice.file_id) if inside and invoice.file_id else None)
    content = own_pdf.of(invoice, file)
    if content is None:
        raise NotAllowedNow(own_pdf.NOT_HANDED_ON)
    return saved(content, f"{file_name(invoice)}-original.pdf", "application/pdf")


def suffix(file: StoredFile) -> str:
    """What a kept original is saved as, by what it is and never by its whole name."""
    if file.media_type == "application/pdf":
        return ".pdf"
    return ".xml.p7m" if file.name.lower().endswith(".p7m") else ".xml"


def original(invoice: Invoice, file: StoredFile) -> Response:
    """The kept file, opened by no browser: what stands in it was written by others."""
    answer: Response = send_file(
        store.path_of(file),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=file_name(invoice) + suffix(file),
        max_age=0,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
