"""MT940 and MT942, streamed a statement line at a time.

Own mapping: mt-940 reads the whole file with one expression, takes a time of day at the beginning of a line for a
field, and gives a reversed credit a plus unless told otherwise. It is the second opinion of the tests.
"""

from collections.abc import Iterator
from typing import BinaryIO

from portal.bank_statements import wording
from portal.bank_statements.documents import (
    Counterparty,
    FileRefused,
    Item,
    Movement,
    Notice,
    Refusal,
    Statement,
    Unreadable,
    Where,
)
from portal.bank_statements.sums import Sums
from portal.bank_statements.swift import details, fields, lines
from portal.bank_statements.swift.fields import Field
from portal.bank_statements.swift.lines import StatementLine
from portal.core.text import t
from portal.imports.options import Findings, ReadOptions

CODE = "mt940"
LABEL = "MT940"
RANK = 30
SUFFIXES = (".sta", ".940", ".942", ".mt940", ".mt942", ".swi")

_ACCOUNT_ENDS = 3  # letters of a currency behind an account number
_TELLING = (":20:", ":25:", ":28C:", ":28:", ":60F:", ":60M:", ":61:", ":86:", ":NS:")


def sniff(head: bytes, name: str) -> bool:
    """Fields at the beginning of lines; two of them, or one and a name that says so."""
    if b"\0" in head[:512] or head.lstrip().startswith((b"<", b"PK")):
        return False
    starts = [line.lstrip(b"\x01").strip() for line in head.splitlines()[:400]]
    told = {tag for tag in _TELLING if any(start.startswith(tag.encode()) for start in starts)}
    return len(told) >= 2 or (bool(told) and starts[0][:1] in {b":", b"{", b""}) or name.endswith(SUFFIXES)


def read(source: BinaryIO, options: ReadOptions, findings: Findings) -> Iterator[Item]:  # noqa: ARG001
    reader = _Reader()
    for found in fields.read(source):
        yield from reader.take(found)
    yield from reader.end()
    if not reader.seen:
        raise FileRefused("format_unknown", t("This is not an MT940 file: no field of it was found."))


