"""A table of movements, read in two walks: what the whole file settles, then the movements, account by account."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from portal.bank_statements import wording
from portal.bank_statements.documents import (
    Counterparty,
    FileRefused,
    Item,
    Movement,
    Refusal,
    Statement,
    Unreadable,
    Where,
)
from portal.bank_statements.sums import Sums
from portal.bank_statements.tables.headers import AMOUNTS, DATES, Columns
from portal.core.banking import is_rf, normalise_rf
from portal.core.money import Money
from portal.core.text import t
from portal.imports.identifiers import clean
from portal.imports.options import Findings, Layout, ReadOptions
from portal.imports.tables.amounts import AmountColumn, currency_code
from portal.imports.tables.dates import DateColumn
from portal.imports.tables.reading import TableLine, Torn
from portal.imports.tables.words import marks_a_total

MOST_ACCOUNTS = 50
MOST_ROWS = 2_000_000
_OPENING = re.compile(
    r"(?:saldo (?:iniziale|di apertura|precedente)|(?:opening|starting) balance|balance at (?:the )?start)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:saldo (?:finale|di chiusura|contabile finale)|(?:closing|ending) balance|balance at (?:the )?end)",
    re.IGNORECASE,
)
Account = tuple[str, str]  # as written, currency


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be read: `lines` gives its numbered lines from the first one, each time it is called."""

    columns: Columns
    lines: Callable[[], Iterator[TableLine]]
    encoding: str | None = None
    delimiter: str | None = None


class Survey:
    """What the whole table settled: order of dates, decimal mark, accounts, and balances that stand beside it."""

    def __init__(self, columns: Columns, options: ReadOptions) -> None:
        self.columns, self.options = columns, options
        self.dates = {name: DateColumn(options.date_format) for name in DATES if name in columns.at}
        self.amounts = {name: AmountColumn(options.decimal) for name in AMOUNTS if name in columns.at}
        self.balance = AmountColumn(options.decimal)
        self.accounts: dict[Account, int] = {}
        self.opening: tuple[str, int] | None = None
        self.closing: tuple[str, int] | None = None

    def cell(self, cells: Sequence[object], field: str) -> object:
        position = self.columns.at.get(field, (len(cells),))[0]
        return cells[position] if position < len(cells) else ""

    def text(self, cells: Sequence[object], field: str) -> str:
        return clean(str(self.cell(cells, field)))

    def walk(self, lines: Iterator[TableLine]) -> None:
        for line, cells in lines:
            if isinstance(cells, Torn) or self._is_balance(cells) or line <= self.columns.line:
                continue
            for name, dates in self.dates.items():
                dates.see(self.cell(cells, name), line)
            for name, amounts in self.amounts.items():
                amounts.see(self.cell(cells, name), line)
            if self.has_amount(cells):
                self.accounts.setdefault(self.account_of(cells), line)
            if len(self.accounts) > MOST_ACCOUNTS:
                raise FileRefused("too_many_accounts", t("The file has movements of more than fifty accounts."))
        for column in self.amounts.values():
            column.settle()
        marks = {column.mark for column in self.amounts.values() if column.mark is not None}
        if len(marks) == 1:  # dare and avere of one file are written alike
            (mark,) = marks
            for column in (*self.amounts.values(), self.balance):
                column.mark = column.mark or mark
        for name, days in self.dates.items():
            days.settle(other for key, other in self.dates.items() if key != name)

    def _is_balance(self, cells: Sequence[object]) -> bool:
        """`Saldo iniziale … 1.000,00` stands above or below the movements in many files."""
        words = [clean(str(cell)) for cell in cells if str(cell).strip()]
        if not words or len(words) > 4:
            return False
        for pattern, name in ((_OPENING, "opening"), (_CLOSING, "closing")):
            if any(pattern.match(word) for word in words):
                setattr(self, name, (words[-1], len(words)))
                return True
        return False

    def is_movement(self, line: int, cells: Sequence[object]) -> bool:
        """Whether a line is one: below the headers, with an amount, and no total."""
        if line <= self.columns.line or self._is_balance(cells) or not self.has_amount(cells):
            return False
        dated = any(str(self.cell(cells, name)).strip() for name in self.dates)
        return dated or not any(marks_a_total(cell) for cell in cells)

    def has_amount(self, cells: Sequence[object]) -> bool:
        return any(str(self.cell(cells, name)).strip() not in {"", "-"} for name in self.amounts)

    def account_of(self, cells: Sequence[object]) -> Account:
        """Whose account a line is about, and its currency: of its own column, of the amount, or the default."""
        named = self.text(cells, "currency")
        code = currency_code(named) if named else None
        for name, column in self.amounts.items():
            if code is None:
                try:
                    code = column.names_currency(self.cell(cells, name))
                except Unreadable:
                    continue
        return (
            "".join(self.text(cells, "account").split())[:64],
            code or self.columns.currency or self.options.default_currency,
        )


def read_table(table: Table, options: ReadOptions, findings: Findings) -> Iterator[Item]:
    survey = Survey(table.columns, options)
    survey.walk(_bounded(table))
    findings.layout = _layout(table, survey)
    if not survey.accounts:
        text = t("No line under the headers is a movement.")
        findings.note("nothing_inside", text)
    for account, first in survey.accounts.items():
        yield from _statement(table, survey, account, first)


