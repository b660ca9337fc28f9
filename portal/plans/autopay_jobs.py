"""Instalments whose day has come are charged to what their customers saved, in the creditor's working hours."""

from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from portal.core import clock, jobs
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.payments import saved
from portal.plans import autopay, following, tries
from portal.plans.jobs import WRITES_FROM, WRITES_UNTIL


@jobs.every(minutes=20)
def charge_what_is_due() -> None:
    """Each plan in a transaction of its own, which writes what is meant; the provider is asked after it."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            here = clock.now().astimezone(ZoneInfo(creditors.in_scope().time_zone))
            plans = [row.source_id for row in saved.in_use(tries.PLAN)]
        if WRITES_FROM <= here.time() < WRITES_UNTIL:
            rounds.each(creditor_id, plans, partial(_charge, today=here.date()), "plan")


def _charge(plan_id: int, today: date) -> None:
    following.follow(plan_id)
    autopay.charge_due(plan_id, today=today)
