"""In what a movement of a file says something else than one that is kept: its day, what it pays, who paid.

A bank's reference is no name for ever: some begin again with 1 each day. What agrees in it and in the amount is the
same only where nothing else that both say differs.
"""

from datetime import date

from portal.bank_statements import returning, rules
from portal.bank_statements.documents import Movement
from portal.bank_statements.models import BankMovement

DAY, PURPOSE, PAYER = "day", "purpose", "payer"


def between(movement: Movement, row: BankMovement) -> frozenset[str]:
    """The words DAY, PURPOSE and PAYER for what differs; what only one of them says differs in nothing."""
    found = set()
    days = days_of(movement)
    if days and row.value_on not in days and row.booked_on not in days:
        found.add(DAY)
    if _purpose_differs(movement, row):
        found.add(PURPOSE)
    if _payer_differs(movement, row):
        found.add(PAYER)
    return frozenset(found)


def days_of(movement: Movement) -> list[date]:
    """Its booking date and its value date, as far as they are said."""
    return [day for day in (movement.booked_on, movement.value_on) if day is not None]


def same_end(movement: Movement, row: BankMovement) -> bool:
    """Whether both carry one end-to-end reference, which the payer gave."""
    return row.end_to_end_id is not None and row.end_to_end_id == movement.end_to_end_id


def _named(movement: Movement) -> set[int]:
    return set(returning.ids_in(f"{movement.creditor_reference or ''} . {movement.text or ''}"))


def _purpose_differs(movement: Movement, row: BankMovement) -> bool:
    if _differ(movement.end_to_end_id, row.end_to_end_id):
        return True
    named, kept = _named(movement), set(returning.items_named(row))
    return bool(named and kept and not named & kept)


def _payer_differs(movement: Movement, row: BankMovement) -> bool:
    """By account, else by name; banks cut names, so one word in common is enough, and a reference in common too."""
    if _differ(movement.counterparty.iban, row.counterparty_iban):
        return True
    names = (movement.counterparty.name, row.counterparty_name)
    if not all(names) or same_end(movement, row) or _named(movement) & set(returning.items_named(row)):
        return False
    return rules.likeness(*names) <= 0


def _differ(said: str | None, kept: str | None) -> bool:
    return said is not None and kept is not None and said != kept
