"""What a customer may add to what they say: PDF, JPEG and PNG, by what is in the file, never by its name (A-65)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import filetype

from portal.core.text import Text, t
from portal.documents import pdfs, pictures

MOST_BYTES = 10 * 1024**2
MOST_FILES = 5
PDF = "application/pdf"
SUFFIXES = {PDF: "pdf", "image/jpeg": "jpg", "image/png": "png"}
ACCEPT = ",".join(SUFFIXES)

EMPTY = t("This file is empty. Please choose it once more.")
TOO_LARGE = t("A file is larger than 10 MB. Please send a smaller one.")
TOO_MANY = t("Please send at most %(most)s files.", most=MOST_FILES)
NOT_TAKEN = t("Please send PDF, JPEG or PNG. A photo with your telephone is fine.")
DAMAGED = t("A file cannot be read. Please save it once more, or take a photo of it.")
_OF_PDFS: dict[str, Text] = {
    "damaged": DAMAGED,
    "locked": t("A PDF has a password. Please save it without, or take a photo of it."),
    "active": t("A PDF carries other files or programs. Please print it to a new PDF, or take a photo of it."),
    "long": t("A PDF has more than %(most)s pages. Please send only those that matter.", most=pdfs.MOST_PAGES),
}


class NotTaken(Exception):
    """A file is not taken; the sentence says what to do instead."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


@dataclass(frozen=True, slots=True)
class Checked:
    """A file as it is kept: made anew, with a random name. `scanned`: a virus scanner has seen the original."""

    content: bytes
    media_type: str
    name: str
    scanned: bool = False


def why_not_so_many(files: int, kept: int = 0) -> Text | None:
    return TOO_MANY if files + kept > MOST_FILES else None


def checked(files: Sequence[bytes]) -> tuple[Checked, ...]:
    """These files as they are kept. Raises NotTaken at the first that is not taken."""
    return tuple(_checked(content) for content in files)


def _checked(content: bytes) -> Checked:
    if not content:
        raise NotTaken(EMPTY)
    if len(content) > MOST_BYTES:
        raise NotTaken(TOO_LARGE)
    media_type = filetype.guess_mime(content) or ""
    if media_type not in SUFFIXES:
        raise NotTaken(NOT_TAKEN)
    try:
        made = pdfs.made_anew(content) if media_type == PDF else pictures.made_anew(content, media_type)
    except pictures.NotAPicture:
        raise NotTaken(DAMAGED) from None
    except pdfs.NotAPdf as wrong:
        raise NotTaken(_OF_PDFS[wrong.reason]) from None
    return Checked(made, media_type, f"{secrets.token_hex(8)}.{SUFFIXES[media_type]}")
