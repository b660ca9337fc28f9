"""Erasing what a colleague agreed to; and, day by day, what has been kept long enough (rule C-24)."""

import logging
from datetime import timedelta

from portal.core import db, events, jobs
from portal.creditors import rounds
from portal.privacy import actions, retention
from portal.privacy import events as happened
from portal.privacy.models import Erasure

log = logging.getLogger(__name__)


@jobs.job(actions.ERASE)
def erase(task: jobs.Task) -> None:
    """All or nothing: what a dead worker had begun is begun again."""
    row = db.session().get(Erasure, task.subject_id)
    if row is not None:
        actions.carry_out(row)


@jobs.every(minutes=24 * 60)
def forget_daily() -> None:
    """Every kind of every creditor, with one event at the end of each creditor's run; then the log is emptied."""
    for creditor_id in rounds.everyone():
        gone = sum(_forget(creditor_id, kind) for kind in retention.KINDS)
        with rounds.at(creditor_id):
            events.record(happened.RetentionRan(rows=gone))
    _leave_no_copy()


@jobs.every(minutes=60)
def forget_hourly() -> None:
    """What may stay for a day only."""
    for creditor_id in rounds.everyone():
        for kind in retention.KINDS:
            if kind.kept_for <= timedelta(days=1):
                _forget(creditor_id, kind)
    _leave_no_copy()


def _leave_no_copy() -> None:
    """What was erased is not in SQLite's log either; an erasure that a colleague agreed to waits an hour for it."""
    if not db.empty_log():
        log.info("the database's log could not be emptied: somebody is reading; it is tried again in an hour")


def _forget(creditor_id: int, kind: retention.Kind) -> int:
    """Piece by piece, each in a transaction of its own, so that a stop loses nothing and nobody waits long."""
    gone = 0
    while True:
        with rounds.at(creditor_id):
            some = retention.forget_some(kind)
        gone += some
        if some == 0:
            return gone
