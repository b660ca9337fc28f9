"""Which movements are here already, and the rows of those that are new (portal.bank_statements.identity)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from portal.bank_statements import booking, queries, returning
from portal.bank_statements.documents import Movement, Statement
from portal.bank_statements.identity import Identity
from portal.bank_statements.models import BankMovement
from portal.bank_statements.states import MOVEMENTS, MovementStatus
from portal.core import clock, ids

S = MovementStatus


@dataclass(slots=True)
class Arrived:
    """A movement of a file with its identity and the statement row that it belongs to."""

    movement: Movement
    identity: Identity
    statement: Statement
    statement_id: int
    fresh: set[str]  # bookings that its own file has brought in: their parts are no repetition


@dataclass(slots=True)
class Known:
    """What is here of a chunk's movements, kept up to date while new ones join."""

    by_bank: dict[str, BankMovement] = field(default_factory=dict)
    by_entry: dict[str, list[BankMovement]] = field(default_factory=dict)
    by_content: dict[str, list[BankMovement]] = field(default_factory=dict)

    @classmethod
    def load(cls, arrived: Sequence[Arrived]) -> "Known":
        known, seen = cls(), set()
        identities = [one.identity for one in arrived]
        for column, values in (
            ("bank_key", {one.bank_key for one in identities if one.bank_key}),
            ("entry_key", {one.entry_key for one in identities if one.entry_key}),
            ("content", {one.content for one in identities}),
        ):
            for row in queries.known_as(column, values):
                if row.id not in seen:
                    seen.add(row.id)
                    known.add(row)
        return known

    def add(self, row: BankMovement) -> None:
        if row.bank_key is not None:
            self.by_bank[row.bank_key] = row
        if row.entry_key is not None:
            self.by_entry.setdefault(row.entry_key, []).append(row)
        self.by_content.setdefault(row.content, []).append(row)

    def is_known(self, one: Arrived) -> bool:
        """Whether it is here; a bank's reference that is new for a movement we know is noted."""
        identity = one.identity
        if identity.bank_key is not None and identity.bank_key in self.by_bank:
            return True
        if identity.entry_key is not None and identity.entry_key not in one.fresh:
            here = self.by_entry.get(identity.entry_key, ())
            if here and not self._takes_apart(one, here):
                return True
        same = self.by_content.get(identity.content, ())
        if identity.bank_key is None:
            return identity.occurrence < len(same)
        unnamed = next((row for row in same if row.bank_key is None), None)
        if unnamed is None:
            return False
        unnamed.bank_key, unnamed.entry_key = identity.bank_key, identity.entry_key
        self.by_bank[identity.bank_key] = unnamed
        return True

    def was_here(self, one: Arrived) -> bool:
        """As `is_known`, only looking."""
        identity = one.identity
        if identity.bank_key is not None and identity.bank_key in self.by_bank:
            return True
        return identity.occurrence < len(self.by_content.get(identity.content, ()))

    @staticmethod
    def _takes_apart(one: Arrived, here: Iterable[BankMovement]) -> bool:
        """Whether this part of a booking says more than the sum that waits: the sum makes room for its parts."""
        rows = list(here)
        if one.movement.part is None or any(row.part is not None for row in rows):
            return False
        waiting = [row for row in rows if row.status is S.WAITING]
        if not waiting:
            return False
        for row in waiting:
            booking.put_aside(row, booking.TAKEN_APART)
        return True

    def next_occurrence(self, content: str) -> int:
        return max((row.occurrence for row in self.by_content.get(content, ())), default=-1) + 1


def new_row(one: Arrived, batch_id: int, occurrence: int) -> BankMovement:
    """The row of a movement that was not here. Of money that went out to others only amount and days are kept."""
    movement, statement = one.movement, one.statement
    day = movement.value_on or movement.booked_on or statement.made_on or clock.today()
    row = BankMovement(
        id=ids.new_id(),
        statement_id=one.statement_id,
        batch_id=batch_id,
        booked_on=movement.booked_on,
        value_on=day,
        amount_minor=movement.amount.minor,
        currency=movement.amount.currency,
        reversal=movement.reversal,
        returned=movement.returned,
        end_to_end_id=movement.end_to_end_id,
        creditor_reference=movement.creditor_reference,
        text=movement.text,
        counterparty_name=movement.counterparty.name,
        counterparty_iban=movement.counterparty.iban,
        entry_key=one.identity.entry_key,
        part=movement.part,
        bank_key=one.identity.bank_key,
        content=one.identity.content,
        occurrence=occurrence,
    )
    MOVEMENTS.begin(row, S.NEW, None)
    return row


def forget_others(row: BankMovement) -> None:
    """Salaries and suppliers are nobody's business here (rule C-20: no more than is needed)."""
    if row.amount_minor < 0 and not returning.is_return(row):
        row.text = row.counterparty_name = row.counterparty_iban = row.end_to_end_id = row.creditor_reference = None
