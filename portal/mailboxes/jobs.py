"""Mailboxes are read every few minutes, and at once when somebody has set one up."""

import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from portal.core import clock, db, installation, jobs, scope
from portal.core.errors import Misconfigured
from portal.creditors import rounds
from portal.mailboxes import actions, imap, queries
from portal.mailboxes.models import Mailbox
from portal.mailboxes.rules import LARGEST, Found, Why
from portal.mailboxes.states import MailboxStatus

log = logging.getLogger(__name__)

MOST = 50  # mails in one go: the rest has time until the next
LOOK_BACK = timedelta(days=2)  # where a server has numbered its mails anew


@jobs.every(minutes=5)
def read_mailboxes() -> None:
    """Each by itself: one that fails keeps no other waiting."""
    for creditor_id in rounds.everyone():
        _read(creditor_id)


@jobs.job(actions.READ)
def read_now(_task: jobs.Task) -> None:
    """Its outcome stands on the mailbox's page."""
    creditor_id = scope.current().creditor_id
    with db.outside_transaction():
        _read(creditor_id)


def _read(creditor_id: int) -> None:
    """Opens its own transactions: one to look, one for each mail."""
    try:
        with rounds.at(creditor_id, writes=False):
            server = _server(queries.mailbox())
        if server is not None:
            _read_server(creditor_id, server)
    except imap.Trouble as trouble:
        _not_read(creditor_id, trouble.why)
    except Misconfigured:
        log.exception("a mailbox's password cannot be opened", extra={"creditor": creditor_id})
        _not_read(creditor_id, Why.LOGIN)
    except Exception:
        log.exception("a mailbox could not be read", extra={"creditor": creditor_id})
        _not_read(creditor_id, Why.INTERNAL)


def _server(mailbox: Mailbox | None) -> imap.Server | None:
    if mailbox is None or mailbox.status is not MailboxStatus.ACTIVE:
        return None
    return imap.Server(mailbox.host, mailbox.port, mailbox.user, actions.password_of(mailbox), mailbox.folder)


def _not_read(creditor_id: int, why: Why) -> None:
    with rounds.at(creditor_id):
        mailbox = queries.mailbox(lock=True)
        if mailbox is not None:
            actions.not_read(mailbox, why)


def _read_server(creditor_id: int, server: imap.Server) -> None:
    with imap.opened(server, installation.settings().allowed_loopback) as folder:
        waiting = _waiting(creditor_id, folder, server)
        for uid in waiting[:MOST]:
            size = folder.size(uid)
            if size is not None:  # else somebody has deleted it meanwhile
                _take(creditor_id, server, uid, folder.content(uid) if size <= LARGEST else None)
    with rounds.at(creditor_id):
        mailbox = _same(server)
        if mailbox is not None:
            actions.read_through(mailbox)


def _waiting(creditor_id: int, folder: imap.Folder, server: imap.Server) -> list[int]:
    """What has come since. The first time it is nothing: the mailbox is a source from that moment on."""
    with rounds.at(creditor_id):
        mailbox = _same(server)
        if mailbox is None:
            return []
        was, uid, read_at = mailbox.uid_validity, mailbox.uid, mailbox.read_at
        if was is None:
            actions.begin(mailbox, folder.validity, folder.next_uid - 1)
            return []
    if was == folder.validity:
        return folder.behind(uid)
    # Numbered anew: files that were taken before are known by their bytes.
    found = folder.since(((read_at or clock.now()) - LOOK_BACK).date())
    with rounds.at(creditor_id):
        mailbox = _same(server)
        if mailbox is not None:
            actions.begin(mailbox, folder.validity, found[0] - 1 if found else folder.next_uid - 1)
    return found


def _take(creditor_id: int, server: imap.Server, uid: int, content: bytes | None) -> None:
    """In a transaction of its own; a mail that breaks our reading is passed over, and said so.

    What the database does is not the mail's fault: it is read again on the next round.
    """
    try:
        with rounds.at(creditor_id):
            mailbox = _same(server)
            if mailbox is not None and mailbox.uid < uid:  # else another worker was faster
                actions.take(mailbox, uid, content)
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception("a mail could not be taken", extra={"creditor": creditor_id})
        with rounds.at(creditor_id):
            mailbox = _same(server)
            if mailbox is not None and mailbox.uid < uid:
                actions.keep(mailbox, uid, Found.UNREADABLE)


def _same(server: imap.Server) -> Mailbox | None:
    """The mailbox, locked; None where it was stopped or changed while we were reading."""
    mailbox = queries.mailbox(lock=True)
    if mailbox is None or mailbox.status is not MailboxStatus.ACTIVE:
        return None
    return (
        mailbox if (mailbox.host, mailbox.user, mailbox.folder) == (server.host, server.user, server.folder) else None
    )
