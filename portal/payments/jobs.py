"""Payments in the background: notices worked off, pages closed, and the sweep that finds what nobody told (B-07)."""

import logging
from datetime import timedelta

from portal.core import clock, db, events, jobs, scope
from portal.creditors import queries as creditors
from portal.payments import actions, checkout, queries

log = logging.getLogger(__name__)

UNSETTLED_AFTER = timedelta(minutes=30)
MISSES = 3  # questions without an answer, one after the other: then the provider is taken to be away
PROVIDER = events.Actor("provider")


@jobs.job(actions.WORK_EVENT)
def work_event(task: jobs.Task) -> None:
    """A provider's notice is a hint: what it is about is fetched again and believed."""
    events.act_as(PROVIDER)
    if not checkout.follow(task.subject_id):
        raise jobs.Retry("the provider does not answer")


@jobs.job(actions.EXPIRE)
def expire(task: jobs.Task) -> None:
    """Closes an attempt's page at the provider; one that was paid meanwhile is booked instead."""
    if not checkout.ask(task.subject_id, stopping=True):
        raise jobs.Retry("the provider does not answer")


@jobs.every(minutes=15)
def sweep() -> None:
    """Asks how every attempt stands that has been open and silent for half an hour."""
    with db.transaction(writes=False):
        everyone = creditors.all_ids()
    before = clock.now() - UNSETTLED_AFTER
    for creditor_id in everyone:
        with db.transaction(writes=False):
            scope.enter(creditor_id)
            silent = queries.unsettled_since(before)
        _ask_all(creditor_id, silent)


def _ask_all(creditor_id: int, silent: list[int]) -> None:
    misses = 0
    for attempt_id in silent:
        misses = 0 if _asked(creditor_id, attempt_id) else misses + 1
        if misses == MISSES:
            return  # the rest can wait a quarter of an hour


def _asked(creditor_id: int, attempt_id: int) -> bool:
    try:
        with db.transaction():
            scope.enter(creditor_id)
            events.act_as(PROVIDER)
            return checkout.ask(attempt_id)
    except Exception:  # one attempt that cannot be read must not keep the others waiting
        log.exception("the sweep could not ask", extra={"attempt": attempt_id})
        return True
