"""Whom one may ask now, and who had spoken to them: reads what stands elsewhere (rule E-02)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select

from portal.cases import kinds
from portal.cases.models import Case, CaseEntry
from portal.cases.states import CaseStatus
from portal.core import clock, db, scope
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor
from portal.invoices import holds
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.messages import levels as words
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.people.models import Membership
from portal.plans.models import Plan, PlanLine
from portal.plans.states import FOLLOWED, PlanStatus
from portal.reminders import levels
from portal.reminders import queries as reminders
from portal.reminders.models import Touch
from portal.silence import queries as silence
from portal.surveys.models import Survey
from portal.surveys.outcomes import PLAN_AGREED, REST

# What rests because something good is under way: its customer may be asked how it goes. Whatever else holds an item
# is a dispute, a fault, or somebody's wish for silence.
UNDER_WAY = frozenset({
    holds.PLAN, holds.PROMISED, holds.TRANSFER_ON_ITS_WAY, holds.PAYMENT_PROCESSING, holds.ALREADY_PAID,
    holds.CREDIT_EXPECTED,
})  # fmt: skip
_LEGAL = (levels.BEFORE_LEGAL, levels.DECISION)
SPOKEN_WITHIN = timedelta(days=90)
AT_ONCE = 500


def must_rest(debtor_id: int) -> bool:
    """Never in a silence, a pause, a dispute, a difficulty, before a court, or after a plan that was missed."""
    found = silence.known([debtor_id])
    if found.of_debtor(debtor_id) is not None or reminders.pauses(debtor_id):
        return True
    if any(one.reason not in UNDER_WAY for several in found.items.values() for one in several):
        return True
    difficulty = exists().where(
        Case.debtor_id == debtor_id,
        Case.kind.in_((kinds.DIFFICULTY, kinds.DISPUTE)),
        Case.status != CaseStatus.CLOSED,
    )
    still_open = Receivable.open_minor > 0
    legal = (
        exists()
        .where(Touch.debtor_id == debtor_id, Touch.level.in_(_LEGAL))
        .where(Receivable.id == Touch.due_item_id, still_open)
    )
    missed = (
        exists()
        .where(Plan.debtor_id == debtor_id, Plan.status == PlanStatus.DEFAULTED)
        .where(PlanLine.plan_id == Plan.id, Receivable.id == PlanLine.due_item_id, still_open)
    )
    rests = select(Debtor.id).where(Debtor.id == debtor_id, or_(difficulty, legal, missed))
    return db.session().scalar(rests) is not None


def asked_lately(debtor_id: int, person: str, now: datetime) -> bool:
    """Whether this creditor asked the customer, or the same person under another code, within the rest."""
    same = or_(Survey.debtor_id == debtor_id, Survey.person == person) if person else Survey.debtor_id == debtor_id
    found = select(Survey.id).where(same, Survey.asked_at > now - REST).limit(1)
    return db.session().scalar(found) is not None


def still_stands(row: Survey) -> bool:
    """A plan that was taken back within its day is nothing to be asked about."""
    if row.outcome != PLAN_AGREED:
        return True
    status = db.session().scalar(select(Plan.status).where(Plan.id == row.subject_id))
    return status in FOLLOWED


def last_touch(debtor_id: int, before: datetime) -> Message | None:
    """The word of the cadence that the customer had got last."""
    wanted = select(Message).where(
        Message.debtor_id == debtor_id, Message.key.in_(words.KEYS), Message.status == MessageStatus.SENT,
        Message.sent_at <= before,
    )  # fmt: skip
    return db.session().scalars(wanted.order_by(Message.id.desc()).limit(1)).one_or_none()


def spoke_last(debtor_id: int, before: datetime) -> int | None:
    """The colleague who wrote to the customer last, in one of their cases."""
    wanted = (
        select(CaseEntry.staff_id)
        .join(Case, Case.id == CaseEntry.case_id)
        .where(
            Case.debtor_id == debtor_id, CaseEntry.staff_id.is_not(None), CaseEntry.at <= before,
            CaseEntry.at > before - SPOKEN_WITHIN,
        )
        .order_by(CaseEntry.id.desc())
        .limit(1)
    )  # fmt: skip
    return db.session().scalar(wanted)


def agency_of(staff_id: int) -> int | None:
    """The agency for which a colleague works here; None for the creditor's own."""
    wanted = select(Membership.organisation_id).where(
        Membership.staff_id == staff_id, Membership.creditor_id == scope.current().creditor_id
    )
    return db.session().scalar(wanted)


def first_due_on(item_ids: Sequence[int]) -> date | None:
    return db.session().scalar(select(func.min(DueItem.due_on)).where(DueItem.id.in_(list(item_ids))))


def earliest_open(debtor_id: int) -> date | None:
    """When the first of what is open for a customer falls due."""
    wanted = select(func.min(DueItem.due_on)).join(Receivable, Receivable.id == DueItem.id)
    return db.session().scalar(wanted.where(DueItem.debtor_id == debtor_id, Receivable.open_minor > 0))


def nothing_since(days: int, after: int) -> list[int]:
    """Customers of whose open items one fell due so many days ago (three days may be caught up) and whom nobody has
    asked since; the next few hundred behind `after`."""
    today = clock.today(creditors.in_scope().time_zone)
    asked = exists().where(Survey.debtor_id == DueItem.debtor_id, Survey.happened_at > clock.now() - REST)
    wanted = (
        select(DueItem.debtor_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(
            DueItem.due_on <= today - timedelta(days=days), DueItem.due_on > today - timedelta(days=days + 3),
            Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None), DueItem.debtor_id > after, ~asked,
        )
        .distinct()
        .order_by(DueItem.debtor_id)
        .limit(AT_ONCE)
    )  # fmt: skip
    return list(db.session().scalars(wanted))
