"""Cases, promises, searches, rests and calls: who acts next, what rests for whom, what the books say of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from portal.already_paid.models import PaidClaim, PaidClaimItem
from portal.already_paid.states import RUNNING, ClaimStatus
from portal.calls.models import Call
from portal.calls.states import CallStatus
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.confirmations.models import Receipt
from portal.confirmations.states import ReceiptStatus
from portal.core import clock
from portal.hardship import rules as hardship
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.promises.models import Promise, PromiseLine
from portal.promises.states import PromiseStatus
from portal.reasons import rules as reasons
from portal.simulator.cast import CALL_HOURS
from portal.simulator.invariants import EVENTUALLY, invariant
from portal.simulator.invariants.spoken_for import ROME
from portal.simulator.pictures import Picture, pictures
from portal.simulator.world import World

_LATE = frozenset({accounts.INTEREST, accounts.COSTS})


@invariant()
def every_open_case_has_its_next_step(world: World) -> Iterator[str]:
    """What is open has a desk, an owner who works here, and a day by which somebody acts; what is closed has neither
    a day nor a way back into the queue (issue 5 §7)."""
    for picture in pictures(world):
        works_here = {picture.house.clerk_id, picture.house.colleague_id}
        numbers = Counter(one.number for one in picture.of(Case))
        for one in picture.of(Case):
            is_open = one.status is not CaseStatus.CLOSED
            if is_open and not (one.act_by and one.desk and one.owner_id in works_here):
                yield f"{picture.house.slug}: {one.kind} {one.id} is {one.status}, by {one.act_by}, of {one.owner_id}"
            if not is_open and (one.act_by or one.snoozed_until or not one.outcome or not one.closed_on):
                yield f"{picture.house.slug}: {one.kind} {one.id} is closed and waits until {one.act_by}"
            if numbers[one.number] > 1:
                yield f"{picture.house.slug}: two cases have the number {one.number}"


def _open_lines(picture: Picture, line: type[Any], whole: str) -> set[tuple[int, int]]:
    """(what it belongs to, due item) of the lines that stand."""
    return {(getattr(one, whole), one.due_item_id) for one in picture.of(line) if one.is_open}


def _is_promised(picture: Picture, hold: Any) -> bool:
    promise = picture.by_id(Promise).get(hold.source_id)
    stands = (hold.source_id, hold.due_item_id) in _open_lines(picture, PromiseLine, "promise_id")
    return promise is not None and promise.status is PromiseStatus.OPEN and stands


def _is_looked_for(picture: Picture, hold: Any) -> bool:
    """Or was just found by hand, and may not be booked yet."""
    claim = picture.by_id(PaidClaim).get(hold.source_id)
    of_it = {(one.claim_id, one.due_item_id) for one in picture.of(PaidClaimItem)}
    still = claim is not None and claim.status in {*RUNNING, ClaimStatus.FOUND}
    return still and (hold.source_id, hold.due_item_id) in of_it


def _is_reported(status: ReceiptStatus) -> Callable[[Picture, Any], bool]:
    def check(picture: Picture, hold: Any) -> bool:
        written_on = picture.by_id(Case).get(
            hold.source_id
        )  # the customer wrote again: it rests until that is answered
        if written_on is not None:
            return written_on.status is not CaseStatus.CLOSED
        receipt = picture.by_id(Receipt).get(picture.by_id(DueItem)[hold.due_item_id].invoice_id)
        return receipt is not None and receipt.status is status and receipt.answer_id == hold.source_id

    return check


# Why a due item may rest, by the reason that its hold gives: a voice more is a line more.
CAUSES: Mapping[str, Callable[[Picture, Any], bool]] = {
    holds.PROMISED: _is_promised,
    holds.ALREADY_PAID: _is_looked_for,
    holds.PROBLEM_REPORTED: _is_reported(ReceiptStatus.PROBLEM),
    holds.NOT_RECEIVED: _is_reported(ReceiptStatus.DENIED),
}


@invariant()
def only_what_was_spoken_for_rests(world: World) -> Iterator[str]:
    """A due item rests for a promise, a search or a report only while that stands and names it; it ends with it."""
    now = world.clock.now()
    for picture in pictures(world):
        for hold in _running(picture, now):
            is_right = CAUSES.get(hold.reason)
            if is_right is not None and not is_right(picture, hold):
                what = f"{hold.due_item_id} rests as {hold.reason} of {hold.source_id}"
                yield f"{picture.house.slug}: {what}, which is over"


def _running(picture: Picture, now: Any) -> list[Any]:
    return [one for one in picture.of(Hold) if one.ended_at is None and (one.until is None or one.until > now)]


@invariant()
def what_was_spoken_for_rests(world: World) -> Iterator[str]:
    """Every open document of a promise whose day is to come, and of a search whose days run, rests; unless one of
    the creditor's people ended that, or only interest is asked for."""
    now, today = world.clock.now(), clock.day_of(world.clock.now(), "Europe/Rome")
    for picture in pictures(world):
        running = {(one.due_item_id, one.reason) for one in _running(picture, now)}
        by_hand = world.seen.setdefault(("ended by hand", picture.house.slug), set())
        by_hand.update((row.subject_id, row.data["reason"]) for row in picture.news("by hand") if _is_by_hand(row))
        withdrawn = {one.id for one in picture.of(Invoice) if one.withdrawn_at is not None}
        items, opens = picture.by_id(DueItem), {one.id: one.open_minor for one in picture.of(Receivable)}
        for item_id, reason in _should_rest(picture, today):
            is_open = opens[item_id] > 0 and items[item_id].invoice_id not in withdrawn
            rests = (item_id, reason) in running | by_hand
            if is_open and not rests and not _charged_since(picture, item_id, reason):
                yield f"{picture.house.slug}: {item_id} is {reason} and does not rest"


