"""Promises, what the books say of them, and how many were kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, and_, case, func, or_, select

from portal.cases import kinds
from portal.cases.models import Case
from portal.core import clock, db
from portal.core.money import Money
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.promises.models import Promise, PromiseLine, PromiseTerm
from portal.promises.rules import REMEMBERED, Fact, KeptRate
from portal.promises.states import JUDGED, PromiseStatus

# Where money of the customer's comes from and goes back to. A refund is the creditor's own act: it breaks no promise.
_MONEY = (accounts.CARD, accounts.BANK, accounts.ELSEWHERE, accounts.UNALLOCATED, accounts.WITHHELD)
WAS_KEPT = case((Promise.status == PromiseStatus.KEPT, 1), else_=0)
# What the creditor has to decide first: a day that comes meanwhile is not the customer's to keep.
_LOOKED_INTO = (
    holds.DISPUTED,
    holds.DISPUTE,
    holds.CREDIT_EXPECTED,
    holds.CONTESTED,
    holds.PROBLEM_REPORTED,
    holds.NOT_RECEIVED,
    holds.ALREADY_PAID,
)


def promise(promise_id: int, *, lock: bool = False) -> Promise | None:
    """The promise as it stands in the database; with `lock` nobody else changes it until this transaction ends."""
    wanted = select(Promise).where(Promise.id == promise_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


@dataclass(frozen=True, slots=True)
class Whole:
    """A promise with its due items, and the case that both sides quote."""

    promise: Promise
    item_ids: tuple[int, ...]
    case_id: int | None
    case_number: str | None


def whole(promise_id: int, *, lock: bool = False) -> Whole | None:
    """All of it in one query, for its page."""
    about = and_(Case.kind == kinds.PROMISE, Case.subject_id == Promise.id)
    wanted = (
        select(Promise, PromiseLine.due_item_id, Case.id, Case.number)
        .join(PromiseLine, PromiseLine.promise_id == Promise.id)
        .outerjoin(Case, about)
        .where(Promise.id == promise_id)
        .order_by(PromiseLine.id)
        .execution_options(populate_existing=True)
    )
    rows = db.session().execute(wanted.with_for_update(of=Promise) if lock else wanted).all()
    if not rows:
        return None
    return Whole(rows[0][0], tuple(dict.fromkeys(row[1] for row in rows)), rows[0][2], rows[0][3])


def lines(promise_id: int) -> list[PromiseLine]:
    return list(
        db.session().scalars(select(PromiseLine).where(PromiseLine.promise_id == promise_id).order_by(PromiseLine.id))
    )


def terms(promise_id: int) -> list[PromiseTerm]:
    """Every day that was named for it, the first one first."""
    return list(
        db.session().scalars(select(PromiseTerm).where(PromiseTerm.promise_id == promise_id).order_by(PromiseTerm.id))
    )


def open_by_item(item_ids: Sequence[int]) -> dict[int, int]:
    """The open promise of each of these due items that has one."""
    rows = db.session().execute(
        select(PromiseLine.due_item_id, PromiseLine.promise_id).where(
            PromiseLine.due_item_id.in_(item_ids), PromiseLine.is_open
        )
    )
    return dict(rows.all())


def of_item(item_id: int) -> list[int]:
    """Promises about a due item that the books may still change, the oldest first."""
    wanted = (
        select(Promise.id)
        .join(PromiseLine, PromiseLine.promise_id == Promise.id)
        .where(PromiseLine.due_item_id == item_id, Promise.status.in_(JUDGED))
        .order_by(Promise.id)
    )
    return list(db.session().scalars(wanted))


def over(today: date) -> list[int]:
    """Open promises whose day is over, the oldest first."""
    wanted = select(Promise.id).where(Promise.status == PromiseStatus.OPEN, Promise.pay_on < today)
    return list(db.session().scalars(wanted.order_by(Promise.pay_on, Promise.id)))


def to_remind(tomorrow: date) -> list[int]:
    """Open promises for tomorrow whose customers asked for a note the day before and have not had it."""
    wanted = select(Promise.id).where(
        Promise.status == PromiseStatus.OPEN,
        Promise.pay_on == tomorrow,
        Promise.remind,
        or_(Promise.reminded_for.is_(None), Promise.reminded_for != tomorrow),
    )
    return list(db.session().scalars(wanted.order_by(Promise.id)))


@dataclass(frozen=True, slots=True)
class History:
    """How often a day was named for each due item asked about, and how many promises of a year were broken."""

    times: Mapping[int, int]
    broken: int


def history(debtor_id: int, item_ids: Sequence[int], today: date) -> History:
    """In one query. A promise that was overtaken was none of the customer's doing: it is not counted."""
    not_kept = and_(Promise.status == PromiseStatus.BROKEN, Promise.pay_on >= today - REMEMBERED)
    of_these = and_(PromiseLine.due_item_id.in_(item_ids), Promise.status != PromiseStatus.OVERTAKEN)
    rows = db.session().execute(
        select(Promise.id, not_kept, PromiseLine.due_item_id, func.count(PromiseTerm.id))
        .join(PromiseTerm, PromiseTerm.promise_id == Promise.id)
        .outerjoin(PromiseLine, and_(PromiseLine.promise_id == Promise.id, of_these))
        .where(Promise.debtor_id == debtor_id, or_(not_kept, PromiseLine.id.is_not(None)))
        .group_by(Promise.id, Promise.status, Promise.pay_on, PromiseLine.due_item_id)
    )
    times: dict[int, int] = {}
    broken = set()
    for promise_id, was_broken, item_id, named in rows:
        if was_broken:
            broken.add(promise_id)
        if item_id is not None:
            times[item_id] = times.get(item_id, 0) + named
    return History(times, len(broken))


