"""Which movements are here already, and the rows of those that are new (portal.bank_statements.identity)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.bank_statements import booking, contradictions, queries
from portal.bank_statements.contradictions import DAY
from portal.bank_statements.documents import Movement, Statement
from portal.bank_statements.identity import Identity
from portal.bank_statements.models import BankMovement, BankStatement
from portal.bank_statements.states import MOVEMENTS, MovementStatus
from portal.core import clock, ids

S = MovementStatus
# A report says again what it said an hour ago: that its two files say the same means nothing, and the statement
# of the day says in the end how many there were.
_SO_FAR = frozenset({"camt.052", "mt942"})
_OVERLAP = 3  # movements that two files have in common from which on they tell of the same time


@dataclass(slots=True)
class SeenFile:
    """What has been seen of one file while it is read."""

    key: str  # of its bytes, and of its name inside an archive
    fresh: set[str] = field(default_factory=set)  # bookings that it has brought in: their parts are no repetition
    claimed: set[int] = field(default_factory=set)  # kept movements that it has told again
    shared: dict[str, set[str]] = field(default_factory=dict)  # by another file's key: what both say
    first: date | None = None  # the earliest day of its movements so far


@dataclass(slots=True)
class Arrived:
    """A movement of a file with its identity, its account and the statement row that it belongs to."""

    movement: Movement
    identity: Identity
    statement: Statement
    statement_id: int
    account: str
    file: SeenFile

    @property
    def day(self) -> date | None:
        return self.movement.booked_on or self.movement.value_on

    @property
    def matters(self) -> bool:
        """Whether it may change a customer's account: money that came, or that the bank takes back."""
        return self.movement.amount.minor > 0 or self.movement.reversal or self.movement.returned