def _charged_since(picture: Picture, item_id: int, reason: str) -> bool:
    """Whether it was paid, and is open again for interest or costs alone: of those nobody spoke."""
    ends = [one.ended_at for one in picture.of(Hold) if (one.due_item_id, one.reason) == (item_id, reason)]
    ended_at = max((one for one in ends if one is not None), default=None)
    return ended_at is not None and any(
        row.receivable_id == item_id and row.credit in _LATE and row.posted_at >= ended_at
        for row in picture.of(Transfer)
    )


def _is_by_hand(row: Any) -> bool:
    return row.name == "item.released" and bool(row.data.get("why"))


def _should_rest(picture: Picture, today: date) -> Iterator[tuple[int, str]]:
    promises, claims = picture.by_id(Promise), picture.by_id(PaidClaim)
    for promise_id, item_id in _open_lines(picture, PromiseLine, "promise_id"):
        if promises[promise_id].pay_on >= today:
            yield item_id, holds.PROMISED
    for claim_id, item_id in _open_lines(picture, PaidClaimItem, "claim_id"):
        if claims[claim_id].until >= today:
            yield item_id, holds.ALREADY_PAID


@invariant()
def a_promise_is_what_the_books_say(world: World) -> Iterator[str]:
    """Kept is what was paid in full by its day and is still there; broken and expired, what was not, and whose day is
    over; taken as open, what is not paid yet (rule E-16). Counted from the postings alone."""
    today = clock.day_of(world.clock.now(), "Europe/Rome")
    for picture in pictures(world):
        if not picture.of(Promise):
            continue
        lines: dict[int, list[Any]] = {}
        for line in picture.of(PromiseLine):
            lines.setdefault(line.promise_id, []).append(line)
        for one in picture.of(Promise):
            paid = all(_is_paid(picture, one, line) for line in lines[one.id])
            over = today > one.pay_on
            wrong = {
                PromiseStatus.OPEN: paid,
                PromiseStatus.KEPT: not paid,
                PromiseStatus.BROKEN: paid or not over,
                PromiseStatus.EXPIRED: paid or not over,
            }
            if wrong.get(one.status, False):
                yield f"{picture.house.slug}: promise {one.id} until {one.pay_on} is {one.status}, paid: {paid}"


def _is_paid(picture: Picture, promise: Any, line: Any) -> bool:
    """Whether what is still asked for of one line came by the day, less what went back whenever it went."""
    in_time = ever = still_open = 0
    withdrawn = picture.by_id(Invoice)[picture.by_id(DueItem)[line.due_item_id].invoice_id].withdrawn_at is not None
    for row in picture.of(Transfer):
        if row.receivable_id != line.due_item_id:
            continue
        side = (row.debit == accounts.RECEIVABLE) - (row.credit == accounts.RECEIVABLE)
        other = row.credit if side > 0 else row.debit
        if other in _LATE and promise.status is PromiseStatus.KEPT and row.posted_at > promise.status_at:
            continue  # nobody had promised what was charged later
        still_open += side * row.amount_minor
        if row.posted_at < promise.made_at or other in accounts.CHARGING or other == accounts.REFUNDS:
            continue
        if row.kind == "credit_note" and side < 0:
            continue
        ever -= side * row.amount_minor
        in_time -= side * row.amount_minor if side > 0 or row.value_on <= promise.pay_on else 0
    needed = min(line.amount_minor, max(0, ever + (0 if withdrawn else still_open)))
    return max(0, in_time) >= needed


