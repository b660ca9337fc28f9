"""Rows become documents: rows with one number and debtor are one document (decision 33), whole or not at all.

Rows that stand together are merged as they come. Documents whose rows stand apart (a list sorted by due date)
are held back until the end of the file, up to a bound.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.core.money import Money
from portal.core.text import t
from portal.imports.documents import Document, DueItem, Item, Kind, Notice, Refusal, Where
from portal.imports.options import Findings, ReadOptions
from portal.imports.tables.rows import BadRow, Key, Row
from portal.imports.tables.survey import Survey

MOST_HELD = 100_000  # rows; beyond it a document comes in parts, each with a warning
MOST_ROWS_OF_ONE = 10_000


@dataclass(slots=True)
class Group:
    """The rows of one document so far; `broken` when one of them was refused, `endless` when they are too many."""

    key: Key
    rows: list[Row] = field(default_factory=list)
    broken: bool = False
    endless: bool = False


class Merger:
    """Turns the rows of one table into documents, in the file's order; held ones come last."""

    def __init__(self, survey: Survey, options: ReadOptions, findings: Findings) -> None:
        self.survey, self.options, self.findings = survey, options, findings
        self.held: dict[Key, Group] = {}
        self.held_rows = 0
        self.last: Group | None = None  # the group of the row above
        self.loose: str | None = None  # the number of a refused row above whose document is not known

    def documents(self, rows: Iterable[Row | BadRow]) -> Iterator[Item]:
        current: Group | None = None
        for row in rows:
            if isinstance(row, BadRow):
                yield from row.refusals
                if row.key is None:
                    self._break_neighbour(row)
                    continue
            apart = self.survey.may_stand_apart(row.cells)
            if apart and (row.key in self.held or self.held_rows < MOST_HELD):
                self._hold(row)
                continue
            if current is None or current.key != row.key:
                if current is not None:
                    yield from self._finish(current)
                current = Group(row.key or ("", ""))
            self._add(current, row, in_parts=apart)
        if current is not None:
            yield from self._finish(current)
        for group in self.held.values():
            yield from self._finish(group)
        if self.survey.apart.overflowed or self.held_rows >= MOST_HELD:
            text = t(
                "Rows of the same invoice stand apart in too many places to be brought together. Sort the file by "
                "invoice number and import it again."
            )
            self.findings.note("rows_too_scattered", text)

    def _hold(self, row: Row | BadRow) -> None:
        key = row.key or ("", "")
        group = self.held.setdefault(key, Group(key))
        self._add(group, row)
        self.held_rows += 1
        row.cells = (hash(tuple(row.cells)),)  # enough to know a repeated row by, and small

    def _break_neighbour(self, row: BadRow) -> None:
        """A refused row without a key may belong to the document above, or to one of its number below."""
        if self.last is not None and (row.goes_on or row.number == self.last.key[0]):
            self.last.broken = True
        self.loose = row.number or None

    def _add(self, group: Group, row: Row | BadRow, in_parts: bool = False) -> None:
        if self.loose is not None:
            group.broken = group.broken or group.key[0] == self.loose
            self.loose = None
        self.last = group
        if isinstance(row, BadRow):
            group.broken = True
            return
        if in_parts:
            text = t("Other rows of this invoice may stand elsewhere in the file; they were not added to it.")
            row.doubts.append(Notice("number_repeated", Where(row.line), text))
        if len(group.rows) < MOST_ROWS_OF_ONE:
            group.rows.append(row)
        else:
            group.endless = True

    def _finish(self, group: Group) -> Iterable[Item]:
        if not group.broken and len(group.rows) == 1:
            return (self._single(group.rows[0]),)
        return self._finish_several(group)

    def _finish_several(self, group: Group) -> Iterator[Item]:
        rows = group.rows
        if group.endless:
            yield _endless(rows[0])
            return
        repeated = _repeated(rows)
        yield from repeated
        if not rows:
            return
        if group.broken or repeated:
            yield _incomplete(rows[0])
            return
        parts: dict[tuple[int, Kind | None], list[Row]] = {}
        for row in rows:  # numbers begin anew each year, and credit notes may have a series of their own
            parts.setdefault((row.issued_on.year, row.kind), []).append(row)
        for part in parts.values():
            yield _why_not_one(part) or (self._joined(part) if len(part) > 1 else self._single(part[0]))

    def _single(self, row: Row) -> Document:
        """The usual case, a document of one row."""
        amount = Money(abs(row.minor), row.currency)
        due_on = self._due_on(row)
        items = (DueItem(due_on, amount, row.iban, row.settled_on, row.disputed),) if row.minor else ()
        return self._document(
            row,
            items,
            due=amount,
            signed=row.minor,
            stated=row.total,
            settled_on=row.settled_on,
            disputed=row.disputed,
            doubts=row.doubts,
        )

    def _joined(self, rows: list[Row]) -> Item:
        """One due item per date, account and state, nought left out, in the order of their dates."""
        first = rows[0]
        if min(row.minor for row in rows) < 0 < max(row.minor for row in rows):
            return _mixed_signs(first)
        items: dict[tuple[object, ...], DueItem] = {}
        for row in rows:
            due_on = self._due_on(row)
            if row.minor:
                amount = Money(abs(row.minor), row.currency)
                mark = (due_on, row.iban, row.settled_on, row.disputed)
                if mark in items:
                    amount = items[mark].amount + amount
                items[mark] = DueItem(due_on, amount, row.iban, row.settled_on, row.disputed)
        minor = sum(row.minor for row in rows)
        settled = [row.settled_on for row in rows if row.settled_on is not None]
        return self._document(
            first,
            tuple(sorted(items.values(), key=lambda item: item.due_on)),
            due=Money(abs(minor), first.currency),
            signed=minor,
            stated=next((row.total for row in rows if row.total is not None), None),
            settled_on=max(settled) if len(settled) == len(rows) else None,
            disputed=any(row.disputed for row in rows),
            doubts=[doubt for row in rows for doubt in row.doubts],
        )

    def _document(
        self,
        first: Row,
        items: tuple[DueItem, ...],
        *,
        due: Money,
        signed: int,
        stated: int | None,
        settled_on: date | None,
        disputed: bool,
        doubts: list[Notice],
    ) -> Document:
        kind = (first.kind or "invoice") if signed >= 0 else _credited(first, doubts)
        total = due
        if stated is not None and abs(stated) != due.minor:
            total = Money(abs(stated), first.currency)
            text = t(
                "The document's total is %(total)s, its due amounts add up to %(sum)s.",
                total=total.plain,
                sum=due.plain,
            )
            doubts.append(Notice("total_mismatch", Where(first.line), text))
        if first.assumed_currency:
            text = t("The file names no currency; %(currency)s was assumed.", currency=first.currency)
            doubts.append(Notice("currency_assumed", Where(first.line), text))
        if not items:
            doubts.append(Notice("nothing_due", Where(first.line), t("Nothing is due on this document.")))
        return Document(
            number=first.number,
            kind=kind,
            issued_on=first.issued_on,
            currency=first.currency,
            total=total,
            due_items=items,
            debtor=first.debtor,
            where=Where(first.line),
            warnings=tuple(doubts),
            settled_on=settled_on,
            disputed=disputed,
        )

    def _due_on(self, row: Row) -> date:
        """The row's due date, or the assumed one; what looks wrong about its dates is remarked."""
        due_on = row.due_on
        if due_on is None:
            due_on = row.issued_on + timedelta(days=self.options.default_terms_days)
            text = t("The file gives no due date; %(date)s was assumed.", date=due_on.isoformat())
            row.doubts.append(Notice("due_date_assumed", Where(row.line), text))
        elif due_on < row.issued_on:
            text = t("The due date %(due)s is before the date of issue.", due=due_on.isoformat())
            row.doubts.append(Notice("due_before_issue", Where(row.line), text))
        if row.settled_on is not None and row.settled_on < row.issued_on:
            text = t("The settlement %(date)s is before the date of issue.", date=row.settled_on.isoformat())
            row.doubts.append(Notice("settled_before_issue", Where(row.line), text))
        return due_on