def facts(promise: Promise) -> list[Fact]:
    """What the books say of each line: money booked since it was made, by its day and in all, and what is open."""
    came = and_(Transfer.credit == accounts.RECEIVABLE, Transfer.debit.in_(_MONEY), Transfer.kind != "credit_note")
    went = and_(Transfer.debit == accounts.RECEIVABLE, Transfer.credit.in_(_MONEY))
    # What went back counts whatever its day: the money is not there.
    in_time = case((and_(came, Transfer.value_on <= promise.pay_on), Transfer.amount_minor),
                   (went, -Transfer.amount_minor), else_=0)  # fmt: skip
    in_all = case((came, Transfer.amount_minor), (went, -Transfer.amount_minor), else_=0)
    since = and_(Transfer.receivable_id == PromiseLine.due_item_id, Transfer.id > promise.id)
    rows = db.session().execute(
        select(
            PromiseLine.id,
            PromiseLine.amount_minor,
            Receivable.open_minor,
            Invoice.withdrawn_at,
            func.coalesce(func.sum(in_time), 0),
            func.coalesce(func.sum(in_all), 0),
        )
        .join(DueItem, DueItem.id == PromiseLine.due_item_id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .outerjoin(Transfer, since)
        .where(PromiseLine.promise_id == promise.id)
        .group_by(PromiseLine.id, PromiseLine.amount_minor, Receivable.open_minor, Invoice.withdrawn_at)
        .order_by(PromiseLine.id)
    )
    return [
        Fact(promised, int(by_day), int(ever), open_minor, withdrawn_at is not None)
        for _, promised, open_minor, withdrawn_at, by_day, ever in rows
    ]


def was_looked_into(promise_id: int, moment: datetime) -> bool:
    """Whether something about one of its due items waited for the creditor at that moment, ended since or not."""
    held = (
        select(Hold.id)
        .join(PromiseLine, PromiseLine.due_item_id == Hold.due_item_id)
        .where(PromiseLine.promise_id == promise_id, Hold.reason.in_(_LOOKED_INTO), holds.ran_at(moment))
        .limit(1)
    )
    return db.session().scalar(held) is not None


def item_ids(promise_id: int) -> tuple[int, ...]:
    return tuple(one.due_item_id for one in lines(promise_id))


def rates(
    currency: str, *, debtor_id: int | None = None, first: date | None = None, last: date | None = None
) -> Select[int, int, int, int]:
    """Due, kept, promised and in time of `kept_rate`, as one row: for statements that ask for more besides."""
    wanted = select(
        func.count(Promise.id).label("due"),
        func.coalesce(func.sum(WAS_KEPT), 0).label("kept"),
        func.coalesce(func.sum(Promise.amount_minor), 0).label("promised"),
        func.coalesce(func.sum(Promise.paid_minor), 0).label("in_time"),
    ).where(
        Promise.currency == currency,
        Promise.status.in_((PromiseStatus.KEPT, PromiseStatus.BROKEN)),
        # One that was kept before its day is due on that day, as the others are.
        Promise.pay_on <= (last or clock.today()),
    )
    if debtor_id is not None:
        wanted = wanted.where(Promise.debtor_id == debtor_id)
    return wanted if first is None else wanted.where(Promise.pay_on >= first)


def kept_rate(
    currency: str, *, debtor_id: int | None = None, first: date | None = None, last: date | None = None
) -> KeptRate:
    """The kept-rate of promises whose day lies from `first` to `last`: of one customer, or of all the creditor's."""
    row = db.session().execute(rates(currency, debtor_id=debtor_id, first=first, last=last)).one()
    due, kept, promised, in_time = map(int, row)
    return KeptRate(due, kept, Money(promised, currency), Money(in_time, currency))
