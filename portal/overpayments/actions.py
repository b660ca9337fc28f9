"""What happens to money that was paid too much: opened once, decided, kept and used (rule B-10).

In the books it is the debtor's unallocated credit from the moment it came in: whoever opens it here has booked it.
Giving it back is `portal.overpayments.giving_back`.
"""

from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError

from portal.core import clock, db, events, ids, outbox, scope
from portal.core.errors import NotAllowedNow, NotFound
from portal.core.money import Money
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.debtors.visits import Current
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.events import InvoiceImported
from portal.invoices.payable import Line, allocate, payable_now, undisputed
from portal.ledger import accounts
from portal.ledger import queries as ledger_queries
from portal.ledger.actions import Source
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

    `source` is what booked it as unallocated credit; `came_by` an account of money coming in (`ledger.accounts`);
    `attempt_id` the payment that it can be given back to; `invoice_id` the one invoice it was meant for. Both
    sides are told (portal.reactions). Raises ValueError for an amount that is not positive.
    """
    if amount.minor <= 0:
        raise ValueError(f"nothing too much: {amount}")
    known = queries.of_source(source)
    if known is not None:
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
    if not event.excess_minor or event.debtor_id is None:
        return
    meant = {item.invoice_id for item in invoice_queries.items(event.item_ids)}
    open_from(
        event.debtor_id,
        Source(payments.SOURCE, event.attempt_id),
        Money(event.excess_minor, event.currency),
        came_by=accounts.CARD,
        attempt_id=event.attempt_id,
        invoice_id=meant.pop() if len(meant) == 1 else None,
    )


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
            position=ledger_queries.postings_of(source),
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
    payable = payable_now(invoice_queries.items_of_debtor(one.debtor_id))
    free = undisputed(payable.payable_lines)
    most = Money(sum(line.amount.minor for line in free), payable.total.currency)
    if one.currency != most.currency:
        return ()
    amount = min(one.left, most, queries.still_there(one))
    return allocate(free, amount) if amount else ()


def use_for_new(event: InvoiceImported, _event_id: int) -> None:
    """A new invoice of somebody whose money is kept: used for it right after it is in."""
    debtor_id = event.debtor_id
    if event.kind == "invoice" and debtor_id is not None and debtor_id in queries.debtors_with_kept():
        for overpayment_id in queries.kept_ids(debtor_id):
            outbox.put(USE, overpayment_id)


def refresh(attempt_id: int) -> None:
    """The payment was paid back, taken back or bounced: what the books no longer hold of it is not there to decide.

    What undoes that brings it back.
    """
    found = queries.of_attempt(attempt_id)
    attempt = payments.attempt(attempt_id)
    if found is None or attempt is None or found.status not in {*UNDECIDED, S.WITHDRAWN}:
        return
    one = locked(found.id)
    still = books.held(attempt).credit
    one.gone_minor = rules.gone(one.amount, Money(one.used_minor, one.currency), still).minor
    if not one.left and one.status in UNDECIDED:
        gone = {**about(one), "amount_minor": one.gone_minor}
        MACHINE.move(one, S.WITHDRAWN, happened.OverpaymentWithdrawn(**gone))
    elif one.left and one.status is S.WITHDRAWN:
        reopen(one)
    db.session().flush()


def let_go(source: Source) -> None:
    """The bank took back the very transfer that brought it: what is left of it is not there to decide any more."""
    found = queries.of_source(source)
    if found is None or found.status not in {*UNDECIDED, S.REFUND_REQUESTED}:
        return
    one = locked(found.id)
    one.gone_minor = one.amount_minor - one.used_minor
    gone = {**about(one), "amount_minor": one.gone_minor}
    MACHINE.move(one, S.WITHDRAWN, happened.OverpaymentWithdrawn(**gone))
    db.session().flush()
