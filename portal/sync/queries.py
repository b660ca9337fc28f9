"""Connectors and what they know, as jobs and pages need them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, func, select

from portal.core import db
from portal.invoices.models import Invoice
from portal.sync.models import Connector, Push, Told
from portal.sync.states import ConnectorStatus
from portal.web import paging


def connectors() -> Sequence[Connector]:
    """All of them, the oldest first."""
    return db.session().scalars(select(Connector).order_by(Connector.id)).all()


def in_use() -> list[int]:
    return list(
        db.session().scalars(
            select(Connector.id).where(Connector.status == ConnectorStatus.ACTIVE).order_by(Connector.id)
        )
    )


def connector(connector_id: int, *, lock: bool = False) -> Connector | None:
    return db.session().get(Connector, connector_id, populate_existing=True, with_for_update=True if lock else None)


def told(told_id: int, *, lock: bool = False) -> Told | None:
    return db.session().get(Told, told_id, populate_existing=True, with_for_update=True if lock else None)


def known(connector_id: int, invoice_ids: Collection[int]) -> dict[int, Told]:
    """What a connector knows of these invoices, by invoice."""
    rows = db.session().scalars(
        select(Told).where(Told.connector_id == connector_id, Told.invoice_id.in_(invoice_ids)).with_for_update()
    )
    return {row.invoice_id: row for row in rows}


def invoices_behind(invoice_id: int, most: int) -> list[int]:
    """Every invoice that still counts, a piece at a time."""
    return list(
        db.session().scalars(
            select(Invoice.id)
            .where(Invoice.id > invoice_id, Invoice.kind == "invoice")
            .order_by(Invoice.id)
            .limit(most)
        )
    )


def waiting(connector_id: int, now: datetime, most: int) -> Sequence[Told]:
    """What goes out now, the longest waiting first; not what somebody has to look at."""
    return (
        db.session()
        .scalars(
            select(Told)
            .where(Told.connector_id == connector_id, Told.next_at <= now)
            .order_by(Told.id)
            .limit(most)
            .with_for_update()
        )
        .all()
    )


def counts(connector_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """By connector: how many wait, and how many somebody has to look at."""
    rows = db.session().execute(
        select(Told.connector_id, func.count(Told.next_at), func.count(Told.why))
        .where(Told.connector_id.in_(connector_ids))
        .group_by(Told.connector_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def stuck(connector_id: int, cursor: str | None) -> paging.Page[tuple[Told, str]]:
    """What somebody has to look at, with the invoice's number."""
    wanted = (
        select(Told, Invoice.number)
        .join(Invoice, Invoice.id == Told.invoice_id)
        .where(Told.connector_id == connector_id, Told.why.is_not(None))
    )
    key = Told.id.expression
    rows = db.session().execute(paging.after(cast(Select[Any], wanted), key, key, cursor, down=False)).all()
    return paging.page([(row[0], row[1]) for row in rows], lambda one: (one[0].id, one[0].id))


def last_push(connector_id: int, result: str) -> datetime | None:
    """When one last came to that."""
    wanted = select(func.max(Push.at)).where(Push.connector_id == connector_id, Push.result == result)
    return db.session().scalar(wanted)


def pushes(connector_id: int, most: int = 20) -> Sequence[tuple[Push, str | None]]:
    """The newest attempts, with the number of the invoice where it was one."""
    rows = db.session().execute(
        select(Push, Invoice.number)
        .outerjoin(Invoice, Invoice.id == Push.invoice_id)
        .where(Push.connector_id == connector_id)
        .order_by(Push.id.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]
