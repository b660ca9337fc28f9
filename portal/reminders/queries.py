"""What the cadence has said and still may say: of one message, one customer, one case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock, db, places, windows
from portal.core.money import Money
from portal.core.places import Place
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import queries as debtors
from portal.debtors.models import Debtor
from portal.interest.due_dates import last_day
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.reminders.levels import Medium
from portal.reminders.models import Outlook, Pause, Touch
from portal.reminders.rules import Standing
from portal.silence import queries as silence
from portal.silence.rules import Silent
from portal.web import paging

_WEEK = timedelta(days=8)  # a week, wherever the day began


def standings(message_id: int, today: date) -> list[Standing]:
    """Of every due item that the message speaks of, on `today` (the creditor's day)."""
    rows = (
        db.session()
        .execute(
            select(DueItem.id, Receivable.open_minor, Invoice.withdrawn_at, DueItem.due_on, silence.item_is_silent())
            .select_from(DueItem)
            .join(Touch, Touch.due_item_id == DueItem.id)
            .join(Receivable, Receivable.id == DueItem.id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(Touch.message_id == message_id)
        )
        .all()
    )
    barred = silence.barred_among({row.id: row.due_on for row in rows})
    return [
        Standing(open_minor > 0, withdrawn_at is not None, last_day(due_on) < today, held or item_id in barred)
        for item_id, open_minor, withdrawn_at, due_on, held in rows
    ]


def documents_of(message_id: int, today: date, *, until_due: bool) -> int:
    """How many documents a message speaks of on `today`: open, not resting, and not late where it is said before."""
    rows = (
        db.session()
        .execute(
            select(DueItem.id, DueItem.invoice_id, DueItem.due_on)
            .join(Touch, Touch.due_item_id == DueItem.id)
            .join(Receivable, Receivable.id == DueItem.id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .where(
                Touch.message_id == message_id,
                Receivable.open_minor > 0,
                Invoice.withdrawn_at.is_(None),
                ~silence.item_is_silent(),
            )
        )
        .all()
    )
    barred = silence.barred_among({row.id: row.due_on for row in rows})
    said = [row for row in rows if row.id not in barred and (not until_due or last_day(row.due_on) >= today)]
    return len({row.invoice_id for row in said}) or 1


def next_moment(
    debtor_id: int, creditor: Creditor, *, saturdays: bool = True, at: datetime | None = None
) -> datetime:
    """The first moment from `at`, else from now, that is lawful where the creditor is and where the customer is."""
    debtor = debtors.debtor(debtor_id)
    there = places.of(debtor.country, debtor.postcode, creditor.time_zone) if debtor is not None else ()
    return windows.next_shared_moment(at or clock.now(), (Place(creditor.time_zone), *there), saturdays=saturdays)


def spoken_on(debtor_id: int, zone: str, *, but: int) -> set[date]:
    """The days of the last week on which anything of ours left to them that they had not asked for, or somebody
    called; `but` is the message that would leave now."""
    since = clock.now() - _WEEK
    found = Message.debtor_id == debtor_id, Message.asked_for.is_(False), Message.id != but
    sent = and_(Message.status == MessageStatus.SENT, Message.sent_at > since)
    left = or_(Message.status == MessageStatus.SENDING, sent)
    messages = db.session().scalars(select(Message.sent_at).where(*found, left))
    called = (
        select(Case.closed_at)
        .join(Touch, Touch.case_id == Case.id)
        .where(Touch.debtor_id == debtor_id, Touch.medium != Medium.CASE, Case.closed_at > since)
    )
    moments = [*messages, *db.session().scalars(called)]
    return {clock.day_of(at or clock.now(), zone) for at in moments}


def invoices_of(item_ids: Sequence[int]) -> Sequence[int]:
    """The invoices that these due items are of."""
    wanted = select(DueItem.invoice_id).where(DueItem.id.in_(item_ids)).distinct().order_by(DueItem.invoice_id)
    return db.session().scalars(wanted).all()


def anything_open(case_id: int) -> bool:
    """Whether anything is still open of what was put before our people with this case."""
    found = (
        select(func.count())
        .select_from(Touch)
        .join(Receivable, Receivable.id == Touch.due_item_id)
        .where(Touch.case_id == case_id, Receivable.open_minor > 0)
    )
    return bool(db.session().scalar(found))


def pause(debtor_id: int | None) -> Pause | None:
    """The pause that runs for the customer, or with None the one for everybody."""
    return pauses(debtor_id).get(debtor_id)


def pauses(debtor_id: int | None) -> dict[int | None, Pause]:
    """The pauses that run for the customer and, under None, for everybody."""
    today = clock.today(creditors.in_scope().time_zone)
    mine = or_(Pause.debtor_id.is_(None), Pause.debtor_id == debtor_id)
    rows = db.session().scalars(select(Pause).where(Pause.ended_at.is_(None), mine).order_by(Pause.id))
    return {row.debtor_id: row for row in rows if row.until is None or row.until >= today}


def outlooks(debtor_ids: Sequence[int]) -> dict[int, Outlook]:
    """What was seen last to come next for each of these customers."""
    rows = db.session().scalars(select(Outlook).where(Outlook.debtor_id.in_(debtor_ids)))
    return {row.debtor_id: row for row in rows}


def coming(first: date, last: date) -> list[tuple[date, str, int]]:
    """How many contacts each of these days is to bring, by level: (day, level, customers)."""
    rows = db.session().execute(
        select(Outlook.on, Outlook.level, func.count())
        .where(Outlook.on >= first, Outlook.on <= last)
        .group_by(Outlook.on, Outlook.level)
        .order_by(Outlook.on)
    )
    return [(day, level, count) for day, level, count in rows if day is not None and level is not None]


def resting() -> list[tuple[str, int]]:
    """Why nothing is to come, and for how many customers each."""
    rows = db.session().execute(
        select(Outlook.reason, func.count()).where(Outlook.on.is_(None)).group_by(Outlook.reason)
    )
    return sorted(((reason, count) for reason, count in rows), key=lambda row: (-row[1], row[0]))


def of_day(day: date, after: str | None) -> paging.Page[tuple[int, str, str]]:
    """The customers that a day is to speak to: (id, name, code)."""
    return _page(Outlook.on == day, after)


def of_reason(reason: str, after: str | None) -> paging.Page[tuple[int, str, str]]:
    """The customers to whom nothing comes for that reason: (id, name, code)."""
    return _page(and_(Outlook.on.is_(None), Outlook.reason == reason), after)


def _page(wanted: ColumnElement[bool], after: str | None) -> paging.Page[tuple[int, str, str]]:
    who = Outlook.debtor_id.expression
    named = select(Debtor.id, Debtor.name, Debtor.code).join(Outlook, Outlook.debtor_id == Debtor.id).where(wanted)
    rows = db.session().execute(paging.after(cast(Select[Any], named), who, who, after, down=False)).all()
    return paging.page([(row.id, row.name, row.code) for row in rows], lambda row: (row[0], row[0]))


def said(debtor_id: int, most: int = 50) -> list[tuple[Touch, str, MessageStatus | None]]:
    """What was said to a customer, the newest first: the touch, its invoice's number, what became of the message."""
    rows = db.session().execute(
        select(Touch, Invoice.number, Message.status)
        .join(DueItem, DueItem.id == Touch.due_item_id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .outerjoin(Message, Message.id == Touch.message_id)
        .where(Touch.debtor_id == debtor_id)
        .order_by(Touch.id.desc())
        .limit(most)
    )
    return [(touch, number, status) for touch, number, status in rows]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A due item that a call is about, and why nobody speaks of it now."""

    number: str
    due_on: date
    open: Money
    silent: Silent | None


def about(case_id: int, debtor_id: int) -> list[Spoken]:
    """What a call is about and is still open, and which of it must be left alone now (rules C-13, C-14)."""
    rows = (
        db.session()
        .execute(
            select(DueItem.id, Invoice.number, DueItem.due_on, Receivable.open_minor, DueItem.currency)
            .join(DueItem, DueItem.invoice_id == Invoice.id)
            .join(Touch, Touch.due_item_id == DueItem.id)
            .join(Receivable, Receivable.id == DueItem.id)
            .where(Touch.case_id == case_id, Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None))
            .order_by(DueItem.due_on, DueItem.id)
        )
        .all()
    )
    known = silence.known([debtor_id]) if rows else None
    return [
        Spoken(number, due_on, Money(minor, currency), known.of_item(item_id) if known is not None else None)
        for item_id, number, due_on, minor, currency in rows
    ]


def ended(case_ids: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """Of these cases those that are closed: how they ended, and when."""
    rows = db.session().execute(
        select(Case.id, Case.outcome, Case.closed_at).where(Case.id.in_(case_ids), Case.status == CaseStatus.CLOSED)
    )
    return {case_id: (outcome or "", at) for case_id, outcome, at in rows if at is not None}
