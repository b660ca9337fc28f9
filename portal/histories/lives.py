"""One customer's years: what they order, when they pay, what they are told and what they say."""

import random
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from portal.cases import kinds
from portal.confirmations import rules as receipt_rules
from portal.core.working_days import is_working_day
from portal.debtors import events as door_events
from portal.debtors.models import ContactPoint, Debtor, folded
from portal.histories import answers, characters, names, papers
from portal.histories.characters import SECTORS, Character, Nature, happens
from portal.histories.papers import Paper
from portal.histories.pen import Pen
from portal.histories.talk import Here, Owners, bring_back, close_case, open_link, write_to
from portal.promises.states import PromiseStatus
from portal.reminders.levels import CARING, GENTLE, STANDARD, Level

_LEVELS: dict[str, Level] = {one.code: one for one in STANDARD}
CODE = "G"  # what the codes of invented customers begin with


@dataclass(frozen=True, slots=True)
class Years:
    """From when until when, and who owns the cases that come of it."""

    first: date
    last: date
    owners: Owners

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(6), UTC)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer who is there; `contact_id` where anybody can write to them."""

    debtor_id: int
    number: int
    nature: Nature
    contact_id: int | None


def code_of(number: int) -> str:
    return f"{CODE}{number:07d}"


def live(pen: Pen, number: int, nature: Nature, documents: int, years: Years) -> None:
    """Writes customer `number` with so many documents, and all that came of them until the end."""
    customer = _begin(pen, number, nature, years)
    for place, issued_on in enumerate(_days(pen.lot, nature.sector, documents, years), start=1):
        due_on = due_day(issued_on, nature)
        paper = papers.issue(pen, customer.debtor_id, f"{issued_on.year}-{number:05d}-{place}", (issued_on, due_on),
                             characters.amount(nature, pen.lot))  # fmt: skip
        _Story(pen, customer, paper, years.owners).tell()


def _begin(pen: Pen, number: int, nature: Nature, years: Years) -> Customer:
    at = years.begin
    debtor_id, lot = pen.new_id(at), pen.lot
    name = names.company(nature.sector, number, lot)
    pen.write(
        Debtor, id=debtor_id, code=code_of(number), name=name, name_key=folded(name), kind="business",
        vat_number=names.vat_number(number), country="IT", postcode=names.postcode(lot), language="it",
        salesperson=names.salesperson(number), created_at=at,
    )  # fmt: skip
    if not nature.has_address:
        return Customer(debtor_id, number, nature, None)
    contact_id = pen.new_id(at)
    pen.write(ContactPoint, id=contact_id, debtor_id=debtor_id, channel="email", source="creditor", added_at=at,
              address=f"amministrazione@cliente{number}.example")  # fmt: skip
    pen.tell(at, door_events.ContactAdded(contact_id=contact_id, debtor_id=debtor_id, channel="email",
                                          source="creditor"))  # fmt: skip
    return Customer(debtor_id, number, nature, contact_id)


def _days(lot: random.Random, sector: str, documents: int, years: Years) -> Iterator[date]:
    """So many days of issue in order, as busy as the sector's months are, many at a month's end."""
    months = list(_months(years))
    weights = [SECTORS[sector][month - 1] * share for _year, month, share in months]
    found = []
    for year, month, _share in lot.choices(months, weights, k=documents):
        last = monthrange(year, month)[1]
        day = last if lot.random() < 0.35 else lot.randint(1, last)
        found.append(min(years.last, max(years.first, date(year, month, day))))
    yield from sorted(found)


def _months(years: Years) -> Iterator[tuple[int, int, float]]:
    """Each month with the share of it that lies in between."""
    day = years.first.replace(day=1)
    while day <= years.last:
        length = monthrange(day.year, day.month)[1]
        end = day.replace(day=length)
        inside = (min(end, years.last) - max(day, years.first)).days + 1
        yield day.year, day.month, inside / length
        day = end + timedelta(days=1)


def due_day(issued_on: date, nature: Nature) -> date:
    """The day on which it falls due by the customer's terms."""
    due = issued_on + timedelta(days=nature.terms)
    return due.replace(day=monthrange(due.year, due.month)[1]) if nature.end_of_month else due


def working(day: date) -> date:
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


