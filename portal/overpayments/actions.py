"""What happens to money that was paid too much: opened once, decided, kept and used (rule B-10).

In the books it is credit of its source from the moment it came in (portal.ledger.origins): whoever opens it here has
booked it. Of no other source's credit anything is ever used or given back for it.
Giving it back is `portal.overpayments.giving_back`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError

from portal.core import clock, db, events, ids, outbox, scope
from portal.core.errors import NotAllowedNow, NotFound
from portal.core.money import Money, total
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.debtors.visits import Current
from portal.interest import actions as interest
from portal.interest.events import InterestCredited
from portal.invoices import actions as invoices
from portal.invoices import credit_notes, crediting
from portal.invoices import queries as invoice_queries
from portal.invoices.events import (
    CreditAheadBooked,
    CreditCovered,
    CreditNoteApplied,
    CreditUncovered,
    InvoiceImported,
)
from portal.invoices.payable import ONLINE_CURRENCY, Line, allocate, payable_now, undisputed
from portal.ledger import accounts, origins
from portal.ledger import queries as ledger_queries
from portal.ledger.sources import Source
from portal.overpayments import events as happened
from portal.overpayments import queries, rules
from portal.overpayments.models import Overpayment
from portal.overpayments.states import MACHINE, UNDECIDED, OverpaymentStatus
from portal.payments import books
from portal.payments import queries as payments
from portal.payments.events import PaymentSucceeded

S = OverpaymentStatus
USE = "overpayments.use"


def open_from(
    debtor_id: int,
    source: Source,
    amount: Money,
    *,
    came_by: str,
    attempt_id: int | None = None,
    invoice_id: int | None = None,
) -> Overpayment:
    """Opens what came in beyond what was open; the same source again is the same overpayment.

    `source` is the origin of the credit in the books; `came_by` the account that it came from (`rules.CAME_BY`);
    `attempt_id` the payment that it can be given back to; `invoice_id` the one invoice it was meant for. Both
    sides are told (portal.reactions). Raises ValueError for an amount that is not positive.
    """
    if amount.minor <= 0:
        raise ValueError(f"nothing too much: {amount}")
    known = queries.of_source(source)
    if known is not None:
        follow(source)
        return known
    opened = Overpayment(
        id=ids.new_id(),
        debtor_id=debtor_id,
        source_kind=source.kind,
        source_id=source.id,
        came_by=came_by,
        attempt_id=attempt_id,
        invoice_id=invoice_id,
        amount_minor=amount.minor,
        used_minor=0,
        gone_minor=0,
        currency=amount.currency,
        refund_due_on=rules.refund_due(today()),
        opened_at=clock.now(),
    )
    MACHINE.begin(opened, S.OPEN, None)
    try:
        with db.session().begin_nested():
            db.session().add(opened)
    except IntegrityError:  # told twice at the same moment
        found = queries.of_source(source)
        if found is None:
            raise
        return found
    events.record(happened.OverpaymentOpened(**about(opened), came_by=came_by, refund_due_on=opened.refund_due_on))
    return opened


def open_for_payment(event: PaymentSucceeded, _event_id: int) -> None:
    """A payment brought more than was open: the second of two, or an amount that the provider changed."""
    if event.excess_minor and event.debtor_id is not None:
        too_much = Money(event.excess_minor, event.currency)
        _open_for_attempt(event.attempt_id, event.debtor_id, too_much, event.item_ids)


def _open_for_attempt(attempt_id: int, debtor_id: int, amount: Money, item_ids: Sequence[int]) -> None:
    meant = {item.invoice_id for item in invoice_queries.items(item_ids)}
    open_from(
        debtor_id,
        books.origin_of(attempt_id),
        amount,
        came_by=accounts.CARD,
        attempt_id=attempt_id,
        invoice_id=meant.pop() if len(meant) == 1 else None,
    )


def open_for_credit_note(event: CreditNoteApplied | CreditUncovered, _event_id: int) -> None:
    """A credit note was more than was open on its invoice, or names none. One that waits for its invoice waits."""
    credit_note = invoice_queries.invoice(event.invoice_id)
    if credit_note is None or event.debtor_id is None or credit_notes.waits(credit_note):
        return
    origin = credit_notes.origin_of(credit_note.id)
    left = origins.free(origin, event.currency)
    if left:
        meant = credit_notes.related(credit_note)
        open_from(event.debtor_id, origin, left, came_by=accounts.CREDIT_NOTES, invoice_id=meant)


def open_for_credit_ahead(event: CreditAheadBooked, _event_id: int) -> None:
    """A dispute was valid, and more of its document is paid than is owed now."""
    left = Money(event.unallocated_minor, event.currency)
    if left and event.debtor_id is not None:
        origin = crediting.origin_of(event.dispute_id)
        open_from(event.debtor_id, origin, left, came_by=accounts.CREDIT_AHEAD, invoice_id=event.invoice_id)


def follow_covered(event: CreditCovered, _event_id: int) -> None:
    """The credit note was for what had been credited before: it is not too much any more."""
    follow(credit_notes.origin_of(event.invoice_id))


def goes_back(origin: Source) -> bool:
    """Whether a colleague gives it back just now: nobody else may take it."""
    found = queries.of_source(origin)
    return found is not None and found.status is S.REFUND_REQUESTED


def open_for_recount(event: InterestCredited, _event_id: int) -> None:
    """Less interest, or costs, is due than had been paid."""
    if event.debtor_id is not None:
        source, too_much = Source(interest.RECOUNT, event.recount_id), Money(event.amount_minor, event.currency)
        open_from(event.debtor_id, source, too_much, came_by=event.what, invoice_id=event.invoice_id)


def today() -> date:
    """The day it is for the creditor in scope."""
    return clock.today(creditors.by_id(scope.current().creditor_id).time_zone)


def about(one: Overpayment) -> dict[str, Any]:
    """What every event says of an overpayment: whose, which, and how much of it is left."""
    return {
        "overpayment_id": one.id,
        "debtor_id": one.debtor_id,
        "amount_minor": one.left.minor,
        "currency": one.currency,
    }


def locked(overpayment_id: int) -> Overpayment:
    """The row, nobody else changing it. Raises NotFound."""
    found = queries.locked(overpayment_id)
    if found is None:
        raise NotFound(t("There is nothing here."))
    return found


def wish(visit: Current, overpayment_id: int, wanted: str) -> Overpayment:
    """The debtor says what to do with it, and may say otherwise while nothing has been done (KEEP or GIVE_BACK).

    Keeping needs nobody; giving back is for the creditor's people to do. Raises NotAllowedNow when it is too late.
    """
    one = locked(overpayment_id)
    if not visit.may_answer or one.status not in UNDECIDED:
        raise NotAllowedNow(t("This is settled already: %(now)s.", now=one.status.label))
    if one.wish == wanted:
        return one
    one.wish, one.wished_at = wanted, clock.now()
    events.record(happened.OverpaymentWished(**about(one), wish=wanted))
    if wanted == rules.KEEP and one.status is S.OPEN:
        keep(one)
    if wanted == rules.GIVE_BACK and one.status is S.KEPT:
        reopen(one)
    db.session().flush()
    return one


def keep(one: Overpayment, *, by_policy: bool = False) -> None:
    """Kept for what is open or comes next; it is used right after. Raises NotAllowedNow, for one wished back too."""
    if one.wish == rules.GIVE_BACK:
        raise NotAllowedNow(t("The customer asked to have it back."))
    MACHINE.move(one, S.KEPT, happened.OverpaymentKept(**about(one), by_policy=by_policy))
    db.session().flush()
    outbox.put(USE, one.id)


def keep_by_policy(overpayment_id: int) -> None:
    """Nobody said anything in time, and the creditor keeps such money then (`Creditor.overpayments_kept`)."""
    one = locked(overpayment_id)
    if one.status is S.OPEN and one.wish is None:
        keep(one, by_policy=True)


def reopen(one: Overpayment) -> None:
    """To be decided once more. Raises NotAllowedNow."""
    one.seen_on = one.seen_as_id = one.seen_by = None  # whatever goes back now is another transfer
    MACHINE.move(one, S.OPEN, happened.OverpaymentReopened(**about(one)))
    db.session().flush()


def use(overpayment_id: int) -> None:
    """Uses what is kept for the debtor's open due items, the oldest first; contested and reserved ones rest."""
    seen = queries.one(overpayment_id)
    if seen is None or seen.status is not S.KEPT:
        return
    queries.lock_items_of(seen.debtor_id)  # before the money: as payments do, so that no two wait for each other
    one = locked(overpayment_id)
    if one.status is not S.KEPT or not one.left:
        return
    source, day = Source(queries.SOURCE, one.id), today()
    for line in _open_lines(one):
        settled = invoices.settle_item(
            line.item,
            line.amount,
            account=accounts.UNALLOCATED,
            kind=queries.SOURCE,
            source=source,
            value_on=day,
            position=ledger_queries.next_place(source),
            origin=one.origin,
        )
        if not settled.applied:
            continue
        one.used_minor += settled.applied.minor
        used = {**about(one), "amount_minor": settled.applied.minor}
        events.record(happened.OverpaymentUsed(**used, item_id=line.item.item_id))
    if not one.left:
        whole = {**about(one), "amount_minor": one.used_minor}
        MACHINE.move(one, S.APPLIED, happened.OverpaymentApplied(**whole))
    db.session().flush()