def _credited(first: Row, doubts: list[Notice]) -> Kind:
    if first.kind != "credit_note":
        text = t("The amount is negative: it lowers what the customer owes, so it was read as a credit note.")
        doubts.append(Notice("negative_amount", Where(first.line), text))
    return "credit_note"


def _repeated(rows: list[Row]) -> list[Refusal]:
    refusals = []
    seen: dict[tuple[object, ...], int] = {}
    for row in rows:
        mark = tuple(row.cells)
        if mark in seen:
            text = t(
                "This line is the same as line %(line)s. Delete one of them; if the invoice has two equal due "
                "amounts on one day, write their sum in one line.",
                line=seen[mark],
            )
            refusals.append(Refusal("row_repeated", Where(row.line), text))
        seen.setdefault(mark, row.line)
    return refusals


def _incomplete(first: Row) -> Refusal:
    text = t(
        "Another line of invoice %(number)s was refused, and an invoice comes in whole or not at all. Mend that "
        "line and this one is read too.",
        number=first.number,
    )
    return Refusal("document_incomplete", Where(first.line), text)


def _endless(first: Row) -> Refusal:
    text = t(
        "Invoice %(number)s has more than %(most)s lines. Is this column really the invoice number?",
        number=first.number,
        most=MOST_ROWS_OF_ONE,
    )
    return Refusal("rows_too_many", Where(first.line), text)


def _why_not_one(rows: list[Row]) -> Refusal | None:
    """Rows of one document must agree on what belongs to the document."""
    first = rows[0]
    for row in rows[1:]:
        for field_name, one, other in (
            (t("date of issue"), first.issued_on.isoformat(), row.issued_on.isoformat()),
            (t("currency"), first.currency, row.currency),
            (t("total"), first.total, row.total),
        ):
            if one != other and None not in {one, other}:
                text = t(
                    "Lines %(first)s and %(line)s are both invoice %(number)s but differ in their %(what)s: %(one)s "
                    "and %(other)s. Make them agree.",
                    first=first.line,
                    line=row.line,
                    number=first.number,
                    what=field_name,
                    one=one,
                    other=other,
                )
                return Refusal("rows_disagree", Where(row.line), text)
    return None


def _mixed_signs(first: Row) -> Refusal:
    text = t(
        "Invoice %(number)s has positive and negative amounts. Give the credit note its own number, or write what "
        "is left to pay on each date.",
        number=first.number,
    )
    return Refusal("mixed_signs", Where(first.line), text)
