"""Payments in the background: notices worked off, pages closed, refunds carried out, and what nobody told (B-07)."""

import logging
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial

from portal.core import clock, db, events, ids, installation, jobs, relay, scope
from portal.core.jobs import GiveUp, Retry
from portal.core.money import Money
from portal.core.relay import Verdict
from portal.creditors import queries as creditors
from portal.payments import (
    accounts,
    actions,
    checkout,
    methods,
    queries,
    reconciliation,
    reconciliation_mail,
    refundable,
    refunds,
)
from portal.payments.methods import Refused, Unknown
from portal.payments.models import BalanceCheck
from portal.payments.states import CheckStatus, RefundStatus

log = logging.getLogger(__name__)

UNSETTLED_AFTER = timedelta(minutes=30)
MISSES = 3  # questions without an answer, one after the other: then the provider is taken to be away
FIRST_LOOK_BACK = timedelta(days=7)  # into an account's list of events that was never read
OVERLAP = timedelta(minutes=15)  # an event may stand in the list a little later than its time says
COMPARED_BACK = 5  # days: a night that was missed is made up
PROVIDER = events.Actor("provider")


@jobs.job(actions.WORK_EVENT)
def work_event(task: jobs.Task) -> None:
    """A provider's notice is a hint: what it is about is fetched again and believed."""
    events.act_as(PROVIDER)
    if not checkout.follow(task.subject_id):
        raise Retry("the provider does not answer")


@jobs.job(actions.EXPIRE)
def expire(task: jobs.Task) -> None:
    """Closes an attempt's page at the provider; one that was paid meanwhile is booked instead."""
    if not checkout.ask(task.subject_id, stopping=True):
        raise Retry("the provider does not answer")


@jobs.job(refunds.CARRY_OUT)
def carry_out_refund(task: jobs.Task) -> None:
    """Orders an approved refund at the provider; the same key again gives the same refund (rule B-04)."""
    if not _carry_out(task.subject_id):
        raise Retry("the provider does not answer")


def _carry_out(refund_id: int) -> bool:
    """False when there was no answer: it may have happened, so the next try looks before it orders."""
    refund = refundable.one(refund_id)
    if refund is None or refund.status is not RefundStatus.APPROVED:
        return True
    attempt = queries.attempt(refund.attempt_id)
    if attempt is None or attempt.provider_payment_id is None:
        refunds.refuse(refund_id, "not_there")
        return True
    method, account = methods.online(attempt.method), accounts.opened(attempt.method)
    if account is None or not isinstance(method, methods.Refunding):
        return False  # the creditor has taken its account away: it may come back
    asked_before = refund.asked_at is not None
    if not asked_before and refundable.is_contested(refundable.disputes_of(attempt.id)):
        refunds.refuse(refund_id, "contested")
        return True
    order = methods.RefundOrder(
        reference=ids.spell(refund.id),
        key=refund.idempotency_key,
        payment=ids.spell(attempt.id),
        payment_id=attempt.provider_payment_id,
        amount=Money(refund.amount_minor, refund.currency),
        look_first=asked_before,
    )
    refund.asked_at = refund.asked_at or clock.now()
    with db.outside_transaction():
        answer = method.refund(account, order)
    return _keep_answer(refund_id, attempt.id, answer)


def _keep_answer(refund_id: int, attempt_id: int, answer: methods.RefundSeen | Refused | Unknown) -> bool:
    events.act_as(PROVIDER)
    if isinstance(answer, Unknown):
        return False
    if isinstance(answer, Refused):
        refunds.refuse(refund_id, answer.why)
        return True
    attempt = queries.locked(attempt_id)
    if attempt is not None:
        refunds.learn(attempt, answer)
    return True


@jobs.job(reconciliation.TELL)
def tell_difference(task: jobs.Task) -> None:
    """A plain mail to the creditor's own address, once for each difference."""
    check = reconciliation.one(task.subject_id)
    if check is None or check.status is not CheckStatus.DIFFERENT or check.told_at is not None:
        return
    face = creditors.face(scope.current().creditor_id)
    if face.email is None:
        raise GiveUp("there is nobody to tell")
    try:
        content = reconciliation_mail.differs(check, face, face.email)
    except ValueError:
        raise GiveUp("the creditor's address is none") from None
    with db.outside_transaction():
        answer = relay.hand_over(installation.settings().smtp, face.email, content)
    if answer.verdict in {Verdict.LATER, Verdict.UNKNOWN}:
        raise Retry(answer.why)
    if answer.verdict is not Verdict.ACCEPTED:
        raise GiveUp(answer.why)
    told = reconciliation.one(task.subject_id)
    if told is not None:
        told.told_at = clock.now()


