"""What happens to attempts to pay: begun, opened at the provider, ended by what the provider says, booked once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from portal.core import clock, db, ids, outbox
from portal.core.errors import NotAllowedNow
from portal.core.events import Event, record
from portal.core.money import Money
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.debtors.visits import Current
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Reservation
from portal.invoices.payable import ONLINE_CURRENCY, Line, allocate, payable_now
from portal.invoices.queries import Item
from portal.ledger import accounts as ledger_accounts
from portal.ledger import actions as ledger
from portal.payments import accounts, afterwards, agreed, books, methods, queries
from portal.payments import events as happened
from portal.payments.methods import Standing
from portal.payments.models import PaymentAttempt, ProviderEvent, SavedMethod, TransferNotice
from portal.payments.states import ARRIVED, MACHINE, OPEN, AttemptStatus

S = AttemptStatus
LIFETIME = timedelta(minutes=55)  # of the provider's page: 30 to 60 minutes (rule B-09)
CHARGED_WITHIN = timedelta(hours=23)  # a charge of what was saved: as long as a provider knows its key (rule B-04)
EXPIRE, WORK_EVENT = "payments.expire", "payments.work_event"

# Where the provider's word leads, and how far on each status is: nothing ever goes back (rule B-06).
_LEADS_TO = {
    Standing.OPEN: S.REDIRECTED,
    Standing.PROCESSING: S.PROCESSING,
    Standing.SUCCEEDED: S.SUCCEEDED,
    Standing.FAILED: S.FAILED,
    Standing.EXPIRED: S.EXPIRED,
    Standing.BOUNCED: S.FAILED,
}
_FAR = {S.CREATED: 0, S.REDIRECTED: 1, S.PROCESSING: 2, S.FAILED: 3, S.EXPIRED: 3, S.CANCELLED: 3}
_FAR |= dict.fromkeys(ARRIVED, 4)


def open_attempt(visit: Current, lines: Sequence[Line], method: str, language: str) -> PaymentAttempt | None:
    """A new attempt with its key and one reservation per due item; None when another reserved one first."""
    return _begin((visit.debtor_id, visit.id), lines, method, language)


def open_charge(saved: SavedMethod, lines: Sequence[Line]) -> PaymentAttempt | None:
    """The same for a charge of what was saved: nobody visits, and it is asked for under its key for a day."""
    return _begin((saved.debtor_id, None), lines, saved.method, saved.language, saved)


def _begin(
    payer: tuple[int, int | None],
    lines: Sequence[Line],
    method: str,
    language: str,
    saved: SavedMethod | None = None,
) -> PaymentAttempt | None:
    """`payer`: the debtor, and the visit if it is in one."""
    debtor_id, visit_id = payer
    now, attempt_id, in_use = clock.now(), ids.new_id(), accounts.row(method)
    paid = sorted(lines, key=lambda line: line.item.item_id)  # one order for all: no two wait for each other
    attempt = PaymentAttempt(
        id=attempt_id,
        debtor_id=debtor_id,
        visit_id=visit_id,
        method=method,
        account_id=saved.account_id if saved is not None else in_use.id if in_use is not None else None,
        saved_method_id=saved.id if saved is not None else None,
        amount_minor=sum(line.amount.minor for line in paid),
        currency=paid[0].amount.currency,
        language=language,
        idempotency_key=ids.spell(attempt_id),
        expires_at=(now + (CHARGED_WITHIN if saved is not None else LIFETIME)).replace(microsecond=0),
        created_at=now,
    )
    created = happened.PaymentCreated(
        attempt_id=attempt_id,
        debtor_id=debtor_id,
        method=method,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        item_ids=tuple(line.item.item_id for line in paid),
    )
    try:
        with db.session().begin_nested():
            for line in paid:
                db.session().add(
                    Reservation(
                        id=ids.new_id(),
                        debtor_id=debtor_id,
                        attempt_id=attempt_id,
                        due_item_id=line.item.item_id,
                        amount_minor=line.amount.minor,
                        is_open=True,
                    )
                )
    except IntegrityError:
        return None
    MACHINE.begin(attempt, S.CREATED, created)
    db.session().add(attempt)
    db.session().flush()
    return attempt


def record_start(attempt_id: int, answer: methods.Redirect | methods.Refused | methods.Unknown) -> PaymentAttempt:
    """Keeps what came of opening the provider's page. Whoever comes second finds it done."""
    attempt = _locked(attempt_id)
    attempt.asked_at = clock.now()
    if isinstance(answer, methods.Redirect):
        seen = methods.Seen(standing=Standing.OPEN, provider_id=answer.provider_id, url=answer.url)
        learn(attempt, seen)
    elif attempt.status is S.CREATED:
        attempt.why = answer.why
        if isinstance(answer, methods.Refused):
            learn(attempt, methods.Seen(standing=Standing.FAILED, why=answer.why))
    return attempt


