"""A bank gives a transfer back: exactly what it had settled is open again, and no other payment is touched."""

from portal.bank_statements import booking, queries, wording
from portal.bank_statements import events as happened
from portal.bank_statements.models import BankMovement
from portal.bank_statements.states import MOVEMENTS, MovementStatus
from portal.core import banking, db, events
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.invoices import reversing
from portal.invoices.reversing import Taken
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries

KIND = "bank_return"
S = MovementStatus


def is_return(movement: BankMovement) -> bool:
    """Whether the bank itself says that this debit gives something back."""
    return movement.amount_minor < 0 and (movement.reversal or movement.returned)


def originals(movement: BankMovement) -> tuple[list[BankMovement], bool]:
    """The booked credits that a debit may give back, and whether the reference that they share names them surely."""
    by_name = _whole(queries.given_back_by(movement))
    if movement.end_to_end_id:
        same = [one for one in by_name if one.end_to_end_id == movement.end_to_end_id]
        if same:
            return same, True
    named = items_named(movement)
    if named:
        same = _whole(queries.booked_on_items(named, movement))
        if same:
            return same, True
    return by_name, False


def _whole(found: list[BankMovement]) -> list[BankMovement]:
    """Those of which nothing has gone back yet."""
    return [one for one in found if not queries.given_back(one.id)]


def larger_originals(movement: BankMovement) -> list[BankMovement]:
    """Booked credits of which a debit may give back a part: the bank kept its fees, or some was asked for only.

    Always a person's to say.
    """
    named = items_named(movement)
    found = queries.given_back_by(movement, in_part=True)
    found += queries.booked_on_items(named, movement, in_part=True) if named else []
    by_id = {one.id: one for one in found}
    exact = {one.id for one in originals(movement)[0]}
    return [one for one in by_id.values() if one.id not in exact and left(one) >= -movement.amount]


def left(credit: BankMovement) -> Money:
    """What of a credit has not gone back."""
    return Money(credit.amount_minor - queries.given_back(credit.id), credit.currency)


def items_named(movement: BankMovement) -> list[int]:
    """Ids that RF references in the movement spell, whether such due items exist or not."""
    return ids_in(f"{movement.creditor_reference or ''} . {movement.text or ''}")


def ids_in(text: str) -> list[int]:
    """Row ids that RF references in a text spell (rule B-35)."""
    found = (banking.payment_of(spelling) for spelling in wording.rf_spellings(text))
    return sorted({row_id for row_id in found if row_id is not None})


def take(movement: BankMovement) -> bool:
    """A new or waiting debit: gives back what it surely names, waits where that is unsure. True when booked."""
    found, sure = originals(movement)
    if not is_return(movement):
        if sure and movement.status is S.NEW:
            booking.wait(movement, booking.MAY_BE_RETURN)
        return False
    is_ahead = booking.is_far_ahead(movement)
    if sure and len(found) == 1 and not is_ahead:
        give_back(movement, found[0])
        return True
    why = booking.SEVERAL_ORIGINALS if found else queries.NOT_THERE_YET
    why = booking.VALUE_AHEAD if is_ahead else why
    if movement.status is S.NEW:
        booking.wait(movement, why)
    else:
        movement.why = why
    return False


def accept(movement: BankMovement, original: BankMovement) -> None:
    """A person says which transfer this debit gives back, all of it or a part: that much is open again.

    Raises NotAllowedNow.
    """
    booking.check_waiting(movement)
    if movement.amount_minor >= 0 or movement.currency != original.currency:
        raise NotAllowedNow(t("This transfer cannot be what was given back."))
    if original.status not in queries.HELD or left(original) < -movement.amount:
        raise NotAllowedNow(t("This transfer cannot be what was given back."))
    booking.settle_day(movement)
    give_back(movement, original)


def give_back(debit: BankMovement, original: BankMovement) -> None:
    """Books the return of a booked credit: what its money did, in reverse, and nothing of any other's.

    What of it nobody here has any more, because it has gone back to the customer already, is open between them and
    the creditor: it stands on WITHHELD, and staff are told (`queries.missing`).
    """
    source = ledger.Source(queries.RETURN, debit.id)
    taken = reversing.take_back(
        int(original.debtor_id or 0),
        ledger.Source(queries.SOURCE, original.id),
        -debit.amount,
        into=accounts.BANK,
        kind=KIND,
        source=source,
        value_on=debit.value_on,
    )
    if taken.missing:
        ledger.move(
            int(original.debtor_id or 0),
            taken.missing,
            debit=accounts.WITHHELD,
            credit=accounts.BANK,
            kind=KIND,
            source=source,
            value_on=debit.value_on,
            position=ledger_queries.next_place(source),
        )
    _mark(debit, original, taken)


def _mark(debit: BankMovement, original: BankMovement, taken: Taken) -> None:
    debit.returns_id, debit.debtor_id, debit.why = original.id, original.debtor_id, None
    booked = happened.ReturnBooked(movement_id=debit.id, debtor_id=original.debtor_id, original_id=original.id)
    if debit.status is S.NEW:
        matched = happened.MovementMatched(
            movement_id=debit.id, debtor_id=original.debtor_id, item_ids=taken.item_ids
        )
        MOVEMENTS.move(debit, S.MATCHED, matched)
    MOVEMENTS.move(debit, S.BOOKED, booked)
    db.session().flush()
    still = left(original)
    returned = happened.MovementReturned(
        movement_id=original.id,
        debtor_id=original.debtor_id,
        return_id=debit.id,
        item_ids=taken.item_ids,
        amount_minor=-debit.amount_minor,
        left_minor=still.minor,
        missing_minor=taken.missing.minor,
        currency=original.currency,
        value_on=debit.value_on,
    )
    if still:
        events.record(returned)
    else:
        MOVEMENTS.move(original, S.RETURNED, returned)
    if taken.missing:
        short = happened.ReturnShort(
            movement_id=debit.id,
            debtor_id=original.debtor_id,
            amount_minor=taken.missing.minor,
            currency=original.currency,
        )
        events.record(short)
    db.session().flush()
