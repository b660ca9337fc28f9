"""The creditor's keys."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.api.models import ApiKey
from portal.core import db


def key(key_id: int, *, lock: bool = False) -> ApiKey | None:
    asked = select(ApiKey).where(ApiKey.id == key_id)
    return db.session().scalars(asked.with_for_update() if lock else asked).one_or_none()


def listed() -> Sequence[ApiKey]:
    """The newest first; those that were revoked stay to be seen."""
    return db.session().scalars(select(ApiKey).order_by(ApiKey.id.desc())).all()
