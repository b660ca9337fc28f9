"""What a file of account movements says, as plain values: statements, movements, and what was refused and why.

Amounts are signed whole minor units, credit positive, debit negative. Nothing here knows a database.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.core.money import Money
from portal.imports.documents import WHOLE_FILE, FileRefused, Notice, Refusal, Unreadable, Where

__all__ = [
    "WHOLE_FILE",
    "Counterparty",
    "FileRefused",
    "Item",
    "Movement",
    "Notice",
    "Refusal",
    "Statement",
    "Unreadable",
    "Where",
]

INTERIM = frozenset({"camt.052", "camt.054", "mt942"})  # each tells again what others tell too


@dataclass(slots=True)
class Statement:
    """One account over some time. It is given when it begins; `closing` may only be known when it ends.

    `account` is the account as written, without blanks; `iban` the same where it is an IBAN. `made_on` is the day
    of the statement. `number` is the bank's own name of it.
    """

    kind: str  # camt.052, camt.053, camt.054, mt940, mt942 or table
    account: str
    iban: str | None
    currency: str | None
    where: Where
    number: str | None = None
    made_on: date | None = None
    opening: Money | None = None
    closing: Money | None = None

    @property
    def is_interim(self) -> bool:
        """Whether it repeats what a statement says too: movements of it are counted for themselves."""
        return self.kind in INTERIM

    def head_as_json(self) -> dict[str, Any]:
        """What is known before the first movement."""
        return {
            "iban": self.iban,
            "currency": self.currency,
            "opening_minor": None if self.opening is None else self.opening.minor,
        }

    def foot_as_json(self) -> dict[str, Any]:
        return {"closing_minor": None if self.closing is None else self.closing.minor}


@dataclass(frozen=True, slots=True)
class Counterparty:
    """Who is on the other side: who paid, or who was paid."""

    name: str | None = None
    iban: str | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """One booked movement of the account of the statement that came before it.

    `reversal`: it takes back another movement, as the bank says. `entry_reference` is the bank's own reference of
    the booking, `bank_reference` that of this part of it; `part` counts the parts of a batch from 1, None for a
    booking that is one movement. `remittance` is what the payer wrote, `text` that or else what the bank wrote.
    """

    amount: Money
    booked_on: date | None
    value_on: date | None
    where: Where
    reversal: bool = False
    returned: bool = False  # by its code or its words it gives back a payment that went wrong
    end_to_end_id: str | None = None
    creditor_reference: str | None = None
    text: str | None = None
    remittance: str = ""
    counterparty: Counterparty = field(default_factory=Counterparty)
    entry_reference: str | None = None
    entry_amount: Money | None = None
    bank_reference: str | None = None
    part: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "booked_on": None if self.booked_on is None else self.booked_on.isoformat(),
            "value_on": None if self.value_on is None else self.value_on.isoformat(),
            "amount_minor": self.amount.minor,
            "currency": self.amount.currency,
            "reversal": self.reversal,
            "end_to_end_id": self.end_to_end_id,
            "creditor_reference": self.creditor_reference,
            "text": self.text,
            "counterparty": {"name": self.counterparty.name, "iban": self.counterparty.iban},
        }


Item = Statement | Movement | Refusal | Notice
