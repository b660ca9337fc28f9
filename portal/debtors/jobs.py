"""What ends by itself at the doors: acts that nobody went on with after a day, and what staff left undecided."""

from datetime import timedelta

from sqlalchemy import or_, select

from portal.core import clock, db, jobs
from portal.creditors import rounds
from portal.debtors import notices, step_up
from portal.debtors.models import StepUp
from portal.debtors.states import StepUpStatus

KEPT = timedelta(hours=24)
AT_ONCE = 200
UNDECIDED = timedelta(days=30)  # what waits for the creditor's people for so long has been answered: no [D]


@jobs.every(minutes=60)
def forget_codes() -> None:
    """Voids the acts that were begun a day ago and not confirmed: their codes and what was typed are gone."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id):
            old = select(StepUp).where(
                or_(StepUp.status == StepUpStatus.SHOWN, StepUp.status == StepUpStatus.CODE_SENT),
                StepUp.status_at < clock.now() - KEPT,
            )
            for row in db.session().scalars(old.limit(AT_ONCE)).all():
                step_up.forget(row)


@jobs.every(minutes=24 * 60)
def let_undecided_lapse() -> None:
    """What the creditor's people have not decided in thirty days is declined, and the customer hears of it."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id):
            old = select(StepUp).where(
                StepUp.status == StepUpStatus.WITH_STAFF, StepUp.status_at < clock.now() - UNDECIDED
            )
            for row in db.session().scalars(old.order_by(StepUp.id).limit(AT_ONCE)).all():
                step_up.lapse(row)
                notices.tell_undecided(row.debtor_id)
