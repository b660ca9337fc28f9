"""The figures by who looks after the customers: by salesperson, and by the agency that has a mandate for them.

Each figure is one statement that the database groups, however many groups there are, over the same rows as the
whole page. What customers said is shown by the rules of listening itself (E-01, E-02): of the last year to this day,
whatever the day of the figures, so that no two days tell by their difference what one person said.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from portal.core import clock, db, scope
from portal.core.events import EventRow
from portal.core.scope import ReachedDebtor
from portal.debtors.models import Debtor
from portal.disputes.models import Dispute
from portal.insights import kpis, reading, relation
from portal.interest.due_dates import last_day
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Transfer
from portal.people.models import Mandate, Membership
from portal.promises import queries as promises
from portal.promises.models import Promise
from portal.surveys import quality, showing
from portal.surveys import queries as surveys
from portal.surveys.models import Answer, Survey
from portal.surveys.nps import Tally
from portal.surveys.showing import Shown

Key = str | int | None  # a salesperson's name, None for nobody's customers; or a mandate's id
MOST = 200  # groups that stand by themselves: the smallest of the rest are one
HEARD = timedelta(days=365)  # as the page of listening


@dataclass(frozen=True, slots=True)
class Sums:
    """What can be added up; of one currency where it is money."""

    customers: int = 0
    sold_minor: int = 0  # in the period
    cashed_minor: int = 0  # in the as-of month
    open_minor: int = 0
    late_minor: int = 0
    items: int = 0  # open ones
    paid_minor: int = 0  # what came for due items in the period, and the same times its days late
    weighed: int = 0
    promises_due: int = 0
    promises_kept: int = 0
    disputes: int = 0  # raised in the period
    complaints: int = 0  # in a year

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Sums)))

    @property
    def days_late(self) -> Decimal | None:
        return Decimal(self.weighed) / self.paid_minor if self.paid_minor > 0 else None


@dataclass(frozen=True, slots=True)
class Group:
    """`one_of`: the first customer of the group, by whom an address names it; none where it stands for several."""

    key: Key
    name: str | None
    one_of: int | None
    sums: Sums
    felt: Shown
    folded: int = 0  # how many groups it stands for


@dataclass(frozen=True, slots=True)
class Table:
    """`whole` only where no customer is in two groups."""

    groups: tuple[Group, ...]
    whole: Sums | None = None
    felt: Shown | None = None


@dataclass(frozen=True, slots=True)
class _By:
    """A way of grouping: its key, and how a statement with a customer's id comes to it."""

    key: ColumnElement[Any]
    mandates: tuple[int, ...] | None = None  # None: by salesperson

    def joined(self, wanted: Select[Any], debtor_id: Any) -> Select[Any]:
        if self.mandates is None:
            return wanted.join(Debtor, Debtor.id == debtor_id)
        return wanted.join(Mandate, and_(Mandate.id.in_(self.mandates), _covers(debtor_id)))

    def rows(self, wanted: Select[Any], debtor_id: Any) -> Iterable[Any]:
        return db.session().execute(self.joined(wanted, debtor_id).group_by(self.key))


def _covers(debtor_id: Any) -> ColumnElement[bool]:
    named = exists().where(ReachedDebtor.mandate_id == Mandate.id, ReachedDebtor.debtor_id == debtor_id)
    return or_(Mandate.everyone, named.correlate_except(ReachedDebtor))