def learn(attempt: PaymentAttempt, seen: methods.Seen, *, stopped: bool = False) -> None:
    """Brings a locked attempt to where the provider says it is. Only ever onward; the provider is believed.

    `stopped`: we closed its page ourselves, so that "expired" means cancelled.
    """
    if books.has_bounced(attempt):  # whatever is said of its standing; what else went on at the provider still counts
        attempt.asked_at = clock.now()
        afterwards.take_in(attempt, seen)
        return
    _note(attempt, seen)
    if seen.standing is Standing.BOUNCED:
        _bounce(attempt, seen)
        return
    target = _LEADS_TO[seen.standing]
    if target is S.EXPIRED and stopped:
        target = S.CANCELLED
    if _FAR[target] <= _FAR[attempt.status]:
        if seen.standing is Standing.OPEN and attempt.status not in OPEN:
            outbox.put(EXPIRE, attempt.id)  # ended here and open there: nobody shall pay on that page
        afterwards.take_in(attempt, seen)
        return
    if attempt.status is S.CREATED and target in {S.PROCESSING, S.SUCCEEDED}:
        _move(attempt, S.REDIRECTED, happened.PaymentRedirected(attempt_id=attempt.id, debtor_id=attempt.debtor_id))
    if target is S.SUCCEEDED:
        settle_payment(attempt, seen.received, seen.paid_at)
        afterwards.take_in(attempt, seen)
        return
    if target in {S.FAILED, S.EXPIRED, S.CANCELLED}:
        _let_go(attempt)
    _move(attempt, target, _event(attempt, target))
    if target is S.PROCESSING:
        for item in queries.paid_items(attempt):
            invoices.hold(item, holds.PAYMENT_PROCESSING, attempt.id, None)


def _bounce(attempt: PaymentAttempt, seen: methods.Seen) -> None:
    """The payer's bank took it back: what it had settled is open again, or it never settled anything."""
    if attempt.status in ARRIVED:
        afterwards.take_in(attempt, seen)
        afterwards.bounce(attempt, seen)
        return
    _let_go(attempt)
    afterwards.came_and_went(attempt, seen)
    if attempt.status is not S.FAILED:
        _move(attempt, S.FAILED, _event(attempt, S.FAILED))
    afterwards.take_in(attempt, seen)


def _note(attempt: PaymentAttempt, seen: methods.Seen) -> None:
    attempt.asked_at = clock.now()
    attempt.provider_id = attempt.provider_id or seen.provider_id
    attempt.provider_payment_id = seen.payment_id or attempt.provider_payment_id
    attempt.provider_url = seen.url or attempt.provider_url
    attempt.why = None if seen.standing is Standing.SUCCEEDED else seen.why or attempt.why


def _event(attempt: PaymentAttempt, target: AttemptStatus) -> Event:
    about = {"attempt_id": attempt.id, "debtor_id": attempt.debtor_id}
    if target is S.REDIRECTED:
        return happened.PaymentRedirected(**about)
    if target is S.EXPIRED:
        return happened.PaymentExpired(**about)
    if target is S.CANCELLED:
        return happened.PaymentCancelled(**about)
    if target is S.FAILED:
        return happened.PaymentFailed(
            **about,
            method=attempt.method,
            amount_minor=attempt.amount_minor,
            currency=attempt.currency,
            why=attempt.why or "unknown",
        )
    return happened.PaymentProcessing(
        **about,
        method=attempt.method,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        item_ids=tuple(one.due_item_id for one in queries.reservations(attempt.id)),
    )


def settle_payment(attempt: PaymentAttempt, received: Money | None = None, paid_at: datetime | None = None) -> None:
    """Books what came in on the due items of a locked attempt, once; what is beyond them is the debtor's credit.

    `received` is what the provider says, by default the attempt's amount; the value date is the day of
    `paid_at` (by default now) where the creditor is.
    """
    left = received or Money(attempt.amount_minor, attempt.currency)
    attempt.arrived_at = paid_at or clock.now()
    value_on = clock.day_of(attempt.arrived_at, creditors.by_id(attempt.creditor_id).time_zone)
    reserved = queries.reservations(attempt.id)
    _let_go(attempt)  # before booking: the reaction to it looks for others' reservations
    items = {item.item_id: item for item in queries.paid_items(attempt)}
    excess = 0
    for position, one in enumerate(reserved):
        last = position == len(reserved) - 1
        part = left if last else Money(min(left.minor, one.amount_minor), left.currency)
        if not part:
            continue
        settled = invoices.settle_item(
            items[one.due_item_id],
            part,
            account=ledger_accounts.CARD,
            kind="payment",
            source=ledger.Source(queries.SOURCE, attempt.id),
            value_on=value_on,
            position=position,
        )
        left, excess = left - part, excess + settled.excess.minor
    succeeded = happened.PaymentSucceeded(
        attempt_id=attempt.id,
        debtor_id=attempt.debtor_id,
        method=attempt.method,
        amount_minor=(received or Money(attempt.amount_minor, attempt.currency)).minor,
        currency=attempt.currency,
        item_ids=tuple(one.due_item_id for one in reserved),
        excess_minor=excess,
    )
    _move(attempt, S.SUCCEEDED, succeeded)


