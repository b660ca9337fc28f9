"""Card payments: what we say is what Stripe says, once each, and nothing that is settled can be paid there."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from portal.core import ids
from portal.core.outbox import DONE, OutboxRow
from portal.invoices.models import DueItem, Invoice, Reservation
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.payments import books, refunds
from portal.payments.models import CardDispute, PaymentAttempt, ProviderEvent, Refund
from portal.payments.states import ARRIVED, GONE, OPEN, RESERVING, AttemptStatus, CardDisputeStatus
from portal.simulator.invariants import CALM, EVENTUALLY, invariant
from portal.simulator.invariants.books import booked_by_attempt
from portal.simulator.pictures import Picture, pictures
from portal.simulator.world import World

S = AttemptStatus
ENDED_UNPAID = frozenset({S.FAILED, S.EXPIRED, S.CANCELLED})


def pages_at_stripe(world: World, picture: Picture) -> dict[int, list[dict[str, Any]]]:
    """The sessions at Stripe by the attempt that they name."""
    found: dict[int, list[dict[str, Any]]] = {}
    for page in world.stripe.all("checkout.session", picture.house.stripe_account):
        found.setdefault(ids.read(page["client_reference_id"]), []).append(page)
    return found


def is_paid(page: dict[str, Any]) -> bool:
    return page["payment_status"] == "paid"


def has_bounced(world: World, page: dict[str, Any]) -> bool:
    """Whether the payer's bank took its money back after it had paid."""
    charges = world.stripe.all("charge")
    return any(
        one["payment_intent"] == page["payment_intent"] and one.get("failure_balance_transaction") for one in charges
    )


def was_paid(world: World, page: dict[str, Any]) -> bool:
    return is_paid(page) or (page["payment_intent"] is not None and has_bounced(world, page))


@invariant()
def one_open_attempt_per_item(world: World) -> Iterator[str]:
    """A due item is reserved by one open attempt at most, and by no attempt that has ended (decision 25)."""
    for picture in pictures(world):
        attempts = picture.by_id(PaymentAttempt)
        reserving: Counter[int] = Counter()
        for one in picture.of(Reservation):
            is_open = attempts[one.attempt_id].status in OPEN
            reserving[one.due_item_id] += one.is_open
            if bool(one.is_open) != is_open:
                where = f"{picture.house.slug}: attempt {one.attempt_id}"
                yield f"{where} is {attempts[one.attempt_id].status}, its reservation open: {one.is_open}"
        yield from (f"{picture.house.slug}: {item} is reserved {n} times" for item, n in reserving.items() if n > 1)


@invariant()
def nobody_is_charged_twice(world: World) -> Iterator[str]:
    """An attempt has one page at Stripe, is paid there once, for the amount that was asked, and booked once."""
    for picture in pictures(world):
        pages, attempts = pages_at_stripe(world, picture), picture.by_id(PaymentAttempt)
        for attempt_id, found in pages.items():
            paid = [page for page in found if is_paid(page)]
            if len(paid) > 1 or len(found) > 1:
                yield f"{picture.house.slug}: attempt {attempt_id} has {len(found)} pages, {len(paid)} of them paid"
            attempt = attempts.get(attempt_id)
            asked = attempt.amount_minor if attempt is not None else None
            if any(page["amount_total"] != asked for page in found):
                charged = found[0]["amount_total"]
                yield f"{picture.house.slug}: attempt {attempt_id} is of {asked}, Stripe asks {charged}"


@invariant()
def booked_is_what_stripe_received(world: World) -> Iterator[str]:
    """What an attempt has booked is what Stripe received for it: all of it once it succeeded, nothing before."""
    for picture in pictures(world):
        pages, booked = pages_at_stripe(world, picture), booked_by_attempt(picture)
        for attempt in picture.of(PaymentAttempt):
            received = sum(page["amount_total"] for page in pages.get(attempt.id, []) if was_paid(world, page))
            may_be = {0} if attempt.status in {*OPEN, S.EXPIRED, S.CANCELLED} else {received}
            if attempt.status is S.FAILED:
                may_be = {0, received}  # a bank debit may come back after it was paid
            if booked[attempt.id] not in may_be or (received == 0 and attempt.status not in {*OPEN, *ENDED_UNPAID}):
                yield (
                    f"{picture.house.slug}: attempt {attempt.id} is {attempt.status}, "
                    f"received {received}, booked {booked[attempt.id]}"
                )


@invariant()
def each_notice_counts_once(world: World) -> Iterator[str]:
    """A provider's event is kept once whatever its copies, and a payment succeeds once in history (D-40.2)."""
    for picture in pictures(world):
        kept = Counter((row.method, row.account_id, row.event_key) for row in picture.of(ProviderEvent))
        yield from (f"{picture.house.slug}: {key} is kept {n} times" for key, n in kept.items() if n > 1)
        succeeded: Counter[int] = world.seen.setdefault(("succeeded", picture.house.slug), Counter())
        succeeded.update(row.subject_id for row in picture.news("succeeded") if row.name == "payment.succeeded")
        yield from (
            f"{picture.house.slug}: attempt {one} succeeded {n} times" for one, n in succeeded.items() if n > 1
        )