def _bounded(table: Table) -> Iterator[TableLine]:
    for count, numbered in enumerate(table.lines()):
        if count > MOST_ROWS:
            raise FileRefused("too_many_rows", t("The file has more than %(rows)s lines. Split it.", rows=MOST_ROWS))
        yield numbered


def _statement(table: Table, survey: Survey, account: Account, first: int) -> Iterator[Item]:
    """One account's movements, in the file's order."""
    written, currency = account
    iban = wording.iban(written)
    statement = Statement("table", iban or written, iban, currency, Where(line=first))
    sums = Sums(statement)
    if len(survey.accounts) == 1:
        statement.opening = _balance(survey, survey.opening, currency)
        statement.closing = _balance(survey, survey.closing, currency)
    yield statement
    for line, cells in table.lines():
        if isinstance(cells, Torn):
            if first == min(survey.accounts.values()):
                sums.refused = True
                text = t(
                    "A quotation mark in this line is not closed, and lines up to %(last)s cannot be read. "
                    "Close it, or write it twice where it belongs to the text.",
                    last=cells.last,
                )
                yield Refusal("quote_open", Where(line), text)
            continue
        if not survey.is_movement(line, cells) or survey.account_of(cells) != account:
            continue
        for item in _movement(survey, line, cells, currency):
            if isinstance(item, Movement):
                sums.add(item)
            elif isinstance(item, Refusal):
                sums.refused = True
            yield item
    if (said := sums.difference()) is not None:
        yield said


def _balance(survey: Survey, found: tuple[str, int] | None, currency: str) -> Money | None:
    if found is None:
        return None
    try:
        return Money(survey.balance.read(found[0], currency), currency)
    except Unreadable:
        return None


def _movement(survey: Survey, line: int, cells: Sequence[object], currency: str) -> Iterator[Movement | Refusal]:
    refusals: list[Refusal] = []
    days: dict[str, date] = {}
    for name, column in survey.dates.items():
        raw = survey.cell(cells, name)
        if not str(raw).strip():
            continue
        try:
            days[name] = column.read(raw)
        except Unreadable as problem:
            refusals.append(Refusal(problem.code, survey.columns.where(line, name), problem.text))
    found: dict[str, int] = {}
    for name, amounts in survey.amounts.items():
        raw = survey.cell(cells, name)
        if not str(raw).strip(" -'"):
            continue
        try:
            read = amounts.read(raw, currency)
        except Unreadable as problem:
            refusals.append(Refusal(problem.code, survey.columns.where(line, name), problem.text))
            continue
        found[name] = {"amount": read, "credit": abs(read), "debit": -abs(read)}[name]
    minor = _one_of(found)
    if minor is None:
        both = t(
            "This line has amounts in several columns, so that it may be two movements: please write each apart."
        )
        refusals.append(Refusal("amounts_contradict", Where(line), both))
    if not days and not refusals:
        refusals.append(Refusal("date_missing", Where(line), t("This movement has no date.")))
    if refusals or minor is None:
        yield from refusals
        return
    yield _made(survey, line, cells, Money(minor, currency), days)


def _one_of(found: dict[str, int]) -> int | None:
    """The one amount that a line's columns say, nought for none; None where they say several. An amount beside a
    credit or a debit of the same size says it twice."""
    sides = {minor for name, minor in found.items() if name != "amount" and minor}
    said = found.get("amount", 0)
    if len(sides) > 1 or (sides and said and abs(said) not in {abs(minor) for minor in sides}):
        return None
    return next(iter(sides), said)


def _made(survey: Survey, line: int, cells: Sequence[object], amount: Money, days: dict[str, date]) -> Movement:
    places = survey.columns.at.get("text", ())
    words = [clean(str(cells[at]), 500) for at in places if at < len(cells)]
    text = wording.one_line(" ".join(filter(None, words)))
    stated = wording.reference(survey.text(cells, "creditor_reference"), 140)
    if stated is not None and is_rf(stated):
        stated = normalise_rf(stated)
    return Movement(
        amount=amount,
        booked_on=days.get("booked_on", days.get("value_on")),
        value_on=days.get("value_on"),
        where=Where(line),
        end_to_end_id=wording.reference(survey.text(cells, "end_to_end_id")),
        creditor_reference=stated or wording.rf_written(text or ""),
        text=text,
        remittance=text or "",
        counterparty=Counterparty(
            wording.one_line(survey.text(cells, "counterparty_name"), 140),
            wording.iban(survey.text(cells, "counterparty_iban")),
        ),
        entry_reference=wording.reference(survey.text(cells, "bank_reference")),
        entry_amount=amount,
    )


def _layout(table: Table, survey: Survey) -> Layout:
    columns = table.columns
    used = {place for places in columns.at.values() for place in places}
    named = {name: " + ".join(columns.headers[at] for at in places) for name, places in columns.at.items()}
    return Layout(
        header_line=columns.line,
        headers=columns.headers,
        columns=named,
        ignored=tuple(header for at, header in enumerate(columns.headers) if header and at not in used),
        encoding=table.encoding,
        delimiter=table.delimiter,
        date_orders={name: column.order for name, column in survey.dates.items() if column.order is not None},
        decimal=next((column.mark for column in survey.amounts.values() if column.mark is not None), None),
    )
