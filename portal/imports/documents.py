"""What a file of invoices says, as plain values: documents, due items, and what was refused and why.

Amounts are positive whole minor units, `kind` carries the sign (decision 33). Nothing here knows a database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from portal.core.money import Money
from portal.core.text import Text, t

Kind = Literal["invoice", "credit_note"]
PdfPlace = Literal["inside", "around"]  # the invoice as people read it: packed in the XML, or with the XML inside it
PartyKind = Literal["business", "consumer"]
GetText = Callable[[str], str]


class Where(NamedTuple):
    """The place a remark is about: a line and column of a table, or the path of an XML element."""

    line: int | None = None
    column: str | None = None
    path: str | None = None

    def text(self) -> Text:
        """`line 12, column Importo`, `line 12`, an XML path, or `the whole file`."""
        if self.path is not None:
            return Text("%(path)s", {"path": self.path})
        if self.line is None:
            return t("the whole file") if self.column is None else t("column %(column)s", column=self.column)
        if self.column is None:
            return t("line %(line)s", line=self.line)
        return t("line %(line)s, column %(column)s", line=self.line, column=self.column)

    def __str__(self) -> str:
        return str(self.text())


WHOLE_FILE = Where()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the person who imports should read: a stable code, the place, one plain sentence."""

    code: str
    where: Where
    message: Text

    def as_json(self, gettext: GetText = str) -> dict[str, str]:
        return {
            "code": self.code,
            "where": self.where.text().render(gettext),
            "message": self.message.render(gettext),
        }


class Refusal(Remark):
    """A row, a document or a file that was not read; `message` says how to mend it."""

    __slots__ = ()


class Notice(Remark):
    """What was read, but with an assumption or a doubt: the `warnings` of the issue."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Party:
    """The debtor as the file knows it. Absent is None; numbers are without blanks and country prefix.

    `country` is ISO 3166 alpha-2, `language` ISO 639-1. `kind` is told only by identifiers: a VAT number or an
    11-digit tax code is a business, a personal tax code alone a consumer.
    """

    name: str
    vat_number: str | None = None
    tax_code: str | None = None
    country: str | None = None
    email: str | None = None
    code: str | None = None
    phone: str | None = None
    language: str | None = None
    postcode: str | None = None
    kind: PartyKind | None = None
    salesperson: str | None = None

    @property
    def key(self) -> str:
        """What makes two mentions in one file the same debtor: the first stated of code, VAT, tax code, name."""
        if self.code:
            return f"code:{self.code}"
        if self.vat_number:
            return f"vat:{self.vat_number}"
        return f"tax:{self.tax_code}" if self.tax_code else f"name:{self.name.casefold()}"

    def as_json(self) -> dict[str, str | None]:
        return {
            "name": self.name,
            "vat_number": self.vat_number,
            "tax_code": self.tax_code,
            "country": self.country,
            "email": self.email,
        }


@dataclass(frozen=True, slots=True)
class Seller:
    """Who issued the document, where the file says."""

    name: str | None
    vat_number: str | None
    tax_code: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class DueItem:
    """One amount due on one date. `iban` is the account that the document names for paying it."""

    due_on: date
    amount: Money
    iban: str | None = None
    settled_on: date | None = None
    disputed: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"due_on": self.due_on.isoformat(), "amount_minor": self.amount.minor, "iban": self.iban}


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or credit note with what is due on it.

    `total` is the document's own stated total, else the sum of its rows or summary. `settled_on` is the last
    settlement when every due item has one; `disputed` is true when one of them is. `related` are the numbers of
    the documents that a credit note says it corrects. `pdf` is where the issuer's own PDF is, if it came along;
    `remittance` what it asks to be named with a payment, in capitals without blanks; `external_id` what the
    creditor's system calls it, for good: where it says one, that is what finds the document again.
    """

    number: str
    kind: Kind
    issued_on: date
    currency: str
    total: Money
    due_items: tuple[DueItem, ...]
    debtor: Party
    where: Where
    warnings: tuple[Notice, ...] = ()
    seller: Seller | None = None
    settled_on: date | None = None
    disputed: bool = False
    related: tuple[str, ...] = ()
    pdf: PdfPlace | None = None
    remittance: str | None = None
    external_id: str | None = None

    def as_json(self, gettext: GetText = str) -> dict[str, Any]:
        return {
            "number": self.number,
            "kind": self.kind,
            "issued_on": self.issued_on.isoformat(),
            "currency": self.currency,
            "total_minor": self.total.minor,
            "due_items": [item.as_json() for item in self.due_items],
            "debtor": self.debtor.as_json(),
            "warnings": [warning.as_json(gettext) for warning in self.warnings],
        }


Item = Document | Refusal


class Unreadable(ValueError):
    """A value that has no meaning, or two: `code` is stable, `text` tells the person how to mend it."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


class FileRefused(Exception):
    """Nothing of this file can be read: the refusal says why."""

    def __init__(self, code: str, text: Text, where: Where = WHOLE_FILE) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, where, text)
