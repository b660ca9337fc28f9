"""What happened to a bank's statements and to their movements. Amounts in minor units, credit positive."""

from dataclasses import dataclass
from datetime import date, datetime

from portal.core.events import Event, event


@event("statement_import.uploaded", about="batch")
@dataclass(frozen=True, kw_only=True)
class StatementsUploaded(Event):
    batch_id: int


@event("statement_import.started", about="batch")
@dataclass(frozen=True, kw_only=True)
class StatementsStarted(Event):
    batch_id: int


@event("statement_import.finished", about="batch", public=True)
@dataclass(frozen=True, kw_only=True)
class StatementsFinished(Event):
    """`known` movements had come before; `booked` were matched by their reference; `waiting` wait for a person."""

    batch_id: int
    new: int
    known: int
    booked: int
    waiting: int
    refused: int


@event("statement_import.failed", about="batch")
@dataclass(frozen=True, kw_only=True)
class StatementsFailed(Event):
    batch_id: int
    why: str


@event("statement_import.discarded", about="batch")
@dataclass(frozen=True, kw_only=True)
class StatementsDiscarded(Event):
    batch_id: int


@event("own_account.confirmed", about="account")
@dataclass(frozen=True, kw_only=True)
class AccountConfirmed(Event):
    """Statements of this account are booked from now on. `known_by` is person or command (the command line)."""

    account_id: int
    known_by: str


@event("bank_movement.arrived", about="movement")
@dataclass(frozen=True, kw_only=True)
class MovementArrived(Event):
    movement_id: int
    amount_minor: int
    currency: str


@event("bank_movement.matched", about="movement")
@dataclass(frozen=True, kw_only=True)
class MovementMatched(Event):
    """It names due items by their reference, or the movement that it gives back."""

    movement_id: int
    item_ids: tuple[int, ...]


@event("bank_movement.waiting", about="movement", public=True)
@dataclass(frozen=True, kw_only=True)
class MovementWaiting(Event):
    """Nobody knows yet what it pays: a person looks."""

    movement_id: int
    amount_minor: int
    currency: str
    value_on: date


@event("bank_movement.booked", about="movement", public=True)
@dataclass(frozen=True, kw_only=True)
class MovementBooked(Event):
    """It settled due items. `outcome` is paid, late, partial or over; `excess_minor` became the debtor's credit.

    `open_minor` is what is left of these due items.
    """

    movement_id: int
    item_ids: tuple[int, ...]
    amount_minor: int
    applied_minor: int
    excess_minor: int
    open_minor: int
    currency: str
    value_on: date
    outcome: str


@event("bank_movement.credited", about="movement", public=True)
@dataclass(frozen=True, kw_only=True)
class MovementCredited(Event):
    """All of it became the debtor's unallocated credit."""

    movement_id: int
    amount_minor: int
    excess_minor: int
    currency: str
    value_on: date


@event("bank_movement.ignored", about="movement")
@dataclass(frozen=True, kw_only=True)
class MovementIgnored(Event):
    movement_id: int
    why: str


@event("bank_movement.told_apart", about="movement")
@dataclass(frozen=True, kw_only=True)
class MovementToldApart(Event):
    """A person says that it is another than `known_id`, which says the same."""

    movement_id: int
    known_id: int


@event("bank_movement.reopened", about="movement")
@dataclass(frozen=True, kw_only=True)
class MovementReopened(Event):
    """It was put aside, and is looked at again."""

    movement_id: int


@event("bank_movement.returned", about="movement", public=True)
@dataclass(frozen=True, kw_only=True)
class MovementReturned(Event):
    """The bank took a booked credit back by `return_id`; its due items are open again by just that much.

    `amount_minor` went back; `left_minor` is what of the credit stays booked. `missing_minor` of what went back had
    gone to the customer before.
    """

    movement_id: int
    return_id: int
    item_ids: tuple[int, ...]
    amount_minor: int
    left_minor: int
    missing_minor: int
    currency: str
    value_on: date


@event("bank_movement.gave_back", about="movement")
@dataclass(frozen=True, kw_only=True)
class ReturnBooked(Event):
    """A debit that gives back the earlier credit `original_id`."""

    movement_id: int
    original_id: int


@event("bank_movement.return_short", about="movement")
@dataclass(frozen=True, kw_only=True)
class ReturnShort(Event):
    """Of what the bank took back with this debit, so much had gone to the customer before: they have it twice."""

    movement_id: int
    amount_minor: int
    currency: str


@event("bank_movement.undo_asked", about="movement")
@dataclass(frozen=True, kw_only=True)
class UndoAsked(Event):
    """A person says that it was given to the wrong document or customer; another has to agree."""

    movement_id: int
    amount_minor: int
    currency: str


@event("bank_movement.undo_declined", about="movement")
@dataclass(frozen=True, kw_only=True)
class UndoDeclined(Event):
    """It stays as it is booked."""

    movement_id: int
    amount_minor: int
    currency: str


@event("bank_movement.undone", about="movement", public=True)
@dataclass(frozen=True, kw_only=True)
class MovementUndone(Event):
    """It had been booked by mistake, at `booked_at`: its due items are open again, and `again_id` waits instead."""

    movement_id: int
    again_id: int
    item_ids: tuple[int, ...]
    amount_minor: int
    currency: str
    value_on: date
    booked_at: datetime
