"""A mailbox is read, or it has been stopped."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.mailboxes import events as e


class MailboxStatus(Status):
    ACTIVE = "active", t("in use")
    STOPPED = "stopped", t("stopped")


MACHINE = Machine(
    "mailbox",
    MailboxStatus,
    begins={MailboxStatus.ACTIVE: e.MailboxAdded},
    edges={
        (MailboxStatus.ACTIVE, MailboxStatus.STOPPED): e.MailboxStopped,
        (MailboxStatus.STOPPED, MailboxStatus.ACTIVE): e.MailboxResumed,
    },
)
