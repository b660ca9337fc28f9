"""Results as a file: one line per due item, what was said about it and what was paid; for a spreadsheet or an ERP.

UTF-8 with a byte order mark, semicolons, a comma in amounts, ISO dates: as an Italian spreadsheet opens it. Read in
steps by id, each in a transaction of its own: constant memory, and nothing stays open while the network is slow.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, case, exists, func, or_, select

from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.core import clock, db, scope, spreadsheets
from portal.core.money import Money
from portal.debtors.models import Debtor
from portal.invoices import filters, holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the first line, and what stands in it."""

    name: str
    meaning: str  # for the command line and docs/systems.md


COLUMNS = (
    Column("number", "the invoice's number"),
    Column("debtor_code", "the customer's code"),
    Column("issued_on", "the day of the invoice"),
    Column("due_on", "the day on which this part of it is due, as the invoice says"),
    Column("amount", "what was due on that day"),
    Column("currency", "its currency"),
    Column("open", "what is still open of it"),
    Column(
        "receipt",
        "the last answer about receipt: confirmed, problem or denied; sdi_delivered where only the SdI has said that "
        "it delivered it; empty when there is none",
    ),
    Column("receipt_on", "the day of that answer"),
    Column("will_pay_on", "the day on which the customer said they will pay"),
    Column("transfer_announced_on", "the last day on which the customer said that a transfer is on its way"),
    Column("paid_on", "the day on which nothing was left open"),
    Column("paid_by", "how: card, bank, credit_note, credit or elsewhere; several are joined by +"),
    Column("withdrawn_on", "the day on which the invoice was withdrawn"),
    Column("interest", "the interest booked on it, less what was taken off; what is not paid of it is part of open"),
    Column("costs", "the costs of late payment that were booked on it, likewise"),
)

EXTRAS = (accounts.INTEREST, accounts.COSTS)

# How the account that money came from is called in the file.
PAID_BY = {
    accounts.CARD: "card",
    accounts.BANK: "bank",
    accounts.CREDIT_NOTES: "credit_note",
    accounts.CREDIT_AHEAD: "credit_note",
    accounts.UNALLOCATED: "credit",
    accounts.ELSEWHERE: "elsewhere",
}


def lines(
    creditor_id: int,
    zone: str,
    since: date | None = None,
    wanted: filters.Filter | None = None,
    *,
    reach: int | None = None,
) -> Iterator[bytes]:
    """The file in pieces, earliest id first; only due items that `wanted` finds, where it is given.

    With `since`, only those of which something was heard on that day or later. `reach` is that of who asks: the
    pieces are read in transactions of their own (portal.core.scope).
    """
    yield spreadsheets.file([[column.name for column in COLUMNS]])
    last_id = 0
    while True:
        with db.transaction(writes=False):
            scope.enter(creditor_id, reach=reach)
            rows = _rows_behind(last_id, since, zone, wanted)
            chunk = spreadsheets.lines(_cells(rows, zone))
        if rows:
            yield chunk
            last_id = rows[-1].id
        if len(rows) < PAGE:
            return


def of_invoices(invoice_ids: Collection[int], zone: str) -> list[list[str]]:
    """The same lines of these invoices alone, the line of names first."""
    statement = _statement().where(DueItem.invoice_id.in_(invoice_ids)).order_by(DueItem.id)
    return [[column.name for column in COLUMNS], *_cells(db.session().execute(statement).all(), zone)]


