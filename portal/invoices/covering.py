"""What a person decides about a credit ahead and the credit notes that came: whether the one is the other.

A credit note that names no invoice, or one that is not here, is its owner's credit, or took the place of a credit
ahead by itself (crediting.cover). Here the creditor's people say which it is; either way it counts once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.core import clock, db, events, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.invoices import credit_notes, crediting
from portal.invoices import events as happened
from portal.invoices.models import CreditAhead, CreditCover, Invoice
from portal.ledger import accounts, origins
from portal.ledger import actions as ledger
from portal.ledger.sources import Source

UNCOVERED = "credit_uncovered"
CHANGED = t("This has changed in the meantime. Please look at it again.")
# Whether credit of an origin is on its way back to its owner: filled in portal.reactions.
spoken_for: list[Callable[[Source], bool]] = []


@dataclass(frozen=True, slots=True)
class Came:
    """A credit note that says of itself for no invoice that is here: `free` of it is the customer's credit still,
    `spent` was used elsewhere, or went or goes back."""

    note: Invoice
    free: Money
    spent: Money


def of_dispute(dispute_id: int) -> CreditAhead | None:
    return db.session().scalars(select(CreditAhead).where(CreditAhead.dispute_id == dispute_id)).one_or_none()


def covers(ahead_id: int) -> Sequence[tuple[CreditCover, Invoice]]:
    """Which notes took the place of a credit, and still do."""
    found = (
        select(CreditCover, Invoice)
        .join(Invoice, Invoice.id == CreditCover.note_id)
        .where(CreditCover.ahead_id == ahead_id, CreditCover.undone_at.is_(None))
        .order_by(CreditCover.id)
    )
    return [(cover, note) for cover, note in db.session().execute(found)]


def came_without_invoice(debtor_id: int, currency: str, since: datetime | None = None) -> list[Came]:
    """Credit notes of this customer that no invoice here is named by, with something left that covers nothing."""
    wanted = select(Invoice).where(
        Invoice.debtor_id == debtor_id, Invoice.kind == "credit_note", Invoice.currency == currency
    )
    if since is not None:
        wanted = wanted.where(Invoice.imported_at >= since)
    found = []
    for note in db.session().scalars(wanted.order_by(Invoice.id)).all():
        if credit_notes.related(note) is not None:
            continue
        free = origins.free(credit_notes.origin_of(note.id), currency)
        if any(asked(credit_notes.origin_of(note.id)) for asked in spoken_for):
            free = free - free
        spent = note.credited - Money(_covered_by(note.id), currency) - free
        if free or spent:
            found.append(Came(note, free, spent))
    return found


def _covered_by(note_id: int) -> int:
    standing = select(func.coalesce(func.sum(CreditCover.amount_minor), 0)).where(
        CreditCover.note_id == note_id, CreditCover.undone_at.is_(None)
    )
    return int(db.session().scalar(standing) or 0)


def take_place(dispute_id: int, note_id: int) -> Money:
    """The free credit of a note takes the place of a credit ahead, as far as that waits; how much that was.

    Raises NotAllowedNow where nothing is free, or nothing waits.
    """
    one = _locked(dispute_id)
    came = {each.note.id: each for each in came_without_invoice(one.debtor_id, one.currency)}.get(note_id)
    part = min(came.free, one.waits) if came is not None and one.ended_at is None else Money(0, one.currency)
    if came is None or not part:
        raise NotAllowedNow(CHANGED)
    kept = crediting.keep_cover(one, came.note, part)
    _move(kept, debit=accounts.UNALLOCATED, credit=accounts.CREDIT_AHEAD, kind=crediting.COVERED, position=0)
    events.record(happened.CreditCovered(**_about(one, kept)))
    return part


def not_for_it(dispute_id: int, cover_id: int) -> None:
    """A note that names no invoice is for something else: the customer's credit again. Raises NotAllowedNow."""
    one = _locked(dispute_id)
    found = select(CreditCover).where(CreditCover.id == cover_id, CreditCover.ahead_id == one.id)
    kept = db.session().scalars(found.execution_options(populate_existing=True)).one_or_none()
    if kept is None or kept.undone_at is not None or not may_undo(db.session().get_one(Invoice, kept.note_id)):
        raise NotAllowedNow(CHANGED)
    kept.undone_at = clock.now()
    one.covered_minor -= kept.amount_minor
    db.session().flush()
    _move(kept, debit=accounts.CREDIT_AHEAD, credit=accounts.UNALLOCATED, kind=UNCOVERED, position=1)
    events.record(happened.CreditUncovered(**_about(one, kept)))


def may_undo(note: Invoice) -> bool:
    """One that names the invoice is for it: nobody has to say so, or otherwise."""
    return credit_notes.related(note) is None


def let_stand(dispute_id: int) -> None:
    """No credit note comes for the rest: it stands without one, and later notes are for something else."""
    one = _locked(dispute_id)
    if one.ended_at is not None or not one.waits:
        raise NotAllowedNow(CHANGED)
    one.ended_at = clock.now()
    db.session().flush()
    events.record(
        happened.NoteNotAwaited(
            invoice_id=one.invoice_id,
            debtor_id=one.debtor_id,
            dispute_id=one.dispute_id,
            amount_minor=one.waits.minor,
            currency=one.currency,
        )
    )


def _locked(dispute_id: int) -> CreditAhead:
    one = of_dispute(dispute_id)
    if one is None:
        raise NotAllowedNow(CHANGED)
    crediting.take_turns(one.debtor_id)
    db.session().refresh(one, with_for_update=True)
    return one


def _about(one: CreditAhead, kept: CreditCover) -> dict[str, Any]:
    return {
        "invoice_id": kept.note_id,
        "debtor_id": one.debtor_id,
        "dispute_id": one.dispute_id,
        "amount_minor": kept.amount_minor,
        "currency": kept.currency,
    }


def _move(kept: CreditCover, *, debit: str, credit: str, kind: str, position: int) -> None:
    ledger.move(
        kept.debtor_id,
        Money(kept.amount_minor, kept.currency),
        debit=debit,
        credit=credit,
        kind=kind,
        source=Source(crediting.COVER, kept.id),
        value_on=clock.today(creditors.by_id(scope.current().creditor_id).time_zone),
        position=position,
        origin=credit_notes.origin_of(kept.note_id),
    )
