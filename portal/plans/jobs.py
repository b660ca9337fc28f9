"""What happens to plans by itself: the day for taking back ends, days come and pass, notes go out, some end.

And what asks a network: papers are sealed here, in the background (portal.documents.seals).
"""

import logging
from datetime import date, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from portal.core import clock, db, jobs
from portal.core.jobs import Retry
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.documents import seals
from portal.plans import following, living, papers, queries
from portal.plans.paper_jobs import BACKOFF

log = logging.getLogger(__name__)

WRITES_FROM, WRITES_UNTIL = time(9), time(19)  # on the creditor's clocks


@jobs.every(minutes=20)
def see_to_plans() -> None:
    """Each plan in a transaction of its own; a missed day is caught up, nothing is doubled."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            here = clock.now().astimezone(ZoneInfo(creditors.in_scope().time_zone))
            ready = queries.to_activate(clock.now())
            looked_at = queries.to_look_at(here.date() + timedelta(days=living.BEFORE))
        rounds.each(creditor_id, ready, _activate, "plan")
        writes = WRITES_FROM <= here.time() < WRITES_UNTIL
        rounds.each(creditor_id, looked_at, partial(_look_at, today=here.date(), writes=writes), "plan")


def _activate(plan_id: int) -> None:
    plan = queries.plan(plan_id, lock=True)
    if plan is not None and plan.status is following.S.ACCEPTED:
        following.activate(plan)


def _look_at(plan_id: int, today: date, *, writes: bool) -> None:
    following.follow(plan_id)
    living.see_to(plan_id, today, writes=writes)


def _gave_up(_task: jobs.Task, why: str) -> None:
    log.error("a paper stays without its seal", extra={"why": why})


@jobs.job(papers.SEAL, backoff=BACKOFF, gave_up=_gave_up)
def seal(task: jobs.Task) -> None:
    """The authority is asked outside the transaction; a worker that dies after its answer asks once more."""
    content = papers.to_seal(task.subject_id)
    if content is None or not seals.is_on():
        return
    try:
        with db.outside_transaction():
            sealed = seals.sealed(content)
    except seals.NotSealed as error:
        raise Retry(str(error)) from error
    papers.keep_sealed(task.subject_id, sealed)
