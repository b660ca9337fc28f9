"""One message of the SdI out of its XML. Raises FileRefused for anything else, with its name where it has one."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lxml import etree

from portal.core.text import t
from portal.imports.documents import FileRefused, Where
from portal.imports.einvoices.roots import FATTURA_ROOTS as INVOICES
from portal.imports.einvoices.xml import Element, children, find, local_name, parse, text_at
from portal.imports.identifiers import clean
from portal.sdi import documents as d

MOST_BYTES = 2 * 1024**2  # a message has a few kilobytes, its signature included
MOST_ERRORS = 50
_ROME = ZoneInfo("Europe/Rome")  # the SdI's own zone, where a moment names none
_NAMESPACE = re.compile(r"https?://[^\s]*/messaggi/v1\.[0-9]+", re.ASCII)
_SDI_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_MOMENTS = ("DataOraConsegna", "DataOraRicezione", "DataMessaADisposizione")
_OUTCOME = {d.NE: "EsitoCommittente", d.EC: "", d.SE: ""}


def read(data: bytes, name: str) -> d.Message:
    """The message in these bytes of XML; `name` is the file's. Raises FileRefused."""
    if len(data) > MOST_BYTES:
        raise FileRefused("too_large", t("The file is larger than 2 MB; a message of the SdI has a few kilobytes."))
    root, _ = parse(data)
    kind = d.ROOTS.get(local_name(root))
    if kind is None:
        raise _no_message(root)
    namespace = etree.QName(root).namespace or ""
    if not _NAMESPACE.fullmatch(namespace):
        text = t("The file is called like a message of the SdI, but it is not in the SdI's language (%(space)s).",
                 space=clean(namespace, 100) or "–")  # fmt: skip
        raise FileRefused("sdi_namespace", text)
    sdi_id = text_at(root, "IdentificativoSdI")
    if not _SDI_ID.fullmatch(sdi_id):
        raise _lacking(root, "IdentificativoSdI")
    about = find(root, _OUTCOME[kind]) if _OUTCOME.get(kind) else root
    file_name = clean(d.base_name(text_at(root, "NomeFile")), 200) or None
    if kind == d.NE and about is None:
        raise _lacking(root, "EsitoCommittente")
    if file_name is None and kind not in {d.EC, d.SE}:
        raise _lacking(root, "NomeFile")
    told = about if about is not None else root
    outcome = clean(text_at(told, "Esito" if kind != d.SE else "Scarto"), 10) or None
    if kind in {d.NE, d.EC} and outcome not in {d.ACCEPTED, d.REFUSED}:
        raise _lacking(root, "Esito")
    return d.Message(
        kind,
        sdi_id.lstrip("0") or "0",
        clean(d.base_name(name), 200),
        file_name,
        clean(text_at(root, "MessageId"), 60) or None,
        _moment(root),
        _reference(told),
        outcome,
        clean(text_at(told, "Descrizione") or text_at(root, "Descrizione"), 500) or None,
        _errors(root),
        local_name(root) == "NotificaMancataConsegna",
    )


def is_message(data: bytes) -> bool:
    """Whether these bytes are XML whose root is a message's: said without a word of what else is wrong with it."""
    try:
        root, _ = parse(data)
    except FileRefused:
        return False
    return local_name(root) in d.ROOTS


def _no_message(root: Element) -> FileRefused:
    name = local_name(root)
    if name in INVOICES:
        text = t("This is an invoice, not a message of the SdI. Bring it in with the invoices.")
        return FileRefused("is_invoice", text)
    text = t("This is no message of the SdI: its root is %(name)s.", name=clean(name, 60) or "?")
    return FileRefused("format_unknown", text, Where(path=f"/{clean(name, 60)}"))


def _lacking(root: Element, name: str) -> FileRefused:
    text = t("The message is broken: it says no valid %(name)s. Download it again.", name=name)
    return FileRefused("sdi_broken", text, Where(path=f"/{local_name(root)}/{name}"))


def _reference(element: Element) -> d.Reference | None:
    found = find(element, "RiferimentoFattura")
    if found is None:
        return None
    number = clean(text_at(found, "NumeroFattura"), 60)
    return d.Reference(number, _whole(text_at(found, "AnnoFattura")), _whole(text_at(found, "PosizioneFattura")))


def _whole(text: str) -> int | None:
    return int(text) if _WHOLE.fullmatch(text) else None


def _errors(root: Element) -> tuple[tuple[str, str], ...]:
    listed = find(root, "ListaErrori")
    found = [
        (clean(text_at(one, "Codice"), 20), clean(text_at(one, "Descrizione"), 300))
        for one in (children(listed, "Errore") if listed is not None else ())
    ]
    return tuple(found[:MOST_ERRORS])


def _moment(root: Element) -> datetime | None:
    """When the SdI delivered it, or received it; what is no moment is none."""
    for name in _MOMENTS:
        text = text_at(root, name)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            continue
        try:
            return (found if found.tzinfo else found.replace(tzinfo=_ROME)).astimezone(UTC)
        except OverflowError:
            continue
    return None
