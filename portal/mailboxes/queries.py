"""The creditor's mailbox, and what became of the last mails."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.core import db
from portal.mailboxes.models import Mailbox, MailSeen

SHOWN = 30


def mailbox(*, lock: bool = False) -> Mailbox | None:
    """The creditor's own; None where it has none."""
    wanted = select(Mailbox).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def last_mails(mailbox_id: int) -> Sequence[MailSeen]:
    """The newest first."""
    wanted = select(MailSeen).where(MailSeen.mailbox_id == mailbox_id).order_by(MailSeen.id.desc()).limit(SHOWN)
    return db.session().scalars(wanted).all()
