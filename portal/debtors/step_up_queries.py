"""Acts at level 3 as they are looked at: where their codes may go, how many were asked for, which wait for staff."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.core import clock, db
from portal.debtors import policies, queries, step_up_rules
from portal.debtors.gate import IDLE
from portal.debtors.models import AccessLink, ContactPoint, Debtor, StepUp, Visit
from portal.debtors.states import StepUpStatus
from portal.messages.models import Message

CODE_MESSAGE = "step_up_code"


def one(step_up_id: int) -> StepUp | None:
    return db.session().scalars(select(StepUp).where(StepUp.id == step_up_id)).one_or_none()


def goes_on_from(row: StepUp, visit_id: int, link_id: int) -> bool:
    """Whether this visit may go on with an act that another began: it came by the same link, and that one is over."""
    began = db.session().scalars(select(Visit).where(Visit.id == row.visit_id)).one_or_none()
    if began is None or began.id == visit_id or began.link_id != link_id:
        return False
    now = clock.now()
    return began.ended_at is not None or began.ends_at <= now or began.seen_at <= now - IDLE


def contact(contact_id: int | None) -> ContactPoint | None:
    if contact_id is None:
        return None
    return db.session().scalars(select(ContactPoint).where(ContactPoint.id == contact_id)).one_or_none()


def takes_its_code(row: StepUp) -> bool:
    """Whether the address that the code went to is still one of the debtor's, and nobody said that it is not theirs.

    A telephone that staff stopped meanwhile proves nothing any more.
    """
    found = contact(row.contact_point_id)
    return found is not None and found.stopped_at is None and found.id not in queries.paused(row.debtor_id)


def codes_asked(debtor_id: int, now: datetime) -> list[datetime]:
    """When codes were asked for by this debtor within the last day."""
    since = now - step_up_rules.DAY
    asked = select(Message.planned_at).where(
        Message.debtor_id == debtor_id, Message.key == CODE_MESSAGE, Message.planned_at > since
    )
    return list(db.session().scalars(asked))


def target(debtor: Debtor, link_id: int, policy: policies.Policy) -> step_up_rules.Target | None:
    """Where a code for this debtor may go, given the link through which the visit came."""
    paused = queries.paused(debtor.id)
    reachable = [
        step_up_rules.Reachable(row.id, row.channel, row.address, row.codes_from)
        for row in queries.in_use(debtor.id)
        if row.id not in paused
    ]
    return step_up_rules.target(
        reachable,
        _channels(link_id),
        clock.now(),
        preferred=debtor.preferred_channel,
        same=policy.no_other_channel == policies.SAME,
    )


def _channels(link_id: int) -> list[str | None]:
    """The channel by which the link came and, where it was handed over, those of the links before it (A-45).

    None stands for a link that went to no contact, or is no longer there.
    """
    found: list[str | None] = []
    at: int | None = link_id
    while at is not None:
        step = (
            select(ContactPoint.channel, AccessLink.from_link_id)
            .select_from(AccessLink)
            .outerjoin(ContactPoint, ContactPoint.id == AccessLink.contact_point_id)
            .where(AccessLink.id == at)
        )
        channel, at = db.session().execute(step).one_or_none() or (None, None)
        found.append(channel)
    return found


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
