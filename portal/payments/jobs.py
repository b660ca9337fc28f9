"""Payments in the background: notices worked off, pages closed, refunds carried out, and what nobody told (B-07)."""

import logging
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial

from portal.core import clock, db, events, ids, installation, jobs, outbox, relay, scope
from portal.core.jobs import GiveUp, Retry
from portal.core.money import Money
from portal.core.relay import Verdict
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.creditors.faces import Face
from portal.payments import (
    accounts,
    actions,
    checkout,
    methods,
    missing,
    off_session,
    queries,
    reconciliation,
    refundable,
    refunds,
    saved,
    staff_mails,
)
from portal.payments.methods import Refused, Seen, Unknown
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
    follow = off_session.follow if off_session.is_about_saving(task.subject_id) else checkout.follow
    if not follow(task.subject_id):
        raise Retry("the provider does not answer")


@jobs.job(off_session.CHARGE)
def charge_saved(task: jobs.Task) -> None:
    """Charges what falls due to what was saved for it; the same key again gives the same charge (rule B-04)."""
    events.act_as(PROVIDER)
    if not off_session.charge(task.subject_id):
        raise Retry("the provider does not answer")


@jobs.job(saved.FORGET)
def forget_saved(task: jobs.Task) -> None:
    """What is stopped here is let go of at the provider too."""
    if not off_session.forget(task.subject_id):
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
    method, account = methods.online(attempt.method), accounts.opened_for(attempt.method, attempt.account_id)
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
    _tell_creditor(partial(staff_mails.differs, check))
    told = reconciliation.one(task.subject_id)
    if told is not None:
        told.told_at = clock.now()


@jobs.job(missing.TELL)
def tell_missing(task: jobs.Task) -> None:
    """A plain mail to the creditor's own address: a payment is not at its provider any more."""
    attempt = queries.attempt(task.subject_id)
    if attempt is not None and missing.is_missing(attempt):
        _tell_creditor(partial(staff_mails.missing, attempt))


def _tell_creditor(compose: Callable[[Face, str], bytes]) -> None:
    face = creditors.face(scope.current().creditor_id)
    if face.email is None:
        raise GiveUp("there is nobody to tell")
    try:
        content = compose(face, face.email)
    except ValueError:
        raise GiveUp("the creditor's address is none") from None
    with db.outside_transaction():
        answer = relay.hand_over(installation.settings().smtp, face.email, content)
    if answer.verdict in {Verdict.LATER, Verdict.UNKNOWN}:
        raise Retry(answer.why)
    if answer.verdict is not Verdict.ACCEPTED:
        raise GiveUp(answer.why)


@jobs.job(accounts.TELL_APART)
def tell_accounts_apart(task: jobs.Task) -> None:
    """Another account, or only a new key of the same? The one in use is asked for a payment of the former.

    The same one goes on as before. Of another one the pages that are open are closed there: nobody shall begin to
    pay on an account that the creditor has left.
    """
    replaced = accounts.by_id(task.subject_id)
    in_use = accounts.row(replaced.method) if replaced is not None else None
    if replaced is None or in_use is None or replaced.replaced_at is None:
        return
    method, known = methods.online(replaced.method), queries.latest_at_provider(replaced.id)
    if method is None:
        return
    if known is not None:
        asked, account = in_use.id, accounts.open_row(in_use)
        with db.outside_transaction():
            said = method.look_up(account, known)
        if isinstance(said, Unknown):
            raise Retry("the account in use does not answer")
        replaced, in_use = accounts.by_id(task.subject_id), accounts.by_id(asked)
        if replaced is None or in_use is None or replaced.replaced_at is None or in_use.replaced_at is not None:
            return  # changed once more meanwhile: that is looked into on its own
        if isinstance(said, Seen):
            accounts.is_the_same(replaced, in_use)
            return
    for attempt_id in queries.open_on(replaced.id):
        outbox.put(actions.EXPIRE, attempt_id)


@jobs.every(minutes=15)
def sweep() -> None:
    """Asks how everything stands that has been open and silent for half an hour: payments, and refunds."""
    before = clock.now() - UNSETTLED_AFTER
    for creditor_id in rounds.everyone():
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            silent, waiting = queries.unsettled_since(before), refundable.unsettled_since(before)
            saving = saved.waiting_since(before)
        _each(creditor_id, [partial(checkout.ask, attempt_id) for attempt_id in silent])
        _each(creditor_id, [partial(_follow_refund, *one) for one in waiting])
        _each(creditor_id, [partial(off_session.ask, row_id) for row_id in saving])