class _Reader:
    """The statement that is being read, and the movement that waits for its field 86."""

    def __init__(self) -> None:
        self.seen = False
        self._clear()

    def _clear(self) -> None:
        self.statement: Statement | None = None
        self.sums: Sums | None = None
        self.given = False
        self.substance = False
        self.over = False  # its closing balance has come
        self.line: tuple[StatementLine, Field] | None = None
        self.words: list[str] = []

    def take(self, found: Field) -> Iterator[Item]:
        self.seen = self.seen or found.tag != fields.END
        tag = found.tag[:2]
        if found.tag in fields.BETWEEN or tag == "20" or (self.over and tag in {"25", "28", "60", "61"}):
            yield from self.end()
        if found.tag in fields.BETWEEN:
            return
        head = self._head(found)
        if tag == "25":
            _account(head, found.first)
        elif tag == "28":
            head.number = wording.one_line(found.first, 70)
        elif tag in {"34", "13", "90"}:
            head.kind = "mt942"
            self._floor_limit(head, found)
        elif tag in {"60", "62"}:
            yield from self._balance(head, found)
        elif tag == "61":
            yield from self._movement()
            yield from self._line(head, found)
        elif tag == "86" and self.line is not None:
            self.words += found.lines
        elif tag in {"64", "65"}:
            yield from self._movement()

    def _head(self, found: Field) -> Statement:
        if self.statement is None:
            self.statement = Statement("mt940", "", None, None, Where(line=found.line))
            self.sums = Sums(self.statement)
        return self.statement

    @staticmethod
    def _floor_limit(head: Statement, found: Field) -> None:
        """Field 34F is where an MT942 names its currency."""
        code = found.first[:3]
        if found.tag == "34F" and code.isascii() and code.isalpha() and code.isupper():
            head.currency = head.currency or code

    def _balance(self, head: Statement, found: Field) -> Iterator[Item]:
        yield from self._movement()
        closing = found.tag.startswith("62")
        self.substance = True
        try:
            amount, day = lines.balance(found.first.strip())
        except Unreadable as problem:
            yield from self._give()
            yield Refusal(problem.code, found.where, problem.text)
        else:
            head.currency = head.currency or amount.currency
            head.made_on = day if closing or head.made_on is None else head.made_on
            if amount.currency != head.currency:
                text = t("A balance is in %(named)s, but the account is kept in %(currency)s: it was not used.",
                         named=amount.currency, currency=head.currency)  # fmt: skip
                yield Refusal("currency_differs", found.where, text)
            elif closing:
                head.closing = amount
            else:
                head.opening = amount
        yield from self._give()
        self.over = self.over or closing

    def _line(self, head: Statement, found: Field) -> Iterator[Item]:
        self.substance = True
        if head.currency is None:
            yield from self._refuse(
                Unreadable("currency_missing", t("Nothing says in which currency this is: the file has no balance.")),
                found,
            )
            return
        yield from self._give()
        try:
            line = lines.statement_line(found.lines, head.currency)
        except Unreadable as problem:
            yield from self._refuse(problem, found)
            return
        if line.mark in lines.EXPECTED:
            yield Notice("not_booked", found.where, t("Not booked yet (%(status)s): left out.", status=line.mark))
            return
        self.line, self.words = (line, found), []

    def _refuse(self, problem: Unreadable, found: Field) -> Iterator[Item]:
        if self.sums is not None:
            self.sums.refused = True
        yield Refusal(problem.code, found.where, problem.text)

    def _give(self) -> Iterator[Item]:
        """The statement itself, once its currency is known."""
        if self.statement is not None and not self.given:
            self.given = True
            yield self.statement

    def _movement(self) -> Iterator[Item]:
        """The movement whose field 86, if it has one, has been read."""
        if self.line is None or self.sums is None:
            return
        (line, found), self.line = self.line, None
        said = details.read(self.words, line)
        movement = Movement(
            amount=line.amount,
            booked_on=line.booked_on,
            value_on=line.value_on,
            where=found.where,
            reversal=line.mark.startswith("R"),
            returned=line.mark.startswith("R") or line.kind in lines.RETURNS,
            end_to_end_id=said.end_to_end_id,
            creditor_reference=said.creditor_reference,
            text=wording.one_line(said.text) or wording.one_line(line.supplement),
            remittance=wording.one_line(said.text) or "",
            counterparty=Counterparty(said.name, said.iban),
            entry_reference=wording.reference(line.bank_reference),
            entry_amount=line.amount,
        )
        yield self.sums.add(movement)

    def end(self) -> Iterator[Item]:
        """The message has ended: what waits is given, and whether it adds up."""
        yield from self._movement()
        if self.statement is not None and self.sums is not None:
            if not self.substance:
                text = t("This is only a piece of a statement: it has neither a balance nor a movement.")
                yield Refusal("statement_incomplete", self.statement.where, text)
            elif self.given and (said := self.sums.difference()) is not None:
                yield said
        self._clear()


def _account(head: Statement, written: str) -> None:
    """`NL34RABO0142623393 EUR`, `NL54INGB0001234500EUR` or `20070000/0123456601`."""
    compact = "".join(written.split())[:64]
    tail = compact[-_ACCOUNT_ENDS:]
    bare = compact[:-_ACCOUNT_ENDS] if tail.isascii() and tail.isalpha() and tail.isupper() else compact
    head.iban = wording.iban(compact) or wording.iban(bare)
    head.account = head.iban or bare or compact


def example() -> bytes:
    return (
        b":20:E1\r\n:25:IT60X0542811101000000123456\r\n:28C:42/1\r\n:60F:C260302EUR1000,00\r\n"
        b":61:2603020302C1220,00NTRFNONREF//2026030200017\r\n"
        b":86:/EREF/OB-77/ORDP//NAME/Officine Brenta s.r.l./IBAN/IT25O0306909606100000012345/REMI/RF18 5390 0754\r\n"
        b" 7034 saldo fattura 2026/101\r\n:62F:C260302EUR2220,00\r\n-\r\n"
    )
