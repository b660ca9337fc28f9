"""Naming a day, naming another one before it, taking it back, and what the books make of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.cases.turns import Turn
from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.creditors.faces import Face
from portal.invoices import actions as invoices
from portal.invoices import events as invoice_events
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.payable import Line, payable_now, put_in
from portal.invoices.queries import Item
from portal.promises import events as happened
from portal.promises import queries, rules
from portal.promises.models import Promise, PromiseLine, PromiseTerm
from portal.promises.states import MACHINE, PromiseStatus

S = PromiseStatus
Parts = Sequence[tuple[Item, Money]]


@dataclass(frozen=True, slots=True)
class Room:
    """What may be promised for some due items: the bounds, how often a day was named for each, the last day."""

    bounds: rules.Bounds | None
    times: Mapping[int, int]
    last: date

    def why_not(self, items: Sequence[Item]) -> Text | None:
        """Why no day may be named for these, or None."""
        return rules.why_not_at_all(self.bounds, max((self.times.get(one.item_id, 0) for one in items), default=0))


def open_lines(debtor_id: int, invoice_id: int | None = None) -> tuple[list[Line], dict[int, int]]:
    """What may be promised: payable, uncontested where a part is, and not promised already; and the promise of what
    is, by due item."""
    items = invoice_queries.items_of_debtor(debtor_id, invoice_id)
    standing = queries.open_by_item([item.item_id for item in items]) if items else {}
    free = payable_now([item for item in items if item.item_id not in standing]).payable_lines
    return list(put_in(free)), standing


def room(creditor: Face, debtor_id: int, items: Sequence[Item], today: date) -> Room:
    """The creditor's bounds, tightened by this customer's history."""
    told = queries.history(debtor_id, [item.item_id for item in items], today)
    found = rules.bounds(creditor.promise_days, creditor.promise_times, creditor.promise_least_minor, told.broken)
    last = rules.last_day(found, today, [item.due_on for item in items]) if found is not None else today
    return Room(found, told.times, last)


def make(debtor_id: int, parts: Parts, pay_on: date, *, visit_id: int | None = None, remind: bool = False) -> Promise:
    """Keeps that `parts` of these due items (one customer's, one currency) will be paid by the end of `pay_on`.

    Nobody chases them until then. Raises NotAllowedNow for what the bounds do not allow, or where a promise stands.
    """
    face = _face()
    today = clock.today(face.time_zone)
    items = [item for item, _ in parts]
    invoices.lock(items)
    _refuse(face, debtor_id, items, pay_on, today)
    amount = sum(part.minor for _, part in parts)
    now = clock.now()
    promise = Promise(id=ids.new_id(), debtor_id=debtor_id, visit_id=visit_id, pay_on=pay_on, amount_minor=amount,
                      currency=parts[0][1].currency, remind=remind, made_at=now)  # fmt: skip
    MACHINE.begin(promise, S.OPEN, _event(happened.PromiseMade, promise, items))
    db.session().add(promise)
    db.session().flush()
    for item, part in parts:
        db.session().add(
            PromiseLine(
                id=ids.new_id(),
                debtor_id=debtor_id,
                promise_id=promise.id,
                due_item_id=item.item_id,
                amount_minor=part.minor,
                is_open=True,
            )
        )
    _name(promise, visit_id)
    db.session().flush()
    _hold(promise, items, face.time_zone)
    cases.open_case(
        kinds.PROMISE,
        debtor_id,
        visit_id=visit_id,
        invoice_id=items[0].invoice_id,
        subject_id=promise.id,
        waits_for=CaseStatus.THEIRS,
        act_by=_end_of(pay_on, face.time_zone),
    )
    return promise


def _refuse(face: Face, debtor_id: int, items: Sequence[Item], pay_on: date, today: date) -> None:
    if not items or any(not item.is_open for item in items):
        raise NotAllowedNow(t("It is closed: there is nothing left to pay."))
    if queries.open_by_item([item.item_id for item in items]):
        raise NotAllowedNow(t("You have named a day for it already. You can change it on its page."))
    found = room(face, debtor_id, items, today)
    why_not = found.why_not(items) or rules.why_not_day(pay_on, today, found.last)
    if why_not is not None:
        raise NotAllowedNow(why_not)


def amend(promise: Promise, pay_on: date, *, visit_id: int | None = None, remind: bool | None = None) -> None:
    """Another day, named before the one that stands; what was named before is kept. Raises NotAllowedNow."""
    face = _face()
    items = invoice_queries.items(queries.item_ids(promise.id))
    refused = why_not_amend(promise, items, pay_on)
    if refused is not None:
        raise NotAllowedNow(refused)
    if remind is not None:
        promise.remind = remind
    if pay_on == promise.pay_on:
        db.session().flush()
        return
    promise.pay_on = pay_on
    _name(promise, visit_id)
    MACHINE.move(promise, S.OPEN, _event(happened.PromiseAmended, promise, items))
    db.session().flush()
    _hold(promise, items, face.time_zone)
    case = case_queries.about(kinds.PROMISE, promise.id)
    if case is not None:
        cases.keep_date(case)


def turn(case: Case) -> Turn | None:
    """While it stands the customer acts next, until the end of the day that they named."""
    promise = queries.promise(case.subject_id) if case.subject_id is not None else None
    if promise is None or promise.status is not S.OPEN:
        return None
    return Turn(CaseStatus.THEIRS, _end_of(promise.pay_on, _face().time_zone))


def why_not_amend(promise: Promise, items: Sequence[Item], pay_on: date) -> Text | None:
    """Why the day cannot be moved to that one, or None. A nearer day is never one time too often."""
    face = _face()
    today = clock.today(face.time_zone)
    closed = rules.why_not_amend(promise.status, promise.pay_on, today)
    if closed is not None:
        return closed
    found = room(face, promise.debtor_id, items, today)
    too_often = found.why_not(items) if pay_on > promise.pay_on else None
    return too_often or rules.why_not_day(pay_on, today, max(found.last, promise.pay_on))


def cancel(promise: Promise, *, by_staff: bool = False) -> None:
    """It is taken back before its day; the due items are as they were. Raises NotAllowedNow for what has ended.

    `by_staff`: one of the creditor's people has its case before them, and closes it.
    """
    closed = rules.why_not_amend(promise.status, promise.pay_on, clock.today(_face().time_zone))
    if closed is not None:
        raise NotAllowedNow(closed)
    _end(promise, S.CANCELLED, happened.PromiseCancelled, None)
    cases.close_of(kinds.PROMISE, promise.id, kinds.TAKEN_BACK, by_hand=by_staff)


def look_again(item_id: int) -> None:
    """Something was booked on a due item: what was promised of it may be kept, or not any more."""
    for promise_id in queries.of_item(item_id):
        judge(promise_id)


def hear_reopened(event: invoice_events.ItemReopened, _event_id: int) -> None:
    """Money that had closed a due item went back. Where its promise stands, for others were open, it rests again."""
    look_again(event.item_id)
    promise_id = queries.open_by_item([event.item_id]).get(event.item_id)
    promise = queries.promise(promise_id) if promise_id is not None else None
    if promise is None or event.open_minor != event.amount_minor:
        return
    zone, held = _face().time_zone, invoice_queries.holds_now([event.item_id]).get(event.item_id, [])
    if promise.pay_on >= clock.today(zone) and holds.PROMISED not in {one.reason for one in held}:
        _hold(promise, invoice_queries.items([event.item_id]), zone)


def judge(promise_id: int) -> None:
    """Makes of a promise what the books say of it today; a second time changes nothing."""
    promise = queries.promise(promise_id, lock=True)
    if promise is None:
        return
    zone = _face().time_zone
    facts = queries.facts(promise)
    so_far = rules.kept_so_far(facts)
    today = clock.today(zone)
    to = rules.judge(facts, promise.pay_on, today, looked_into=False)
    day_is_over = datetime.combine(promise.pay_on, time.max, ZoneInfo(zone))  # as holds end (invoices.actions.hold)
    if to is S.BROKEN and promise.status is S.OPEN and queries.was_looked_into(promise.id, day_is_over):
        to = S.EXPIRED
    if promise.status is S.KEPT and to is S.OPEN and _taken(promise):
        to = S.OVERTAKEN
    promise.paid_minor = so_far
    if to is promise.status or not MACHINE.may(promise, to):
        db.session().flush()
        return
    _MOVES[to](promise)


def _keep(promise: Promise) -> None:
    _end(promise, S.KEPT, happened.PromiseKept, "kept", paid_minor=promise.paid_minor)


def _break(promise: Promise) -> None:
    """The creditor's people see it: a day that has passed is a reason to call, not to write once more."""
    _end(promise, S.BROKEN, happened.PromiseBroken, None, paid_minor=promise.paid_minor)
    case = case_queries.about(kinds.PROMISE, promise.id)
    if case is not None and case.status is CaseStatus.CLOSED:
        cases.reopen(case)
    elif case is not None:
        cases.bring_back(case)


def _overtake(promise: Promise) -> None:
    _end(promise, S.OVERTAKEN, happened.PromiseOvertaken, "overtaken")


def _expire(promise: Promise) -> None:
    _end(promise, S.EXPIRED, happened.PromiseExpired, "expired")


def _reopen(promise: Promise) -> None:
    """Its money went back before its day: it is promised as before."""
    items = invoice_queries.items(queries.item_ids(promise.id))
    for line in queries.lines(promise.id):
        line.is_open = True
    MACHINE.move(promise, S.OPEN, _event(happened.PromiseReopened, promise, items))
    db.session().flush()
    zone = _face().time_zone
    _hold(promise, items, zone)
    case = case_queries.about(kinds.PROMISE, promise.id)
    if case is not None and case.status is CaseStatus.CLOSED:
        cases.reopen(case)
        cases.hand_to_customer(case, act_by=_end_of(promise.pay_on, zone))


_MOVES = {S.KEPT: _keep, S.BROKEN: _break, S.OVERTAKEN: _overtake, S.EXPIRED: _expire, S.OPEN: _reopen}


def _end(promise: Promise, to: PromiseStatus, event: Any, outcome: str | None, **more: Any) -> None:
    """Nothing holds its due items for it any more; its case says how it ended, where nobody need act on it."""
    found = queries.lines(promise.id)
    items = [line.due_item_id for line in found]
    for line in found:
        if line.is_open:
            invoices.release(line.due_item_id, holds.PROMISED)
            line.is_open = False
    MACHINE.move(promise, to, _event(event, promise, items, **more))
    db.session().flush()
    if outcome is not None:
        _close_case(promise.id, outcome)


def _close_case(promise_id: int, outcome: str) -> None:
    case = case_queries.about(kinds.PROMISE, promise_id)
    if case is None or case.outcome == outcome:
        return
    if case.status is CaseStatus.CLOSED:  # it ended otherwise, as far as was known then
        cases.reopen(case)
        cases.close(case, outcome)
    else:
        cases.let_close(case, outcome)


def _taken(promise: Promise) -> bool:
    """Whether another promise stands on one of its due items."""
    return bool(queries.open_by_item(queries.item_ids(promise.id)))


def _name(promise: Promise, visit_id: int | None) -> None:
    db.session().add(
        PromiseTerm(
            id=ids.new_id(),
            debtor_id=promise.debtor_id,
            promise_id=promise.id,
            visit_id=visit_id,
            pay_on=promise.pay_on,
            said_at=clock.now(),
        )
    )


def _hold(promise: Promise, items: Sequence[Item], zone: str) -> None:
    for item in items:
        invoices.release(item.item_id, holds.PROMISED)
        if item.is_open:
            invoices.hold(item, holds.PROMISED, promise.id, promise.pay_on, zone)


def _event(kind: Any, promise: Promise, items: Sequence[Item] | Sequence[int], **more: Any) -> Any:
    return kind(
        promise_id=promise.id,
        debtor_id=promise.debtor_id,
        item_ids=tuple(one if isinstance(one, int) else one.item_id for one in items),
        amount_minor=promise.amount_minor,
        currency=promise.currency,
        pay_on=promise.pay_on,
        **more,
    )


def _end_of(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(23, 59), ZoneInfo(zone))


def _face() -> Face:
    return creditors.face(scope.current().creditor_id)