def _open_lines(one: Overpayment) -> tuple[Line, ...]:
    """Of its own currency: what is not payable online is settled by credit all the same (decision 27)."""
    items = invoice_queries.items_of_debtor(one.debtor_id)
    if one.currency == ONLINE_CURRENCY:
        lines = payable_now(items).payable_lines
    else:
        own = (item for item in items if item.open.currency == one.currency and item.reserved_by is None)
        lines = tuple(Line(item, item.open) for item in own)
    free = undisputed(lines)
    most = total([line.amount for line in free], one.currency)
    amount = min(one.left, most, origins.free(one.origin, one.currency))
    return allocate(free, amount) if amount else ()


def use_for_new(event: InvoiceImported, _event_id: int) -> None:
    """A new invoice of somebody whose money is kept: used for it right after it is in."""
    debtor_id = event.debtor_id
    if event.kind == "invoice" and debtor_id is not None and debtor_id in queries.debtors_with_kept():
        for overpayment_id in queries.kept_ids(debtor_id):
            outbox.put(USE, overpayment_id)


def refresh(attempt_id: int) -> None:
    """Money of a payment was taken back, or a refund of it undone: what was too much of it follows the books.

    What nobody knew to be too much before, because others paid its documents meanwhile, is opened.
    """
    origin = books.origin_of(attempt_id)
    if queries.of_source(origin) is not None:
        follow(origin)
        return
    attempt = payments.attempt(attempt_id)
    left = origins.free(origin, attempt.currency) if attempt is not None else None
    if attempt is not None and left:
        meant = [one.due_item_id for one in payments.reservations(attempt.id)]
        _open_for_attempt(attempt.id, attempt.debtor_id, left, meant)


def follow(source: Source) -> None:
    """Brings what came in too much from one source to what the books hold of it: used, free, and the rest gone.

    While a colleague gives it back it stays as it was asked for: what comes of that is told, and followed then.
    """
    found = queries.of_source(source)
    if found is None:
        return
    one = locked(found.id)
    held = origins.held(source)
    if one.status is S.REFUND_REQUESTED and (one.attempt_id is not None or held.free):
        return
    if one.status is S.REFUNDED and not held.free:
        return
    used = sum(held.used.values())
    one.amount_minor = max(one.amount_minor, used + held.free)
    one.used_minor, one.gone_minor = used, one.amount_minor - used - held.free
    if one.left and one.status not in UNDECIDED:
        reopen(one)
    elif not one.left and one.status in UNDECIDED and used and not one.gone_minor:
        MACHINE.move(one, S.APPLIED, happened.OverpaymentApplied(**{**about(one), "amount_minor": used}))
    elif not one.left and (one.status in {*UNDECIDED, S.REFUND_REQUESTED} or (one.status is S.APPLIED and not used)):
        gone = {**about(one), "amount_minor": one.gone_minor}
        MACHINE.move(one, S.WITHDRAWN, happened.OverpaymentWithdrawn(**gone))
    db.session().flush()
