"""What gives cause for an alert now, asked of the rows: one query a kind, for everybody or for one customer.

What rests (a dispute, a plan, a named day) is somebody's work already: it is neither late nor idle here, and it
comes back when its hold ends.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, or_, select

from portal.core import clock, db
from portal.core.events import EventRow
from portal.credit_lines import kinds, late, queries
from portal.credit_lines.models import CreditLine, CreditRating
from portal.credit_lines.policies import Bounds, Version
from portal.creditors.models import Creditor
from portal.invoices.filters import STILL_OPEN
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.promises.models import Promise, PromiseLine
from portal.promises.rules import REMEMBERED
from portal.promises.states import PromiseStatus

Only = Collection[int] | None  # of these customers alone; None: of all
NEVER = 99_999  # days since a rating of whom none has come in


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an alert is raised; `key` is the same for as long as the cause lasts."""

    kind: str
    debtor_id: int
    cause_id: int
    amount_minor: int
    number: int

    @property
    def key(self) -> tuple[str, int, int]:
        return self.kind, self.debtor_id, self.cause_id


def now(creditor: Creditor, policy: Version, only: Only = None) -> Iterator[Cause]:
    """Every cause there is, of the kinds that the creditor wants to hear of."""
    today = clock.today(creditor.time_zone)
    for kind, find in _FIND.items():
        if policy.tell[kind].on:
            yield from find(creditor, today, policy.bounds, only)


def _of(column: Any, only: Only) -> tuple[Any, ...]:
    return () if only is None else (column.in_(only),)


def _over(creditor: Creditor, today: date, _bounds: Bounds, only: Only) -> Iterator[Cause]:
    used = queries.uses(creditor.currency, today, only)
    rows = db.session().execute(
        select(CreditLine.debtor_id, used.c.open - CreditLine.amount_minor)
        .join(used, used.c.debtor_id == CreditLine.debtor_id)
        .where(used.c.open > CreditLine.amount_minor, CreditLine.currency == creditor.currency,
               *_of(CreditLine.debtor_id, only))
    )  # fmt: skip
    for one, over in rows:
        yield Cause(kinds.OVER, one, one, int(over), 0)


def _items(creditor: Creditor, until: date, only: Only) -> Any:
    """Due items that are open, fell due by `until` and do not rest."""
    return (
        select(DueItem.debtor_id, DueItem.id, Receivable.open_minor, DueItem.due_on)
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(
            STILL_OPEN, DueItem.currency == creditor.currency, Invoice.withdrawn_at.is_(None),
            DueItem.due_on <= until, ~late.rests(), *_of(DueItem.debtor_id, only),
        )
    )  # fmt: skip


def _late(creditor: Creditor, today: date, bounds: Bounds, only: Only) -> Iterator[Cause]:
    for one, item_id, minor, due_on in db.session().execute(
        _items(creditor, late.newest_late(today, bounds.late_days), only)
    ):
        yield Cause(kinds.LATE, one, item_id, minor, late.days_late(due_on, today))


def _repeated(creditor: Creditor, today: date, bounds: Bounds, only: Only) -> Iterator[Cause]:
    """So many items whose last day was missed, whatever became of them since."""
    first, last = today - timedelta(days=bounds.repeated_days), late.newest_late(today)
    missed = or_(
        and_(Receivable.open_minor > 0, ~late.rests()),
        and_(Receivable.open_minor == 0, Receivable.closed_on > late.last_day_of_item(first, last)),
    )
    rows = db.session().execute(
        select(DueItem.debtor_id, func.count(DueItem.id), func.sum(Receivable.open_minor))
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(
            DueItem.due_on >= first, DueItem.due_on <= last, DueItem.currency == creditor.currency,
            Invoice.withdrawn_at.is_(None), missed, *_of(DueItem.debtor_id, only),
        )
        .group_by(DueItem.debtor_id)
        .having(func.count(DueItem.id) >= bounds.repeated_items)
    )  # fmt: skip
    for one, count, minor in rows:
        yield Cause(kinds.REPEATED, one, one, int(minor), int(count))


def _promise(creditor: Creditor, today: date, _bounds: Bounds, only: Only) -> Iterator[Cause]:
    """The first promise within a year that was not kept, while something of it is open."""
    still = exists().where(
        PromiseLine.promise_id == Promise.id, Receivable.id == PromiseLine.due_item_id, Receivable.open_minor > 0
    )
    rows = db.session().execute(
        select(Promise.debtor_id, Promise.id, Promise.pay_on, Promise.amount_minor - Promise.paid_minor, still)
        .where(
            Promise.status == PromiseStatus.BROKEN, Promise.currency == creditor.currency,
            Promise.pay_on >= today - 2 * REMEMBERED, *_of(Promise.debtor_id, only),
        )
        .order_by(Promise.debtor_id, Promise.pay_on, Promise.id)
    )  # fmt: skip
    before: dict[int, date] = {}
    for one, promise_id, pay_on, minor, is_open in rows:
        is_first = one not in before or before[one] < pay_on - REMEMBERED
        before[one] = pay_on
        if is_first and is_open:
            yield Cause(kinds.PROMISE, one, promise_id, int(minor), 0)


# What happens by itself about a due item, and what is only told of it, moves nothing.
_NOTHING_MOVED = or_(
    EventRow.subject_kind.in_(("credit_alert", "delivery", "credit_rating")),
    EventRow.name.like("interest.%"),
    EventRow.name.like("costs.%"),
)


def _idle(creditor: Creditor, today: date, bounds: Bounds, only: Only) -> Iterator[Cause]:
    """Late items of whose customer, other documents aside, nothing was heard or done for so many days."""
    since = datetime.combine(today - timedelta(days=bounds.idle_days), time.min, ZoneInfo(creditor.time_zone))
    moved = exists().where(
        EventRow.debtor_id == DueItem.debtor_id,
        EventRow.at >= since,
        ~_NOTHING_MOVED,
        or_(
            EventRow.subject_kind.not_in(("invoice", "item")),
            and_(EventRow.subject_kind == "item", EventRow.subject_id == DueItem.id),
            and_(EventRow.subject_kind == "invoice", EventRow.subject_id == DueItem.invoice_id),
        ),
    )
    items = _items(creditor, late.newest_late(today), only).where(Invoice.imported_at < since, ~moved)
    for one, item_id, minor, _due_on in db.session().execute(items):
        yield Cause(kinds.IDLE, one, item_id, minor, bounds.idle_days)


def _stale(creditor: Creditor, today: date, bounds: Bounds, only: Only) -> Iterator[Cause]:
    """Much is open, and the newest data of the customer is old, or none ever came in."""
    used = queries.uses(creditor.currency, today, only)
    newest = (
        select(CreditRating.debtor_id, func.max(CreditRating.rated_on).label("on"))
        .where(*_of(CreditRating.debtor_id, only))
        .group_by(CreditRating.debtor_id)
        .subquery()
    )
    rows = db.session().execute(
        select(used.c.debtor_id, used.c.open, newest.c.on)
        .outerjoin(newest, newest.c.debtor_id == used.c.debtor_id)
        .where(
            used.c.open > bounds.stale_from_minor,
            or_(newest.c.on.is_(None), newest.c.on < today - timedelta(days=bounds.stale_days)),
        )
    )
    for one, minor, on in rows:
        yield Cause(kinds.STALE, one, one, int(minor), NEVER if on is None else (today - on).days)


_FIND = {
    kinds.OVER: _over,
    kinds.LATE: _late,
    kinds.REPEATED: _repeated,
    kinds.PROMISE: _promise,
    kinds.IDLE: _idle,
    kinds.STALE: _stale,
}
