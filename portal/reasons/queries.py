"""What was said about why something is open, and how often."""

from datetime import datetime

from sqlalchemy import bindparam, func, or_, select

from portal.core import db, scope
from portal.reasons import rules
from portal.reasons.models import Reason

_LATEST = (
    select(Reason)
    .where(
        Reason.debtor_id == bindparam("debtor_id"),
        or_(Reason.invoice_id.is_(None), Reason.invoice_id == bindparam("invoice_id"), bindparam("all")),
    )
    .order_by(Reason.id.desc())
    .limit(1)
)


def latest(debtor_id: int, invoice_id: int | None = None) -> Reason | None:
    """What the customer said last: about one invoice (or about all of them), or about any."""
    asked = {"debtor_id": debtor_id, "invoice_id": invoice_id, "all": invoice_id is None}
    return db.session().scalars(scope.prepared(_LATEST), asked).one_or_none()


def shown_to_staff(debtor_id: int, *, private: bool) -> list[Reason]:
    """The latest, newest first; `private`: also what few roles see (rule C-26)."""
    wanted = select(Reason).where(Reason.debtor_id == debtor_id).order_by(Reason.id.desc()).limit(5)
    if not private:
        wanted = wanted.where(Reason.reason.not_in(rules.PRIVATE))
    return list(db.session().scalars(wanted))


def by_cause(first: datetime, last: datetime) -> dict[str, int]:
    """How many customers gave each reason from `first` up to `last`: counts of customers, never who."""
    rows = db.session().execute(
        select(Reason.reason, func.count(func.distinct(Reason.debtor_id)))
        .where(Reason.given_at >= first, Reason.given_at < last)
        .group_by(Reason.reason)
    )
    counted = {reason: int(number) for reason, number in rows}
    return {reason: counted.get(reason, 0) for reason in rules.REASONS}
