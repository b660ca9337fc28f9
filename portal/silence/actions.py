"""A silence begins and ends; the time to ask for a due item counts anew."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from portal.core import clock, db, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.invoices.models import DueItem
from portal.messages import actions as messages
from portal.silence import events as happened
from portal.silence import queries, rules
from portal.silence.models import LimitationRestart, Silence
from portal.silence.states import MACHINE, SilenceStatus

BY_HAND, OVER = "by_hand", "over"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A silence as somebody sets it: about the customer, or one due item; `until` is its first instant no more."""

    reason: str
    until: datetime | None = None
    item_id: int | None = None
    words: str | None = None
    speaks_for: str | None = None
    reached_at: str | None = None


def begin(debtor_id: int, wanted: Wanted, by: int) -> Silence:
    """Nobody writes from now on, and what waits to leave is held back at once.

    Raises NotAllowedNow where the same stands already, ValueError for a reason that there is not.
    """
    if wanted.reason not in rules.REASONS:
        raise ValueError(wanted.reason)
    if queries.standing(debtor_id, wanted.item_id, wanted.reason) is not None:
        raise NotAllowedNow(t("This stands already. End it first if something has changed."))
    row = Silence(
        id=ids.new_id(),
        debtor_id=debtor_id,
        due_item_id=wanted.item_id,
        reason=wanted.reason,
        words=wanted.words or None,
        speaks_for=wanted.speaks_for or None,
        reached_at=wanted.reached_at or None,
        since=clock.now(),
        until=wanted.until,
        set_by=by,
    )
    MACHINE.begin(row, SilenceStatus.SET, _began(row))
    db.session().add(row)
    db.session().flush()
    messages.hold_back_waiting(debtor_id)
    return row


def _began(row: Silence) -> happened.Event:
    zone = creditors.in_scope().time_zone
    last = clock.day_of(row.until - timedelta(seconds=1), zone) if row.until is not None else None
    if row.reason in rules.PRIVATE:
        return happened.QuietBegan(quiet_id=row.id, debtor_id=row.debtor_id, until=last)
    return happened.SilenceBegan(
        silence_id=row.id, debtor_id=row.debtor_id, reason=row.reason, item_id=row.due_item_id, until=last
    )


def end(row: Silence, why: str, by: int | None = None) -> None:
    """We may write again, as far as nothing else stands. Raises NotAllowedNow where it is over already."""
    row.ended_by, row.ended_why = by, why
    ended: happened.Event
    if row.reason in rules.PRIVATE:
        ended = happened.QuietEnded(quiet_id=row.id, debtor_id=row.debtor_id, why=why)
    else:
        ended = happened.SilenceEnded(
            silence_id=row.id, debtor_id=row.debtor_id, reason=row.reason, item_id=row.due_item_id, why=why
        )
    MACHINE.move(row, SilenceStatus.ENDED, ended)
    db.session().flush()


# The time to ask


def restart(item_ids: Iterable[int], how: str, counts_from: date, by: int | None = None) -> None:
    """The time to ask for these due items counts anew from that day; said twice it is one."""
    wanted = list(item_ids)
    there = set(
        db.session().scalars(
            select(LimitationRestart.due_item_id).where(
                LimitationRestart.due_item_id.in_(wanted),
                LimitationRestart.how == how,
                LimitationRestart.counts_from == counts_from,
            )
        )
    )
    for item in db.session().scalars(select(DueItem).where(DueItem.id.in_(wanted)).order_by(DueItem.id)):
        if item.id in there:
            continue
        db.session().add(
            LimitationRestart(
                id=ids.new_id(),
                debtor_id=item.debtor_id,
                due_item_id=item.id,
                how=how,
                counts_from=counts_from,
                made_by=by,
                made_at=clock.now(),
            )
        )
        events.record(
            happened.LimitationRestarted(item_id=item.id, debtor_id=item.debtor_id, how=how, counts_from=counts_from)
        )
    db.session().flush()
