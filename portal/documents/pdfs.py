"""A PDF looked through and written anew: its pages and nothing that acts, opens or carries anything (rule A-65)."""

import io
import logging
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, PdfObject, StreamObject

from portal.documents import jpegs

MOST_PAGES = 100
_MOST_OBJECTS = 50_000
# What runs, leaves the page, sends, or carries another file, wherever it stands (ISO 32000-2, 12.6.4).
_FORBIDDEN_KEYS = frozenset(
    {"/JS", "/JavaScript", "/Launch", "/EmbeddedFiles", "/EmbeddedFile", "/EF", "/XFA", "/AA", "/RichMediaContent"}
)
_FORBIDDEN_KINDS = frozenset(
    {
        "/JavaScript", "/Launch", "/GoToR", "/GoToE", "/ImportData", "/SubmitForm", "/Rendition", "/Movie", "/Sound",
        "/EmbeddedFile", "/FileAttachment", "/RichMedia", "/RichMediaExecute", "/Screen", "/3D",
    }
)  # fmt: skip
_JPEG = frozenset({"/DCTDecode", "/DCT"})
_DROPPED_OF_PAGES = ("/AA", "/Thumb")
# Where, when and with what something was made, of a page, a picture or a drawing within one.
_ABOUT_ITS_MAKING = ("/Metadata", "/PieceInfo", "/LastModified", "/LastModifiedDate")
# What was written onto a page: a filled form, a stamp, a note. Links and all else that can be pressed go.
_KEPT_NOTES = frozenset({"/Widget", "/FreeText", "/Stamp", "/Ink", "/Highlight", "/Underline", "/Line", "/Square"})

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong with a stranger's file is nobody's log


class NotAPdf(Exception):
    """It cannot be read; `reason` is one of damaged, locked, active or long."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def made_anew(content: bytes) -> bytes:
    """The pages in `content` as a fresh PDF without metadata, links or notes. Raises NotAPdf."""
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        why_not = _why_not(reader)
        made = _written(reader) if why_not is None else b""
    except Exception as error:  # a parser of strangers' files fails in more ways than it names
        raise NotAPdf("damaged") from error
    if why_not is not None:
        raise NotAPdf(why_not)
    return made


def _why_not(reader: PdfReader) -> str | None:
    if reader.is_encrypted:
        return "locked"
    if not len(reader.pages):
        return "damaged"
    if len(reader.pages) > MOST_PAGES or len(_numbers(reader)) > _MOST_OBJECTS:
        return "long"
    return "active" if any(_acts(one) for one in _objects(reader)) else None


def _numbers(reader: PdfReader) -> set[tuple[int, int]]:
    found = {(number, generation) for generation, known in reader.xref.items() for number in known}
    return found | {(number, 0) for number in reader.xref_objStm}


def _objects(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary of the file, reached from a page or not."""
    yield from _within(reader.trailer)
    for number, generation in sorted(_numbers(reader)):
        if number:
            found = reader.get_object(IndirectObject(number, generation, reader))
            if found is not None:
                yield from _within(found)


def _within(found: PdfObject) -> Iterator[DictionaryObject]:
    waiting: list[Any] = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, DictionaryObject):
            yield one
            waiting += [value for value in one.values() if not isinstance(value, IndirectObject)]
        elif isinstance(one, ArrayObject):
            waiting += [value for value in one if not isinstance(value, IndirectObject)]


def _acts(one: DictionaryObject) -> bool:
    kinds = {value for key in ("/S", "/Type", "/Subtype") if isinstance(value := one.get(key), NameObject)}
    return bool(_FORBIDDEN_KEYS & one.keys() or _FORBIDDEN_KINDS & kinds)


def _is_kept(note: Any) -> bool:
    return isinstance(note, DictionaryObject) and note.get("/Subtype") in _KEPT_NOTES and "/A" not in note


def _forget_its_making(one: DictionaryObject) -> None:
    for key in _ABOUT_ITS_MAKING:
        one.pop(key, None)
    filters = _filters(one)
    if isinstance(one, StreamObject) and filters and filters[-1] in _JPEG:
        before = StreamObject()
        before._data = one._data
        if filters[:-1]:  # packed once more around the picture
            before[NameObject("/Filter")] = ArrayObject(NameObject(name) for name in filters[:-1])
            before._data = before.get_data()
            one.pop("/DecodeParms", None)
            one[NameObject("/Filter")] = NameObject("/DCTDecode")
        one._data = jpegs.bare(before._data)


def _filters(one: DictionaryObject) -> list[str]:
    found = one.get("/Filter", [])
    found = found.get_object() if isinstance(found, IndirectObject) else found
    return [str(name) for name in found] if isinstance(found, list) else [str(found)]


def _written(reader: PdfReader) -> bytes:
    for one in _objects(reader):  # before it is copied: what nothing leads to any more is not
        _forget_its_making(one)
    writer = PdfWriter()
    for page in reader.pages:
        for key in _DROPPED_OF_PAGES:
            page.pop(key, None)
        notes = page.pop("/Annots", None)
        kept = [one for one in (notes.get_object() if notes is not None else []) if _is_kept(one.get_object())]
        if kept:
            page[NameObject("/Annots")] = ArrayObject(kept)
        writer.add_page(page)
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