@invariant(CALM)
def what_is_closed_here_is_closed_there(world: World) -> Iterator[str]:
    """With all rows worked off no page at Stripe is open for an attempt that ended or a closed item (B-10)."""
    for picture in pictures(world):
        attempts, items, invoices = picture.by_id(PaymentAttempt), picture.by_id(DueItem), picture.by_id(Invoice)
        owed = {row.id: row.open_minor for row in picture.of(Receivable)}
        waiting = {
            row.subject_id for row in picture.of(OutboxRow) if row.kind == "payments.expire" and row.state != DONE
        }
        reserved: dict[int, list[Any]] = {}
        for one in picture.of(Reservation):
            reserved.setdefault(one.attempt_id, []).append(one)
        for attempt_id, pages in pages_at_stripe(world, picture).items():
            attempt = attempts[attempt_id]
            if attempt_id in waiting or all(
                page["status"] != "open" or page["id"] != attempt.provider_id for page in pages
            ):
                continue
            too_much = [
                one.due_item_id
                for one in reserved[attempt_id]
                if one.amount_minor > owed[one.due_item_id]
                or invoices[items[one.due_item_id].invoice_id].withdrawn_at is not None
            ]
            if attempt.status not in OPEN or too_much:
                where = f"{picture.house.slug}: attempt {attempt_id}"
                yield f"{where} is {attempt.status} and payable at Stripe: {too_much}"


@invariant()
def never_more_back_than_came(world: World) -> Iterator[str]:
    """People ask for no more of a payment than it brought, and no more of it goes back or is lost (B-12)."""
    for picture in pictures(world):
        booked = booked_by_attempt(picture) + _came_and_went(picture)
        asked: Counter[int] = Counter()
        gone: Counter[int] = Counter()
        for refund in picture.of(Refund):
            by_hand_there = refund.requested_by == refunds.PROVIDER  # what was asked here may not have known of it
            asked[refund.attempt_id] += refund.amount_minor * (refund.status in RESERVING and not by_hand_there)
            gone[refund.attempt_id] += refund.amount_minor * (refund.status in GONE)
        for dispute in picture.of(CardDispute):
            gone[dispute.attempt_id] += dispute.amount_minor * (dispute.status is CardDisputeStatus.LOST)
        for what, counted in (("asked for", asked), ("gone", gone)):
            for attempt_id, minor in counted.items():
                if minor > booked[attempt_id]:
                    yield f"{picture.house.slug}: {minor} of {booked[attempt_id]} of attempt {attempt_id} is {what}"


def _came_and_went(picture: Picture) -> Counter[int]:
    """What was heard of only when the payer's bank had taken it back."""
    found: Counter[int] = Counter()
    for row in picture.of(Transfer):
        if row.source_kind == books.BOUNCED and row.debit == accounts.CARD:
            found[row.source_id] += row.amount_minor
    return found


@invariant(EVENTUALLY)
def refunds_are_the_providers(world: World) -> Iterator[str]:
    """In the end what went back by us is what went back at Stripe, refund by refund."""
    for picture in pictures(world):
        there = {one["id"]: one for one in world.stripe.all("refund", picture.house.stripe_account)}
        here = {row.provider_id: row for row in picture.of(Refund) if row.provider_id is not None}
        if set(here) != set(there):
            yield f"{picture.house.slug}: {len(set(there) - set(here))} refunds at Stripe are not known here"
        for provider_id, row in here.items():
            status = there[provider_id]["status"] if provider_id in there else "unknown"
            if (
                _REFUND_ENDS.get(status, "unknown") != row.status.value
                or row.amount_minor != there[provider_id]["amount"]
            ):
                yield f"{picture.house.slug}: refund {row.id} is {row.status}, at Stripe {status}"


_REFUND_ENDS = {"succeeded": "succeeded", "pending": "pending", "failed": "failed", "canceled": "cancelled"}
_ENDS_AS = {"open": OPEN, "expired": (S.EXPIRED, S.CANCELLED, S.FAILED)}


@invariant(EVENTUALLY)
def our_state_is_the_providers(world: World) -> Iterator[str]:
    """In the end every attempt stands where Stripe says that it stands, and none is open any more (D-40.9)."""
    for picture in pictures(world):
        pages = pages_at_stripe(world, picture)
        for attempt in picture.of(PaymentAttempt):
            found = next((page for page in pages.get(attempt.id, []) if page["id"] == attempt.provider_id), None)
            if found is None:
                fits, said = attempt.status in ENDED_UNPAID, "unknown"
            elif is_paid(found):
                fits, said = attempt.status in ARRIVED, "paid"
            elif was_paid(world, found):
                fits, said = attempt.status is S.FAILED, "taken back"
            elif found["status"] == "complete":
                fits, said = attempt.status in {S.PROCESSING, S.FAILED}, "complete, not paid"
            else:
                fits, said = attempt.status in _ENDS_AS[found["status"]], found["status"]
            if not fits or attempt.status in {S.CREATED, S.REDIRECTED}:
                yield f"{picture.house.slug}: attempt {attempt.id} is {attempt.status} here and {said} at Stripe"


@invariant(EVENTUALLY)
def card_money_is_in_the_books(world: World) -> Iterator[str]:
    """In the end the card account in the books is the money at Stripe, to the cent."""
    for picture in pictures(world):
        account = picture.house.stripe_account
        at_stripe = sum(one["amount"] for one in world.stripe.all("balance_transaction", account))
        booked = sum(
            row.amount_minor * ((row.debit == accounts.CARD) - (row.credit == accounts.CARD))
            for row in picture.of(Transfer)
        )
        if at_stripe != booked:
            yield f"{picture.house.slug}: {at_stripe} at Stripe, {booked} in the books"
