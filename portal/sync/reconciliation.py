"""The day's sheet that an accountant can tick: what was open, what was booked by account, what is open; per currency.

By the day on which it was booked here, not the value date: the books are only added to, so a day that is over never
changes, and each day begins with what the one before ended with. Nothing is kept for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, case, func, select
from sqlalchemy import cast as as_type

from portal.core import db
from portal.core.money import Money
from portal.core.spreadsheets import Figure
from portal.core.text import Text, t
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer

OPENING, CLOSING, BOOKS = "opening", "closing", "books"
# What the other side of a booking on what is owed means; in the order of the sheet.
LINES: dict[str, Text] = {
    accounts.SALES: t("Invoices"),
    accounts.CREDIT_NOTES: t("Credit notes"),
    accounts.CREDIT_AHEAD: t("Credits before their note"),
    accounts.INTEREST: t("Interest"),
    accounts.COSTS: t("Costs of late payment"),
    accounts.CARD: t("Paid by card"),
    accounts.BANK: t("Paid by bank"),
    accounts.ELSEWHERE: t("Paid elsewhere, as imported"),
    accounts.UNALLOCATED: t("Credit that was used"),
    accounts.REFUNDS: t("Given back"),
    accounts.WITHHELD: t("Withheld by the provider"),
}
COLUMNS = ("day", "currency", "line", "bookings", "amount")

_IS_OWED = Transfer.debit == accounts.RECEIVABLE
_OTHER = case((_IS_OWED, Transfer.credit), else_=Transfer.debit)
_SIGNED = as_type(case((_IS_OWED, Transfer.amount_minor), else_=-Transfer.amount_minor), Integer)
_ON_ITEMS = (
    Transfer.receivable_id.is_not(None),
    (Transfer.debit == accounts.RECEIVABLE) | (Transfer.credit == accounts.RECEIVABLE),
)


@dataclass(frozen=True, slots=True)
class Line:
    """`account` is a key of LINES; `minor` adds to what is owed, or takes off it below nought."""

    account: str
    bookings: int
    minor: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One currency of one day. `books_minor`: what the receivables say is open, of the end of that day; equal to what
    the lines come to, or something is wrong."""

    day: date
    currency: str
    opening_minor: int
    lines: tuple[Line, ...]
    books_minor: int

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + sum(one.minor for one in self.lines)

    @property
    def ties(self) -> bool:
        return self.closing_minor == self.books_minor


def sheets(day: date, zone: str) -> list[Sheet]:
    """Of every currency that has anything open or booked; three statements."""
    begins, ends = (datetime.combine(one, time(), ZoneInfo(zone)) for one in (day, day + timedelta(days=1)))
    before: dict[str, int] = _sums(Transfer.posted_at < begins)
    since: dict[str, int] = _sums(Transfer.posted_at >= ends)
    now = {
        row[0]: int(row[1])
        for row in db.session().execute(
            select(Receivable.currency, func.sum(Receivable.open_minor)).group_by(Receivable.currency)
        )
    }
    booked: dict[str, list[Line]] = {}
    rows = db.session().execute(
        select(Transfer.currency, _OTHER, func.count(Transfer.id), func.sum(_SIGNED))
        .where(*_ON_ITEMS, Transfer.posted_at >= begins, Transfer.posted_at < ends)
        .group_by(Transfer.currency, _OTHER)
    )
    for currency, account, count, minor in rows:
        booked.setdefault(currency, []).append(Line(account, int(count), int(minor)))
    order = list(LINES)
    return [
        Sheet(
            day,
            currency,
            before.get(currency, 0),
            tuple(sorted(booked.get(currency, ()), key=lambda one: (order.index(one.account), one.account))),
            now.get(currency, 0) - since.get(currency, 0),
        )
        for currency in sorted(before.keys() | now.keys() | booked.keys(), key=lambda one: (one != "EUR", one))
    ]


def _sums(when: Any) -> dict[str, int]:
    rows = db.session().execute(
        select(Transfer.currency, func.sum(_SIGNED)).where(*_ON_ITEMS, when).group_by(Transfer.currency)
    )
    return {row[0]: int(row[1] or 0) for row in rows}


def cells(found: Sequence[Sheet]) -> Iterator[list[str]]:
    """The sheet as a file has it: opening, a line for each account, closing, and what the books say."""
    yield list(COLUMNS)
    for one in found:
        day = one.day.isoformat()
        yield [day, one.currency, OPENING, "", _plain(one.opening_minor, one.currency)]
        for line in one.lines:
            yield [day, one.currency, line.account, str(line.bookings), _plain(line.minor, one.currency)]
        yield [day, one.currency, CLOSING, "", _plain(one.closing_minor, one.currency)]
        yield [day, one.currency, BOOKS, "", _plain(one.books_minor, one.currency)]


def _plain(minor: int, currency: str) -> Figure:
    return Figure(Money(minor, currency).plain)
