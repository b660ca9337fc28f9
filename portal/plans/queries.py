"""Plans with their lines and instalments, and what the books say of them."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, case, func, or_, select

from portal.core import clock, db, ids
from portal.core.events import EventRow
from portal.core.money import Money
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.plans.events import InstalmentReopened, PlanDefaulted
from portal.plans.models import Instalment, Plan, PlanLine, PlanRound
from portal.plans.rules import REMEMBERED
from portal.plans.states import AGREED, FOLLOWED, OPEN, TALKING, InstalmentStatus, PlanStatus

# Where money of the customer's comes from and goes back to; a refund is the creditor's own act.
_AT_ONCE = 500
_MONEY = (accounts.CARD, accounts.BANK, accounts.ELSEWHERE, accounts.UNALLOCATED, accounts.WITHHELD)


def plan(plan_id: int, *, lock: bool = False) -> Plan | None:
    """The plan as it stands in the database; with `lock` nobody else changes it until this transaction ends."""
    wanted = select(Plan).where(Plan.id == plan_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def lines(plan_id: int) -> list[PlanLine]:
    return list(db.session().scalars(select(PlanLine).where(PlanLine.plan_id == plan_id).order_by(PlanLine.id)))


def item_ids(plan_id: int) -> tuple[int, ...]:
    return tuple(one.due_item_id for one in lines(plan_id))


def instalments(plan_id: int) -> list[Instalment]:
    """All of them, also those that are not asked for any more, by day and number."""
    wanted = select(Instalment).where(Instalment.plan_id == plan_id)
    return list(db.session().scalars(wanted.order_by(Instalment.due_on, Instalment.number)))


def asked(plan_id: int) -> list[Instalment]:
    """The instalments that count, by day and number."""
    return [one for one in instalments(plan_id) if one.status is not InstalmentStatus.CANCELLED]


def rounds(plan_id: int) -> list[PlanRound]:
    """The terms that were put forward, the first one first."""
    return list(db.session().scalars(select(PlanRound).where(PlanRound.plan_id == plan_id).order_by(PlanRound.id)))


def of_debtor(debtor_id: int, invoice_id: int | None = None) -> list[Plan]:
    """The customer's plans, the newest first; through a link to one document those about it alone."""
    wanted = select(Plan).where(Plan.debtor_id == debtor_id)
    if invoice_id is not None:
        wanted = wanted.where(Plan.id.in_(_about(invoice_id)))
    return list(db.session().scalars(wanted.order_by(Plan.id.desc()).limit(20)))


def _about(invoice_id: int):  # type: ignore[no-untyped-def]
    return (
        select(PlanLine.plan_id)
        .join(DueItem, DueItem.id == PlanLine.due_item_id)
        .where(DueItem.invoice_id == invoice_id)
    )


def is_about_only(plan_id: int, invoice_id: int) -> bool:
    """Whether nothing but this document is in the plan: then a link to it alone shows all of it (rule A-07)."""
    others = (
        select(func.count(PlanLine.id))
        .join(DueItem, DueItem.id == PlanLine.due_item_id)
        .where(PlanLine.plan_id == plan_id, DueItem.invoice_id != invoice_id)
    )
    return not db.session().scalar(others)


def standing(debtor_id: int) -> list[Plan]:
    """What this customer has agreed and is paying, the oldest first."""
    wanted = select(Plan).where(Plan.debtor_id == debtor_id, Plan.status.in_(AGREED))
    return list(db.session().scalars(wanted.order_by(Plan.id)))


def open_of_items(ids: Sequence[int]) -> dict[int, Plan]:
    """By due item the plan that stands or is being talked about."""
    rows = db.session().execute(
        select(PlanLine.due_item_id, Plan)
        .join(Plan, Plan.id == PlanLine.plan_id)
        .where(PlanLine.due_item_id.in_(ids), PlanLine.is_open)
    )
    return dict(rows.all())


