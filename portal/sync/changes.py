"""Which invoices changed since an event: read from the history itself, so that nothing is remembered beside it.

`seq` is the place in the creditor's chain: without gaps, and in the order of the commits (portal.core.events). Who
has read up to one has missed nothing before it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from portal.core import db, ids
from portal.core.events import EVENTS, EventRow
from portal.invoices.models import DueItem
from portal.plans.models import PlanLine

STEP = 500  # events that are read at a time


@dataclass(frozen=True, slots=True)
class Changes:
    """`invoices`: each with the place of its last change among those read; `until`: how far was read;
    `more`: whether there is more behind it."""

    invoices: Mapping[int, int]
    until: int
    more: bool


def since(seq: int, most: int = STEP) -> Changes:
    """What the public events behind `seq` are about, `most` events at a time."""
    names = [name for name, kind in EVENTS.items() if kind.public]
    rows = (
        db.session()
        .execute(
            select(EventRow.seq, EventRow.subject_kind, EventRow.subject_id, EventRow.data)
            .where(EventRow.seq > seq, EventRow.name.in_(names))
            .order_by(EventRow.seq)
            .limit(most)
        )
        .all()
    )
    if not rows:
        return Changes({}, max(seq, last()), more=False)
    return Changes(_invoices(rows), rows[-1].seq, more=len(rows) == most)


def last() -> int:
    """The place of the newest event there is."""
    return int(db.session().scalar(select(func.max(EventRow.seq))) or 0)


def _invoices(rows: Iterable[Any]) -> dict[int, int]:
    found: dict[int, int] = {}
    by_item: dict[int, int] = {}
    by_plan: dict[int, int] = {}
    for row in rows:
        for invoice_id in _named(row, "invoice", "invoice_id"):
            found[invoice_id] = row.seq
        for item_id in _named(row, "item", "item_id", "item_ids"):
            by_item[item_id] = row.seq
        for plan_id in _named(row, "plan", "plan_id"):
            by_plan[plan_id] = row.seq
    lines = select(PlanLine.plan_id, PlanLine.due_item_id).where(PlanLine.plan_id.in_(by_plan))
    for plan_id, item_id in db.session().execute(lines) if by_plan else ():
        by_item[item_id] = max(by_item.get(item_id, 0), by_plan[plan_id])
    items = select(DueItem.id, DueItem.invoice_id).where(DueItem.id.in_(by_item))
    for item_id, invoice_id in db.session().execute(items) if by_item else ():
        found[invoice_id] = max(found.get(invoice_id, 0), by_item[item_id])
    return found


def _named(row: Any, kind: str, *names: str) -> set[int]:
    """The ids of one kind that an event names: what it is about, or in its fields."""
    found = {row.subject_id} if row.subject_kind == kind and row.subject_id is not None else set()
    for name in names:
        value = row.data.get(name)
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, str):
                found.add(ids.read(one))
    return found
