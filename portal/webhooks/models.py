"""Where a creditor's system listens, what is owed to it, and each attempt to deliver."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned
from portal.core.states import StatusColumn
from portal.webhooks.states import DeliveryStatus, EndpointStatus


class Endpoint(CreditorOwned, db.Base):
    __tablename__ = "webhook_endpoints"
    __table_args__ = (UniqueConstraint("creditor_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    url: Mapped[str] = mapped_column(String(500))
    sealed_secret: Mapped[str] = mapped_column(String(400))  # portal.core.signing.seal
    sealed_old_secret: Mapped[str | None] = mapped_column(String(400))  # signs beside it until `old_until`
    old_until: Mapped[datetime | None]
    kinds: Mapped[str | None] = mapped_column(Text)  # `plan.* promise.broken`: what it wants to hear of; empty: all
    notify_email: Mapped[str | None] = mapped_column(String(254))  # told when it is stopped
    status: Mapped[EndpointStatus] = mapped_column(StatusColumn(EndpointStatus))
    status_at: Mapped[datetime]
    stopped_why: Mapped[str | None] = mapped_column(String(200))
    throttled_until: Mapped[datetime | None]  # it asked for less (429, 502, 504): nothing goes there before
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Delivery(CreditorOwned, db.Base):
    """One event for one endpoint; the body is fixed when it is queued, so each try sends the same bytes."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "endpoint_id", "event_id"),
        ForeignKeyConstraint(
            ["creditor_id", "endpoint_id"], ["webhook_endpoints.creditor_id", "webhook_endpoints.id"]
        ),
        Index("ix_webhook_deliveries_status", "creditor_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    endpoint_id: Mapped[int]
    event_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[DeliveryStatus] = mapped_column(StatusColumn(DeliveryStatus))
    status_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)  # since it was queued, or sent again by hand
    next_at: Mapped[datetime | None]  # empty: none is planned, it was made or given up, or its endpoint is stopped
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DeliveryTry(CreditorOwned, db.Base):
    __tablename__ = "webhook_tries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["creditor_id", "delivery_id"], ["webhook_deliveries.creditor_id", "webhook_deliveries.id"]
        ),
        Index("ix_webhook_tries_delivery", "creditor_id", "delivery_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    delivery_id: Mapped[int]
    at: Mapped[datetime]
    http_status: Mapped[int | None]
    milliseconds: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(100))
