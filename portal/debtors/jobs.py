"""What the doors forget by themselves: one-time codes after a day, and acts that nobody went on with (rule C-24)."""

from datetime import timedelta

from sqlalchemy import or_, select

from portal.core import clock, db, jobs, scope
from portal.creditors import queries as creditors
from portal.debtors import step_up
from portal.debtors.models import StepUp
from portal.debtors.states import StepUpStatus

KEPT = timedelta(hours=24)
AT_ONCE = 200


@jobs.every(minutes=60)
def forget_codes() -> None:
    """Voids the acts that were begun a day ago and not confirmed: their codes and what was typed are gone."""
    with db.transaction(writes=False):
        every = creditors.all_ids()
    for creditor_id in every:
        with db.transaction():
            scope.enter(creditor_id)
            old = select(StepUp).where(
                or_(StepUp.status == StepUpStatus.SHOWN, StepUp.status == StepUpStatus.CODE_SENT),
                StepUp.status_at < clock.now() - KEPT,
            )
            for row in db.session().scalars(old.limit(AT_ONCE)).all():
                step_up.forget(row)
