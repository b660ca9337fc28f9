"""What makes a movement the same when it comes again: the bank's own reference where it gives one, else what it says.

A file brought in twice brings nothing twice. The same movement in an intraday report, a statement and a notification
is one movement. Two movements of one file that say the same in every field are two: they are counted.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from portal.bank_statements.documents import Movement, Statement

_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Identity:
    """`entry_key` names the bank's booking, which may have parts; `bank_key` the movement itself, by the bank's
    reference; `dated_key` the same with its day, where another had that reference before; `content` what it says,
    `occurrence` the how-many-eth in its file that says so (from 0)."""

    entry_key: str | None
    bank_key: str | None
    dated_key: str | None
    content: str
    occurrence: int

    @property
    def bank_keys(self) -> tuple[str, ...]:
        """What it may be kept by, the more exact one first."""
        return tuple(key for key in (self.dated_key, self.bank_key) if key is not None)


def digest(*parts: object) -> str:
    written = _SEPARATOR.join("" if part is None else str(part) for part in parts)
    return hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Identities:
    """Gives the movements of one file their identities, in the file's order."""

    def __init__(self) -> None:
        self._contents: Counter[tuple[str, str]] = Counter()
        self._references: Counter[tuple[str, str]] = Counter()
        self._statement = 0

    def next_statement(self) -> None:
        self._statement += 1

    def of(self, statement: Statement, account: str, movement: Movement) -> Identity:
        # Reports of one day repeat each other within one file: there each statement is counted for itself.
        within = str(self._statement) if statement.is_interim else ""
        content = _content(account, movement)
        occurrence = self._contents[within, content]
        self._contents[within, content] += 1
        bank_key = _bank_key(account, movement)
        if bank_key is not None:
            # A reference that comes twice in one statement is no name of one movement: it is counted too.
            again = self._references[str(self._statement), bank_key]
            self._references[str(self._statement), bank_key] += 1
            bank_key = digest(bank_key, again) if again else bank_key
        dated = None if bank_key is None else digest("dated", bank_key, _day(movement))
        return Identity(_entry_key(account, movement), bank_key, dated, content, occurrence)


def _day(movement: Movement) -> date | None:
    return movement.booked_on or movement.value_on


def _year(movement: Movement) -> int | None:
    """Some banks begin again with their references each year."""
    day = _day(movement)
    return None if day is None else day.year


def _entry_key(account: str, movement: Movement) -> str | None:
    if movement.entry_reference is None or movement.entry_amount is None:
        return None
    amount = movement.entry_amount
    return digest("entry", account, movement.entry_reference, amount.minor, amount.currency, _year(movement))


def _bank_key(account: str, movement: Movement) -> str | None:
    reference = movement.bank_reference
    if reference is None and movement.entry_reference is not None:
        place = None if movement.part is None else (movement.end_to_end_id, movement.part)
        reference = movement.entry_reference if place is None else f"{movement.entry_reference} {place}"
    if reference is None:
        return None
    amount = movement.amount
    return digest("bank", account, reference, amount.minor, amount.currency, _year(movement))


def _content(account: str, movement: Movement) -> str:
    """Free text counts only where no reference says more: statements and notifications word it differently."""
    telling = (movement.end_to_end_id, movement.creditor_reference)
    words = () if any(telling) else (_squeezed(movement.remittance), _squeezed(movement.counterparty.name or ""))
    return digest(
        "content",
        account,
        _day(movement),
        movement.amount.minor,
        movement.amount.currency,
        movement.reversal,
        *telling,
        movement.counterparty.iban,
        *words,
    )


def _squeezed(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def statement_key(statement: Statement, account: str, file_digest: Callable[[], str], again: int) -> str:
    """What makes a statement the same when it comes again; a table has no name but its file."""
    name = file_digest() if statement.kind == "table" else statement.number
    opening = None if statement.opening is None else statement.opening.minor
    return digest("statement", statement.kind, account, statement.currency, name, statement.made_on, opening, again)
