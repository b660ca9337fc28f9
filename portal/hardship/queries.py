"""Who rests now."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select

from portal.core import clock, db
from portal.hardship.models import Rest
from portal.hardship.states import RestStatus


def runs(now: datetime) -> ColumnElement[bool]:
    """That a rest runs at this moment."""
    return and_(Rest.status == RestStatus.RUNNING, Rest.until > now)


def of_debtor(debtor_id: int) -> Rest | None:
    return db.session().scalars(select(Rest).where(Rest.debtor_id == debtor_id)).one_or_none()


def one(rest_id: int) -> Rest | None:
    return db.session().scalars(select(Rest).where(Rest.id == rest_id)).one_or_none()


def running(debtor_id: int) -> Rest | None:
    """The customer's rest, where it runs now."""
    found = of_debtor(debtor_id)
    return found if found is not None and found.status is RestStatus.RUNNING and found.until > clock.now() else None


def rests(debtor_id: ColumnElement[int]) -> ColumnElement[bool]:
    """That the customer of the statement around it rests at this moment."""
    return exists().where(Rest.debtor_id == debtor_id, runs(clock.now()))


def over(now: datetime) -> Sequence[Rest]:
    """Rests that have run out and still stand as running."""
    return db.session().scalars(select(Rest).where(Rest.status == RestStatus.RUNNING, Rest.until <= now)).all()
