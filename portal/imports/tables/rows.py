"""One row of a table, read cell by cell: a Row, or what is wrong with each of its cells, or nothing at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from portal.core.text import t
from portal.imports.documents import Kind, Notice, Party, Refusal, Unreadable, Where
from portal.imports.identifiers import check_iban, clean, is_shortened, unwrap
from portal.imports.options import Findings, ReadOptions
from portal.imports.tables.amounts import currency_code
from portal.imports.tables.debtors import DebtorCells
from portal.imports.tables.headers import squeeze
from portal.imports.tables.layout import Columns
from portal.imports.tables.survey import Survey
from portal.imports.tables.words import marks_a_total, read_kind, read_yes_no

_LONGEST_NUMBER = 60
_SKIPPED_SHOWN = 5

Key = tuple[str, str]  # number, debtor


@dataclass(slots=True)
class Row:
    """One due item as its row says it; amounts are minor units with the file's sign."""

    line: int
    key: Key
    number: str
    debtor: Party
    issued_on: date
    due_on: date | None
    minor: int
    total: int | None
    currency: str
    assumed_currency: bool
    kind: Kind | None
    settled_on: date | None
    disputed: bool
    iban: str | None
    doubts: list[Notice]
    cells: Sequence[object]


@dataclass(slots=True)
class BadRow:
    """A refused row; `key` names its document when number and debtor could be read.

    Without a key, `number` is what stands in its place, and `goes_on` means that neither number nor customer is
    filled in: the row looks like a further line of the document above.
    """

    line: int
    key: Key | None
    refusals: list[Refusal]
    cells: Sequence[object]
    number: str = ""
    goes_on: bool = False


