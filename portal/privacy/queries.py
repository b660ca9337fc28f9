"""What there is about one customer, what stands against erasing it, and the erasures so far."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from portal.cases.kinds import ABOUT_A_DOCUMENT
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import db
from portal.core.events import EventRow
from portal.debtors.models import Debtor, StepUp
from portal.debtors.states import StepUpStatus
from portal.ledger.models import Receivable
from portal.overpayments.models import Overpayment
from portal.overpayments.states import OverpaymentStatus
from portal.payments.models import CardDispute, PaymentAttempt, Refund
from portal.payments.states import AttemptStatus, CardDisputeStatus, RefundStatus
from portal.privacy.events import RetentionRan
from portal.privacy.models import Erasure
from portal.privacy.register import Table, register
from portal.privacy.rules import Obstacles

UNDER_WAY = (AttemptStatus.CREATED, AttemptStatus.REDIRECTED, AttemptStatus.PROCESSING, AttemptStatus.DISPUTED)
GOING_BACK = (RefundStatus.REQUESTED, RefundStatus.APPROVED, RefundStatus.PENDING)
NOT_SETTLED = (OverpaymentStatus.OPEN, OverpaymentStatus.KEPT, OverpaymentStatus.REFUND_REQUESTED)


def model(table: str) -> Any:
    """The mapped class of a table; its attributes are called like its columns."""
    return next(one.class_ for one in db.Base.registry.mappers if one.class_.__tablename__ == table)


def of_person(table: Table, debtor_id: int) -> Any:
    """The condition that picks the rows about this customer."""
    mapped = model(table.name)
    return mapped.id == debtor_id if mapped is Debtor else mapped.debtor_id == debtor_id


def _count(mapped: Any, *conditions: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(mapped).where(*conditions).scalar_subquery()


def obstacles(debtor_id: int) -> Obstacles:
    """What is not finished with this customer, in one query."""
    open_ones: dict[str, tuple[Any, ColumnElement[bool]]] = {
        "open_items": (Receivable, Receivable.open_minor > 0),
        "payments": (PaymentAttempt, PaymentAttempt.status.in_(UNDER_WAY)),
        "refunds": (Refund, Refund.status.in_(GOING_BACK)),
        "contested": (CardDispute, CardDispute.status == CardDisputeStatus.OPEN),
        "overpaid": (Overpayment, Overpayment.status.in_(NOT_SETTLED)),
        "questions": (Case, and_(Case.status == CaseStatus.OURS, Case.kind.not_in(ABOUT_A_DOCUMENT))),
        "agreements": (StepUp, StepUp.status == StepUpStatus.WITH_STAFF),
    }
    counted = select(
        *(
            _count(mapped, mapped.debtor_id == debtor_id, condition).label(name)
            for name, (mapped, condition) in open_ones.items()
        )
    )
    return Obstacles(**db.session().execute(counted).one()._asdict())


def held(debtor_id: int) -> list[tuple[Table, int]]:
    """The tables that hold something about this customer, with how many rows; in one query."""
    tables = register().of_debtors()
    counted = select(*(_count(model(table.name), of_person(table, debtor_id)) for table in tables))
    rows = db.session().execute(counted).one()
    return [(table, number) for table, number in zip(tables, rows, strict=True) if number]


def erasures(debtor_id: int) -> list[Erasure]:
    """The newest first."""
    mine = select(Erasure).where(Erasure.debtor_id == debtor_id).order_by(Erasure.id.desc())
    return list(db.session().scalars(mine))


def erasure(debtor_id: int, erasure_id: int) -> Erasure | None:
    return (
        db.session()
        .scalars(select(Erasure).where(Erasure.id == erasure_id, Erasure.debtor_id == debtor_id))
        .one_or_none()
    )


def debtor_with_code(code: str) -> Debtor | None:
    return db.session().scalars(select(Debtor).where(Debtor.code == code)).one_or_none()


def last_run() -> EventRow | None:
    """When the daily run last came to its end, and how many rows went."""
    ran = select(EventRow).where(EventRow.name == RetentionRan.name).order_by(EventRow.seq.desc()).limit(1)
    return db.session().scalars(ran).one_or_none()
