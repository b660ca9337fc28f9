"""What two wordings of one version did: sent, opened by a person, answered, paid, stopped. Counted anew each time."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from portal.core import clock, db
from portal.core.events import EventRow
from portal.debtors.models import Visit
from portal.ledger.models import Receivable
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.reminders.models import Touch
from portal.texts import rules
from portal.texts.rules import Share

# What a customer did through the very link of the message, by the names of events.
ACTS = (
    "receipt.confirmed", "receipt.problem_reported", "receipt.denied", "question.asked", "promise.made",
    "already_paid.claimed", "dispute.raised", "plan.accepted", "call.booked", "payment.succeeded",
    "transfer.announced",
)  # fmt: skip
STOPS = ("courtesy.stopped", "contact.stopped")  # they want no more of it, in whatever way they said so
COMPLAINT = "message.complained"  # and told their mail provider so
WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Results:
    """Of one wording. `paid` is of those only that left long enough ago; `days` is the median of those that paid."""

    sent: int
    opened: Share
    acted: Share
    paid: Share
    days: float | None
    stopped: Share


@dataclass(frozen=True, slots=True)
class _Sent:
    id: int
    debtor_id: int
    link_id: int | None
    at: datetime


def of(version_id: int) -> dict[str, Results]:
    """By wording, `rules.A` and `rules.B`, for the creditor in scope."""
    rows = db.session().execute(
        select(Message.wording, Message.id, Message.debtor_id, Message.link_id, Message.sent_at).where(
            *_left(version_id)
        )
    )
    by_side: dict[str, list[_Sent]] = defaultdict(list)
    for wording, message_id, debtor_id, link_id, at in rows:
        if wording is not None and at is not None:
            by_side[wording].append(_Sent(message_id, debtor_id, link_id, at))
    links = select(Message.link_id).where(*_left(version_id), Message.link_id.is_not(None))
    opened = set(db.session().scalars(select(Visit.link_id).where(Visit.link_id.in_(links))))
    through = EventRow.link_id.in_(links)
    acted = set(db.session().scalars(select(EventRow.link_id).where(EventRow.name.in_(ACTS), through)))
    paid, stops = _paid(version_id), _stops(version_id)
    return {side: _count(by_side[side], opened, acted, paid, stops) for side in (rules.A, rules.B)}


def _left(version_id: int) -> tuple[ColumnElement[bool], ...]:
    return Message.own_text_id == version_id, Message.status == MessageStatus.SENT, Message.wording.is_not(None)


def _count(
    sent: list[_Sent],
    opened: Collection[int],
    acted: Collection[int | None],
    paid: dict[int, datetime],
    stops: dict[int, list[datetime]],
) -> Results:
    now = clock.now()
    over = [one for one in sent if one.at + WINDOW <= now]
    paid_in_time = [one for one in over if one.id in paid and paid[one.id] <= one.at + WINDOW]
    days = [max(0, (paid[one.id] - one.at).days) for one in paid_in_time]  # the moments are kept unequally finely
    second = timedelta(seconds=1)  # as finely as moments of events are kept
    stopped = [one for one in sent if any(-second <= at - one.at <= WINDOW for at in stops.get(one.debtor_id, ()))]
    return Results(
        sent=len(sent),
        opened=Share(sum(one.link_id in opened for one in sent), len(sent)),
        acted=Share(sum(one.link_id in acted for one in sent), len(sent)),
        paid=Share(len(days), len(over)),
        days=rules.middle(days),
        stopped=Share(len(stopped), len(sent)),
    )


def _paid(version_id: int) -> dict[int, datetime]:
    """When the last of what a message spoke of was settled; only where all of it is settled today."""
    mine = select(Message.id).where(*_left(version_id))
    rows = db.session().execute(
        select(Touch.message_id, Touch.due_item_id, Receivable.open_minor)
        .join(Receivable, Receivable.id == Touch.due_item_id)
        .where(Touch.message_id.in_(mine))
    )
    items: dict[int, list[int]] = defaultdict(list)
    still_open = set()
    for message_id, item_id, open_minor in rows:
        assert message_id is not None  # asked for by its message
        items[message_id].append(item_id)
        if open_minor > 0:
            still_open.add(message_id)
    touched = select(Touch.due_item_id).where(Touch.message_id.in_(mine))
    events = select(EventRow.subject_id, EventRow.at).where(
        EventRow.name == "item.settled", EventRow.subject_kind == "item", EventRow.subject_id.in_(touched)
    )
    settled = {subject: at for subject, at in db.session().execute(events.order_by(EventRow.seq))}  # noqa: C416
    return {
        message_id: max(settled[one] for one in some)
        for message_id, some in items.items()
        if message_id not in still_open and all(one in settled for one in some)
    }


def _stops(version_id: int) -> dict[int, list[datetime]]:
    mine = select(Message.debtor_id).where(*_left(version_id))
    rows = db.session().execute(
        select(EventRow.debtor_id, EventRow.at).where(
            or_(and_(EventRow.name.in_(STOPS), EventRow.actor_kind == "debtor"), EventRow.name == COMPLAINT),
            EventRow.debtor_id.in_(mine),
        )
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for debtor_id, at in rows:
        if debtor_id is not None:
            found[debtor_id].append(at)
    return found