@dataclass(slots=True)
class Known:
    """What is here of a chunk's movements, kept up to date while new ones join."""

    by_bank: dict[str, BankMovement] = field(default_factory=dict)
    by_entry: dict[str, list[BankMovement]] = field(default_factory=dict)
    by_content: dict[str, list[BankMovement]] = field(default_factory=dict)
    statements: dict[int, BankStatement] = field(default_factory=dict)

    @classmethod
    def load(cls, arrived: Sequence[Arrived]) -> "Known":
        known, seen = cls(), set()
        identities = [one.identity for one in arrived]
        for column, values in (
            ("bank_key", {key for one in identities for key in one.bank_keys}),
            ("entry_key", {one.entry_key for one in identities if one.entry_key}),
            ("content", {one.content for one in identities}),
        ):
            for row in queries.known_as(column, values):
                if row.id not in seen:
                    seen.add(row.id)
                    known.add(row)
        kept = {row.statement_id for rows in known.by_content.values() for row in rows}
        known.statements = queries.statements_by_id(kept | {one.statement_id for one in arrived})
        for one in arrived:
            known._look_over(one)
        return known

    def _look_over(self, one: Arrived) -> None:
        """Whether its file has other movements in common with earlier ones, and on which day it begins."""
        if one.day is not None:
            one.file.first = one.day if one.file.first is None else min(one.file.first, one.day)
        for row in self.by_content.get(one.identity.content, ()):
            if row.file_key is not None and row.file_key != one.file.key:
                one.file.shared.setdefault(row.file_key, set()).add(row.content)

    def add(self, row: BankMovement) -> None:
        if row.bank_key is not None:
            self.by_bank[row.bank_key] = row
        if row.entry_key is not None:
            self.by_entry.setdefault(row.entry_key, []).append(row)
        self.by_content.setdefault(row.content, []).append(row)

    def find(self, one: Arrived) -> BankMovement | None:
        """The kept movement that says what this one says, or that the bank names as it does. Only looks."""
        identity = one.identity
        named = _best(one, (self.by_bank[key] for key in identity.bank_keys if key in self.by_bank))
        if named is not None:
            return named
        if identity.entry_key is not None and identity.entry_key not in one.file.fresh:
            here = self.by_entry.get(identity.entry_key, [])
            if here and not self._sums_to_part(one, here):
                return _best(one, here)
        mine, others = self._saying_the_same(one)
        if identity.bank_key is not None:
            return next((row for row in (*mine, *others) if row.bank_key is None), None)
        if identity.occurrence < len(mine):
            return mine[identity.occurrence]
        place = identity.occurrence - len(mine)
        return others[place] if place < len(others) else None

    def _saying_the_same(self, one: Arrived) -> tuple[list[BankMovement], list[BankMovement]]:
        """Kept movements with its content: of this very file or statement, and of others, none of them twice."""
        same = self.by_content.get(one.identity.content, [])
        mine = [r for r in same if r.file_key == one.file.key or r.statement_id == one.statement_id]
        here = {row.id for row in same}
        twice = {row.id for row in same if row.same_as_id in here and row.why == booking.SAME}
        told_by_mine = {row.same_as_id for row in mine}
        others = [r for r in same if r not in mine and r.id not in twice and r.id not in told_by_mine]
        return mine, others

    def note(self, one: Arrived, row: BankMovement) -> None:
        """It is this one: a bank's reference that is new for it is kept."""
        one.file.claimed.add(row.id)
        key = self.free_key(one)
        if key is not None and row.bank_key is None:
            row.bank_key, row.entry_key = key, one.identity.entry_key
            self.by_bank[key] = row

    def free_key(self, one: Arrived) -> str | None:
        """By what a new movement is kept: the bank's reference, with its day where another has had it."""
        return next((key for key in reversed(one.identity.bank_keys) if key not in self.by_bank), None)

    def is_doubtful(self, one: Arrived, row: BankMovement) -> bool:
        """Whether one reference names perhaps two movements, because something else that they say differs; or two
        files say the same of perhaps two: nothing names either, and neither file repeats the other by its nature
        or by what else they have in common."""
        if one.matters and contradictions.between(one.movement, row):
            return True
        theirs = self.statements.get(row.statement_id)
        named = one.identity.bank_key or row.bank_key or one.movement.end_to_end_id
        if named is not None or not one.matters or row.file_key is None or theirs is None:
            return False
        if row.file_key == one.file.key or row.statement_id == one.statement_id:
            return False
        repeats = theirs.kind != one.statement.kind or theirs.kind in _SO_FAR
        if repeats or len(one.file.shared.get(row.file_key, ())) >= _OVERLAP:
            return False
        if one.day is None:
            return True
        begins_before = one.file.first is not None and one.file.first < one.day
        return not begins_before and not queries.goes_on_after(row.statement_id, one.day)

    def is_another(self, one: Arrived, row: BankMovement) -> bool:
        """Whether it surely is not: the day differs, and what it pays or who paid, or nobody here is concerned; and
        two statements that follow upon each other have nothing in common."""
        differs = contradictions.between(one.movement, row)
        if DAY in differs and (len(differs) > 1 or not one.matters):
            return True
        before, now = self.statements.get(row.statement_id), one.statement
        if before is None or now.opening is None or before.kind != now.kind or row.statement_id == one.statement_id:
            return False
        if before.opening_minor is None or before.closing_minor is None or before.currency != now.opening.currency:
            return False
        follows = before.closing_minor == now.opening.minor != before.opening_minor
        return follows and now.kind in {"camt.053", "mt940"} and row.file_key != one.file.key

    @staticmethod
    def _sums_to_part(one: Arrived, here: Iterable[BankMovement]) -> list[BankMovement]:
        """The waiting sums of a booking that this part of it says more than."""
        rows = [row for row in here if DAY not in contradictions.between(one.movement, row)]
        if one.movement.part is None or any(row.part is not None for row in rows):
            return []
        return [row for row in rows if row.status is S.WAITING]

    def make_room(self, one: Arrived) -> None:
        """A new part takes the place of the sum that waited."""
        entry = one.identity.entry_key
        if entry is not None and entry not in one.file.fresh:
            for row in self._sums_to_part(one, self.by_entry.get(entry, ())):
                booking.put_aside(row, booking.TAKEN_APART)

    def next_occurrence(self, content: str) -> int:
        return max((row.occurrence for row in self.by_content.get(content, ())), default=-1) + 1


def _best(one: Arrived, rows: Iterable[BankMovement]) -> BankMovement | None:
    """The one that says the least that it does not."""
    return min(rows, key=lambda row: len(contradictions.between(one.movement, row)), default=None)


def new_row(one: Arrived, batch_id: int, occurrence: int, bank_key: str | None) -> BankMovement:
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
        bank_key=bank_key,
        content=one.identity.content,
        occurrence=occurrence,
        file_key=one.file.key,
    )
    MOVEMENTS.begin(row, S.NEW, None)
    return row
