"""One movement told by two files in different words: the same, another, or a person's to say.

CAMT, MT940 and the tables of banks' websites say more or less of a movement. What agrees in account, amount and day,
and contradicts itself in nothing, may be one: it waits, and is never booked a second time by itself.
"""

from collections.abc import Sequence
from datetime import timedelta

from portal.bank_statements import booking, contradictions, matching, queries, returning
from portal.bank_statements import events as happened
from portal.bank_statements.known import Arrived
from portal.bank_statements.models import BankMovement, BankStatement
from portal.bank_statements.own_accounts import Accounts
from portal.bank_statements.states import MovementStatus
from portal.core import events
from portal.core.errors import NotAllowedNow
from portal.core.text import t

S = MovementStatus
_TABLE = "table"
_AROUND = timedelta(days=10)  # how far a value date lies from its booking date at most
_FILLED = ("end_to_end_id", "creditor_reference", "counterparty_name", "counterparty_iban", "text")


class Twins:
    """Kept movements of the amounts of a chunk, for those of its movements that nothing names as known."""

    def __init__(self, kept: Sequence[tuple[BankMovement, BankStatement]], accounts: Accounts) -> None:
        self._by_amount: dict[tuple[int, str], list[tuple[BankMovement, str, str]]] = {}
        for row, statement in kept:
            kept_as = (row, statement.kind, accounts.name_of(statement.account))
            self._by_amount.setdefault((row.amount_minor, row.currency), []).append(kept_as)

    @classmethod
    def load(cls, arrived: Sequence[Arrived], accounts: Accounts) -> "Twins":
        days = [day for one in arrived for day in contradictions.days_of(one.movement)]
        if not days:
            return cls((), accounts)
        amounts = {one.movement.amount.minor for one in arrived}
        kept = queries.kept_of_amounts(amounts, min(days) - _AROUND, max(days) + _AROUND)
        return cls(kept, accounts)

    def find(self, one: Arrived) -> tuple[BankMovement | None, bool]:
        """The kept movement that it may be, and whether it surely is; each is claimed once by one file."""
        amount = one.movement.amount
        suspects = [
            row
            for row, kind, account in self._by_amount.get((amount.minor, amount.currency), ())
            if account == one.account
            and (kind != one.statement.kind or kind == _TABLE)
            and row.file_key != one.file.key
            and row.id not in one.file.claimed
            and _agrees(one, row, kind)
        ]
        sure = [row for row in suspects if contradictions.same_end(one.movement, row)]
        found = next(iter(sure or suspects), None)
        if found is not None:
            one.file.claimed.add(found.id)
        return found, bool(sure)


def _agrees(one: Arrived, row: BankMovement, kind: str) -> bool:
    """Whether both say a day, and nothing that both say differs. Banks' own references are compared within one
    family of formats."""
    if not contradictions.days_of(one.movement) or contradictions.between(one.movement, row):
        return False
    keys = (one.identity.bank_key, row.bank_key)
    return _family(kind) != _family(one.statement.kind) or not all(keys) or row.bank_key in one.identity.bank_keys


def _family(kind: str) -> str:
    return kind.partition(".")[0][:4]


def same(movement: BankMovement) -> BankMovement:
    """A person says that it is the one that it may be: put aside. What it says more is kept with the other, which
    finds what it pays perhaps. Returns that one. Raises NotAllowedNow."""
    known = _asked_about(movement)
    booking.put_aside(movement, booking.SAME)
    for name in _FILLED:
        if getattr(known, name) is None:
            setattr(known, name, getattr(movement, name))
    if known.status is S.WAITING and known.why in {booking.NO_REFERENCE, queries.NOT_THERE_YET}:
        if not returning.items_named(known) and returning.items_named(movement):
            known.creditor_reference, known.text = movement.creditor_reference, movement.text
        matching.match_waiting(known)
    return known


def another(movement: BankMovement) -> None:
    """A person says that it is not: it is looked at as if it had just come. Raises NotAllowedNow."""
    known = _asked_about(movement)
    events.record(
        happened.MovementToldApart(movement_id=movement.id, debtor_id=movement.debtor_id, known_id=known.id)
    )
    movement.same_as_id, movement.why = None, booking.NO_REFERENCE
    matching.match_waiting(movement)


def _asked_about(movement: BankMovement) -> BankMovement:
    if movement.status is not S.WAITING or movement.why != booking.MAY_BE_KNOWN:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=movement.status.label))
    known = queries.locked(movement.same_as_id or 0)
    if known is None:
        raise NotAllowedNow(t("There is nothing to decide about it."))
    return known
