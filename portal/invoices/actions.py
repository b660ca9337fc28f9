"""What can be done to invoices and due items; every settlement of a due item passes through here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from portal.core import banking, bulk, clock, db, events, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.invoices import events as happened
from portal.invoices import holds, queries
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts as ledger_accounts
from portal.ledger import actions as ledger
from portal.ledger.models import Receivable

# Money that comes in, or comes back from a refund that did not get through.
_COMES = (ledger_accounts.CARD, ledger_accounts.BANK, ledger_accounts.REFUNDS)


@dataclass(frozen=True, slots=True)
class NewItem:
    due_on: date
    amount: Money
    iban: str | None = None
    settled_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """An invoice or credit note to be added; `invoice_id` is given beforehand (portal.core.ids)."""

    invoice_id: int
    debtor_id: int
    kind: str
    number: str
    issued_on: date
    total: Money
    items: tuple[NewItem, ...]
    related_number: str | None = None
    file_id: int | None = None
    remittance: str | None = None  # what the document asks to be named with a payment
    pdf: str | None = None  # where the issuer's own PDF is: `inside` the original, or `around` its XML
    credited: Money | None = None  # what a credit note gives back, where that is not its total
    external_id: str | None = None  # what the creditor's system calls it


def add_invoices(new: Sequence[NewInvoice]) -> dict[int, list[int]]:
    """Adds invoices with their due items in bulk and books them. Returns the due items' ids by invoice."""
    creditor_id, now = scope.current().creditor_id, clock.now()
    if not new:
        return {}
    bulk.insert(
        Invoice,
        [
            {
                "id": one.invoice_id,
                "creditor_id": creditor_id,
                "debtor_id": one.debtor_id,
                "kind": one.kind,
                "number": one.number,
                "issued_on": one.issued_on,
                "year": one.issued_on.year,
                "currency": one.total.currency,
                "total_minor": one.total.minor,
                "credited_minor": one.credited.minor if one.credited is not None else None,
                "related_number": one.related_number,
                "file_id": one.file_id,
                "external_id": one.external_id,
                "remittance": one.remittance,
                "pdf": one.pdf if one.file_id is not None else None,
                "imported_at": now,
                "version": 1,
            }
            for one in new
        ],
    )
    item_ids: dict[int, list[int]] = {}
    rows, charges = [], []
    for one in new:
        if one.kind == "invoice":
            item_ids[one.invoice_id] = [ids.new_id() for _ in one.items]
            rows += _item_rows(one, item_ids[one.invoice_id], creditor_id)
            charges += [
                ledger.Charge(item_id, one.debtor_id, item.amount, one.issued_on, item.settled_on)
                for item_id, item in zip(item_ids[one.invoice_id], one.items, strict=True)
            ]
        events.record(
            happened.InvoiceImported(
                invoice_id=one.invoice_id,
                debtor_id=one.debtor_id,
                number=one.number,
                kind=one.kind,
                total_minor=one.total.minor,
                currency=one.total.currency,
            )
        )
    if rows:
        bulk.insert(DueItem, rows)
        ledger.charge(charges)
    return item_ids


def _item_rows(one: NewInvoice, item_ids: list[int], creditor_id: int) -> list[dict[str, object]]:
    return [
        {
            "id": item_id,
            "creditor_id": creditor_id,
            "debtor_id": one.debtor_id,
            "invoice_id": one.invoice_id,
            "position": position,
            "due_on": item.due_on,
            "amount_minor": item.amount.minor,
            "currency": item.amount.currency,
            "reference": banking.payment_reference(item_id),
            "iban": item.iban,
        }
        for position, (item_id, item) in enumerate(zip(item_ids, one.items, strict=True), start=1)
    ]


def settle_item(
    item: queries.Item,
    amount: Money,
    *,
    account: str,
    kind: str,
    source: ledger.Source,
    value_on: date,
    position: int = 0,
    closed_on: date | None = None,
    origin: ledger.Source | None = None,
) -> ledger.Settled:
    """Books `amount` against a due item and says what followed; holds end when nothing is open any more.

    `origin` says whose money it is where that is not the source itself, `closed_on` when it came to nought where
    that is not `value_on` (portal.ledger.actions.settle). On a withdrawn invoice nothing is owed: it is credit.
    """
    if item.withdrawn and account in _COMES:
        ledger.move(item.debtor_id, amount, debit=account, credit=ledger_accounts.UNALLOCATED, kind=kind,
                    source=source, value_on=value_on, position=position, origin=origin)  # fmt: skip
        return ledger.Settled(Money(0, amount.currency), amount)
    settled = ledger.settle(
        item.item_id,
        amount,
        account=account,
        kind=kind,
        source=source,
        value_on=value_on,
        position=position,
        closed_on=closed_on,
        origin=origin,
    )
    if not settled.applied:
        return settled
    left = db.session().get(Receivable, item.item_id)
    open_minor = left.open_minor if left is not None else 0
    events.record(
        happened.ItemSettled(
            item_id=item.item_id,
            invoice_id=item.invoice_id,
            debtor_id=item.debtor_id,
            amount_minor=settled.applied.minor,
            open_minor=open_minor,
            currency=amount.currency,
            by=kind,
            value_on=value_on,
        )
    )
    if open_minor == 0:
        item_closed(item, closed_on or value_on)
    return settled


def item_closed(item: queries.Item, value_on: date) -> None:
    """Nothing is open on the due item any more: its holds end, and where it was the last, its invoice is settled."""
    release(item.item_id, *holds.END_WITH_THE_ITEM)
    if queries.open_total_of_invoice(item.invoice_id) == 0:
        events.record(
            happened.InvoiceSettled(
                invoice_id=item.invoice_id, debtor_id=item.debtor_id, number=item.number, value_on=value_on
            )
        )


