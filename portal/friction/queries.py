"""Links sent and ways gone since a moment: six statements, however many there are, from our own facts alone."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, or_, select

from portal.core import db
from portal.core.events import EventRow
from portal.core.link_addresses import SURVEY
from portal.debtors import gate
from portal.debtors.models import AccessLink, Debtor, LinkTrace, Visit
from portal.friction import rules
from portal.friction.rules import Act, Payment, Sent, Way
from portal.messages import rules as messages
from portal.messages.models import Message, MessageReport
from portal.messages.states import MessageStatus
from portal.payments.models import PaymentAttempt
from portal.payments.states import AttemptStatus

SECOND = timedelta(seconds=1)  # as finely as moments of events are kept
_NO_MONEY = ("credit_note", "discount", "interest_agreed")  # what settles a due item and is no payment


def _first_messages() -> Select[Any]:
    """Of each link the message that brought it; a link that is sent again is still one link."""
    left = select(func.min(Message.id)).where(Message.link_id.is_not(None), Message.status == MessageStatus.SENT)
    return left.group_by(Message.link_id)


def sent(since: datetime) -> list[Sent]:
    """Links that left by message since then, by kind; a question's link has no gate and leads nobody in."""
    arrived = exists().where(MessageReport.message_id == Message.id, MessageReport.kind == messages.DELIVERED)
    entered = exists().where(Visit.link_id == Message.link_id)
    columns = (AccessLink.purpose, Message.key, Message.channel, Message.language)
    rows = db.session().execute(
        select(*columns, func.count(), func.count().filter(or_(arrived, entered)))
        .select_from(Message)
        .join(AccessLink, AccessLink.id == Message.link_id)
        .where(Message.id.in_(_first_messages()), Message.sent_at >= since, AccessLink.purpose != SURVEY)
        .group_by(*columns)
    )
    return [Sent(*row) for row in rows]


def ways(since: datetime) -> list[Way]:
    """Every way that began since then, the latest first: through links sent since, or that came in no message."""
    first = select(Message).where(Message.id.in_(_first_messages())).subquery()
    rows = (
        db.session()
        .execute(
            select(
                Visit.link_id,
                Visit.debtor_id,
                AccessLink.purpose,
                first.c.key,
                first.c.channel,
                first.c.language,
                func.min(Visit.device),
                func.min(Visit.started_at),
            )
            .join(AccessLink, AccessLink.id == Visit.link_id)
            .outerjoin(first, first.c.link_id == Visit.link_id)
            .where(Visit.started_at >= since, or_(first.c.id.is_(None), first.c.sent_at >= since))
            .group_by(
                Visit.link_id,
                Visit.debtor_id,
                AccessLink.purpose,
                first.c.key,
                first.c.channel,
                first.c.language,
            )
            .order_by(Visit.link_id.desc())
        )
        .all()
    )
    views, acts, payments, settled = _views(since), _acts(since), _payments(since), _settled(since)
    found = []
    for link_id, debtor_id, purpose, key, channel, language, device, entered_at in rows:
        paid = next(
            (at for at in settled.get(debtor_id, ()) if entered_at - SECOND <= at <= entered_at + rules.WINDOW), None
        )
        found.append(
            Way(
                link_id,
                debtor_id,
                purpose,
                key,
                channel,
                language,
                device,
                entered_at,
                tuple(views.get(link_id, ())),
                tuple(acts.get(link_id, ())),
                tuple(payments.get(link_id, ())),
                paid,
            )
        )
    return found


def _views(since: datetime) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = defaultdict(list)
    seen = select(LinkTrace.link_id, LinkTrace.at).where(LinkTrace.kind == gate.VIEWED, LinkTrace.at >= since)
    for link_id, at in db.session().execute(seen.order_by(LinkTrace.at)):
        found[link_id].append(at)
    return found


def _acts(since: datetime) -> dict[int, list[Act]]:
    found: dict[int, list[Act]] = defaultdict(list)
    told = select(EventRow.link_id, EventRow.name, EventRow.at).where(
        EventRow.name.in_(rules.TOLD),
        EventRow.at >= since - SECOND,
        EventRow.link_id.is_not(None),
        EventRow.actor_kind == "debtor",
    )
    for link_id, name, at in db.session().execute(told.order_by(EventRow.seq)):
        found[link_id or 0].append(Act(name, at))
    return found


def _payments(since: datetime) -> dict[int, list[Payment]]:
    found: dict[int, list[Payment]] = defaultdict(list)
    tried = (
        select(
            Visit.link_id,
            PaymentAttempt.method,
            PaymentAttempt.created_at,
            PaymentAttempt.arrived_at,
            PaymentAttempt.status,
        )
        .join(Visit, Visit.id == PaymentAttempt.visit_id)
        .where(PaymentAttempt.created_at >= since)
        .order_by(PaymentAttempt.created_at)
    )
    for link_id, method, begun_at, paid_at, status in db.session().execute(tried):
        found[link_id].append(Payment(method, begun_at, paid_at, status is AttemptStatus.FAILED))
    return found


def _settled(since: datetime) -> dict[int, Sequence[datetime]]:
    """When money settled something, by customer, the earliest first."""
    found: dict[int, list[datetime]] = defaultdict(list)
    visited = select(Visit.debtor_id).where(Visit.started_at >= since)
    rows = db.session().execute(
        select(EventRow.debtor_id, EventRow.at, EventRow.data)
        .where(EventRow.name == "item.settled", EventRow.at >= since - SECOND, EventRow.debtor_id.in_(visited))
        .order_by(EventRow.seq)
    )
    for debtor_id, at, data in rows:
        if data.get("by") not in _NO_MONEY:
            found[debtor_id or 0].append(at)
    return dict(found)


def names(debtor_ids: Sequence[int]) -> dict[int, str]:
    """What these customers are called."""
    rows = db.session().execute(select(Debtor.id, Debtor.name).where(Debtor.id.in_(debtor_ids)))
    return {debtor_id: name for debtor_id, name in rows}  # noqa: C416
