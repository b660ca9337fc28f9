"""Endpoints and deliveries as jobs and pages need them."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.core import db
from portal.web import paging
from portal.webhooks.models import Delivery, DeliveryTry, Endpoint
from portal.webhooks.states import DeliveryStatus


def endpoints() -> Sequence[Endpoint]:
    """All of them, the oldest first."""
    return db.session().scalars(select(Endpoint).order_by(Endpoint.id)).all()


def endpoint(endpoint_id: int, *, lock: bool = False) -> Endpoint | None:
    """The endpoint as it stands now; with `lock` nobody else changes it before this transaction ends."""
    return db.session().get(Endpoint, endpoint_id, populate_existing=True, with_for_update=True if lock else None)


def delivery(delivery_id: int, *, lock: bool = False) -> Delivery | None:
    return db.session().get(Delivery, delivery_id, populate_existing=True, with_for_update=True if lock else None)


def waiting(endpoint_id: int) -> Sequence[Delivery]:
    """What an endpoint has not had yet, oldest first."""
    return (
        db.session()
        .scalars(
            select(Delivery)
            .where(Delivery.endpoint_id == endpoint_id, Delivery.status == DeliveryStatus.WAITING)
            .order_by(Delivery.id)
        )
        .all()
    )


def given_up(limit: int = 10_000) -> Sequence[Delivery]:
    """What was given up on, oldest first."""
    return (
        db.session()
        .scalars(select(Delivery).where(Delivery.status == DeliveryStatus.GAVE_UP).order_by(Delivery.id).limit(limit))
        .all()
    )


def listing(
    status: DeliveryStatus | None = None, endpoint_id: int | None = None, cursor: str | None = None
) -> paging.Page[Delivery]:
    """Deliveries, newest first; only those of `status` or to one endpoint, where given."""
    statement = select(Delivery)
    if status is not None:
        statement = statement.where(Delivery.status == status)
    if endpoint_id is not None:
        statement = statement.where(Delivery.endpoint_id == endpoint_id)
    ordered = paging.after(statement, Delivery.id.expression, Delivery.id.expression, cursor, down=True)
    return paging.page(db.session().scalars(ordered).all(), lambda row: (row.id, row.id))


def tries(delivery_id: int) -> Sequence[DeliveryTry]:
    """Every attempt at one delivery, newest first."""
    return (
        db.session()
        .scalars(select(DeliveryTry).where(DeliveryTry.delivery_id == delivery_id).order_by(DeliveryTry.id.desc()))
        .all()
    )


def last_tries(deliveries: Sequence[Delivery]) -> dict[int, DeliveryTry]:
    """The newest attempt at each of these deliveries."""
    wanted = [one.id for one in deliveries]
    rows = db.session().scalars(
        select(DeliveryTry).where(DeliveryTry.delivery_id.in_(wanted)).order_by(DeliveryTry.id)
    )
    return {row.delivery_id: row for row in rows}


def last_try_at(endpoint_id: int) -> DeliveryTry | None:
    """The newest attempt at anything for one endpoint."""
    return (
        db.session()
        .scalars(
            select(DeliveryTry)
            .join(Delivery, Delivery.id == DeliveryTry.delivery_id)
            .where(Delivery.endpoint_id == endpoint_id)
            .order_by(DeliveryTry.id.desc())
            .limit(1)
        )
        .one_or_none()
    )
