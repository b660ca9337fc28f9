"""A movement that was given to the wrong document or customer: taken off there, and looked at anew, with four eyes.

What had been booked stays as a record without who paid; what the bank said goes on as a movement that waits.
"""

from typing import Any

from sqlalchemy import select, update

from portal.bank_statements import booking, queries
from portal.bank_statements import events as happened
from portal.bank_statements.identity import digest
from portal.bank_statements.models import BankMovement, PayerAccount
from portal.bank_statements.states import MOVEMENTS, MovementStatus
from portal.core import db, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.invoices import reversing
from portal.ledger import accounts, origins
from portal.ledger.sources import Source

S = MovementStatus
KIND = "bank_undone"
FOUR_EYES = t("Who asked for it cannot agree to it. Please let a colleague look.")
# What the bank said, and what makes the movement the same when it comes again.
_SAID = (
    "statement_id", "batch_id", "booked_on", "value_on", "amount_minor", "currency", "reversal", "returned",
    "end_to_end_id", "creditor_reference", "text", "counterparty_name", "counterparty_iban", "part", "file_key",
)  # fmt: skip
_KEYS = ("entry_key", "bank_key", "content", "occurrence")


def why_not(movement: BankMovement) -> Text | None:
    """Why its booking cannot be undone: nothing is booked, or not all of its money is here any more."""
    if movement.amount_minor <= 0 or movement.status not in queries.HELD:
        return t("There is nothing to undo.")
    if queries.given_back(movement.id):
        return t("The bank has taken some of it back already.")
    if origins.held(_origin(movement)).total < movement.amount_minor:
        return t("Some of it has gone back to the customer already. Please settle that with them first.")
    return None


def _origin(movement: BankMovement) -> Source:
    return Source(queries.SOURCE, movement.id)


def ask(movement: BankMovement, *, by: str, reason: str) -> None:
    """One person says that it was given to the wrong document or customer, and why; another has to agree.

    `by` names who asks as `portal.people.sessions.Person.who` does. Raises NotAllowedNow.
    """
    _check(movement)
    if movement.undo_asked_by is not None:
        raise NotAllowedNow(t("A colleague has asked for it already."))
    movement.undo_asked_by, movement.note = by, reason[:300]
    events.record(happened.UndoAsked(**_about(movement)))
    db.session().flush()


def decline(movement: BankMovement) -> None:
    """It stays as it is booked: says a colleague, or who had asked for it."""
    if movement.undo_asked_by is None or movement.status not in queries.HELD:
        raise NotAllowedNow(t("Nobody asks for it any more."))
    movement.undo_asked_by = movement.note = None
    events.record(happened.UndoDeclined(**_about(movement)))
    db.session().flush()


def agree(movement: BankMovement, *, by: str) -> BankMovement:
    """A second person agrees: what it had done in the books is taken back, and what the bank said waits once more.

    Returns the movement that waits. Raises NotAllowedNow.
    """
    if movement.undo_asked_by is None:
        raise NotAllowedNow(t("Nobody asks for it any more."))
    if by == movement.undo_asked_by:
        raise NotAllowedNow(FOUR_EYES)
    _check(movement)
    debtor_id, booked_at = int(movement.debtor_id or 0), movement.status_at
    taken = reversing.take_back(
        debtor_id,
        _origin(movement),
        movement.amount,
        into=accounts.BANK,
        kind=KIND,
        source=Source(queries.UNDO, movement.id),
        value_on=movement.value_on,
    )
    if taken.missing:
        raise NotAllowedNow(
            t("Some of it has gone back to the customer already. Please settle that with them first.")
        )
    _forget_payer(movement, debtor_id)
    again = _anew(movement)
    movement.undone_by, movement.why, movement.same_as_id = by, queries.UNDONE, again.id
    undone = happened.MovementUndone(
        **_about(movement),
        again_id=again.id,
        item_ids=taken.item_ids,
        value_on=movement.value_on,
        booked_at=booked_at,
    )
    MOVEMENTS.move(movement, S.UNDONE, undone)
    db.session().flush()
    return again


def _check(movement: BankMovement) -> None:
    wrong = why_not(movement)
    if wrong is not None:
        raise NotAllowedNow(wrong)


def _about(movement: BankMovement) -> dict[str, Any]:
    return {
        "movement_id": movement.id,
        "debtor_id": movement.debtor_id,
        "amount_minor": movement.amount_minor,
        "currency": movement.currency,
    }


def _anew(movement: BankMovement) -> BankMovement:
    """What the bank said, as a row that waits; the booked one keeps nothing of who paid: it may be another's."""
    keys = {name: getattr(movement, name) for name in _KEYS}
    again = BankMovement(
        id=ids.new_id(), note=movement.note, **keys, **{name: getattr(movement, name) for name in _SAID}
    )
    movement.entry_key = movement.bank_key = None
    movement.content, movement.occurrence = digest("undone", movement.id), 0
    movement.text = movement.counterparty_name = movement.counterparty_iban = None
    movement.end_to_end_id = movement.creditor_reference = None
    db.session().flush()
    MOVEMENTS.begin(again, S.NEW, None)
    db.session().add(again)
    db.session().flush()
    repeated = update(BankMovement).where(BankMovement.same_as_id == movement.id)
    db.changed(repeated.values(same_as_id=again.id))
    booking.wait(again, booking.UNDONE)
    db.session().flush()
    return again


def _forget_payer(movement: BankMovement, debtor_id: int) -> None:
    """That this account paid for that customer was a mistake too."""
    known_as = PayerAccount.iban == movement.counterparty_iban, PayerAccount.debtor_id == debtor_id
    for known in db.session().scalars(select(PayerAccount).where(*known_as)).all():
        known.times -= 1
        if known.times <= 0:
            db.session().delete(known)