@jobs.every(minutes=15)
def sweep() -> None:
    """Asks how everything stands that has been open and silent for half an hour: payments, and refunds."""
    before = clock.now() - UNSETTLED_AFTER
    for creditor_id in _everyone():
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            silent, waiting = queries.unsettled_since(before), refundable.unsettled_since(before)
        _each(creditor_id, [partial(checkout.ask, attempt_id) for attempt_id in silent])
        _each(creditor_id, [partial(_follow_refund, *one) for one in waiting])


def _follow_refund(refund_id: int, attempt_id: int) -> bool:
    return checkout.ask(attempt_id) and _carry_out(refund_id)


@jobs.every(minutes=15)
def catch_up() -> None:
    """Reads the provider's own list of what happened since the last time: notices that were lost are found there.

    Each is kept and worked off as if it had come by itself, and once (rules B-06, B-07).
    """
    for creditor_id in _everyone():
        _in_scope(creditor_id, _catch_up)


def _catch_up() -> bool:
    found = accounts.row(queries.CARD)
    method, account = methods.online(queries.CARD), accounts.opened(queries.CARD)
    if found is None or account is None or not isinstance(method, methods.Reporting):
        return True
    until = clock.now()
    since = (found.events_until - OVERLAP) if found.events_until else until - FIRST_LOOK_BACK
    with db.outside_transaction():
        answer = method.changes(account, since, until)
    if isinstance(answer, Unknown):
        return False
    for notice in answer:
        actions.take_notice(queries.CARD, account.account_id, scope.current().creditor_id, notice)
    again = accounts.row(queries.CARD)
    if again is not None:
        again.events_until = until
    return True


@jobs.every(minutes=60)
def compare_nights() -> None:
    """Each night yesterday, and the nights that were missed: the provider's movements against our books (B-07)."""
    for creditor_id in _everyone():
        _in_scope(creditor_id, _compare_missing)


def _compare_missing() -> bool:
    face = creditors.face(scope.current().creditor_id)
    today = clock.today(face.time_zone)
    if accounts.row(queries.CARD) is None or not reconciliation.is_yesterday_whole(clock.now(), face.time_zone):
        return True
    first = today - timedelta(days=COMPARED_BACK)
    days = reconciliation.missing_days(queries.CARD, today, first)
    return all(compare_day(day) is not None for day in days)


def compare_day(day: date) -> list[BalanceCheck] | None:
    """Compares one day of the creditor in scope; None when the provider did not answer, or there is none to ask.

    What differs is asked about once more first: a notice that was lost is no mistake in the books.
    """
    face = creditors.face(scope.current().creditor_id)
    method, account = methods.online(queries.CARD), accounts.opened(queries.CARD)
    if account is None or not isinstance(method, methods.Reporting):
        return None
    since, until = reconciliation.bounds(day, face.time_zone)
    with db.outside_transaction():
        movements = method.movements(account, since, until)
    if isinstance(movements, Unknown):
        return None
    compared = reconciliation.compare(day, movements, face.time_zone, face.currency)
    for attempt_id in reconciliation.attempts_named(compared):
        checkout.ask(attempt_id)
    compared = reconciliation.compare(day, movements, face.time_zone, face.currency)
    return [reconciliation.keep(queries.CARD, accounts.name_of(account), day, one) for one in compared]


def _everyone() -> list[int]:
    with db.transaction(writes=False):
        return creditors.all_ids()


def _each(creditor_id: int, questions: Iterable[Callable[[], bool]]) -> None:
    misses = 0
    for ask in questions:
        misses = 0 if _in_scope(creditor_id, ask) else misses + 1
        if misses == MISSES:
            return  # the rest can wait a quarter of an hour


def _in_scope(creditor_id: int, work: Callable[[], bool]) -> bool:
    """Does one thing for one creditor in a transaction of its own; what goes wrong keeps no other one waiting."""
    try:
        with db.transaction():
            scope.enter(creditor_id)
            events.act_as(PROVIDER)
            return work()
    except Exception:  # one that cannot be read must not keep the others waiting
        log.exception("payments in the background stumbled", extra={"creditor": creditor_id})
        return True