@dataclass(slots=True)
class _Found:
    """The sums of each group, figure by figure."""

    sums: dict[Key, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    first: dict[Key, int] = field(default_factory=dict)

    def take(self, names: Collection[str], rows: Iterable[Any]) -> None:
        for row in rows:
            self.sums[row[0]].update(zip(names, (int(value or 0) for value in row[1:]), strict=True))

    def of(self, key: Key) -> Sums:
        return Sums(**self.sums.get(key, {}))


def by_salesperson(as_of: date, currency: str, zone: str) -> Table:
    """Every customer is in one group: of a salesperson, or of nobody."""
    by = _By(Debtor.salesperson.expression)
    found = _Found()
    rows = db.session().execute(select(by.key, func.count(Debtor.id), func.min(Debtor.id)).group_by(by.key))
    for key, count, first in rows:
        found.sums[key]["customers"], found.first[key] = int(count), first
    _fill(found, by, as_of, currency, zone)
    heard = select(by.key, *surveys.counts()).select_from(Survey).outerjoin(Answer, Answer.survey_id == Survey.id)
    since, until = _year(zone)
    heard = heard.where(*surveys.between(since, until))
    tallies = {row[0]: Tally(*map(int, row[1:])) for row in by.rows(heard, Survey.debtor_id)}
    whole = sum((found.of(key) for key in found.sums), Sums())
    said = showing.shown(sum(tallies.values(), Tally()))
    return Table(_people(found, tallies), whole, said)


def _people(found: _Found, tallies: Mapping[Key, Tally]) -> tuple[Group, ...]:
    """Whom most is open with first, nobody's customers last; the smallest of very many as one."""
    named = sorted((key for key in found.sums if key is not None), key=lambda key: (-found.of(key).open_minor, key))
    alone: list[Key] = [*named[:MOST]]
    rest = named[MOST:]
    if None in found.sums:
        alone.append(None)
    parts: dict[Key, Tally] = {key: tallies.get(key, Tally()) for key in alone}
    if rest:
        parts[_REST] = sum((tallies.get(key, Tally()) for key in rest), Tally())
    shown = showing.parts(parts)
    groups = [
        Group(key, None if key is None else str(key), found.first[key], found.of(key), shown[key]) for key in alone
    ]
    if rest:
        sums = sum((found.of(key) for key in rest), Sums())
        groups.append(Group(_REST, None, None, sums, shown[_REST], folded=len(rest)))
    return tuple(groups)


_REST = 0  # no salesperson is called so: names are words


def by_agency(as_of: date, currency: str, zone: str, *, staff_id: int | None = None) -> Table:
    """By the mandates that stood on that day: a customer may be in several, or in none.

    `staff_id`: for somebody of an agency, whose mandate alone is shown. What customers said is of those whom the
    agency had spoken to last.
    """
    held = mandates(as_of, zone, staff_id=staff_id)
    found = _Found()
    if held:
        by = _By(Mandate.id.expression, tuple(one.id for one in held))
        customers = select(by.key, func.count(Debtor.id)).select_from(Debtor)
        found.take(("customers",), by.rows(customers, Debtor.id))
        _fill(found, by, as_of, currency, zone)
    since, until = _year(zone)
    said = quality.shown_by(quality.AGENCY, quality.Wanted(since, until)) if held else {}
    nothing = Shown(None, None)
    groups = [
        Group(one.id, one.shown_name, None, found.of(one.id), said.get((one.organisation_id,), nothing))
        for one in held
    ]
    return Table(tuple(sorted(groups, key=lambda one: (-one.sums.open_minor, one.name or ""))))


def mandates(as_of: date, zone: str, *, staff_id: int | None = None) -> list[Mandate]:
    """Those of the creditor in scope that stood at the end of that day, or stand now if it is today."""
    moment = min(clock.now(), datetime.combine(as_of + timedelta(days=1), time(), ZoneInfo(zone)))
    creditor_id = scope.current().creditor_id
    wanted = select(Mandate).where(
        Mandate.creditor_id == creditor_id,
        Mandate.from_at <= moment,
        or_(Mandate.until_at.is_(None), Mandate.until_at > moment),
        or_(Mandate.ended_at.is_(None), Mandate.ended_at > moment),
    )
    if staff_id is not None:
        own = select(Membership.organisation_id).where(
            Membership.staff_id == staff_id, Membership.creditor_id == creditor_id
        )
        wanted = wanted.where(Mandate.organisation_id.in_(own))
    return list(db.session().scalars(wanted.order_by(Mandate.id).limit(MOST)))


def _year(zone: str) -> tuple[date, date]:
    today = clock.today(zone)
    return today - HEARD, today


def _fill(found: _Found, by: _By, as_of: date, currency: str, zone: str) -> None:
    """Each figure of all groups: one statement each."""
    read = reading.Reader(currency, zone, None)
    first = kpis.months_until(as_of)[0].first
    sold = (
        select(by.key, func.sum(reading.SIGNED))
        .select_from(Transfer)
        .join(DueItem, DueItem.id == Transfer.receivable_id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(*read.is_sale(first, as_of))
    )
    found.take(("sold_minor",), by.rows(sold, Transfer.debtor_id))
    money = select(by.key, func.sum(-reading.SIGNED)).select_from(Transfer)
    money = money.where(*read.is_money(as_of.replace(day=1), as_of))
    found.take(("cashed_minor",), by.rows(money, Transfer.debtor_id))
    _, last = reading.due_between(as_of, kpis.LATE)
    each = read.by_item(as_of).subquery()
    owed = select(
        by.key, func.sum(each.c.open), func.sum(case((each.c.due_on <= last, each.c.open), else_=0)), func.count()
    ).select_from(each)
    found.take(("open_minor", "late_minor", "items"), by.rows(owed.where(each.c.open > 0), each.c.debtor_id))
    _paid(found, by, read, first, as_of)
    due = promises.rates(currency, first=first, last=as_of).with_only_columns(
        by.key, func.count(Promise.id), func.sum(promises.WAS_KEPT)
    )
    found.take(("promises_due", "promises_kept"), by.rows(due.select_from(Promise), Promise.debtor_id))
    begins, ends = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (first, as_of + timedelta(days=1)))
    raised = select(by.key, func.count(Dispute.id)).select_from(Dispute)
    raised = raised.where(Dispute.currency == currency, Dispute.raised_at >= begins, Dispute.raised_at < ends)
    found.take(("disputes",), by.rows(raised, Dispute.debtor_id))
    spoke_up = select(by.key, func.count(EventRow.id)).select_from(EventRow)
    spoke_up = spoke_up.where(*relation.complained(as_of, zone))
    found.take(("complaints",), by.rows(spoke_up, EventRow.debtor_id))


def _paid(found: _Found, by: _By, read: reading.Reader, first: date, last: date) -> None:
    """What was paid, and how late: the last day in time is a matter of the calendar, so days come out of the base."""
    paid = (
        select(by.key, DueItem.due_on, Transfer.value_on, func.sum(Transfer.amount_minor))
        .select_from(Transfer)
        .join(DueItem, DueItem.id == Transfer.receivable_id)
        .where(*read.is_payment(first, last))
    )
    rows = by.joined(paid, Transfer.debtor_id).group_by(by.key, DueItem.due_on, Transfer.value_on)
    for key, due_on, value_on, amount in db.session().execute(rows):
        sums = found.sums[key]
        sums["paid_minor"] = sums.get("paid_minor", 0) + int(amount)
        sums["weighed"] = sums.get("weighed", 0) + int(amount) * max(0, (value_on - last_day(due_on)).days)


@dataclass(frozen=True, slots=True)
class Of:
    """A group that an address names: what it is called (None: nobody's customers), and its customers' ids."""

    name: str | None
    debtor_ids: Any


def of_customers_salesperson(debtor_id: int) -> Of | None:
    """The customers of whoever looks after this one; no address carries a name."""
    row = db.session().execute(select(Debtor.salesperson).where(Debtor.id == debtor_id)).one_or_none()
    if row is None:
        return None
    same = Debtor.salesperson.is_(None) if row[0] is None else Debtor.salesperson == row[0]
    return Of(row[0], select(Debtor.id).where(same))


def of_mandate(mandate_id: int, as_of: date, zone: str, *, staff_id: int | None = None) -> Of | None:
    held = next((one for one in mandates(as_of, zone, staff_id=staff_id) if one.id == mandate_id), None)
    if held is None:
        return None
    if held.everyone:
        return Of(held.shown_name, select(Debtor.id))
    named = select(ReachedDebtor.debtor_id).where(ReachedDebtor.mandate_id == mandate_id)
    return Of(held.shown_name, named)