def reopen_item(
    item: queries.Item,
    amount: Money,
    *,
    account: str,
    kind: str,
    source: ledger.Source,
    value_on: date,
    origin: ledger.Source,
    position: int = 0,
) -> None:
    """Money of `origin` that had settled a due item goes to `account`: so much of it is open again, and that is said.

    Only what that origin had settled may be taken: other payments of the item stay (portal.ledger.actions.reopen).
    """
    ledger.reopen(
        item.item_id,
        amount,
        account=account,
        kind=kind,
        source=source,
        value_on=value_on,
        position=position,
        origin=origin,
    )
    left = db.session().get(Receivable, item.item_id)
    events.record(
        happened.ItemReopened(
            item_id=item.item_id,
            invoice_id=item.invoice_id,
            debtor_id=item.debtor_id,
            amount_minor=amount.minor,
            open_minor=left.open_minor if left is not None else amount.minor,
            currency=amount.currency,
            by=kind,
            value_on=value_on,
        )
    )


def hold(
    item: queries.Item,
    reason: str,
    source_id: int,
    until: date | None,
    zone: str = "Europe/Rome",
    *,
    amount: Money | None = None,
) -> None:
    """Nobody may chase this due item until the end of that day (in `zone`), or until it is released.

    `amount` is how much of it is contested; the rest stays to be paid. Without it, all is.
    """
    end = datetime.combine(until, time.max, ZoneInfo(zone)) if until else None
    db.session().add(
        Hold(
            id=ids.new_id(),
            debtor_id=item.debtor_id,
            due_item_id=item.item_id,
            reason=reason,
            source_id=source_id,
            amount_minor=amount.minor if amount is not None else None,
            since=clock.now(),
            until=end,
        )
    )
    events.record(
        happened.ItemHeld(
            item_id=item.item_id,
            debtor_id=item.debtor_id,
            reason=reason,
            until=until,
            amount_minor=amount.minor if amount is not None else None,
            currency=amount.currency if amount is not None else None,
        )
    )


def hold_as_much(one: Hold, amount: Money) -> None:
    """A hold that runs rests more or less of its due item from now on."""
    one.amount_minor = amount.minor
    events.record(
        happened.ItemHeld(
            item_id=one.due_item_id,
            debtor_id=one.debtor_id,
            reason=one.reason,
            until=None,
            amount_minor=amount.minor,
            currency=amount.currency,
        )
    )


def release(item_id: int, *reasons: str, source_id: int | None = None) -> None:
    """Ends the holds of a due item: those for `reasons`, or all; with `source_id` those alone that came from it."""
    running = select(Hold).where(Hold.due_item_id == item_id, Hold.ended_at.is_(None))
    if reasons:
        running = running.where(Hold.reason.in_(reasons))
    if source_id is not None:
        running = running.where(Hold.source_id == source_id)
    for one in db.session().scalars(running).all():
        one.ended_at = clock.now()
        events.record(happened.ItemReleased(item_id=item_id, debtor_id=one.debtor_id, reason=one.reason))


def release_by_hand(item: queries.Item, reason: str, why: str) -> None:
    """Staff end what holds a due item for `reason`; `why` is a key of holds.WHY_RELEASED and is kept for good.

    Raises NotAllowedNow when nothing of that kind holds it any more, or when it is not theirs to end.
    """
    not_theirs = holds.why_not_release(reason)
    if not_theirs is not None:
        raise NotAllowedNow(not_theirs)
    now = clock.now()
    held = update(Hold).where(Hold.due_item_id == item.item_id, Hold.reason == reason, holds.running(now))
    if not item.is_open or not db.changed(held.values(ended_at=now)):
        raise NotAllowedNow(t("Nothing of the kind holds it any more. Please look at it again."))
    events.record(happened.ItemReleased(item_id=item.item_id, debtor_id=item.debtor_id, reason=reason, why=why))


def withdraw(invoice: Invoice) -> None:
    """The creditor takes the invoice back: its links close, nobody is asked to pay (decision 2)."""
    if invoice.withdrawn_at is not None:
        return
    invoice.withdrawn_at = clock.now()
    items = tuple(item.item_id for item in queries.items_of_debtor(invoice.debtor_id, invoice.id, only_open=False))
    events.record(
        happened.InvoiceWithdrawn(
            invoice_id=invoice.id, debtor_id=invoice.debtor_id, number=invoice.number, item_ids=items
        )
    )


def withdraw_by_hand(invoice: Invoice) -> None:
    """As `withdraw`, when somebody of the creditor's, or its system, asks for it.

    Raises NotAllowedNow where it has been withdrawn already, and while a payment of it is open.
    """
    lock_of(invoice)
    if invoice.withdrawn_at is not None:
        raise NotAllowedNow(t("This invoice has been withdrawn already."))
    items = queries.items_of_debtor(invoice.debtor_id, invoice.id, only_open=False)
    if any(item.reserved_by is not None for item in items):
        raise NotAllowedNow(t("A payment of it is open right now. Please wait until it has ended."))
    withdraw(invoice)


def lock(items: Sequence[queries.Item]) -> None:
    """Two who say something of the same due items at once wait for each other until a transaction ends."""
    wanted = select(Receivable.id).where(Receivable.id.in_([item.item_id for item in items])).order_by(Receivable.id)
    db.session().execute(wanted.with_for_update())


def lock_of(invoice: Invoice) -> None:
    """As `lock`, of everything that an invoice asks for; the invoice is read anew behind it."""
    lock(queries.items_of_debtor(invoice.debtor_id, invoice.id, only_open=False))
    db.session().refresh(invoice)
