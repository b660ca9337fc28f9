"""The statement of account as a workbook: real dates and numbers, texts that are never formulas, a row at a time."""

import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import xlsxwriter

from portal.account_papers import presenting
from portal.account_papers.statements import Account
from portal.core.money import Money, digits
from portal.creditors.faces import Face
from portal.debtors.models import Debtor
from portal.web import i18n
from portal.web.i18n import gettext as _

_LONGEST = 1000  # characters of one text
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a program that takes texts for formulas would fall for
Row = Sequence[Any]


class _Book:
    """A workbook whose cells are written by what they are: text, number, day or money."""

    def __init__(self, target: io.BytesIO, day: date) -> None:
        self.book = xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False})
        self.book.set_properties({"title": "", "created": datetime.combine(day, time(), UTC)})
        self.bold = self.book.add_format({"bold": True})
        self.quoted = self.book.add_format({"quote_prefix": True})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self._money: dict[str, Any] = {}

    def money(self, currency: str) -> Any:
        if currency not in self._money:
            places = digits(currency)
            pattern = "#,##0" + ("." + "0" * places if places else "")
            self._money[currency] = self.book.add_format({"num_format": pattern})
        return self._money[currency]

    def sheet(self, name: str, headings: Sequence[str], widths: Sequence[int], rows: Iterable[Row]) -> None:
        """One sheet; empty ones are made too, so that a reader's program finds every one in its place."""
        sheet = self.book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, self.bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                self._write(sheet, number, column, value)

    def _write(self, sheet: Any, row: int, column: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, Money):
            sheet.write_number(row, column, value.decimal, self.money(value.currency))
        elif isinstance(value, date):
            sheet.write_datetime(row, column, datetime.combine(value, time()), self.day)
        elif isinstance(value, int):
            sheet.write_number(row, column, value)
        else:
            shown = _clean(value)
            sheet.write_string(row, column, shown, self.quoted if shown.startswith(_FORMULA) else None)


def _clean(text: str) -> str:
    """Without characters that a workbook cannot hold."""
    return "".join(
        c for c in text[:_LONGEST] if unicodedata.category(c) not in {"Cc", "Cs"} and c not in "\ufffe\uffff"
    )


def xlsx(face: Face, debtor: Debtor, day: date, accounts: Sequence[Account]) -> bytes:
    """The workbook with its headings in the current language; the same bytes for the same books and day."""
    target = io.BytesIO()
    book = _Book(target, day)
    amounts = [14] * 3
    document, issued, currency, amount = _("Document"), _("Date"), _("Currency"), _("Amount")
    book.sheet(_("Summary"), [_("What"), currency, amount], [44, 10, 16], _summary(face, debtor, day, accounts))
    book.sheet(
        _("Documents"),
        [document, issued, _("Due on"), currency, amount, _("Interest for late payment"), _("Costs"),
         _("Settled"), _("Still open"), _("Open interest"), _("Open costs"), _("Days late"), _("Withdrawn on")],
        [26, 12, 12, 10, *amounts, 14, 14, 14, 14, 10, 12],
        _documents(accounts),
    )  # fmt: skip
    book.sheet(
        _("Credit notes"),
        [document, _("Corrects"), issued, currency, amount, _("Used"), _("Left as your credit")],
        [26, 26, 12, 10, *amounts],
        _notes(accounts),
    )
    book.sheet(
        _("Payments and credits"),
        [issued, _("What"), document, currency, _("Settled"), _("Your credit")],
        [12, 34, 26, 10, 14, 14],
        _movements(accounts),
    )
    book.sheet(
        _("Interest and costs"),
        [issued, _("What"), document, currency, amount],
        [12, 34, 26, 10, 14],
        _extras(accounts),
    )
    book.book.close()
    return target.getvalue()


def _summary(face: Face, debtor: Debtor, day: date, accounts: Sequence[Account]) -> Iterator[Row]:
    yield [_("From"), None, face.name]
    yield [_("To"), None, debtor.name]
    yield [_("Customer code"), None, debtor.code]
    yield [_("As of"), None, day]
    for one in accounts:
        rows = (
            (_("Documents"), one.documents),
            (_("Interest for late payment"), one.interest),
            (_("Costs"), one.costs),
            (_("Settled"), -one.settled),
            (_("Open and past its date"), one.late),
            (_("Still open"), one.open),
            (_("Open capital"), one.apart.capital),
            (_("Open interest"), one.apart.interest),
            (_("Open costs"), one.apart.costs),
            (_("Your credit that belongs to no document yet"), -one.credit),
            (_("Balance"), one.balance),
        )
        for label, amount in rows:
            yield [label, one.currency, amount]


def _documents(accounts: Sequence[Account]) -> Iterator[Row]:
    for one in accounts:
        for line in one.lines:
            due = line.due
            yield [
                presenting.document(due), due.issued_on, due.due_on, one.currency, line.amount, line.interest,
                line.costs, line.settled, line.open, line.apart.interest, line.apart.costs, line.days_late,
                due.withdrawn_on if line.withdrawn else None,
            ]  # fmt: skip


def _notes(accounts: Sequence[Account]) -> Iterator[Row]:
    for one in accounts:
        for line in one.notes:
            note = line.note
            yield [
                note.number, note.related_number, note.issued_on, one.currency, -note.amount, line.used, line.left
            ]  # fmt: skip


def _movements(accounts: Sequence[Account]) -> Iterator[Row]:
    for one in accounts:
        for moved in one.movements:
            what = i18n.say(presenting.movement(moved))
            yield [moved.on, what, moved.about, one.currency, moved.settled, moved.kept]


def _extras(accounts: Sequence[Account]) -> Iterator[Row]:
    for one in accounts:
        for extra in one.extras:
            yield [extra.on, i18n.say(presenting.charge(extra)), extra.about, one.currency, extra.amount]
