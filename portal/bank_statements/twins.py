"""One movement told by two files in different words: the same, another, or a person's to say.

CAMT, MT940 and the tables of banks' websites say more or less of a movement. What agrees in account, amount and day,
and contradicts itself in nothing, may be one: it waits, and is never booked a second time by itself.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from portal.bank_statements import booking, matching, queries, returning, rules
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
        days = [day for one in arrived for day in _days(one)]
        if not days:
            return cls((), accounts)
        amounts = {one.movement.amount.minor for one in arrived}
        kept = queries.kept_of_amounts(amounts, min(days) - _AROUND, max(days) + _AROUND)
        return cls(kept, accounts)

    def find(self, one: Arrived) -> tuple[BankMovement | None, bool]:
        """The kept movement that it may be, and whether it surely is; each is claimed once by one file."""
        named = set(returning.ids_in(_said(one.movement.creditor_reference, one.movement.text)))
        amount = one.movement.amount
        suspects = [
            row
            for row, kind, account in self._by_amount.get((amount.minor, amount.currency), ())
            if account == one.account
            and (kind != one.statement.kind or kind == _TABLE)
            and row.file_key != one.file.key
            and row.id not in one.file.claimed
            and _agrees(one, row, named, kind)
        ]
        sure = [row for row in suspects if one.movement.end_to_end_id and _same_end(one, row)]
        found = next(iter(sure or suspects), None)
        if found is not None:
            one.file.claimed.add(found.id)
        return found, bool(sure)


def _days(one: Arrived) -> list[date]:
    return [day for day in (one.movement.booked_on, one.movement.value_on) if day is not None]


def _said(reference: str | None, text: str | None) -> str:
    return f"{reference or ''} . {text or ''}"


def _same_end(one: Arrived, row: BankMovement) -> bool:
    return row.end_to_end_id is not None and row.end_to_end_id == one.movement.end_to_end_id


def _agrees(one: Arrived, row: BankMovement, named: set[int], kind: str) -> bool:
    """Whether nothing that both say differs. Banks' own references are compared within one family of formats."""
    movement = one.movement
    if row.value_on not in _days(one) and row.booked_on not in _days(one):
        return False
    for said, kept in (
        (movement.end_to_end_id, row.end_to_end_id),
        (movement.counterparty.iban, row.counterparty_iban),
        (one.identity.bank_key if _family(kind) == _family(one.statement.kind) else None, row.bank_key),
    ):
        if said is not None and kept is not None and said != kept:
            return False
    kept_named = set(returning.items_named(row))
    if named and kept_named:
        return bool(named & kept_named)
    names = (movement.counterparty.name, row.counterparty_name)
    return not all(names) or _same_end(one, row) or rules.likeness(*names) > 0


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