@dataclass(slots=True)
class _Story:
    """One document from its issue on; each step ends where the history ends."""

    pen: Pen
    customer: Customer
    paper: Paper
    owners: Owners
    free_from: datetime | None = None  # when what was in the way was out of it

    def tell(self) -> None:
        lot, nature = self.pen.lot, self.customer.nature
        heard = self._care()
        if happens(nature.habits.never, lot):
            self._remind()
            return
        day = self.paper.due_on + timedelta(days=characters.days_late(nature, lot, heard=heard))
        day = self._season(max(day, self.paper.issued_on + timedelta(days=1)))
        if self.free_from is not None:
            day = max(day, self.free_from.date() + timedelta(days=lot.randint(1, 4)))
        self._pay(day)

    def _season(self, day: date) -> date:
        """Who is closed in August, or between the years, pays when the doors open again."""
        lot, late = self.pen.lot, self.customer.nature.character is not Character.PUNCTUAL
        if late and day.month == 8 and day.day > 5 and lot.random() < 0.6:
            return date(day.year, 9, lot.randint(1, 12))
        if late and day.month == 12 and day.day > 22 and lot.random() < 0.6:
            return date(day.year + 1, 1, lot.randint(7, 15))
        if self.customer.nature.character is Character.MONTH_END and lot.random() < 0.4:
            return day.replace(day=monthrange(day.year, day.month)[1])
        return day

    def _care(self) -> bool:
        """A courtesy message before the day, and what they say to it. Whether they heard."""
        here = self._write(_LEVELS[CARING], self.paper.due_on - timedelta(days=10), share=45)
        if here is None:
            return False
        lot, chance = self.pen.lot, self.pen.lot.random() * 100
        if happens(self.customer.nature.habits.disputes, lot):
            self.free_from = answers.contest(self.paper, here, self.owners)
        elif chance < 70:
            answers.confirm(self.paper, here, receipt_rules.RECEIVED, self.owners)
        elif chance < 77:
            self.free_from = answers.confirm(self.paper, here, receipt_rules.MISSING, self.owners)
        elif chance < 83:
            self.free_from = answers.confirm(self.paper, here, receipt_rules.WRONG, self.owners)
        return True

    def _remind(self) -> Here | None:
        """A gentle word after the day, unless something is in the way of it."""
        day = self.paper.due_on + timedelta(days=3)
        if self.free_from is not None and self.free_from.date() >= day:
            return None
        return self._write(_LEVELS[GENTLE], day, share=60)

    def _write(self, level: Level, day: date, *, share: int) -> Here | None:
        """One message on that day, and the visit that came of it where they opened it."""
        pen, customer = self.pen, self.customer
        if customer.contact_id is None or day <= self.paper.issued_on or not happens(share, pen.lot):
            return None
        at = pen.moment(working(day))
        if at > pen.end or not self.paper.open_minor:
            return None
        link_id = write_to(self.paper, customer.contact_id, level, at)
        seen = pen.moment(at.date() + timedelta(days=pen.lot.choice((0, 0, 0, 1, 1, 2, 4))), after=at)
        if seen > pen.end or not happens(customer.nature.habits.opens, pen.lot):
            return None
        return open_link(pen, customer.debtor_id, link_id, seen)

    def _pay(self, day: date) -> None:
        lot, habits = self.pen.lot, self.customer.nature.habits
        at = self.pen.moment(working(day), after=self.free_from or self.paper.at)
        if happens(habits.parts, lot) and self.paper.open_minor > 100:
            part = self.paper.open_minor * lot.randint(20, 60) // 100
            begun = max(self.paper.due_on, self.free_from.date() if self.free_from else self.paper.due_on)
            first = self.pen.moment(working(begun + timedelta(days=1)))
            if first < at and first <= self.pen.end:
                papers.pay(self.paper, part, first)
        if at.date() > self.paper.due_on + timedelta(days=3):
            here = self._remind()
            if here is not None and here.at < at and happens(habits.promises, lot):
                self._promise(here, at)
                return
        self._settle(at)

    def _settle(self, at: datetime) -> None:
        if at <= self.pen.end and self.paper.open_minor:
            papers.pay(self.paper, self.paper.open_minor, at)

    def _promise(self, here: Here, would_pay: datetime) -> None:
        """They name a day. Kept it is paid by then; broken, somebody calls, and it comes when it comes."""
        lot, pen = self.pen.lot, self.pen
        if not self.paper.open_minor:
            return
        moved = lot.randint(3, 12) if happens(18, lot) else 0
        promised = answers.promise(self.paper, here, self.owners, days=lot.randint(3, 21), moved=moved)
        if happens(self.customer.nature.habits.keeps, lot):
            paid = pen.moment(
                promised.pay_on - timedelta(days=lot.choice((0, 0, 0, 1))), after=promised.held["since"]
            )
            if paid > pen.end or paid.date() > promised.pay_on:
                return
            papers.pay(self.paper, self.paper.open_minor, paid)
            answers.end_promise(self.paper, promised, PromiseStatus.KEPT, paid)
            close_case(self.paper, promised.case, "kept", paid)
            return
        broken = datetime.combine(promised.pay_on + timedelta(days=1), time(4), UTC)
        if broken > pen.end:
            return
        answers.end_promise(self.paper, promised, PromiseStatus.BROKEN, broken)
        papers.release(self.paper, promised.held, broken)
        bring_back(self.paper, promised.case, broken)
        called = pen.moment(working(broken.date() + timedelta(days=lot.randint(0, 3))), after=broken)
        if called <= pen.end:
            close_case(self.paper, promised.case, "broken", called)
        paid = pen.moment(working(promised.pay_on + timedelta(days=lot.randint(5, 45))))
        self._settle(max(paid, would_pay))


CASE_KINDS = (kinds.PROBLEM, kinds.NOT_RECEIVED, kinds.DISPUTE, kinds.CREDIT_NOTE, kinds.PROMISE)
