"""Reads customers as the cadence sees them, many at a time: a counted number of queries for each few hundred."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import or_, select

from portal.cases.models import Case
from portal.channel_wishes import queries as channel_wishes
from portal.channel_wishes import rules as wishes
from portal.channel_wishes.models import ChannelWish
from portal.core import clock, db, places
from portal.creditors.models import Creditor
from portal.debtors import facts
from portal.debtors import queries as debtors
from portal.debtors.models import ContactPoint, Debtor
from portal.interest.due_dates import last_day
from portal.invoices.models import DueItem, Invoice
from portal.late_risk import queries as late_risk
from portal.ledger.models import Receivable
from portal.messages import courtesy, rules
from portal.messages import queries as messages
from portal.messages.models import CourtesyStop, Message
from portal.messages.states import MessageStatus
from portal.reminders import by_people, cadence, media, queries
from portal.reminders.cadence import Outcome, Said
from portal.reminders.deciding import HELD, PAUSED, REASONS, SDI_REJECTED, TIME_BARRED, Customer, OpenItem, Silence
from portal.reminders.levels import Medium
from portal.reminders.models import Pause, Touch
from portal.reminders.policies import BUSINESS, CONSUMER, SEGMENTS, Version
from portal.silence import queries as silence
from portal.silence.rules import Silent

AT_ONCE = 500  # customers that are read at a time: memory stays flat, whatever their number
_MEDIA = {
    **dict.fromkeys((wishes.EMAIL, wishes.MOBILE), Medium.MESSAGE),
    wishes.LETTER: Medium.LETTER,
    wishes.PHONE: Medium.CALL,
}
_NAMED = frozenset({SDI_REJECTED, TIME_BARRED})  # silences that the list calls by their own name; all others: held
_MONTH = timedelta(days=31)  # how long a call or a letter may wait for somebody and still count when it is made
_WEEK = timedelta(days=8)  # a week, wherever the day began


AHEAD = 30  # days that the calendar shows


def horizon(version: Version, today: date) -> date:
    """The last due date of which anything may have to be said within AHEAD days."""
    first = min((level.days for who in SEGMENTS for level in version.levels(who, early=True)), default=0)
    return today + timedelta(days=AHEAD + max(0, -first))


def everyone(
    creditor: Creditor, version: Version, now: datetime, last: date | None = None
) -> Iterator[list[Customer]]:
    """Every customer with something open that is due until `last`, else that may have to be spoken of soon, in lists
    of AT_ONCE."""
    last = last or horizon(version, clock.day_of(now, creditor.time_zone))
    after = 0
    while ids := with_something_open(last, after):
        yield some(creditor, ids, version, now, last)
        after = ids[-1]


def with_something_open(last: date, after: int) -> Sequence[int]:
    """The next customers by id, behind `after`, with anything open that is due until `last`."""
    wanted = (
        select(DueItem.debtor_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .where(DueItem.debtor_id > after, DueItem.due_on <= last, Receivable.open_minor > 0)
        .group_by(DueItem.debtor_id)
        .order_by(DueItem.debtor_id)
        .limit(AT_ONCE)
    )
    return db.session().scalars(wanted).all()


def some(
    creditor: Creditor, debtor_ids: Sequence[int], version: Version, now: datetime, last: date | None = None
) -> list[Customer]:
    """These customers, with their open items of which anything may have to be said within AHEAD days, or that are due
    until `last`."""
    if not debtor_ids:
        return []
    read = _Read.of(
        creditor, debtor_ids, now, last or horizon(version, clock.day_of(now, creditor.time_zone)), version
    )
    return [read.customer(row) for row in read.debtors]


@dataclass(frozen=True, slots=True)
class _Read:
    """What one turn of reading found, by customer or item."""

    creditor: Creditor
    debtors: Sequence[Debtor]
    items: Mapping[int, list[Any]]
    touches: Mapping[int, list[tuple[Touch, Said, str | None]]]
    contacts: Mapping[int, list[ContactPoint]]
    stopped: Mapping[int, dict[str, datetime]]
    no_courtesy: Mapping[int, dict[int, set[str]]]
    spoken_on: Mapping[int, set[date]]
    pauses: Mapping[int | None, Pause]
    known: silence.Known
    probably_late: frozenset[int]

    @classmethod
    def of(
        cls, creditor: Creditor, debtor_ids: Sequence[int], now: datetime, last: date, version: Version
    ) -> "_Read":
        session, zone = db.session(), creditor.time_zone
        today = clock.day_of(now, zone)
        paused = debtors.paused_of(debtor_ids) | courtesy.complaints_stand(debtor_ids)
        contacts: dict[int, list[ContactPoint]] = defaultdict(list)
        for contact in session.scalars(
            select(ContactPoint).where(ContactPoint.debtor_id.in_(debtor_ids)).order_by(ContactPoint.id)
        ):
            if contact.id not in paused:
                contacts[contact.debtor_id].append(contact)
        stopped: dict[int, dict[str, datetime]] = defaultdict(dict)
        for wish in session.scalars(
            select(ChannelWish).where(ChannelWish.debtor_id.in_(debtor_ids), ChannelWish.resumed_at.is_(None))
        ):
            stopped[wish.debtor_id][wish.channel] = wish.stopped_at
        no_courtesy: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for stop in session.scalars(
            select(CourtesyStop).where(CourtesyStop.debtor_id.in_(debtor_ids), CourtesyStop.resumed_at.is_(None))
        ):
            no_courtesy[stop.debtor_id][stop.contact_point_id].add(stop.kind)
        return cls(
            creditor,
            session.scalars(select(Debtor).where(Debtor.id.in_(debtor_ids)).order_by(Debtor.id)).all(),
            _items(debtor_ids, last),
            _touches(debtor_ids, contacts, zone),
            contacts,
            stopped,
            no_courtesy,
            spoken_on(debtor_ids, now, zone),
            pauses(today, debtor_ids),
            silence.known(debtor_ids),
            late_risk.probably_late(debtor_ids, last, today) if version.early_days else frozenset(),
        )

    def customer(self, debtor: Debtor) -> Customer:
        consumer = debtor.kind != BUSINESS
        held = facts.Held(debtor.vat_number, debtor.tax_code, debtor.code, debtor.postcode, not consumer)
        reach, channel, goes, no_courtesy = self._reach(debtor)
        return Customer(
            debtor.id,
            debtor.code,
            CONSUMER if consumer else BUSINESS,
            debtor.language,
            places.of(debtor.country, debtor.postcode, self.creditor.time_zone),
            reach,
            (goes.id, goes.address) if goes is not None else None,
            channel_wishes.SENT_BY[channel] if channel is not None else "",
            frozenset(key for key, kind in courtesy.KIND_OF.items() if kind in no_courtesy),
            facts.question(self.creditor.gate_fact, held) is not None,
            tuple(sorted(self.spoken_on.get(debtor.id, ()))),
            self._silence(debtor.id),
            tuple(
                self._item(row, channel_wishes.SENT_BY.get(channel or "")) for row in self.items.get(debtor.id, ())
            ),
        )

    def _reach(self, debtor: Debtor) -> tuple[media.Reach, str | None, ContactPoint | None, set[str]]:
        there = channel_wishes.on_file(debtor, self.contacts.get(debtor.id, []))
        stopped = self.stopped.get(debtor.id, {})
        goes = wishes.way(debtor.preferred_channel, there.contacts, stopped)
        contact = there.contacts[goes.channel] if goes.channel is not None else None
        usable = set()
        no_courtesy: set[str] = set()
        if contact is not None:
            usable.add(Medium.MESSAGE)
            no_courtesy = self.no_courtesy.get(debtor.id, {}).get(contact.id, set())
        if there.letter and wishes.LETTER not in stopped:
            usable.add(Medium.LETTER)
        if wishes.PHONE in there.contacts and wishes.PHONE not in stopped:
            usable.add(Medium.CALL)
        agreed = _MEDIA.get(debtor.preferred_channel or "")
        stop = goes.why_not == wishes.STOPPED
        return media.Reach(frozenset(usable), stop, agreed), goes.channel, contact, no_courtesy

    def _silence(self, debtor_id: int) -> Silence | None:
        pause = self.pauses.get(None) or self.pauses.get(debtor_id)
        if pause is not None:
            return Silence(PAUSED, REASONS[PAUSED], pause.until)
        return _silence(self.known.of_debtor(debtor_id))

    def _item(self, row: Any, writes_by: str | None) -> OpenItem:
        touches = self.touches.get(row.id, ())
        tries: dict[str, int] = {}
        failed: dict[str, frozenset[Medium]] = {}
        for touch, said, channel in touches:
            tries[touch.level] = max(tries.get(touch.level, 0), touch.attempt)
            by_another = touch.medium == Medium.MESSAGE and channel != writes_by  # a mail came back: now it is a text
            if said.outcome is Outcome.FAILED and not by_another:
                failed[touch.level] = failed.get(touch.level, frozenset()) | {Medium(touch.medium)}
        since = clock.day_of(row.imported_at, self.creditor.time_zone)
        every = tuple(said for _touch, said, _by in touches)
        item = cadence.Item(row.id, row.due_on, last_day(row.due_on), every, since)
        silent = _silence(self.known.of_item(row.id))
        return OpenItem(item, row.number, silent, tries, failed, row.id in self.probably_late)


def _silence(found: Silent | None) -> Silence | None:
    if found is None:
        return None
    if found.reason in _NAMED:
        return Silence(found.reason, found.label, found.until)
    return Silence(HELD, found.label, found.until, None if found.private else found.reason)


def _items(debtor_ids: Sequence[int], last: date) -> Mapping[int, list[Any]]:
    rows = db.session().execute(
        select(DueItem.debtor_id, DueItem.id, DueItem.due_on, Invoice.number, Invoice.imported_at)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .where(
            DueItem.debtor_id.in_(debtor_ids),
            DueItem.due_on <= last,
            Receivable.open_minor > 0,
            Invoice.withdrawn_at.is_(None),
        )
        .order_by(DueItem.debtor_id, DueItem.due_on, DueItem.id)
    )
    return {debtor_id: list(group) for debtor_id, group in groupby(rows, key=lambda row: row.debtor_id)}


def _touches(
    debtor_ids: Sequence[int], contacts: Mapping[int, list[ContactPoint]], zone: str
) -> Mapping[int, list[tuple[Touch, Said, str | None]]]:
    """What was said of each item, what became of it, and by which channel a message went; a failure of before a newer
    address is forgotten."""
    open_items = (
        select(Touch, Message.channel)
        .outerjoin(Message, Message.id == Touch.message_id)
        .join(Receivable, Receivable.id == Touch.due_item_id)
        .where(Touch.debtor_id.in_(debtor_ids), Receivable.open_minor > 0)
        .order_by(Touch.id)
    )
    rows = db.session().execute(open_items).all()
    reached = messages.reached([row.message_id for row, _by in rows if row.message_id is not None])
    ended = queries.ended([row.case_id for row, _by in rows if row.case_id is not None])
    found: dict[int, list[tuple[Touch, Said, str | None]]] = defaultdict(list)
    for row, channel in rows:
        outcome, at = _outcome(row, reached, ended)
        newest = max((one.added_at for one in contacts.get(row.debtor_id, ())), default=None)
        if outcome is Outcome.FAILED and newest is not None and newest > row.planned_at:
            outcome = Outcome.NOT_SAID
        found[row.due_item_id].append((row, Said(row.level, outcome, clock.day_of(at, zone)), channel))
    return found


def _outcome(
    row: Touch, reached: Mapping[int, rules.Reached], ended: Mapping[int, tuple[str, datetime]]
) -> tuple[Outcome, datetime]:
    if row.case_id is not None and row.medium != Medium.CASE:  # a person calls, or posts a letter
        if row.case_id not in ended:
            return Outcome.WAITING, row.at
        how, at = ended[row.case_id]
        return (Outcome.REACHED if how in by_people.REACHED else Outcome.FAILED), at
    if row.message_id is None:
        return Outcome.REACHED, row.at
    became = reached[row.message_id]
    if isinstance(became, datetime):
        return Outcome.REACHED, became
    if became is None:
        return Outcome.WAITING, row.at
    return (Outcome.NOT_SAID if became == "held" else Outcome.FAILED), row.at


def spoken_on(debtor_ids: Sequence[int], now: datetime, zone: str) -> Mapping[int, set[date]]:
    """The days of the last week on which anything of ours went or goes to each of them, asked for by nobody."""
    found: dict[int, set[date]] = defaultdict(set)
    rows = db.session().execute(
        select(Message.debtor_id, Message.sent_at, Message.planned_at).where(
            Message.debtor_id.in_(debtor_ids),
            Message.asked_for.is_(False),
            or_(Message.planned_at > now - _WEEK, Message.sent_at > now - _WEEK),
            Message.status.in_((MessageStatus.PLANNED, MessageStatus.SENDING, MessageStatus.SENT)),
        )
    )
    for debtor_id, sent_at, planned_at in rows:
        found[debtor_id].add(clock.day_of(sent_at or max(planned_at, now), zone))
    by_hand = select(Touch.debtor_id, Touch.at, Case.closed_at).join(Case, Case.id == Touch.case_id)
    mine = Touch.debtor_id.in_(debtor_ids), Touch.medium != Medium.CASE, Touch.at > now - _MONTH
    for debtor_id, planned_at, closed_at in db.session().execute(by_hand.where(*mine)):
        found[debtor_id].add(clock.day_of(closed_at or max(planned_at, now), zone))
    return found


def pauses(today: date, debtor_ids: Sequence[int]) -> Mapping[int | None, Pause]:
    """Running pauses: under None the one for everybody, else by customer."""
    rows = db.session().scalars(
        select(Pause).where(Pause.ended_at.is_(None), Pause.debtor_id.is_(None) | Pause.debtor_id.in_(debtor_ids))
    )
    return {row.debtor_id: row for row in rows if row.until is None or row.until >= today}