def of_item(item_id: int) -> list[tuple[int, PlanStatus]]:
    """Plans about a due item that a change of the books concerns, the oldest first."""
    wanted = (
        select(Plan.id, Plan.status)
        .join(PlanLine, PlanLine.plan_id == Plan.id)
        .where(PlanLine.due_item_id == item_id, Plan.status.in_((*TALKING, *FOLLOWED)))
        .order_by(Plan.id)
    )
    return [(row[0], row[1]) for row in db.session().execute(wanted)]


def is_being_changed(plan_id: int) -> bool:
    """Whether another plan that would take its place is being talked about."""
    wanted = select(Plan.id).where(Plan.replaces_id == plan_id, Plan.status.in_(TALKING)).limit(1)
    return db.session().scalar(wanted) is not None


def broken(debtor_id: int) -> int:
    """How many plans of the last two years ended unkept."""
    since = clock.now() - REMEMBERED
    unkept = select(func.count(Plan.id)).where(
        Plan.debtor_id == debtor_id, Plan.status == PlanStatus.DEFAULTED, Plan.status_at >= since
    )
    return int(db.session().scalar(unkept) or 0)


@dataclass(frozen=True, slots=True)
class Fact:
    """What the books say of one line, in minor units: come since its terms were reckoned, and open now."""

    came: int
    open: int