def _rows_behind(
    last_id: int, since: date | None, zone: str, wanted: filters.Filter | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    statement = _statement().where(DueItem.id > last_id)
    if since is not None:
        statement = statement.where(_heard_of_since(datetime.combine(since, time.min, ZoneInfo(zone))))
    if wanted is not None:
        statement = statement.where(*filters.conditions(wanted))
    return db.session().execute(statement.order_by(DueItem.id).limit(PAGE)).all()


def _statement() -> Select[Any]:
    return cast(
        Select[Any],
        select(
            DueItem.id,
            DueItem.due_on,
            DueItem.amount_minor,
            DueItem.currency,
            Invoice.number,
            Invoice.issued_on,
            Invoice.withdrawn_at,
            Debtor.code,
            Receivable.open_minor,
            Receivable.closed_on,
            Receipt.status,
            Receipt.status_at,
            ReceiptAnswer.will_pay_on,
        )
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Debtor, Debtor.id == DueItem.debtor_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .outerjoin(Receipt, Receipt.id == DueItem.invoice_id)
        .outerjoin(ReceiptAnswer, ReceiptAnswer.id == Receipt.answer_id),
    )


def _heard_of_since(moment: datetime) -> ColumnElement[bool]:
    booked = exists().where(Transfer.receivable_id == DueItem.id, Transfer.posted_at >= moment)
    announced = exists().where(
        Hold.due_item_id == DueItem.id, Hold.reason == holds.TRANSFER_ON_ITS_WAY, Hold.since >= moment
    )
    return or_(
        Invoice.imported_at >= moment,
        Invoice.withdrawn_at >= moment,
        Receipt.status_at >= moment,
        booked,
        announced,
    )


def _cells(rows: Sequence[Row[*tuple[Any, ...]]], zone: str) -> Iterator[list[str]]:
    wanted = [row.id for row in rows]
    announced, paid_by, extra = _announced(wanted), _paid_by(wanted), _extras(wanted)
    for row in rows:
        yield [
            row.number,
            row.code,
            _day(row.issued_on),
            _day(row.due_on),
            _amount(row.amount_minor, row.currency),
            row.currency,
            _amount(row.open_minor, row.currency),
            "" if row.status is None else row.status.public,
            _day_of(row.status_at, zone),
            _day(row.will_pay_on),
            _day_of(announced.get(row.id), zone),
            _day(row.closed_on if row.open_minor == 0 else None),
            "+".join(paid_by.get(row.id, ())),
            _day_of(row.withdrawn_at, zone),
            _amount(extra.get((row.id, accounts.INTEREST), 0), row.currency),
            _amount(extra.get((row.id, accounts.COSTS), 0), row.currency),
        ]


def _announced(item_ids: Sequence[int]) -> dict[int, datetime]:
    """When a transfer was last announced, by due item."""
    rows = db.session().execute(
        select(Hold.due_item_id, Hold.since)
        .where(Hold.due_item_id.in_(item_ids), Hold.reason == holds.TRANSFER_ON_ITS_WAY)
        .order_by(Hold.since)
    )
    return {row.due_item_id: row.since for row in rows}


def _paid_by(item_ids: Sequence[int]) -> dict[int, list[str]]:
    """Where the money for each due item came from, in the order in which it came."""
    rows = db.session().execute(
        select(Transfer.receivable_id, Transfer.debit)
        .where(
            Transfer.receivable_id.in_(item_ids),
            Transfer.credit == accounts.RECEIVABLE,
            Transfer.debit.not_in(EXTRAS),
        )
        .order_by(Transfer.posted_at, Transfer.id)
    )
    found: dict[int, list[str]] = {}
    for item_id, account in rows:
        ways = found.setdefault(item_id or 0, [])
        way = PAID_BY.get(account, account)
        if way not in ways:
            ways.append(way)
    return found


def _extras(item_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """What of interest and of costs stands booked on each due item, in minor units."""
    booked = case((Transfer.debit == accounts.RECEIVABLE, Transfer.amount_minor), else_=-Transfer.amount_minor)
    other = case((Transfer.debit == accounts.RECEIVABLE, Transfer.credit), else_=Transfer.debit)
    rows = db.session().execute(
        select(Transfer.receivable_id, other, func.sum(booked))
        .where(Transfer.receivable_id.in_(item_ids), or_(Transfer.debit.in_(EXTRAS), Transfer.credit.in_(EXTRAS)))
        .group_by(Transfer.receivable_id, other)
    )
    return {(item_id or 0, account): int(minor) for item_id, account, minor in rows}


def _amount(minor: int, currency: str) -> str:
    return Money(minor, currency).plain.replace(".", ",")


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _day_of(instant: datetime | None, zone: str) -> str:
    return "" if instant is None else clock.day_of(instant, zone).isoformat()
