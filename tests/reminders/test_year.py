"""A year lived through the books: both clock changes, holidays, outages, mails that do not arrive, money in the last
second. What left is judged by the calendar alone, told here a second time in the simplest words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases.models import Case
from portal.core import clock, db, jobs, scope
from portal.invoices import actions as invoices
from portal.invoices import holds, queries
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.messages import hearing, rules
from portal.messages.models import Message
from portal.messages.reports import Heard
from portal.messages.states import MessageStatus
from portal.postal import actions as postal
from portal.postal import jobs as letters
from portal.postal import queries as postal_queries
from portal.reminders import jobs as reminders
from portal.reminders.models import Touch
from tests.factories.world import Account, make_account, make_creditor

FIRST, LAST = date(2026, 2, 1), date(2027, 1, 31)  # the clocks change on 29 March and 25 October 2026
ROME = ZoneInfo("Europe/Rome")
HOLIDAYS = {  # Italy, 2026 and January 2027, from the law and not from the library that the product asks
    *(date(2026, month, day) for month, day in ((4, 5), (4, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8))),
    *(date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1), date(2027, 1, 6)),
}  # fmt: skip
WHO = {  # code → values, and the zone and the day of rest of their own that count besides
    "bologna": ({"postcode": "40121"}, ROME, date(2026, 10, 4)),
    "lisbon": ({"country": "PT", "postcode": "1100-148", "vat_number": None, "tax_code": "PT501964843"},
               ZoneInfo("Europe/Lisbon"), date(2026, 6, 10)),
    "berlin": ({"country": "DE", "postcode": "10115", "vat_number": "DE811569869"},
               ZoneInfo("Europe/Berlin"), date(2026, 10, 3)),
}  # fmt: skip
# A day with nothing in its way has said everything by then, however often a mail was lost before.
LONG_ENOUGH = timedelta(days=100)


@dataclass
class Life:
    """One customer, and what the outside knows of them."""

    account: Account
    zone: ZoneInfo
    rest: date
    ends: dict[int, datetime] = field(default_factory=dict)  # invoice → paid at
    rests: dict[int, list[tuple[datetime, date]]] = field(default_factory=dict)  # invoice → since, last day


@pytest.fixture
def traveller(house: Any) -> Iterator[Any]:
    with time_machine.travel(datetime.combine(FIRST, time(6), UTC), tick=False) as clocks:
        yield clocks


def test_a_year(traveller: Any, mailbox: Any) -> None:
    dice = Random(7)
    creditor = make_creditor()
    lives = [Life(make_account(creditor, code, **values), zone, rest) for code, (values, zone, rest) in WHO.items()]
    for place, life in enumerate(lives):
        for n in range(9):
            life.account.add_invoice(f"{place}/{n}", due_in=dice.randrange(5, 330))
    outages = {FIRST + timedelta(days=dice.randrange(360) + extra) for _ in range(8) for extra in range(3)}
    for n in range((LAST - FIRST).days):
        day = FIRST + timedelta(days=n)
        if day in outages:
            continue
        for hour in (7, 10, 18):
            at = datetime.combine(day, time(hour, dice.randrange(60)), UTC)
            traveller.move_to(at)
            reminders.plan()
            _in_the_last_second(lives, dice)
            traveller.move_to(at + timedelta(seconds=dice.randrange(1, 50)))
            jobs.work_off()
            _lose_some(lives, dice)
        letters.hear_arrivals()
        _people_work(lives, dice)
    said = [(life, _said(life)) for life in lives]
    assert sum(len(rows) for _life, rows in said) > 60, "a year in which little was said would prove little"
    assert any(row.status is MessageStatus.SUPPRESSED for life in lives for row in _messages(life))
    for life, rows in said:
        _is_lawful(life, rows, outages)
        _speaks_of_what_is_owed(life, rows)
        _leaves_no_gap(life)


def _in_the_last_second(lives: list[Life], dice: Random) -> None:
    """Between the planning and the sending: money comes, or something begins to be looked into."""
    for life in lives:
        if dice.random() > 0.03:
            continue
        invoice_id = dice.choice(life.account.invoice_ids)
        with db.transaction():
            scope.enter(life.account.creditor_id)
            found = queries.items_of_debtor(life.account.debtor_id, invoice_id)
            if not found:
                continue
            now = datetime.now(UTC)
            if dice.random() < 0.2:
                source = ledger.Source("test", found[0].item_id)
                invoices.settle_item(found[0], found[0].open, account=accounts.BANK, kind="payment", source=source,
                                     value_on=now.date())  # fmt: skip
                life.ends[invoice_id] = now
            elif holds.TRANSFER_ON_ITS_WAY not in _reasons(found[0].item_id):
                until = now.astimezone(ROME).date() + timedelta(days=dice.randrange(1, 12))
                invoices.hold(found[0], holds.TRANSFER_ON_ITS_WAY, found[0].item_id, until)
                life.rests.setdefault(invoice_id, []).append((now, until))


def _reasons(item_id: int) -> set[str]:
    return {one.reason for one in queries.holds_now([item_id]).get(item_id, [])}


def _lose_some(lives: list[Life], dice: Random) -> None:
    for life in lives:
        last = next(iter(_messages(life)[-1:]), None)
        if last is None or last.status is not MessageStatus.SENT or dice.random() > 0.05:
            continue
        with db.transaction():
            scope.enter(life.account.creditor_id)
            row = db.session().get_one(Message, last.id)
            hearing.hear(row, Heard(row.id, rules.FAILED, datetime.now(UTC), "4.2.2"), "test")


def _people_work(lives: list[Life], dice: Random) -> None:
    """Whoever is to call calls on most days; whoever is to decide decides one day."""
    for life in lives:
        with db.transaction() as session:
            scope.enter(life.account.creditor_id)
            of_theirs = Case.debtor_id == life.account.debtor_id, Case.closed_at.is_(None)
            for case in session.scalars(select(Case).where(*of_theirs)).all():
                if dice.random() < 0.5:
                    to_call = case.kind == kinds.CALL_TO_MAKE
                    cases.close(case, dice.choice(["spoken", "not_reached"]) if to_call else kinds.ANSWERED)
    creditor_id = lives[0].account.creditor_id
    with db.transaction():
        scope.enter(creditor_id)
        if dice.random() < 0.2 and postal_queries.to_print(clock.now(), 1):
            postal.post(postal.print_waiting(None), clock.today())


def _messages(life: Life) -> list[Message]:
    with db.transaction(writes=False) as session:
        scope.enter(life.account.creditor_id)
        rows = select(Message).where(Message.debtor_id == life.account.debtor_id).order_by(Message.id)
        return list(session.scalars(rows).all())


def _said(life: Life) -> list[Message]:
    """What left by itself; a letter leaves when somebody goes to the post."""
    return [row for row in _messages(life) if row.sent_at is not None and row.channel != "letter"]


def _is_lawful(life: Life, rows: list[Message], outages: set[date]) -> None:
    """Rule C-10, for the creditor's place and for the reader's."""
    days = []
    for row in rows:
        assert row.sent_at is not None
        for zone, rest in ((ROME, HOLIDAYS), (life.zone, {life.rest})):
            local = row.sent_at.astimezone(zone)
            assert local.weekday() != 6, (row.key, local)
            assert local.date() not in rest, (row.key, local)
            assert time(8, 30) <= local.time() <= (time(15) if local.weekday() == 5 else time(21)), (row.key, local)
        days.append(row.sent_at.astimezone(ROME).date())
        assert days[-1] not in outages
    assert len(days) == len(set(days)), "one contact a day"
    for day in days:
        assert sum(1 for one in days if day - timedelta(days=7) < one <= day) <= 3


def _speaks_of_what_is_owed(life: Life, rows: list[Message]) -> None:
    """Never while all that it is about rests, or is paid; no level twice once it was said."""
    with db.transaction(writes=False) as session:
        scope.enter(life.account.creditor_id)
        found = select(Touch.message_id, Touch.due_item_id, Touch.level, Touch.attempt)
        touches = session.execute(found.where(Touch.debtor_id == life.account.debtor_id)).all()
        of_item = {
            item.item_id: item.invoice_id
            for one in life.account.invoice_ids
            for item in queries.items_of_debtor(life.account.debtor_id, one, only_open=False)
        }
    for row in rows:
        assert row.sent_at is not None
        about = {of_item[item_id] for message_id, item_id, _level, _attempt in touches if message_id == row.id}
        assert about
        assert not all(_is_silent(life, one, row.sent_at) for one in about), (row.key, row.sent_at, about)
    tries = [(item_id, level, attempt) for _message, item_id, level, attempt in touches]
    assert len(tries) == len(set(tries)), "the same contact is never planned twice"


def _is_silent(life: Life, invoice_id: int, at: datetime) -> bool:
    if invoice_id in life.ends and at >= life.ends[invoice_id]:
        return True
    day = at.astimezone(ROME).date()
    return any(since <= at and day <= until for since, until in life.rests.get(invoice_id, []))


def _leaves_no_gap(life: Life) -> None:
    """Whatever stayed open has heard its gentle reminder, in whichever week the portal stood still."""
    with db.transaction(writes=False) as session:
        scope.enter(life.account.creditor_id)
        for invoice_id in life.account.invoice_ids:
            for item in queries.items_of_debtor(life.account.debtor_id, invoice_id):
                if LAST - item.due_on < LONG_ENOUGH:
                    continue
                levels = session.scalars(select(Touch.level).where(Touch.due_item_id == item.item_id)).all()
                assert {"reminder_gentle", "call", "internal"} <= set(levels), (item.number, item.due_on, levels)
    gaps = [later - earlier for earlier, later in pairwise(sorted(row.sent_at for row in _said(life) if row.sent_at))]
    assert gaps, "they heard something"