def facts(one: Plan) -> list[Fact]:
    """Money since its terms were reckoned, less what of it went back, and what is open; nothing is owed on a
    withdrawn document. The first instalment was made with the terms: what came while they were talked about is in
    them. What goes back of older money is debt again, and takes nothing from what came since."""
    came = _came(one.id)
    rows = db.session().execute(
        select(PlanLine.due_item_id, Receivable.open_minor, Invoice.withdrawn_at)
        .join(DueItem, DueItem.id == PlanLine.due_item_id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .join(Receivable, Receivable.id == DueItem.id)
        .where(PlanLine.plan_id == one.id)
        .order_by(PlanLine.id)
    )
    return [Fact(came[item_id], 0 if gone is not None else open_minor) for item_id, open_minor, gone in rows]


def _came(plan_id: int) -> Counter[int]:
    """By due item what came; of one origin's money the last that came goes back first (portal.ledger.origins)."""
    reckoned = select(func.min(Instalment.id)).where(Instalment.plan_id == plan_id).scalar_subquery()
    came = and_(Transfer.credit == accounts.RECEIVABLE, Transfer.debit.in_(_MONEY), Transfer.kind != "credit_note")
    went = and_(Transfer.debit == accounts.RECEIVABLE, Transfer.credit.in_(_MONEY))
    rows = db.session().execute(
        select(
            Transfer.receivable_id,
            Transfer.origin_kind,
            Transfer.origin_id,
            case((came, Transfer.amount_minor), else_=-Transfer.amount_minor),
        )
        .join(PlanLine, PlanLine.due_item_id == Transfer.receivable_id)
        .where(PlanLine.plan_id == plan_id, Transfer.id > reckoned, or_(came, went))
        .order_by(Transfer.id)
    )
    by_origin = Counter[tuple[int, str, int]]()
    for item_id, kind, origin_id, minor in rows:
        place = (item_id, kind, origin_id)
        by_origin[place] = max(0, by_origin[place] + minor)
    found = Counter[int]()
    for (item_id, _, _), minor in by_origin.items():
        found[item_id] += minor
    return found


INTEREST = "plan_interest"  # the source of agreed interest, in the books
DISCOUNT = "plan_discount"  # the source of what is let go of at the end, in the books


def interest_gone(plan_id: int) -> int:
    """What of a plan's interest was taken back and is not owed again, in minor units."""
    back = case((Transfer.credit == accounts.RECEIVABLE, Transfer.amount_minor), else_=0)
    owed = case((Transfer.debit == accounts.RECEIVABLE, Transfer.amount_minor), else_=0)
    net = select(func.coalesce(func.sum(back - owed), 0)).where(
        Transfer.source_kind == INTEREST, Transfer.source_id == plan_id
    )
    agreed = select(Plan.interest_minor).where(Plan.id == plan_id)
    return int(db.session().scalar(net) or 0) + int(db.session().scalar(agreed) or 0)


def went_back(row: Instalment) -> bool:
    """Whether an instalment is open because money that had paid it went back."""
    happened = select(EventRow.data).where(
        EventRow.subject_kind == "plan",
        EventRow.subject_id == row.plan_id,
        EventRow.name == InstalmentReopened.name,
        EventRow.at >= row.status_at,
    )
    mine = ids.spell(row.id)
    return any(data["instalment_id"] == mine for data in db.session().scalars(happened))


def was_unkept(plan_id: int) -> bool:
    """Whether it had ended because instalments were missed, whatever became of it later."""
    ended = select(EventRow.seq).where(
        EventRow.subject_kind == "plan", EventRow.subject_id == plan_id, EventRow.name == PlanDefaulted.name
    )
    return db.session().scalar(ended.limit(1)) is not None


def let_go(plan_id: int) -> int:
    """How much of its due items is let go of since the plan's end, in minor units."""
    net = case((Transfer.credit == accounts.RECEIVABLE, Transfer.amount_minor), else_=-Transfer.amount_minor)
    booked = select(func.coalesce(func.sum(net), 0)).where(
        Transfer.source_kind == DISCOUNT, Transfer.source_id == plan_id
    )
    return int(db.session().scalar(booked) or 0)


def stands_for(row_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """By instalment among these ids the due items of its plan, which money that names it pays."""
    found: dict[int, tuple[int, ...]] = {}
    wanted = sorted(row_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = db.session().execute(
            select(Instalment.id, PlanLine.due_item_id)
            .join(PlanLine, PlanLine.plan_id == Instalment.plan_id)
            .where(Instalment.id.in_(wanted[start : start + _AT_ONCE]))
            .order_by(Instalment.id, PlanLine.id)
        )
        for instalment_id, item_id in rows:
            found[instalment_id] = (*found.get(instalment_id, ()), item_id)
    return found


def agreed_amounts(ids: Collection[int]) -> set[int]:
    """What may be paid of these due items as it is: what is left of each instalment of their plans, and of all."""
    plans = select(PlanLine.plan_id).where(PlanLine.due_item_id.in_(ids), PlanLine.is_open)
    left = Instalment.amount_minor - Instalment.paid_minor
    rows = (
        db.session()
        .execute(select(Instalment.plan_id, left).where(Instalment.plan_id.in_(plans), Instalment.status.in_(OPEN)))
        .all()
    )
    whole = Counter[int]()
    for plan_id, minor in rows:
        whole[plan_id] += minor
    return {minor for _, minor in rows} | set(whole.values())


def out_of_time(now: datetime) -> list[int]:
    """Plans that nobody answered in time."""
    late = select(Plan.id).where(Plan.status.in_(TALKING), Plan.answer_by.is_not(None), Plan.answer_by < now)
    return list(db.session().scalars(late.order_by(Plan.id)))


def to_activate(now: datetime) -> list[int]:
    """Accepted plans whose day for taking back is over."""
    ready = select(Plan.id).where(Plan.status == PlanStatus.ACCEPTED, Plan.active_from <= now)
    return list(db.session().scalars(ready.order_by(Plan.id)))


def to_look_at(until: date) -> list[int]:
    """Plans with an instalment that is not paid and falls until that day."""
    open_now = Instalment.status.in_(OPEN)
    wanted = (
        select(Plan.id)
        .join(Instalment, Instalment.plan_id == Plan.id)
        .where(Plan.status.in_(AGREED), open_now, Instalment.due_on <= until)
        .distinct()
    )
    return list(db.session().scalars(wanted.order_by(Plan.id)))


@dataclass(frozen=True, slots=True)
class NextOne:
    """What is asked for next of a plan: the first instalment that is not paid, and what of it."""

    instalment: Instalment
    left: Money


def next_one(rows: Sequence[Instalment], currency: str) -> NextOne | None:
    for row in rows:
        if row.status not in {InstalmentStatus.PAID, InstalmentStatus.CANCELLED}:
            return NextOne(row, Money(row.amount_minor - row.paid_minor, currency))
    return None
