"""How a creditor's system wants to be told: a small file of TOML that a person can read.

    [request]
    method = "PUT"                     # or POST, PATCH; without it POST
    path = "/invoices/{number}"        # behind the address; {…} is a field of the document
    header = "X-Api-Key"               # carries the key; without it: Authorization: Bearer …

    [fields]                           # theirs = ours; without it the document goes as it is
    NumeroFattura = "number"
    Residuo = "open"
    Stato = "state"
    UltimaContestazione = "disputes.-1.status"

    [values.Stato]                     # our words = theirs
    settled = "CHIUSA"

Fields of the document: portal.sync.documents, docs/systems.md. What is not there is null.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from portal.core.errors import Invalid
from portal.core.text import t

METHODS = ("POST", "PUT", "PATCH")
LONGEST = 8_000  # signs of the file
FIELDS = (
    "invoice_id", "external_id", "number", "debtor_code", "issued_on", "currency", "total", "open", "state",
    "withdrawn_on", "items",
    "receipt", "transfer_announced_on", "disputes", "promises", "plans", "payments",
)  # fmt: skip
_HOLE = re.compile(r"\{([^{}]*)\}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
_OURS = frozenset({"host", "content-length", "content-type", "connection", "transfer-encoding", "idempotency-key"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file says; `fields` empty: the document as it is."""

    method: str = "POST"
    path: str = ""
    header: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def address(self, url: str, document: Mapping[str, Any]) -> str:
        """Where this document goes: what fills a hole is quoted, a slash in an invoice's number too."""
        filled = _HOLE.sub(lambda hole: quote(_written(_value(document, hole[1])), safe=""), self.path)
        return url.rstrip("/") + filled if filled else url

    def body(self, document: Mapping[str, Any]) -> Any:
        if not self.fields:
            return document
        return {theirs: self._said(theirs, _value(document, ours)) for theirs, ours in self.fields.items()}

    def _said(self, theirs: str, value: Any) -> Any:
        words = self.values.get(theirs)
        return words.get(value, value) if words is not None and isinstance(value, str) else value


def read(text: str | None) -> Wanted:
    """What the file says. Raises Invalid with what to mend."""
    if not text or not text.strip():
        return Wanted()
    if len(text) > LONGEST:
        raise Invalid(t("This is too long: %(most)s characters at most.", most=LONGEST))
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(t("This cannot be read: %(what)s", what=str(error)[:120])) from None
    unknown = sorted(set(found) - {"request", "fields", "values"})
    if unknown:
        raise Invalid(t("There is no part called “%(name)s”: request, fields and values are.", name=unknown[0][:40]))
    request, fields, values = (_table(found, name) for name in ("request", "fields", "values"))
    method = str(request.get("method", "POST")).upper()
    if method not in METHODS:
        raise Invalid(t("The method is POST, PUT or PATCH."))
    for theirs, ours in fields.items():
        if not isinstance(ours, str) or ours.partition(".")[0] not in FIELDS:
            raise Invalid(t("“%(name)s” is no field of ours.", name=str(ours)[:60]))
        if not 0 < len(theirs) <= 80:
            raise Invalid(t("A field's name has 1 to 80 characters."))
    for theirs, words in values.items():
        if theirs not in fields or not isinstance(words, dict):
            raise Invalid(t("There are words for “%(name)s”, but no such field.", name=theirs[:40]))
    return Wanted(method, _path(request), _header(request), fields, values)


def _table(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = found.get(name, {})
    if not isinstance(table, dict):
        raise Invalid(t("“%(name)s” is a part of its own: [%(name)s].", name=name))
    return table


def _path(request: Mapping[str, Any]) -> str:
    path = str(request.get("path", ""))
    if path and (not path.startswith("/") or len(path) > 200 or not path.isprintable() or ".." in path):
        raise Invalid(t("The path begins with a slash."))
    for hole in _HOLE.findall(path):
        if hole.partition(".")[0] not in FIELDS:
            raise Invalid(t("“%(name)s” is no field of ours.", name=hole[:60]))
    return path


def _header(request: Mapping[str, Any]) -> str | None:
    header = request.get("header")
    if header is None:
        return None
    if not isinstance(header, str) or not _HEADER.fullmatch(header) or header.lower() in _OURS:
        raise Invalid(t("This cannot be the name of a header."))
    return header


def _value(document: Mapping[str, Any], path: str) -> Any:
    """`open`, `receipt.status`, `payments.-1.on`; None for what is not there."""
    found: Any = document
    for step in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list):
            place = int(step) if re.fullmatch(r"-?\d{1,4}", step) else None
            found = found[place] if place is not None and -len(found) <= place < len(found) else None
        else:
            return None
    return found


def _written(value: Any) -> str:
    return "" if value is None else str(value)
