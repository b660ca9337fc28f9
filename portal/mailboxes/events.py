"""What happened to a creditor's mailbox. None of it is public, and no address stands in it."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("mailbox.added", about="mailbox")
@dataclass(frozen=True, kw_only=True)
class MailboxAdded(Event):
    mailbox_id: int


@event("mailbox.changed", about="mailbox")
@dataclass(frozen=True, kw_only=True)
class MailboxChanged(Event):
    """Another server, password, folder or list of senders; none of them stands here."""

    mailbox_id: int


@event("mailbox.stopped", about="mailbox")
@dataclass(frozen=True, kw_only=True)
class MailboxStopped(Event):
    """By hand, or because nothing can be read until somebody mends it: `why` is of portal.mailboxes.rules."""

    mailbox_id: int
    why: str


@event("mailbox.resumed", about="mailbox")
@dataclass(frozen=True, kw_only=True)
class MailboxResumed(Event):
    mailbox_id: int
