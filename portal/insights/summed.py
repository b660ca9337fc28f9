"""The figures' rows from the sums that are kept by day (portal.summaries): a few thousand rows however many invoices.

Everybody else's figures, of an agency's people, of some customers, or before the first count, are counted in full
(portal.insights.reading), which is also what these are proved against.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from portal.core import db, scope
from portal.insights import expected, kpis, reading
from portal.insights.expected import InTime
from portal.insights.reading import Books
from portal.interest.due_dates import last_day
from portal.summaries import queries, rules
from portal.summaries.models import FigureSum
from portal.texts.rules import Share


def _sum(of: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[int]:
    """A whole number: PostgreSQL's own sum of these is a decimal, which takes longer to read than to reckon."""
    return cast(func.sum(of), BigInteger)


_BY_DAY, _BY_MONTH = FigureSum.grain == rules.DAY, FigureSum.grain == rules.MONTH
_MINOR, _ITEMS = _sum(FigureSum.amount_minor), _sum(FigureSum.items)
_FIRST: BindParameter[date] = bindparam("first", type_=Date)  # of the month of the last day that counts
_LAST: BindParameter[date] = bindparam("last", type_=Date)
_SINCE: BindParameter[date] = bindparam("since", type_=Date)
# All that counts until the end of a day: whole months, and the days of the last one.
_UNTIL = or_(and_(_BY_MONTH, FigureSum.on_day < _FIRST), and_(_BY_DAY, FigureSum.on_day.between(_FIRST, _LAST)))
_ASKED = FigureSum.currency == bindparam("currency")

# Written once: to build a statement takes longer than the database needs to answer it (portal.core.scope.prepared).
_CURRENCIES = (
    select(FigureSum.currency)
    .where(FigureSum.kind == rules.ASKED, _UNTIL)
    .group_by(FigureSum.currency)
    .having(_ITEMS > 0)
)
_STANDS = (
    select(
        FigureSum.kind, FigureSum.key_day, _MINOR, _ITEMS,
        _sum(case((_BY_MONTH, FigureSum.amount_minor), else_=0)),
        _sum(case((_BY_MONTH, FigureSum.items), else_=0)),
    )
    .where(_ASKED, FigureSum.kind.in_((rules.OPEN, rules.BELOW, rules.APART, rules.SOLD)), _UNTIL)
    .group_by(FigureSum.kind, FigureSum.key_day)
)  # fmt: skip
_CAME = (
    select(FigureSum.kind, FigureSum.key_day, FigureSum.on_day, _MINOR)
    .where(_ASKED, FigureSum.kind.in_((rules.PAID, rules.CASHED)), _BY_DAY, FigureSum.on_day.between(_SINCE, _LAST))
    .group_by(FigureSum.kind, FigureSum.key_day, FigureSum.on_day)
)
_BY_MONTHS = (
    select(FigureSum.kind, FigureSum.key_day, _MINOR)
    .where(_ASKED, FigureSum.kind.in_((rules.MOVED, rules.SOLD)), _UNTIL)
    .group_by(FigureSum.kind, FigureSum.key_day)
)
_JUDGED = (
    select(FigureSum.kind, FigureSum.key_day, _ITEMS)
    .where(
        _ASKED, FigureSum.kind.in_((rules.DUE, rules.IN_TIME, rules.DUE_HEARD, rules.IN_TIME_HEARD)), _UNTIL,
        FigureSum.key_day >= _SINCE, FigureSum.key_day < _LAST,
    )
    .group_by(FigureSum.kind, FigureSum.key_day)
)  # fmt: skip


def _asked(statement: Any, last: date, currency: str | None = None, since: date | None = None) -> Any:
    values: dict[str, Any] = {"first": last.replace(day=1), "last": last}
    if currency is not None:
        values["currency"] = currency
    if since is not None:
        values["since"] = since
    return db.session().execute(scope.prepared(statement), values)


def currencies(as_of: date) -> list[str]:
    """The currencies in which anything was ever asked for until that day, euro first."""
    if not queries.whole():
        return reading.currencies(as_of)
    return sorted(_asked(_CURRENCIES, as_of).scalars(), key=lambda one: (one != "EUR", one))


def books(as_of: date, currency: str, zone: str) -> Books:
    """What the books of everybody say as of `as_of`."""
    if not queries.whole():
        return reading.books(as_of, currency, zone)
    first = as_of.replace(day=1)
    months = kpis.months_until(as_of, reading.HISTORY)
    sold: dict[date, int] = {}
    apart, now, then = 0, [], []
    last = first - timedelta(days=1)
    for kind, of, minor, items, minor_before, items_before in _asked(_STANDS, as_of, currency):
        if kind == rules.SOLD:
            sold[of] = minor
        elif kind == rules.OPEN:
            if items:
                now.append(((as_of - last_day(of)).days, minor, items))
            if items_before:
                then.append(((last - last_day(of)).days, minor_before, items_before))
        else:  # what single items were overpaid by is nobody's debt: credit as well
            apart += minor if kind == rules.APART else -minor
    month_ago = kpis.aging(then)
    paid, cashed = _money(months[-kpis.MONTHS].first, as_of, currency)
    return Books(
        as_of,
        currency,
        kpis.aging(now),
        month_ago,
        sum(one.amount_minor for one in month_ago),
        apart,
        tuple((month, sold.get(month.first, 0)) for month in reversed(months)),
        paid,
        cashed,
    )


def _money(first: date, last: date, currency: str) -> tuple[tuple[tuple[int, int], ...], int]:
    """What came for due items from `first` to `last`, as amounts with their days late, and what came less what went
    in the last month."""
    paid, cashed = [], 0
    for kind, of, on, minor in _asked(_CAME, last, currency, first):
        if kind == rules.PAID:
            if minor:
                paid.append((minor, (on - last_day(of)).days))
        elif on >= last.replace(day=1):
            cashed += minor
    return tuple(paid), cashed


def trend(as_of: date, currency: str, zone: str, months: int = 12) -> list[tuple[date, int, int]]:
    """At the end of each of the last months what was open, and what was sold in its period: (day, open, sales)."""
    if not queries.whole():
        return reading.trend(as_of, currency, zone, months)
    sums = {(kind, of): minor for kind, of, minor in _asked(_BY_MONTHS, as_of, currency)}
    every = kpis.months_until(as_of, months + kpis.MONTHS - 1)
    until = sum(minor for (kind, of), minor in sums.items() if kind == rules.MOVED and of < every[0].first)
    found = []
    for place, month in enumerate(every):
        until += sums.get((rules.MOVED, month.first), 0)
        if place >= kpis.MONTHS - 1:
            period = every[place - kpis.MONTHS + 1 : place + 1]
            found.append((month.last, until, sum(sums.get((rules.SOLD, one.first), 0) for one in period)))
    return found


def in_time(as_of: date, currency: str, zone: str, months: int = 12) -> InTime:
    """Due items of the last months that were paid in time, with and without a confirmed receipt."""
    if not queries.whole():
        return expected.in_time(as_of, currency, zone, months)
    first = kpis.months_until(as_of, months)[0].first
    found: dict[str, int] = defaultdict(int)
    for kind, due_on, items in _asked(_JUDGED, as_of, currency, first):
        if last_day(due_on) < as_of:
            found[kind] += items
    hits, of = found[rules.IN_TIME_HEARD], found[rules.DUE_HEARD]
    return InTime(Share(hits, of), Share(found[rules.IN_TIME] - hits, found[rules.DUE] - of))
