"""Reading the books."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, select

from portal.core import db, scope
from portal.core.money import Money
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.ledger.rules import Line
from portal.ledger.sources import Source


def lines_of(item_id: int) -> list[Line]:
    """What a due item's open amount is made of, oldest first."""
    return lines_of_items([item_id])[item_id]


_LINES = (
    select(
        Transfer.receivable_id,
        Transfer.value_on,
        Transfer.kind,
        Transfer.debit,
        Transfer.amount_minor,
        Transfer.currency,
    )
    .where(Transfer.receivable_id.in_(bindparam("item_ids", expanding=True)))
    .order_by(Transfer.posted_at, Transfer.id)
)


def lines_of_items(item_ids: Sequence[int]) -> dict[int, list[Line]]:
    """`lines_of` for several due items in one query."""
    found: dict[int, list[Line]] = {item_id: [] for item_id in item_ids}
    rows = db.session().execute(scope.prepared(_LINES), {"item_ids": list(item_ids)})
    for item_id, on, kind, debit, minor, currency in rows:
        signed = minor if debit == accounts.RECEIVABLE else -minor
        found[int(item_id or 0)].append(Line(on, kind, Money(signed, currency)))
    return found


def open_amounts(item_ids: Sequence[int]) -> dict[int, Money]:
    """What is open on each of these due items."""
    rows = db.session().execute(
        select(Receivable.id, Receivable.open_minor, Receivable.currency).where(Receivable.id.in_(item_ids))
    )
    return {item_id: Money(minor, currency) for item_id, minor, currency in rows}


def unallocated(debtor_id: int) -> list[Money]:
    """The debtor's credit that belongs to no due item, one amount per currency; nought is left out."""
    signed = func.sum(
        case((Transfer.credit == accounts.UNALLOCATED, Transfer.amount_minor), else_=-Transfer.amount_minor)
    )
    rows = db.session().execute(
        select(Transfer.currency, signed)
        .where(
            Transfer.debtor_id == debtor_id,
            (Transfer.credit == accounts.UNALLOCATED) | (Transfer.debit == accounts.UNALLOCATED),
        )
        .group_by(Transfer.currency)
    )
    return [Money(int(minor), currency) for currency, minor in rows if minor]


def postings_of(source: Source) -> int:
    """How many transfers one source has made."""
    found = select(func.count(Transfer.id)).where(
        Transfer.source_kind == source.kind, Transfer.source_id == source.id
    )
    return db.session().scalar(found) or 0


@dataclass(frozen=True, slots=True)
class Booked:
    """What one source's money settled: a due item, or none when it became the debtor's credit."""

    item_id: int | None
    amount: Money
    value_on: date


def booked_by(source: Source) -> list[Booked]:
    """Where the money of one source went, in the order in which it was booked."""
    rows = db.session().execute(
        select(Transfer.receivable_id, Transfer.amount_minor, Transfer.currency, Transfer.value_on)
        .where(Transfer.source_kind == source.kind, Transfer.source_id == source.id)
        .order_by(Transfer.position)
    )
    return [Booked(item_id, Money(minor, currency), value_on) for item_id, minor, currency, value_on in rows]


def next_place(source: Source) -> int:
    """The first position after every one that this source has booked; an excess stands at a negative one."""
    places = select(func.max(Transfer.position), func.min(Transfer.position)).where(
        Transfer.source_kind == source.kind, Transfer.source_id == source.id
    )
    last, first = db.session().execute(places).one()
    return 0 if last is None else max(int(last), -int(first) - 1) + 1


def unbalanced() -> list[int]:
    """Due items whose kept balance differs from the fold of their transfers; must be empty, always."""
    signed = case((Transfer.debit == accounts.RECEIVABLE, Transfer.amount_minor), else_=-Transfer.amount_minor)
    return _items_where(operator.ne, signed)


def above_charges() -> list[int]:
    """Due items open for more than was charged on them, less what was taken off; must be empty, always."""
    raised = (Transfer.debit == accounts.RECEIVABLE) & Transfer.credit.in_(accounts.CHARGING)
    lowered = (Transfer.credit == accounts.RECEIVABLE) & Transfer.debit.in_(accounts.CHARGING)
    owed = case((raised, Transfer.amount_minor), (lowered, -Transfer.amount_minor), else_=0)
    return _items_where(operator.gt, owed)


def _items_where(is_wrong: Callable[[Any, Any], Any], signed: ColumnElement[int]) -> list[int]:
    """Due items whose kept balance `is_wrong` against the sum of `signed` over their transfers."""
    folded = (
        select(Transfer.receivable_id.label("id"), func.sum(signed).label("sum"))
        .where(Transfer.receivable_id.is_not(None))
        .group_by(Transfer.receivable_id)
        .subquery()
    )
    return list(
        db.session().scalars(
            select(Receivable.id)
            .outerjoin(folded, folded.c.id == Receivable.id)
            .where(is_wrong(Receivable.open_minor, func.coalesce(folded.c.sum, 0)))
        )
    )
