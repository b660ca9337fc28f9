"""The issuer's own PDF of an invoice, where its e-invoice carries one: unpacked when somebody asks, and made anew.

Who knows the formats is filled by portal.wiring. A PDF that acts, is locked or cannot be read is never handed on; the
original that it came in still has it.
"""

from collections.abc import Callable

from portal.core.text import t
from portal.documents import pdfs, store
from portal.documents.models import StoredFile
from portal.invoices.models import Invoice

INSIDE, AROUND = "inside", "around"
LARGEST = 10 * 1024**2  # bytes
NOT_HANDED_ON = t("The PDF in this invoice cannot be opened safely. Download the original, or our copy.")

# Asked with (content, invoice's number): the PDF that it carries, or None where the format is another's.
Reader = Callable[[bytes, str], bytes | None]
readers: list[Reader] = []


def of(invoice: Invoice, file: StoredFile) -> bytes | None:
    """The PDF without anything that acts or opens; None where there is none that may be handed on."""
    try:
        content = store.content(file)
    except (OSError, ValueError):
        return None
    found = next((pdf for read in readers if (pdf := read(content, invoice.number)) is not None), None)
    if found is None or len(found) > LARGEST:
        return None
    try:
        return pdfs.made_anew(found)
    except pdfs.NotAPdf:
        return None
