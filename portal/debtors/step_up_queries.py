"""Acts at level 3 as they are looked at: where their codes may go, how many were asked for, which wait for staff."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.core import clock, db, installation
from portal.debtors import policies, queries, step_up_rules
from portal.debtors.models import AccessLink, ContactPoint, Debtor, StepUp
from portal.debtors.states import StepUpStatus
from portal.messages.channels import sms
from portal.messages.models import Message

CODE_MESSAGE = "step_up_code"


def one(step_up_id: int) -> StepUp | None:
    return db.session().scalars(select(StepUp).where(StepUp.id == step_up_id)).one_or_none()


def contact(contact_id: int | None) -> ContactPoint | None:
    if contact_id is None:
        return None
    return db.session().scalars(select(ContactPoint).where(ContactPoint.id == contact_id)).one_or_none()


def codes_asked(debtor_id: int, now: datetime) -> list[datetime]:
    """When codes were asked for by this debtor within the last day."""
    since = now - step_up_rules.DAY
    asked = select(Message.planned_at).where(
        Message.debtor_id == debtor_id, Message.key == CODE_MESSAGE, Message.planned_at > since
    )
    return list(db.session().scalars(asked))


def target(debtor: Debtor, link_id: int, policy: policies.Policy) -> step_up_rules.Target | None:
    """Where a code for this debtor may go, given the link through which the visit came."""
    came_by = db.session().scalar(
        select(ContactPoint.channel)
        .join(AccessLink, AccessLink.contact_point_id == ContactPoint.id)
        .where(AccessLink.id == link_id)
    )
    paused = queries.paused(debtor.id)
    reachable = [
        step_up_rules.Reachable(row.id, row.channel, row.address, row.codes_from)
        for row in queries.contacts(debtor.id)
        if row.stopped_at is None and not row.colleague and row.id not in paused and _can_be_sent(row)
    ]
    return step_up_rules.target(
        reachable,
        came_by,
        clock.now(),
        preferred=debtor.preferred_channel,
        same=policy.no_other_channel == policies.SAME,
    )


def _can_be_sent(contact: ContactPoint) -> bool:
    """A mobile takes codes where the installation has a gateway, and where it is a mobile's number."""
    if contact.channel != step_up_rules.MOBILE:
        return True
    try:
        sms.checked_number(contact.address)
    except ValueError:
        return False
    return bool(installation.settings().sms.url)


@dataclass(frozen=True, slots=True)
class Waiting:
    row: StepUp
    debtor_name: str
    debtor_code: str


def waiting_for_staff() -> list[Waiting]:
    """The acts that wait for the creditor's people, the oldest first."""
    rows = db.session().execute(
        select(StepUp, Debtor.name, Debtor.code)
        .join(Debtor, Debtor.id == StepUp.debtor_id)
        .where(StepUp.status == StepUpStatus.WITH_STAFF)
        .order_by(StepUp.id)
        .limit(200)
    )
    return [Waiting(*row) for row in rows]
