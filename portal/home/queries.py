"""What the home page recalls of what the debtor did."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from portal.core import db, ids, scope
from portal.core.events import EventRow
from portal.invoices.models import DueItem

RECALLED = (
    "receipt.confirmed",
    "receipt.problem_reported",
    "dispute.raised",
    "dispute.closed",
    "dispute.withdrawn",
    "dispute.overtaken",
    "receipt.denied",
    "question.asked",
    "question.answered",
    "promise.made",
    "promise.amended",
    "promise.kept",
    "promise.cancelled",
    "already_paid.claimed",
    "already_paid.resolved",
    "transfer.announced",
    "payment.succeeded",
    "payment.processing",
    "bank_movement.booked",
    "bank_movement.credited",
    "bank_movement.returned",
    "overpayment.applied",
    "overpayment.refunded",
)


SHOWN, LOOKED_AT = 8, 60


@dataclass(frozen=True, slots=True)
class Recalled:
    at: datetime
    name: str
    subject_id: int
    data: dict[str, Any]


_RECALLED = (
    select(EventRow.at, EventRow.name, EventRow.subject_id, EventRow.data)
    .where(EventRow.debtor_id == bindparam("debtor_id"), EventRow.name.in_(RECALLED))
    .order_by(EventRow.seq.desc())
    .limit(bindparam("limit"))
)


def recalled(debtor_id: int, invoice_id: int | None = None, open_items: Set[int] = frozenset()) -> list[Recalled]:
    """The debtor's own latest acts and what answered them, the newest first.

    With `invoice_id` those about that invoice alone: a link for one document tells of no other (rule A-07).
    `open_items` are its due items that are known already.
    """
    limit = SHOWN if invoice_id is None else LOOKED_AT
    rows = db.session().execute(scope.prepared(_RECALLED), {"debtor_id": debtor_id, "limit": limit})
    found = [Recalled(*row) for row in rows]
    if invoice_id is None:
        return found
    return _about(found, invoice_id, open_items)[:SHOWN]


def _about(found: Sequence[Recalled], invoice_id: int, open_items: Set[int]) -> list[Recalled]:
    items = {ids.spell(item_id) for item_id in open_items}
    if any(not items.issuperset(one.data.get("item_ids", ())) for one in found):  # settled ones perhaps
        every = select(DueItem.id).where(DueItem.invoice_id == invoice_id)
        items = {ids.spell(item_id) for item_id in db.session().scalars(every)}
    named = {one.subject_id: one.data.get("invoice_id") for one in found if one.name == "question.asked"}
    spelled = ids.spell(invoice_id)

    def is_about_it(one: Recalled) -> bool:
        if one.name.startswith("receipt."):
            return one.subject_id == invoice_id
        if one.name.startswith("question."):
            return named.get(one.subject_id) == spelled
        paid = one.data.get("item_ids", ())
        return bool(paid) and items.issuperset(paid)

    return [one for one in found if is_about_it(one)]
