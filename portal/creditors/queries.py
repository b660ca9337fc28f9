"""Finding creditors."""

from sqlalchemy import select

from portal.core import db, scope
from portal.creditors import faces
from portal.creditors.models import Creditor


def by_slug(slug: str) -> Creditor | None:
    return db.session().scalars(select(Creditor).where(Creditor.slug == slug)).one_or_none()


def by_id(creditor_id: int) -> Creditor:
    """The creditor; raises LookupError for an id that is none."""
    session = db.session()
    found = session.get(Creditor, creditor_id)
    if found is None:
        raise LookupError("no such creditor")
    session.info["creditor"] = found  # sessions hold their rows weakly: without this each caller asks anew
    return found


def in_scope() -> Creditor:
    """The creditor whose rows this transaction sees."""
    return by_id(scope.current().creditor_id)


def face(creditor_id: int) -> faces.Face:
    return faces.of(by_id(creditor_id))


def all_ids() -> list[int]:
    """Every creditor's id: what periodic work goes through, one transaction each."""
    return list(db.session().scalars(select(Creditor.id).order_by(Creditor.id)))
