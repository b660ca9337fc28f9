"""The state of an invoice as one document: what is open of it, what was said about it, what was agreed, what came in.

The same for every way out: pushed by a connector, dropped as a file, fetched by a system. It holds ids, codes,
amounts and days; no name, no address and no words of a customer's. A counted number of statements for any number of
invoices.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.core import clock, db, ids
from portal.core.money import Money
from portal.debtors.models import Debtor
from portal.disputes.models import Dispute
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.plans.models import Instalment, Plan, PlanLine
from portal.promises.models import Promise, PromiseLine
from portal.sync.results import PAID_BY

Document = dict[str, Any]
INVOICE = "invoice"


def documents(invoice_ids: Collection[int], zone: str) -> dict[int, Document]:
    """By the invoice's id; a credit note has no state of its own and is left out. Days are the creditor's."""
    found = _invoices(invoice_ids)
    if not found:
        return {}
    items = _items(found)
    of_item = {row.id: row.invoice_id for rows in items.values() for row in rows}
    booked, said = _booked(of_item), _said(found, zone)
    announced, disputed = _announced(of_item, zone), _disputes(found, zone)
    promised, planned = _promises(of_item), _plans(of_item)
    return {
        invoice_id: {
            "invoice_id": ids.spell(invoice_id),
            "external_id": row.external_id,
            "number": row.number,
            "debtor_code": row.code,
            "issued_on": row.issued_on.isoformat(),
            "currency": row.currency,
            "total": _plain(row.total_minor, row.currency),
            "open": _plain(sum(one.open_minor for one in items[invoice_id]), row.currency),
            "state": _state(row, items[invoice_id]),
            "withdrawn_on": _day(row.withdrawn_at, zone),
            "items": [_item(one, booked) for one in items[invoice_id]],
            "receipt": said.get(invoice_id),
            "transfer_announced_on": announced.get(invoice_id),
            "disputes": disputed.get(invoice_id, []),
            "promises": promised.get(invoice_id, []),
            "plans": planned.get(invoice_id, []),
            "payments": [one for item in items[invoice_id] for one in booked.money.get(item.id, ())],
        }
        for invoice_id, row in found.items()
    }


def digest(document: Mapping[str, Any]) -> str:
    """Two documents with the same digest say the same: 64 hex digits."""
    written = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _invoices(invoice_ids: Collection[int]) -> dict[int, Any]:
    rows = db.session().execute(
        select(
            Invoice.id, Invoice.external_id, Invoice.number, Invoice.issued_on, Invoice.currency, Invoice.total_minor,
            Invoice.withdrawn_at, Debtor.code,
        )
        .join(Debtor, Debtor.id == Invoice.debtor_id)
        .where(Invoice.id.in_(invoice_ids), Invoice.kind == INVOICE)
        .order_by(Invoice.id)
    )  # fmt: skip
    return {row.id: row for row in rows}


def _items(invoice_ids: Collection[int]) -> dict[int, list[Any]]:
    rows = db.session().execute(
        select(
            DueItem.id, DueItem.invoice_id, DueItem.due_on, DueItem.amount_minor, DueItem.currency, DueItem.reference,
            Receivable.open_minor, Receivable.closed_on,
        )
        .join(Receivable, Receivable.id == DueItem.id)
        .where(DueItem.invoice_id.in_(invoice_ids))
        .order_by(DueItem.due_on, DueItem.id)
    )  # fmt: skip
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.invoice_id].append(row)
    return found


def _state(row: Any, items: Sequence[Any]) -> str:
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "open" if any(one.open_minor for one in items) else "settled"


class _Booked:
    """What the books say of each due item: money and credit that came or went back, interest and costs."""

    def __init__(self) -> None:
        self.money: dict[int, list[Document]] = defaultdict(list)
        self.extra: dict[tuple[int, str], int] = defaultdict(int)


def _booked(of_item: Mapping[int, int]) -> _Booked:
    rows = db.session().execute(
        select(
            Transfer.id, Transfer.receivable_id, Transfer.value_on, Transfer.debit, Transfer.credit,
            Transfer.amount_minor, Transfer.currency,
        )
        .where(Transfer.receivable_id.in_(of_item))
        .order_by(Transfer.posted_at, Transfer.id)
    )  # fmt: skip
    found = _Booked()
    for row in rows:
        is_in = row.credit == accounts.RECEIVABLE
        other, minor = (row.debit, row.amount_minor) if is_in else (row.credit, -row.amount_minor)
        if other in (accounts.INTEREST, accounts.COSTS):
            found.extra[row.receivable_id, other] -= minor
        elif other in PAID_BY:
            found.money[row.receivable_id].append(
                {
                    "id": ids.spell(row.id), "on": row.value_on.isoformat(), "by": PAID_BY[other],
                    "amount": _plain(minor, row.currency),
                }
            )  # fmt: skip
    return found


def _item(row: Any, booked: _Booked) -> Document:
    return {
        "item_id": ids.spell(row.id),
        "due_on": row.due_on.isoformat(),
        "reference": row.reference,
        "amount": _plain(row.amount_minor, row.currency),
        "open": _plain(row.open_minor, row.currency),
        "settled_on": row.closed_on.isoformat() if row.closed_on is not None and not row.open_minor else None,
        "interest": _plain(booked.extra.get((row.id, accounts.INTEREST), 0), row.currency),
        "costs": _plain(booked.extra.get((row.id, accounts.COSTS), 0), row.currency),
    }


def _said(invoice_ids: Collection[int], zone: str) -> dict[int, Document]:
    rows = db.session().execute(
        select(Receipt.id, Receipt.status, Receipt.status_at, ReceiptAnswer.will_pay_on, ReceiptAnswer.category)
        .outerjoin(ReceiptAnswer, ReceiptAnswer.id == Receipt.answer_id)
        .where(Receipt.id.in_(invoice_ids))
    )
    return {
        row.id: {
            "status": row.status.public,
            "on": _day(row.status_at, zone),
            "will_pay_on": row.will_pay_on.isoformat() if row.will_pay_on is not None else None,
            "category": row.category,
        }
        for row in rows
    }


def _announced(of_item: Mapping[int, int], zone: str) -> dict[int, str | None]:
    """The last day on which a transfer was announced, by invoice."""
    rows = db.session().execute(
        select(Hold.due_item_id, Hold.since)
        .where(Hold.due_item_id.in_(of_item), Hold.reason == holds.TRANSFER_ON_ITS_WAY)
        .order_by(Hold.since)
    )
    return {of_item[row.due_item_id]: _day(row.since, zone) for row in rows}


def _disputes(invoice_ids: Collection[int], zone: str) -> dict[int, list[Document]]:
    rows = db.session().scalars(select(Dispute).where(Dispute.invoice_id.in_(invoice_ids)).order_by(Dispute.id))
    found: dict[int, list[Document]] = defaultdict(list)
    for one in rows:
        found[one.invoice_id].append(
            {
                "dispute_id": ids.spell(one.id),
                "status": one.status.public,
                "reason": one.reason,
                "amount": one.amount.plain,
                "raised_on": _day(one.raised_at, zone),
                "closed_on": _day(one.closed_at, zone),
                "upheld": _plain(one.upheld_minor, one.currency) if one.upheld_minor is not None else None,
            }
        )
    return found


def _promises(of_item: Mapping[int, int]) -> dict[int, list[Document]]:
    rows = db.session().execute(
        select(Promise, PromiseLine.due_item_id, PromiseLine.amount_minor)
        .join(PromiseLine, PromiseLine.promise_id == Promise.id)
        .where(PromiseLine.due_item_id.in_(of_item))
        .order_by(Promise.id, PromiseLine.due_item_id)
    )
    lines = [(one, of_item[item_id], minor) for one, item_id, minor in rows]
    return _with_parts(
        lines,
        lambda one: {"promise_id": ids.spell(one.id), "status": one.status.public, "pay_on": one.pay_on.isoformat()},
    )


def _plans(of_item: Mapping[int, int]) -> dict[int, list[Document]]:
    rows = (
        db.session()
        .execute(
            select(Plan, PlanLine.due_item_id, PlanLine.amount_minor)
            .join(PlanLine, PlanLine.plan_id == Plan.id)
            .where(PlanLine.due_item_id.in_(of_item))
            .order_by(Plan.id, PlanLine.due_item_id)
        )
        .all()
    )
    instalments: dict[int, list[Document]] = defaultdict(list)
    wanted = {plan.id for plan, _item_id, _minor in rows}
    for one in db.session().scalars(
        select(Instalment).where(Instalment.plan_id.in_(wanted)).order_by(Instalment.plan_id, Instalment.number)
    ):
        instalments[one.plan_id].append({"number": one.number, "due_on": one.due_on.isoformat(),
                                         "status": one.status.public, "amount_minor": one.amount_minor,
                                         "paid_minor": one.paid_minor})  # fmt: skip

    def told(plan: Plan) -> Document:
        return {
            "plan_id": ids.spell(plan.id),
            "status": plan.status.public,
            "total": plan.total.plain,
            "instalments": [
                {
                    "number": one["number"], "due_on": one["due_on"], "status": one["status"],
                    "amount": _plain(one["amount_minor"], plan.currency),
                    "paid": _plain(one["paid_minor"], plan.currency),
                }
                for one in instalments[plan.id]
            ],
        }  # fmt: skip

    return _with_parts([(plan, of_item[item_id], minor) for plan, item_id, minor in rows], told)


def _with_parts(lines: Iterable[tuple[Any, int, int]], told: Any) -> dict[int, list[Document]]:
    """What several due items are about, once for each of their invoices, with its part: `amount`."""
    parts: dict[tuple[int, int], int] = defaultdict(int)
    what: dict[int, Any] = {}
    for one, invoice_id, minor in lines:
        parts[invoice_id, one.id] += minor
        what[one.id] = one
    found: dict[int, list[Document]] = defaultdict(list)
    for (invoice_id, one_id), minor in sorted(parts.items()):
        one = what[one_id]
        found[invoice_id].append({**told(one), "amount": _plain(minor, one.currency)})
    return found


def _plain(minor: int, currency: str) -> str:
    return Money(minor, currency).plain


def _day(instant: datetime | None, zone: str) -> str | None:
    day: date | None = clock.day_of(instant, zone) if instant is not None else None
    return day.isoformat() if day is not None else None
