"""Finding statements and movements: the queue, one movement, what is known already, what a debit gives back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.bank_statements.models import BankMovement, BankStatement, StatementBatch, StatementRemark
from portal.bank_statements.states import BatchStatus, MovementStatus
from portal.core import db, outbox, scope
from portal.core.money import Money
from portal.core.outbox import OutboxRow
from portal.creditors.models import Creditor
from portal.invoices.models import DueItem
from portal.ledger import accounts
from portal.ledger.models import Transfer
from portal.people.models import Staff
from portal.web import paging

SOURCE = "bank_movement"  # what a credit's postings come from (portal.ledger.actions.Source)
UNDO = "bank_undo"  # those by which the booking of a credit is undone
RETURN = "bank_return"  # and those of a debit that gives one back
RUN = "bank_statements.run"
S = MovementStatus
NOT_THERE_YET = "return_unmatched"  # why a return waits: the credit that it gives back is not known
HELD = (S.BOOKED, S.CREDITED)
GIVEN_BACK = "given_back"  # why a debit was put aside that is the transfer back of what was too much
UNDONE = "undone"  # why a booking that was undone stands, and why the movement that takes its place waits
ASIDE = (
    "outgoing",
    "taken_apart",
    "same",
    "given_back",
)  # why a movement stands for no money of its own (portal.bank_statements.booking)
_AT_ONCE = 500
_LARGEST_ID = 2**63 - 1


def take_turns() -> None:
    """One file at a time for this creditor until this transaction ends: what one brings in, the next finds known.

    SQLite lets one write at a time anyway; on PostgreSQL rows that name the creditor may still be written.
    """
    creditor_id = scope.current().creditor_id
    db.session().scalars(select(Creditor.id).where(Creditor.id == creditor_id).with_for_update(key_share=True)).one()


def batch(batch_id: int) -> StatementBatch | None:
    return db.session().scalars(select(StatementBatch).where(StatementBatch.id == batch_id)).one_or_none()


def movement(movement_id: int) -> BankMovement | None:
    return db.session().scalars(select(BankMovement).where(BankMovement.id == movement_id)).one_or_none()


def locked(movement_id: int) -> BankMovement | None:
    """The movement as it stands now; nobody else changes it until this transaction ends."""
    return (
        db.session()
        .scalars(
            select(BankMovement)
            .where(BankMovement.id == movement_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one_or_none()
    )


def statement(statement_id: int) -> BankStatement | None:
    return db.session().scalars(select(BankStatement).where(BankStatement.id == statement_id)).one_or_none()


def statement_by_key(key: str) -> BankStatement | None:
    return db.session().scalars(select(BankStatement).where(BankStatement.key == key)).one_or_none()


def known_as(column: str, values: Iterable[str]) -> list[BankMovement]:
    """The kept movements whose `bank_key`, `entry_key` or `content` is one of these."""
    wanted = sorted(set(values))
    found: list[BankMovement] = []
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        found += db.session().scalars(select(BankMovement).where(getattr(BankMovement, column).in_(some))).all()
    return found


def statements_by_id(statement_ids: Iterable[int]) -> dict[int, BankStatement]:
    wanted = sorted(set(statement_ids))
    found: dict[int, BankStatement] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = select(BankStatement).where(BankStatement.id.in_(wanted[start : start + _AT_ONCE]))
        found |= {row.id: row for row in db.session().scalars(some)}
    return found


def movements_by_id(movement_ids: Iterable[int]) -> dict[int, BankMovement]:
    wanted = sorted(set(movement_ids))
    return {row.id: row for row in db.session().scalars(select(BankMovement).where(BankMovement.id.in_(wanted)))}


def goes_on_after(statement_id: int, day: date) -> bool:
    """Whether a statement has movements of later days, and so all of this one."""
    later = select(BankMovement.id).where(BankMovement.statement_id == statement_id, BankMovement.booked_on > day)
    return db.session().scalar(later.limit(1)) is not None


def kept_of_amounts(amounts: Iterable[int], first: date, last: date) -> list[tuple[BankMovement, BankStatement]]:
    """Kept movements of exactly these amounts with value in these days, the earliest kept first, each with the
    statement that brought it; those that only stand for others, or concern nobody here, are left out."""
    wanted = sorted(set(amounts))
    found: list[tuple[BankMovement, BankStatement]] = []
    for start in range(0, len(wanted), _AT_ONCE):
        rows = db.session().execute(
            select(BankMovement, BankStatement)
            .join(BankStatement, BankStatement.id == BankMovement.statement_id)
            .where(
                BankMovement.amount_minor.in_(wanted[start : start + _AT_ONCE]),
                BankMovement.value_on.between(first, last),
                or_(BankMovement.why.is_(None), BankMovement.why.not_in(ASIDE)),
                BankMovement.status != S.UNDONE,
            )
            .order_by(BankMovement.id)
        )
        found += [(row, statement) for row, statement in rows]
    return found


def waiting_returns() -> list[BankMovement]:
    """Debits that the bank calls returns and whose credit was not there yet."""
    wanted = select(BankMovement).where(
        BankMovement.why == NOT_THERE_YET, BankMovement.status == S.WAITING, BankMovement.amount_minor < 0
    )
    return list(db.session().scalars(wanted.order_by(BankMovement.id).limit(1000)))


def queue(cursor: str | None) -> paging.Page[BankMovement]:
    """What waits for a person, the newest first."""
    return _page(select(BankMovement).where(BankMovement.status == S.WAITING), cursor)


def movements(
    cursor: str | None, status: MovementStatus | None = None, statement_id: int | None = None
) -> paging.Page[BankMovement]:
    """Movements, the newest first."""
    wanted = select(BankMovement)
    if status is not None:
        wanted = wanted.where(BankMovement.status == status)
    if statement_id is not None:
        wanted = wanted.where(BankMovement.statement_id == statement_id)
    return _page(wanted, cursor)


def statements(cursor: str | None) -> paging.Page[BankStatement]:
    """Statements, the newest first."""
    wanted = select(BankStatement).order_by(BankStatement.id.desc()).limit(paging.PAGE_SIZE + 1)
    last_id = _last_id(cursor)
    if last_id is not None:
        wanted = wanted.where(BankStatement.id < last_id)
    return paging.page(db.session().scalars(wanted).all(), lambda row: (row.id, row.id))


def _page(wanted: object, cursor: str | None) -> paging.Page[BankMovement]:
    statement_ = wanted.order_by(BankMovement.id.desc()).limit(paging.PAGE_SIZE + 1)  # type: ignore[attr-defined]
    last_id = _last_id(cursor)
    if last_id is not None:
        statement_ = statement_.where(BankMovement.id < last_id)
    return paging.page(db.session().scalars(statement_).all(), lambda row: (row.id, row.id))


def _last_id(cursor: str | None) -> int | None:
    place = paging.read_cursor(cursor)
    return place[1] if place is not None and 0 < place[1] <= _LARGEST_ID else None


def given_back_by(found: BankMovement, *, in_part: bool = False) -> list[BankMovement]:
    """Booked credits that this debit may give back: the same amount, and a name in common with it; with `in_part`
    those of more too.

    By end-to-end reference, or by the account that it came from and goes back to.
    """
    names = []
    if found.end_to_end_id:
        names.append(BankMovement.end_to_end_id == found.end_to_end_id)
    if found.counterparty_iban:
        names.append(BankMovement.counterparty_iban == found.counterparty_iban)
    return _held(found, or_(*names), in_part=in_part) if names else []


def booked_on_items(item_ids: Sequence[int], found: BankMovement, *, in_part: bool = False) -> list[BankMovement]:
    """Booked credits of the amount of this debit that settled one of these due items; with `in_part` of more too."""
    sources = select(Transfer.source_id).where(Transfer.receivable_id.in_(item_ids), Transfer.source_kind == SOURCE)
    return _held(found, BankMovement.id.in_(sources), in_part=in_part)


def _held(found: BankMovement, named: Any, *, in_part: bool) -> list[BankMovement]:
    minor = -found.amount_minor
    wanted = select(BankMovement).where(
        named,
        BankMovement.amount_minor >= minor if in_part else BankMovement.amount_minor == minor,
        BankMovement.currency == found.currency,
        BankMovement.status.in_(HELD),
    )
    return list(db.session().scalars(wanted.order_by(BankMovement.id.desc()).limit(20)))


def given_back(movement_id: int) -> int:
    """How much of a credit the bank has taken back so far, in minor units."""
    back = select(func.coalesce(func.sum(BankMovement.amount_minor), 0)).where(BankMovement.returns_id == movement_id)
    return -int(db.session().scalar(back) or 0)


def came_from(iban: str, currency: str, until: date) -> list[int]:
    """Ids of the booked credits that came from this account until that day, the newest first."""
    came = select(BankMovement.id).where(
        BankMovement.counterparty_iban == iban,
        BankMovement.amount_minor > 0,
        BankMovement.currency == currency,
        BankMovement.status.in_(HELD),
        BankMovement.value_on <= until,
    )
    return list(db.session().scalars(came.order_by(BankMovement.id.desc()).limit(_AT_ONCE)))


def told_until() -> date | None:
    """The last day of which a movement was told; None before the first."""
    return db.session().scalar(select(func.max(BankStatement.made_on)))


def returns_of(movement_id: int) -> list[BankMovement]:
    """The debits that gave a credit back, in whole or in part, in their order."""
    wanted = select(BankMovement).where(BankMovement.returns_id == movement_id)
    return list(db.session().scalars(wanted.order_by(BankMovement.value_on, BankMovement.id)))


def undo_asked(movement_id: Any) -> ColumnElement[bool]:
    """Whether a colleague's word that this movement was booked by mistake waits for another's."""
    one = aliased(BankMovement)
    asked = select(one.id).where(one.id == movement_id, one.undo_asked_by.is_not(None), one.status.in_(HELD))
    return asked.exists()


def missing(debit: BankMovement) -> Money:
    """What of a booked return had gone back to the customer before: it stands on WITHHELD, and is theirs to repay."""
    found = select(func.coalesce(func.sum(Transfer.amount_minor), 0)).where(
        Transfer.source_kind == RETURN, Transfer.source_id == debit.id, Transfer.debit == accounts.WITHHELD
    )
    return Money(int(db.session().scalar(found) or 0), debit.currency)


def waiting_to_be_returned(items: Subquery) -> Select[Any]:
    """Debits that wait for a person and may give back a credit that settled one of these due items (their ids in
    `items.c.id`): by end-to-end reference, by account, or by the payment reference that they name."""
    debit, credit = aliased(BankMovement), aliased(BankMovement)
    named = func.replace(func.coalesce(debit.creditor_reference, "") + " " + func.coalesce(debit.text, ""), " ", "")
    return (
        select(debit.id)
        .join(
            credit,
            and_(
                credit.status.in_(HELD),
                credit.currency == debit.currency,
                credit.amount_minor >= -debit.amount_minor,
            ),
        )
        .join(Transfer, and_(Transfer.origin_kind == SOURCE, Transfer.origin_id == credit.id))
        .join(DueItem, DueItem.id == Transfer.receivable_id)
        .where(
            Transfer.receivable_id == items.c.id,
            debit.status == S.WAITING,
            debit.amount_minor < 0,
            or_(
                debit.end_to_end_id == credit.end_to_end_id,
                debit.counterparty_iban == credit.counterparty_iban,
                named.contains(DueItem.reference),
            ),
        )
    )


@dataclass(frozen=True, slots=True)
class Past:
    """A batch with the name of who brought it in; none for one from the command line."""

    batch: StatementBatch
    who: str | None


def past(cursor: str | None) -> paging.Page[Past]:
    """Every batch, the newest first."""
    wanted = select(StatementBatch).order_by(StatementBatch.id.desc()).limit(paging.PAGE_SIZE + 1)
    last_id = _last_id(cursor)
    if last_id is not None:
        wanted = wanted.where(StatementBatch.id < last_id)
    found = db.session().scalars(wanted).all()
    staff_ids = {row.staff_id for row in found if row.staff_id is not None}
    names = {one.id: one.name for one in db.session().scalars(select(Staff).where(Staff.id.in_(staff_ids)))}
    return paging.page(
        [Past(row, names.get(row.staff_id or 0)) for row in found], lambda one: (one.batch.id, one.batch.id)
    )


def remarks(batch_id: int, limit: int = 200, code: str | None = None) -> list[StatementRemark]:
    """What was refused or doubted in a batch, in the files' order, refusals first; only of this `code` perhaps."""
    wanted = select(StatementRemark).where(StatementRemark.batch_id == batch_id)
    if code is not None:
        wanted = wanted.where(StatementRemark.code == code)
    return list(
        db.session().scalars(wanted.order_by(StatementRemark.refused.desc(), StatementRemark.position).limit(limit))
    )


def has_stopped(found: StatementBatch) -> bool:
    """Whether nobody works on this batch any more although it is not done."""
    if found.status is not BatchStatus.RUNNING:
        return found.status is BatchStatus.FAILED
    task = db.session().scalars(
        select(OutboxRow)
        .where(OutboxRow.kind == RUN, OutboxRow.subject_id == found.id)
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    row = task.one_or_none()
    return row is not None and row.state == outbox.GAVE_UP
