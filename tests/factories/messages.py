"""Messages planned as a feature would plan them, and the relay they leave through."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from portal.core import clock, db, installation, jobs, scope
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.debtors import links
from portal.debtors.models import ContactPoint
from portal.doubles.mailbox import Mailbox
from portal.messages import actions
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.reminders import actions as reminders
from portal.settings import Smtp
from tests.factories.world import Account

SENDER = "portale@mail.portal.test"


def relay_through(mailbox: Mailbox, **values: Any) -> None:
    """Mail of this installation leaves through `mailbox` from here on."""
    smtp = Smtp(host=mailbox.smtp_host, port=mailbox.smtp_port, sender=SENDER, **values)
    installation.install(replace(installation.settings(), smtp=smtp), installation.keys())


def plan(
    account: Account, key: str = "new_link", *, at: datetime | None = None, params: dict[str, Any] | None = None,
    channel: str = "email", language: str = "it",
) -> int:  # fmt: skip
    """Plans a message that was asked for, with a link of its own, to the account's address; returns its id."""
    with db.transaction():
        scope.enter(account.creditor_id)
        contact = db.session().scalars(select(ContactPoint).where(ContactPoint.id == account.contact_id)).one()
        link = links.issue(
            account.debtor_id,
            purpose=links.PORTAL,
            campaign=key,
            expires_at=links.caring_expiry(clock.today()),
            contact_point_id=contact.id,
        )
        return actions.plan(
            key,
            debtor_id=account.debtor_id,
            to_address=contact.address,
            language=language,
            contact_point_id=contact.id,
            link_id=link.id,
            asked_for=True,
            channel=channel,
            params=params,
            at=at,
        ).id


def message(account: Account, message_id: int) -> Message:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return db.session().scalars(select(Message).where(Message.id == message_id)).one()


def contact(account: Account) -> ContactPoint:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return db.session().scalars(select(ContactPoint).where(ContactPoint.id == account.contact_id)).one()


def event_names(account: Account, subject_kind: str) -> list[str]:
    """What happened to subjects of this kind, oldest first."""
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        rows = select(EventRow.name).where(EventRow.subject_kind == subject_kind).order_by(EventRow.seq)
        return list(db.session().scalars(rows))


def plan_caring(account: Account) -> int:
    """Plans the courtesy message before the due dates of the account's invoices; returns its id."""
    with db.transaction():
        scope.enter(account.creditor_id)
        before = select(func.count()).select_from(Message).where(Message.debtor_id == account.debtor_id)
        day = clock.now() + timedelta(days=db.session().scalar(before) or 0)  # one contact a day
        planned = reminders.plan(creditors.by_id(account.creditor_id), at=day, any_hour=True)
        assert planned.contacts, planned.left_out
        newest = select(Message.id).where(Message.debtor_id == account.debtor_id).order_by(Message.id.desc())
        return db.session().scalars(newest.limit(1)).one()


def went_out(account: Account) -> None:
    """Whatever waits to be sent to the account has left and reached its reader, as its channel says."""
    with db.transaction():
        scope.enter(account.creditor_id)
        waiting = select(Message).where(
            Message.debtor_id == account.debtor_id,
            Message.status.in_((MessageStatus.PLANNED, MessageStatus.SENDING)),
        )
        for row in db.session().scalars(waiting).all():
            if row.status is MessageStatus.PLANNED:
                assert actions.begin_sending(row) is None
            actions.mark_sent(row, actions.AsSent("", "", "", "0" * 64))


def cared_for(account: Account) -> Message:
    """The courtesy message for one invoice that is soon due, worked off and read again."""
    account.add_invoice(f"{len(account.invoice_ids) + 1}/2027", due_in=5)
    message_id = plan_caring(account)
    jobs.work_off()
    return message(account, message_id)


def sent(account: Account, key: str = "new_link", **values: Any) -> Message:
    """Planned, worked off, and read again."""
    message_id = plan(account, key, **values)
    jobs.work_off()
    return message(account, message_id)