class RowReader:
    """Reads the rows of one table after its survey. `read` gives None for lines that are no invoice rows."""

    def __init__(self, columns: Columns, survey: Survey, options: ReadOptions, findings: Findings) -> None:
        self.columns, self.survey, self.options, self.findings = columns, survey, options, findings
        at = columns.at
        self.width = len(columns.headers)
        self.number_at, self.amount_at = at["number"], at["amount"]
        self.issued_at, self.issued = at["issued_on"], survey.dates["issued_on"]
        self.due_at, self.due = at.get("due_on"), survey.dates.get("due_on")
        self.settled_at, self.settled = at.get("settled_on"), survey.dates.get("settled_on")
        self.currency_at, self.kind_at = at.get("currency"), at.get("kind")
        self.disputed_at, self.iban_at = at.get("disputed"), at.get("iban")
        self.debtors = DebtorCells(columns, findings)
        self._kinds: dict[str, Kind] = {}
        self._answers: dict[str, bool] = {}
        self._skipped: list[int] = []
        self._sum = 0

    def read(self, line: int, cells: Sequence[object]) -> Row | BadRow | None:
        cells = [cell.strip() if type(cell) is str else cell for cell in cells]
        if len(cells) < self.width:
            cells += [""] * (self.width - len(cells))
        elif len(cells) > self.width and any(cell != "" for cell in cells[self.width :]):
            return self._too_wide(line, cells)
        try:
            return self._row(line, cells)
        except Unreadable:
            return self._diagnose(line, cells)

    def _row(self, line: int, cells: list[object]) -> Row:
        number = self._number(cells)
        issued_on = self._issued_on(cells)
        currency, assumed = self._currency(cells)
        minor = self._amount(cells, currency)
        self._sum += minor
        party, doubts = self.debtors.read(cells)
        row = Row(
            line,
            (number, party.key),
            number,
            party,
            issued_on,
            self._due_on(cells),
            minor,
            self._total(cells, currency),
            currency,
            assumed,
            self._kind(cells),
            self._settled_on(cells),
            self._disputed(cells),
            None,
            [Notice(code, self._where(line, name), text) for code, name, text in doubts],
            cells,
        )
        if self.iban_at is not None and cells[self.iban_at] != "":
            row.iban, problem = check_iban(str(cells[self.iban_at]))
            if problem is not None:
                row.doubts.append(Notice(problem[0], self._where(line, "iban"), problem[1]))
        return row

    def _number(self, cells: Sequence[object]) -> str:
        number = unwrap(str(cells[self.number_at]))
        if not number:
            raise Unreadable("number_missing", t("The invoice number is missing. Every line needs its own."))
        if "+" in number and is_shortened(number):
            raise Unreadable(
                "number_damaged",
                t(
                    "A spreadsheet has shortened the invoice number to %(number)s. Format the column as text and "
                    "fill in the number again.",
                    number=number,
                ),
            )
        if number.isascii() and number.isprintable() and len(number) <= _LONGEST_NUMBER:
            return number
        shown = clean(number, _LONGEST_NUMBER + 1)
        if not shown or len(shown) > _LONGEST_NUMBER or any(mark in number for mark in "\r\n\0"):
            raise Unreadable(
                "number_unreadable",
                t("“%(value)s” is not an invoice number: it is too long or has line breaks in it.", value=shown[:40]),
            )
        return shown

    def _issued_on(self, cells: Sequence[object]) -> date:
        cell = cells[self.issued_at]
        if cell == "":
            raise Unreadable("date_missing", t("The date of issue is missing."))
        return self.issued.read(cell)

    def _due_on(self, cells: Sequence[object]) -> date | None:
        if self.due_at is None or self.due is None or cells[self.due_at] == "":
            return None
        return self.due.read(cells[self.due_at])

    def _settled_on(self, cells: Sequence[object]) -> date | None:
        if self.settled_at is None or self.settled is None or cells[self.settled_at] == "":
            return None
        return self.settled.read(cells[self.settled_at])

    def _currency(self, cells: Sequence[object]) -> tuple[str, bool]:
        """The row's own currency, else the amount's or its header's, else the creditor's (decision 33)."""
        if self.currency_at is not None and cells[self.currency_at] != "":
            cell = str(cells[self.currency_at])
            code = currency_code(cell)
            if code is None:
                text = t("“%(value)s” is not a currency. Write a code like EUR.", value=clean(cell, 40))
                raise Unreadable("currency_unknown", text)
            return code, False
        named = self.survey.amount.names_currency(cells[self.amount_at]) or self.columns.currency
        return (named, False) if named else (self.options.default_currency, True)

    def _amount(self, cells: Sequence[object], currency: str) -> int:
        cell = cells[self.amount_at]
        if cell == "":
            raise Unreadable("amount_missing", t("The amount is missing. Write 0 if nothing is due."))
        return self.survey.amount.read(cell, currency)

    def _total(self, cells: Sequence[object], currency: str) -> int | None:
        if self.survey.total is None or self.columns.total is None or cells[self.columns.total] == "":
            return None
        return self.survey.total.read(cells[self.columns.total], currency)

    def _kind(self, cells: Sequence[object]) -> Kind | None:
        if self.kind_at is None or cells[self.kind_at] == "":
            return None
        cell = str(cells[self.kind_at])
        if cell not in self._kinds:
            self._kinds[cell] = read_kind(cell)
        return self._kinds[cell]

    def _disputed(self, cells: Sequence[object]) -> bool:
        if self.disputed_at is None:
            return False
        cell = str(cells[self.disputed_at])
        if cell not in self._answers:
            if len(self._answers) > _LONGEST_NUMBER:
                self._answers.clear()
            self._answers[cell] = read_yes_no(cell)
        return self._answers[cell]

    def _where(self, line: int, field: str) -> Where:
        position = self.columns.at.get(field) if field != "total" else self.columns.total
        return Where(line, self.columns.header(position) if position is not None else None)

    def _diagnose(self, line: int, cells: list[object]) -> BadRow | None:
        """Slowly, everything that is wrong with this row; or that it is no invoice row at all."""
        if self._is_no_row(line, cells):
            return None
        refusals: list[Refusal] = []

        def attempt(field: str, read: Callable[[], object]) -> object:
            try:
                return read()
            except Unreadable as problem:
                refusals.append(Refusal(problem.code, self._where(line, field), problem.text))
                return None

        number = attempt("number", lambda: self._number(cells))
        attempt("issued_on", lambda: self._issued_on(cells))
        attempt("due_on", lambda: self._due_on(cells))
        stated = self.currency_at is not None and cells[self.currency_at] != ""
        currency = attempt("currency" if stated else "amount", lambda: self._currency(cells)[0])
        if isinstance(currency, str):
            attempt("amount", lambda: self._amount(cells, currency))
            attempt("total", lambda: self._total(cells, currency))
        attempt("kind", lambda: self._kind(cells))
        attempt("settled_on", lambda: self._settled_on(cells))
        attempt("disputed", lambda: self._disputed(cells))
        field = next(
            (name for name in ("debtor_name", "debtor_code", "vat_number") if name in self.columns.at), "tax_code"
        )
        debtor = attempt(field, lambda: self.debtors.read(cells)[0])
        key = (number, debtor.key) if isinstance(number, str) and isinstance(debtor, Party) else None
        goes_on = cells[self.number_at] == "" and not self.survey.debtor_mark(cells)
        return BadRow(line, key, refusals, cells, str(cells[self.number_at]), goes_on)

    def _too_wide(self, line: int, cells: Sequence[object]) -> BadRow:
        text = t(
            "The line has %(found)s cells, the headers have %(width)s. Perhaps an amount or a name holds the "
            "character that parts the columns: put it in quotation marks.",
            found=len(cells),
            width=self.width,
        )
        return BadRow(line, None, [Refusal("cells_too_many", Where(line), text)], cells, str(cells[self.number_at]))

    def _is_no_row(self, line: int, cells: Sequence[object]) -> bool:
        """Blank lines, repeated headers, totals and footers: skipped, and all but blank ones counted and told."""
        filled = [at for at, cell in enumerate(cells) if cell != ""]
        if not filled:
            return True
        at = self.columns.at
        telling = [at[name] for name in ("number", "issued_on", "due_on") if name in at] + self.survey.debtor_at
        if self.amount_at in filled and (len(filled) == 1 or not any(position in filled for position in telling)):
            no_row = any(marks_a_total(cell) for cell in cells) or self._is_the_sum(cells[self.amount_at])
        else:
            no_row = (
                len(filled) == 1
                or not any(position in filled for position in telling)
                or self._is_headers(cells)
                or self._is_labelled_total(cells)
            )
        if no_row:
            self.findings.skipped += 1
            if len(self._skipped) < _SKIPPED_SHOWN:
                self._skipped.append(line)
        return no_row

    def _is_the_sum(self, cell: object) -> bool:
        """A lone amount is a total when it is the sum of the rows so far; else it is a row that lacks the rest."""
        try:
            return self.survey.amount.read(cell, self.options.default_currency) == self._sum
        except Unreadable:
            return False

    def _is_headers(self, cells: Sequence[object]) -> bool:
        headers = self.columns.headers
        return [squeeze(str(cell)) for cell in cells[: self.width]] == [squeeze(header) for header in headers]

    def _is_labelled_total(self, cells: Sequence[object]) -> bool:
        """`Totale`, `Saldo`, `Riporto` at the head of a cell, and neither date of issue nor a number of its own."""
        number = cells[self.number_at]
        return (
            cells[self.issued_at] == ""
            and (number == "" or marks_a_total(number))
            and any(marks_a_total(cell) for cell in cells)
        )

    def report(self) -> None:
        """After the last row: which lines were left out because they are no invoices."""
        if self.findings.skipped:
            lines = ", ".join(map(str, self._skipped)) + ("…" if self.findings.skipped > len(self._skipped) else "")
            text = t(
                "%(count)s lines are no invoices and were left out (totals, repeated headers, remarks): %(lines)s.",
                count=self.findings.skipped,
                lines=lines,
            )
            self.findings.note("lines_skipped", text, Where(line=self._skipped[0]))
