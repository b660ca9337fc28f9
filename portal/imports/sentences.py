"""Remarks about files in the words of a page: where, what, and what to do about it there.

Readers of files speak to the command line too; where they name its options, the page says what to choose instead.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.core.money import Money
from portal.core.text import Text, t
from portal.imports.documents import WHOLE_FILE, Refusal, Where
from portal.imports.models import ImportRow
from portal.web import i18n

FIELD_LABELS: Mapping[str, Text] = {
    "number": t("Invoice number"),
    "issued_on": t("Date of issue"),
    "due_on": t("Due date"),
    "amount": t("Amount"),
    "currency": t("Currency"),
    "kind": t("Kind of document"),
    "debtor_code": t("Customer code"),
    "debtor_name": t("Customer name"),
    "vat_number": t("VAT number"),
    "tax_code": t("Tax code"),
    "email": t("Email"),
    "phone": t("Mobile phone"),
    "language": t("Language"),
    "postcode": t("Postcode"),
    "settled_on": t("Settled on"),
    "disputed": t("Disputed"),
    "country": t("Country"),
    "iban": t("IBAN"),
    "salesperson": t("Salesperson"),
}

# By code: what a page says where the reader's own sentence names options of the command line. The same arguments.
_ON_PAGE: Mapping[str, Text] = {
    "header_missing": t(
        "No line names the columns. The first line should have headers such as Numero, Data, Scadenza, Importo, "
        "Cliente."
    ),
    "column_missing": t("No column for %(what)s was found. The headers are: %(headers)s."),
    "column_ambiguous": t("Both %(first)s and %(second)s could be: %(field)s. Choose one of them."),
    "kind_unknown": t(
        "“%(value)s” is neither an invoice nor a credit note. Write Fattura or Nota di credito, or choose that there "
        "is no column for the kind of document."
    ),
    "date_ambiguous": t(
        "“%(value)s” can be %(first)s or %(last)s, and nothing in the file settles it. Choose the order of the "
        "dates, or write dates like 2026-04-30."
    ),
    "amount_ambiguous": t(
        "“%(value)s” can be %(comma)s or %(dot)s. Choose the decimal sign, or write the amount with its cents."
    ),
    "encoding_assumed": t(
        "The file is not UTF-8, so it was read as Windows-1252. Look at the accents; if they are wrong, choose other "
        "letters."
    ),
    "encoding_unknown": t(
        "The file is neither UTF-8 nor Windows-1252. Choose how its letters are written, or save it as CSV UTF-8."
    ),
}
_DATES = frozenset({"date", "due", "first", "last"})  # arguments that hold a date of ours
_COMMAND_LINE = re.compile(r"--[a-z]")
_LINE = re.compile(r"line ([0-9]{1,12})(?:, column (.+))?", re.DOTALL)
_COLUMN = re.compile(r"column (.+)", re.DOTALL)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_AMOUNT = re.compile(r"(-?[0-9]{1,15})(?:\.([0-9]{1,3}))? ([A-Z]{3})", re.ASCII)


def say(code: str | None, text: Text) -> str:
    """What is wrong or worth knowing, in the reader's language."""
    on_page = _ON_PAGE.get(code or "")
    if on_page is not None and _COMMAND_LINE.search(text.msgid):
        text = Text(on_page.msgid, text.args)
    return i18n.say(Text(text.msgid, {key: _argument(key, value) for key, value in (text.args or {}).items()}))


def _argument(key: str, value: Any) -> Any:
    """Our own words among the arguments are translated, dates written as one writes them; what a file says stays."""
    if key == "field":
        return FIELD_LABELS.get(str(value), value)
    if key in {"what", "meaning"} and isinstance(value, str):
        return Text(value.replace("%", "%%"))
    return one_value(value) if key in _DATES and isinstance(value, str) else value


def one_value(plain: str) -> str:
    """A kept value (`2026-12-01`, `100.00 EUR`) as the reader writes it; anything else as it is."""
    if _DAY.fullmatch(plain):
        try:
            return i18n.short_day(date.fromisoformat(plain))
        except ValueError:
            return plain
    match = _AMOUNT.fullmatch(plain)
    return i18n.money(Money(int(match[1] + (match[2] or "")), match[3])) if match else plain


def values(plain: str) -> str:
    """One or several kept values, parted by commas."""
    return ", ".join(one_value(part) for part in plain.split(", ")) or "–"


def place(where: Where | str | None) -> str:
    """`line 12, column Importo` in the reader's language; a kept one is read back first."""
    if where is None:
        return ""
    if isinstance(where, str):
        where = _read_place(where)
    return i18n.say(where.text())


def _read_place(kept: str) -> Where:
    """The place that `str(Where)` wrote."""
    if kept == str(WHOLE_FILE):
        return WHOLE_FILE
    if match := _LINE.fullmatch(kept):
        return Where(int(match[1]), match[2])
    if match := _COLUMN.fullmatch(kept):
        return Where(column=match[1])
    return Where(path=kept)


def of_row(row: ImportRow) -> str:
    """What became of it, for one row of the report; nothing where the outcome says all."""
    args = dict(row.args or {})
    if row.outcome == "changed":
        left = t("%(what)s: %(before)s in the books, %(after)s in the file. The books stay as they are.")
        taken = t("%(what)s: %(before)s before, now %(after)s.")
        shown = {
            "what": i18n.gettext(args.get("what", "")),
            **{k: values(args.get(k, "")) for k in ("before", "after")},
        }
        return i18n.say(Text((taken if row.code == "applied" else left).msgid, shown))
    return say(row.code, Text(row.msgid, args or None)) if row.msgid else ""


def useless(refused: list[tuple[str, Refusal]]) -> Text:
    """Why none of the files can be used, file by file, as the one sentence beside the field."""
    said = " ".join(f"{file}: {say(refusal.code, refusal.message)}" for file, refusal in refused)
    return Text("%(said)s", {"said": said})


def too_large(most: int) -> Text:
    """Why a file of more than `most` bytes is not read."""
    return t("The file is too large: %(most)s MB at most. Split it.", most=most // 1024**2)