def _move(attempt: PaymentAttempt, target: AttemptStatus, event: Event) -> None:
    door = MACHINE.move if MACHINE.may(attempt, target) else MACHINE.correct
    door(attempt, target, event)
    db.session().flush()


def _let_go(attempt: PaymentAttempt) -> None:
    """The attempt reserves nothing any more, and calms nobody."""
    for one in queries.reservations(attempt.id):
        one.is_open = False
        if attempt.status is S.PROCESSING:
            invoices.release(one.due_item_id, holds.PAYMENT_PROCESSING, source_id=attempt.id)
    db.session().flush()


def _locked(attempt_id: int) -> PaymentAttempt:
    found = queries.locked(attempt_id)
    if found is None:
        raise LookupError("no such attempt")
    return found


def expire_for_item(item_id: int) -> None:
    """A due item was settled in another way: its open payment page shall close, at the provider too (rule B-10)."""
    attempt_id = queries.open_attempt_of(item_id)
    if attempt_id is not None:
        outbox.put(EXPIRE, attempt_id)


def take_notice(code: str, account_id: int, creditor_id: int, notice: methods.Notice) -> bool:
    """Keeps a verified notice once; False when it had come before (decision 26)."""
    event = ProviderEvent(
        id=ids.new_id(),
        creditor_id=creditor_id,
        method=code,
        account_id=account_id,
        event_key=notice.event_key,
        kind=notice.kind,
        object_key=notice.object_key or "",
        received_at=clock.now(),
        done_at=None if notice.object_key else clock.now(),
    )
    try:
        with db.session().begin_nested():
            db.session().add(event)
    except IntegrityError:
        return False
    if notice.object_key:
        outbox.put(WORK_EVENT, event.id)
    return True


def announce_transfer(visit: Current, items: Sequence[Item], part: Money | None = None) -> TransferNotice:
    """ "My transfer is on its way": calms reminders for the creditor's days, and is not a payment (rule B-40).

    It covers those of `items` for which it was not said before, or `part` of what is open on them, oldest first.
    Card pages that are open for the same due items close. Raises NotAllowedNow for the paper's code, which pays
    and says nothing else, and where it was said already for all of them.
    """
    if not visit.may_answer:
        raise NotAllowedNow(
            t("With the code on the paper you can pay. To tell us more, please open the link in our mail.")
        )
    held = invoice_queries.holds_now([item.item_id for item in items])
    told = {item_id for item_id, found in held.items() if any(h.reason == holds.TRANSFER_ON_ITS_WAY for h in found)}
    untold = [replace(item, reserved_by=None) for item in items if item.item_id not in told]
    if items and not untold:
        raise NotAllowedNow(t("You told us already. We are waiting for your transfer."))
    announced = payable_now(untold)
    if not announced.total:
        raise NotAllowedNow(t("There is nothing to pay."))
    lines = announced.payable_lines
    if part is not None:
        why_not = agreed.why_not_part(visit.creditor, part, announced.total, lines)
        if why_not is not None:
            raise NotAllowedNow(why_not)
        lines = allocate(lines, part)
    zone = visit.creditor.time_zone
    notice = TransferNotice(
        id=ids.new_id(),
        debtor_id=visit.debtor_id,
        visit_id=visit.id,
        amount_minor=sum(line.amount.minor for line in lines),
        currency=ONLINE_CURRENCY,
        until=clock.today(zone) + timedelta(days=visit.creditor.transfer_days),
        said_at=clock.now(),
    )
    db.session().add(notice)
    db.session().flush()
    for line in lines:
        invoices.hold(line.item, holds.TRANSFER_ON_ITS_WAY, notice.id, notice.until, zone)
        expire_for_item(line.item.item_id)
    said = happened.TransferAnnounced(
        notice_id=notice.id,
        debtor_id=visit.debtor_id,
        amount_minor=notice.amount_minor,
        currency=notice.currency,
        item_ids=tuple(line.item.item_id for line in lines),
        until=notice.until,
    )
    record(said)
    return notice