@invariant(EVENTUALLY)
def no_day_passes_unnoticed(world: World) -> Iterator[str]:
    """In the end no promise stands open whose day is over, and no search whose days are and nobody was asked."""
    today = clock.day_of(world.clock.now(), "Europe/Rome")
    for picture in pictures(world):
        for one in picture.of(Promise):
            if one.status is PromiseStatus.OPEN and one.pay_on < today:
                yield f"{picture.house.slug}: promise {one.id} was for {one.pay_on}"
        for claim in picture.of(PaidClaim):
            if claim.status is ClaimStatus.LOOKING and claim.until < today:
                yield f"{picture.house.slug}: search {claim.id} ran until {claim.until}"


@invariant()
def nobody_looks_for_what_is_there(world: World) -> Iterator[str]:
    """A search runs only while something of what it is about is open: the money ends it when it comes."""
    for picture in pictures(world):
        withdrawn = {one.id for one in picture.of(Invoice) if one.withdrawn_at is not None}
        items, opens = picture.by_id(DueItem), {one.id: one.open_minor for one in picture.of(Receivable)}
        open_items: Counter[int] = Counter()
        for line in picture.of(PaidClaimItem):
            is_open = opens[line.due_item_id] > 0 and items[line.due_item_id].invoice_id not in withdrawn
            open_items[line.claim_id] += is_open
        for one in picture.of(PaidClaim):
            if one.status in RUNNING and not open_items[one.id]:
                yield f"{picture.house.slug}: search {one.id} goes on and nothing is open"


_WOULD_HELP = frozenset(hardship.HELPS) - {hardship.CALL}  # "call" is the name of a kind of case too


@invariant()
def difficulty_stays_here(world: World) -> Iterator[str]:
    """That it is hard to pay, and what would help, is told to no system and stands as a cause in no event
    (rule C-26)."""
    for picture in pictures(world):
        for row in picture.news("difficulty"):
            if _WOULD_HELP & _words(row.data) or row.data.get("cause") in reasons.PRIVATE:
                yield f"{picture.house.slug}: {row.name} says {row.data}"
        told = world.erps[picture.house.erp_url].deliveries.events()
        had = world.seen.get(("told of difficulty", picture.house.slug), 0)
        world.seen["told of difficulty", picture.house.slug] = len(told)
        for event in told[had:]:
            if event.type.startswith("rest.") or {*_WOULD_HELP, reasons.DIFFICULTY} & _words(event.data):
                yield f"{picture.house.slug}: the ERP was told {event.body}"


def _words(data: Mapping[str, Any]) -> set[str]:
    """Every word of the values in it."""
    found: set[str] = set()
    for value in data.values():
        for one in value if isinstance(value, list) else [value]:
            found.update(str(one).split())
    return found


@invariant()
def calls_do_not_collide(world: World) -> Iterator[str]:
    """At no moment more calls are booked than people call, none outside the creditor's hours, and of one customer
    only one that is to come (rule C-10)."""
    now = world.clock.now()
    for picture in pictures(world):
        booked = [one for one in picture.of(Call) if one.status is CallStatus.BOOKED]
        at_once = Counter(one.starts_at for one in booked)
        to_come = Counter(one.debtor_id for one in booked if one.ends_at > now)
        for one in booked:
            local = one.starts_at.astimezone(ROME)
            minute = local.hour * 60 + local.minute
            in_hours = any(
                day == local.weekday() and begins <= minute <= ends - CALL_HOURS.minutes
                for day, begins, ends in CALL_HOURS.spans
            )
            if not in_hours or at_once[one.starts_at] > CALL_HOURS.at_once or to_come[one.debtor_id] > 1:
                yield f"{picture.house.slug}: {at_once[one.starts_at]} calls at {local}, of {one.debtor_id}"