def _follow_refund(refund_id: int, attempt_id: int) -> bool:
    return checkout.ask(attempt_id) and _carry_out(refund_id)


@jobs.every(minutes=15)
def catch_up() -> None:
    """Reads the provider's own list of what happened since the last time: notices that were lost are found there.

    Each is kept and worked off as if it had come by itself, and once (rules B-06, B-07).
    """
    for creditor_id in rounds.everyone():
        for account_id in _accounts_of(creditor_id):
            _in_scope(creditor_id, partial(_catch_up, account_id))


def _accounts_of(creditor_id: int) -> list[int]:
    with db.transaction(writes=False):
        scope.enter(creditor_id)
        return [one.id for one in accounts.kept(queries.CARD)]


def _catch_up(account_id: int) -> bool:
    found, method = accounts.by_id(account_id), methods.online(queries.CARD)
    if found is None or not isinstance(method, methods.Reporting):
        return True
    account, until = accounts.open_row(found), clock.now()
    since = (found.events_until - OVERLAP) if found.events_until else until - FIRST_LOOK_BACK
    with db.outside_transaction():
        answer = method.changes(account, since, until)
    if isinstance(answer, Unknown):
        return False
    for notice in answer:
        actions.take_notice(queries.CARD, account.account_id, scope.current().creditor_id, notice)
    again = accounts.by_id(account_id)
    if again is not None:
        again.events_until = until
    return True


@jobs.every(minutes=60)
def compare_nights() -> None:
    """Each night yesterday, and the nights that were missed: the provider's movements against our books (B-07)."""
    for creditor_id in rounds.everyone():
        _in_scope(creditor_id, _compare_missing)


def _compare_missing() -> bool:
    face = creditors.face(scope.current().creditor_id)
    today = clock.today(face.time_zone)
    if not reconciliation.is_yesterday_whole(clock.now(), face.time_zone):
        return True
    first, whole = today - timedelta(days=COMPARED_BACK), True
    for account_id, name in _named_accounts():
        for day in reconciliation.missing_days(queries.CARD, name, today, first):
            whole = _compare(day, account_id) is not None and whole
    return whole


def compare_day(day: date) -> list[BalanceCheck] | None:
    """Compares one day of the creditor in scope, on each of its accounts; None when one of them did not answer,
    or there is none to ask."""
    found = [_compare(day, account_id) for account_id, _ in _named_accounts()]
    whole = [one for one in found if one is not None]
    return [check for one in whole for check in one] if found and len(whole) == len(found) else None


def _named_accounts() -> list[tuple[int, str]]:
    return [(one.id, accounts.name_of(one)) for one in accounts.kept(queries.CARD)]


def _compare(day: date, account_id: int) -> list[BalanceCheck] | None:
    """What differs is asked about once more first: a notice that was lost is no mistake in the books."""
    face = creditors.face(scope.current().creditor_id)
    method, found = methods.online(queries.CARD), accounts.by_id(account_id)
    if found is None or not isinstance(method, methods.Reporting):
        return None
    account, name = accounts.open_row(found), accounts.name_of(found)
    since, until = reconciliation.bounds(day, face.time_zone)
    with db.outside_transaction():
        movements = method.movements(account, since, until)
    if isinstance(movements, Unknown):
        return None
    compared = reconciliation.compare(day, movements, face.time_zone, face.currency, account_id)
    for attempt_id in reconciliation.attempts_named(compared):
        checkout.ask(attempt_id)
    compared = reconciliation.compare(day, movements, face.time_zone, face.currency, account_id)
    return [reconciliation.keep(queries.CARD, name, day, one) for one in compared]


def _each(creditor_id: int, questions: Iterable[Callable[[], bool]]) -> None:
    misses = 0
    for ask in questions:
        misses = 0 if _in_scope(creditor_id, ask) else misses + 1
        if misses == MISSES:
            return  # the rest can wait a quarter of an hour


def _in_scope(creditor_id: int, work: Callable[[], bool]) -> bool:
    """Does one thing for one creditor in a transaction of its own; what goes wrong keeps no other one waiting."""
    try:
        with rounds.at(creditor_id):
            events.act_as(PROVIDER)
            return work()
    except Exception:  # one that cannot be read must not keep the others waiting
        log.exception("payments in the background stumbled", extra={"creditor": creditor_id})
        return True
