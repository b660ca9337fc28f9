"""What a credit note does: it lowers the invoice that it corrects, or waits for it; what is beyond it is credit."""

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from portal.core import db, events
from portal.core.money import Money
from portal.invoices import actions, crediting, queries
from portal.invoices import events as happened
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts, origins
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries
from portal.ledger.sources import Source

ORIGIN = crediting.NOTE


def origin_of(credit_note_id: int) -> Source:
    """Whose money it is that a credit note brought, in the books."""
    return Source(ORIGIN, credit_note_id)


def apply_credit_note(credit_note: Invoice) -> None:
    """Lowers the related invoice's due items, earliest first; what is left is the debtor's credit.

    What was credited ahead of it (portal.invoices.crediting) it takes the place of, and does not lower again. Without
    a related invoice no invoice is guessed: the rest of it stays the credit of this note.
    """
    crediting.take_turns(credit_note.debtor_id)
    whole, items = credit_note.credited, _related_items(credit_note)
    covered = whole - whole if waits(credit_note) else crediting.cover(credit_note, related(credit_note))
    left, source, applied = whole - covered, origin_of(credit_note.id), 0
    named = related(credit_note)
    if named is not None and left:
        for tell in crediting.note_came:
            tell(named, left)
    for item in items:
        part = Money(min(left.minor, item.open.minor), left.currency)
        if part and item.open.currency == left.currency:
            settled = actions.settle_item(item, part, account=accounts.CREDIT_NOTES, kind="credit_note",
                                          source=source, value_on=credit_note.issued_on,
                                          position=crediting.next_place(source))  # fmt: skip
            left, applied = left - part, applied + settled.applied.minor
    if left:
        ledger.keep_as_credit(credit_note.debtor_id, left, account=accounts.CREDIT_NOTES, kind="credit_note",
                              source=source, value_on=credit_note.issued_on)  # fmt: skip
    _tell(credit_note, applied, left.minor, covered.minor)


def _tell(credit_note: Invoice, applied: int, left: int, covered: int = 0) -> None:
    events.record(
        happened.CreditNoteApplied(
            invoice_id=credit_note.id,
            debtor_id=credit_note.debtor_id,
            applied_minor=applied,
            unallocated_minor=left,
            covered_minor=covered,
            currency=credit_note.currency,
        )
    )


def apply_waiting_credit(invoice: Invoice) -> bool:
    """Uses credit notes that came before the invoice which they correct; True when one was used.

    A note that is older than the invoice corrects another of that number: numbers start again each year. One whose
    invoice had come before waits for nothing: what was left of it is its owner's to decide about.
    """
    notes = select(Invoice).where(
        Invoice.debtor_id == invoice.debtor_id,
        Invoice.kind == "credit_note",
        Invoice.related_number == invoice.number,
        Invoice.issued_on >= invoice.issued_on,
    )
    used = False
    for credit_note in db.session().scalars(notes.order_by(Invoice.issued_on, Invoice.id)).all():
        origin = origin_of(credit_note.id)
        held = origins.held(origin)
        if held.free == held.total > 0 and _candidates(credit_note) == [invoice.id]:
            left = Money(held.free, credit_note.currency)
            applied = _use(credit_note, invoice, left)
            used = used or bool(applied)
            _tell(credit_note, applied, left.minor - applied)
    return used


def of_invoice(invoice: Invoice) -> list[Invoice]:
    """The credit notes that correct this invoice, the oldest first."""
    notes = select(Invoice).where(
        Invoice.debtor_id == invoice.debtor_id,
        Invoice.kind == "credit_note",
        Invoice.related_number == invoice.number,
        Invoice.issued_on >= invoice.issued_on,
    )
    found = db.session().scalars(notes.order_by(Invoice.issued_on, Invoice.id)).all()
    return [note for note in found if related(note) == invoice.id]


def use_free(credit_note: Invoice) -> int:
    """Its invoice is open again: what is free of the note lowers it first; how much that was, in minor units."""
    invoice = queries.invoice(related(credit_note) or 0)
    left = origins.free(origin_of(credit_note.id), credit_note.currency)
    if invoice is None or not left:
        return 0
    applied = _use(credit_note, invoice, left)
    if applied:
        _tell(credit_note, applied, left.minor - applied)
    return applied


def _use(credit_note: Invoice, invoice: Invoice, left: Money) -> int:
    """Uses what is free of a note on its invoice, on a withdrawn one too; how much that was, in minor units."""
    source, applied = Source("late_credit", credit_note.id), 0
    origin = origin_of(credit_note.id)
    for item in queries.items_of_debtor(invoice.debtor_id, invoice.id, only_open=False):
        part = Money(min(left.minor - applied, item.open.minor), left.currency)
        if part and item.open.currency == left.currency:
            settled = actions.settle_item(
                item,
                part,
                account=accounts.UNALLOCATED,
                kind="credit_note",
                source=source,
                value_on=max(credit_note.issued_on, invoice.issued_on),
                position=ledger_queries.next_place(source),
                origin=origin,
            )
            applied += settled.applied.minor
    return applied


def waits(credit_note: Invoice) -> bool:
    """Whether the invoice that a credit note names has not come yet: until then its credit is kept for that."""
    return bool(credit_note.related_number) and not _candidates(credit_note)


def related(credit_note: Invoice) -> int | None:
    """The invoice that a credit note corrects, or None for one that names none, or none that is there."""
    return next(iter(_candidates(credit_note)), None)


def _candidates(credit_note: Invoice) -> list[int]:
    """Invoices of the number that a note names and not younger than it, the newest first."""
    if not credit_note.related_number:
        return []
    newest_first = (
        select(Invoice.id)
        .where(
            Invoice.debtor_id == credit_note.debtor_id,
            Invoice.kind == "invoice",
            Invoice.number == credit_note.related_number,
            Invoice.issued_on <= credit_note.issued_on,
        )
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
        .limit(2)
    )
    return list(db.session().scalars(newest_first))


def came_for(note_ids: Sequence[int]) -> dict[int, list[int]]:
    """The due items of the invoice that each of these credit notes corrects, where it is there."""
    note = aliased(Invoice)
    named = (
        select(note.id, Invoice.id, DueItem.id)
        .join(Invoice, and_(Invoice.debtor_id == note.debtor_id, Invoice.number == note.related_number))
        .join(DueItem, DueItem.invoice_id == Invoice.id)
        .where(note.id.in_(note_ids), Invoice.kind == "invoice", Invoice.issued_on <= note.issued_on)
        .order_by(note.id, Invoice.issued_on.desc(), Invoice.id.desc(), DueItem.due_on, DueItem.id)
    )
    newest: dict[int, int] = {}
    found: dict[int, list[int]] = {}
    for note_id, invoice_id, item_id in db.session().execute(named) if note_ids else ():
        if newest.setdefault(note_id, invoice_id) == invoice_id:
            found.setdefault(note_id, []).append(item_id)
    return found


def _related_items(credit_note: Invoice) -> list[queries.Item]:
    found = related(credit_note)
    return queries.items_of_debtor(credit_note.debtor_id, found) if found is not None else []
