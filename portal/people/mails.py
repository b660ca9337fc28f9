"""Planning a mail to the creditor's own side: a row and an outbox row, written with the change that it tells of.

What it says is `portal.people.notices`, sending it is `portal.people.jobs`. No secret stands in either row: an
invitation's address is made at the moment of sending (decision 3).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from portal.core import clock, db, ids, outbox
from portal.people.models import StaffMail

SEND = "people.mail"

INVITATION = "invitation"
PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a message
SECOND_FACTOR_ON = "second_factor_on"
SECOND_FACTOR_OFF = "second_factor_off"
SECOND_FACTOR_RESET = "second_factor_reset"
RECOVERY_USED = "recovery_used"
ACCOUNT_ASKED = "account_asked"
ACCOUNT_APPROVED = "account_approved"
ACCOUNT_DONE = "account_done"
ACCOUNT_CALLED_OFF = "account_called_off"
SETTINGS_CHANGED = "settings_changed"
CREDIT_ALERTS = "credit_alerts"
DIGEST = "digest"
MONTH = "month"
WORDS_SET_ASIDE = "words_set_aside"


def plan(
    key: str,
    to_address: str,
    language: str,
    params: Mapping[str, Any],
    *,
    about_id: int | None = None,
    staff_id: int | None = None,
) -> StaffMail:
    """A mail to be sent now, within the scope of the creditor that it is about. `params` are JSON values."""
    row = StaffMail(
        id=ids.new_id(),
        key=key,
        to_address=to_address,
        language=language,
        about_id=about_id,
        staff_id=staff_id,
        params=dict(params),
        planned_at=clock.now(),
    )
    db.session().add(row)
    db.session().flush()
    outbox.put(SEND, row.id)
    return row


def latest_about(about_ids: Sequence[int]) -> dict[int, StaffMail]:
    """The newest mail about each of these."""
    rows = db.session().scalars(select(StaffMail).where(StaffMail.about_id.in_(about_ids)).order_by(StaffMail.id))
    return {row.about_id: row for row in rows if row.about_id is not None}
