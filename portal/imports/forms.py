"""What a person sends about an import: the files, and how they want them read."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from flask import request

from portal.core.text import Text, t
from portal.creditors.models import Creditor
from portal.imports.identifiers import clean
from portal.imports.options import DateOrder, DecimalMark, ReadOptions
from portal.imports.tables.amounts import CURRENCIES
from portal.web.forms import Form

MOST_FILES = 200
LARGEST = "32 MB"  # the application's MAX_CONTENT_LENGTH, in words
DATE_ORDERS: Final[Mapping[str, Text]] = {
    "": t("Read from the file"),
    "dmy": t("day, month, year"),
    "mdy": t("month, day, year"),
    "ymd": t("year, month, day"),
}
DECIMAL_MARKS: Final[Mapping[str, Text]] = {
    "": t("Read from the file"),
    ",": t("comma: 1.234,56"),
    ".": t("point: 1,234.56"),
}
ENCODINGS: Final[Mapping[str, Text]] = {
    "": t("Read from the file"),
    "utf-8": Text("UTF-8"),
    "cp1252": Text("Windows-1252"),
    "utf-16": Text("UTF-16"),
    "cp850": Text("DOS (850)"),
    "mac-roman": Text("Mac"),
}
AUTO, NONE, NAMED = "", "none", "="  # a column: found by its name, not there at all, or the one called …
_LONGEST_HEADER = 120
_FOLDER = re.compile(r"[\\/]")
_CHOOSE = t("Please choose one of these.")


def column_field(field_name: str) -> str:
    """The form's name for the column of one of our fields."""
    return f"column-{field_name}"


def uploaded(form: Form) -> list[tuple[str, bytes]]:
    """The files that were chosen: (name, content), empty ones too; none is a mistake beside the field."""
    files = []
    for sent in request.files.getlist("files"):
        name = clean(_FOLDER.split(sent.filename or "")[-1], 200)
        content = sent.read()
        if name or content:
            files.append((name or "?", content))
    if not files:
        form.wrong["files"] = t("Choose at least one file.")
    elif len(files) > MOST_FILES:
        form.wrong["files"] = t("These are more than %(most)s files. Put them in a ZIP.", most=MOST_FILES)
    return files


def options(form: Form, creditor: Creditor, fields: Sequence[str] = ()) -> ReadOptions | None:
    """How to read, as chosen; None when a choice means nothing. Due dates that are missing follow the creditor's
    own terms. Columns are read for these of our `fields`."""
    date_format = form.choice("date_format", frozenset(DATE_ORDERS), _CHOOSE)
    decimal = form.choice("decimal", frozenset(DECIMAL_MARKS), _CHOOSE)
    encoding = form.choice("encoding", frozenset(ENCODINGS), _CHOOSE)
    typed = form.text("currency", longest=3).upper() or creditor.currency
    if typed not in CURRENCIES:
        form.wrong["currency"] = t("Write the three letters of a currency, like EUR.")
    mapping = _columns(form, fields)
    if form.wrong:
        return None
    return ReadOptions(
        columns=mapping,
        date_format=cast(DateOrder | None, date_format or None),
        decimal=cast(DecimalMark | None, decimal or None),
        encoding=encoding or None,
        default_currency=typed,
        default_terms_days=creditor.default_terms_days,
    )


def _columns(form: Form, fields: Sequence[str]) -> dict[str, str]:
    """Our field → the file's header; only our own fields are looked at (rule A-63)."""
    mapping: dict[str, str] = {}
    for field_name in fields:
        name = column_field(field_name)
        value = form.text(name, longest=_LONGEST_HEADER)
        if value == NONE:
            mapping[field_name] = ""
        elif value.startswith(NAMED) and len(value) > 1:
            mapping[field_name] = value[1:]
        elif value != AUTO:
            form.wrong.setdefault(name, _CHOOSE)
    return mapping


def typed_options(given: ReadOptions) -> dict[str, str]:
    """The form's fields for options that are in force."""
    typed = {
        "date_format": given.date_format or "",
        "decimal": given.decimal or "",
        "encoding": given.encoding or "",
        "currency": given.default_currency,
    }
    for field_name, header in given.columns.items():
        typed[column_field(field_name)] = f"{NAMED}{header}" if header else NONE
    return typed
