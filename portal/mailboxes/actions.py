"""A mailbox is set up, changed and stopped; each mail in it is taken once, and its files wait for a person's yes."""

from portal.core import clock, db, events, ids, installation, outbox, signing
from portal.core.addresses import check_url
from portal.core.errors import Invalid, NotAllowedNow
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.imports import actions as imports
from portal.imports import preview, ways
from portal.imports import queries as past
from portal.imports.options import ReadOptions
from portal.mailboxes import events as happened
from portal.mailboxes import queries, rules
from portal.mailboxes.models import Mailbox, MailSeen
from portal.mailboxes.rules import Found, Why
from portal.mailboxes.states import MACHINE, MailboxStatus

READ = "mailboxes.read"
LONGEST_USER, LONGEST_PASSWORD, LONGEST_FOLDER = 254, 200, 100
TLS_PORT = 993


class Wrong(Invalid):
    """What cannot be so; `field` is host, port, user, password, folder or senders."""

    def __init__(self, field: str, sentence: Text) -> None:
        super().__init__(sentence)
        self.field = field


def save(*, host: str, port: int, user: str, password: str, folder: str, senders: str) -> Mailbox:
    """Sets the mailbox up, or changes it; an empty password leaves the one that there is. It is read at once.

    Another server, user or folder is a new mailbox: what lies there already is left. Raises Wrong.
    """
    there = queries.mailbox(lock=True)
    host, folder = host.strip().lower(), folder.strip() or "INBOX"
    _check(host, port, user, folder)
    allowed = _allowed(senders)
    if not password and (there is None or (there.host, there.user) != (host, user)):
        raise Wrong("password", t("Please write the password too."))
    if there is None:
        there = Mailbox(id=ids.new_id(), host=host, port=port, user=user, folder=folder, senders="", uid=0)
        happening: events.Event = happened.MailboxAdded(mailbox_id=there.id)
    else:
        happening = happened.MailboxChanged(mailbox_id=there.id)
    if (there.host, there.user, there.folder) != (host, user, folder):
        there.uid_validity, there.uid = None, 0
    there.host, there.port, there.user, there.folder, there.senders = host, port, user, folder, "\n".join(allowed)
    there.trouble = there.trouble_since = None
    if password:
        there.sealed_password = signing.seal(installation.keys(), password)
    if isinstance(happening, happened.MailboxAdded):
        MACHINE.begin(there, MailboxStatus.ACTIVE, happening)
        db.session().add(there)
    else:
        events.record(happening)
        if there.status is MailboxStatus.STOPPED:
            _go_on(there)
    db.session().flush()
    outbox.put(READ, there.id)
    return there


def _check(host: str, port: int, user: str, folder: str) -> None:
    why_not = check_url(f"https://{host}:{port}/", installation.settings().allowed_loopback) if host else None
    if not host or "/" in host or ":" in host:
        raise Wrong("host", t("Please write the name of the mail server, like imap.example.com."))
    if not 0 < port < 65536:
        raise Wrong("port", t("A port is a number up to 65535. It is 993 nearly everywhere."))
    if why_not is not None:
        raise Wrong("host", why_not)
    if not _is_plain(user, LONGEST_USER) or " " in user:
        raise Wrong("user", t("Please write the user name: letters, digits and signs, without blanks."))
    if not _is_plain(folder, LONGEST_FOLDER) or any(sign in folder for sign in '"\\*%'):
        raise Wrong(
            "folder", t("A folder’s name has letters without accents, digits, blanks and signs such as / or .")
        )


def _is_plain(words: str, longest: int) -> bool:
    return 0 < len(words) <= longest and words.isascii() and words.isprintable()


def _allowed(written: str) -> list[str]:
    try:
        allowed = rules.senders(written)
    except ValueError as wrong:
        raise Wrong("senders", t("This is neither an address nor a domain: %(what)s", what=str(wrong))) from None
    if not allowed:
        raise Wrong("senders", t("Please write whose mails count: one address a line, or @ and a domain."))
    if len(allowed) > rules.MOST_SENDERS:
        raise Wrong("senders", t("These are more than %(most)s. Write a domain instead.", most=rules.MOST_SENDERS))
    return allowed


def password_of(mailbox: Mailbox) -> str:
    """Raises Misconfigured where our keys do not open it."""
    return signing.unseal(installation.keys(), mailbox.sealed_password)


def stop(mailbox: Mailbox, why: Why = Why.HAND) -> None:
    """It is not read until it goes on; what comes meanwhile is read then."""
    if mailbox.status is MailboxStatus.STOPPED:
        return
    mailbox.stopped_why = why.value
    MACHINE.move(mailbox, MailboxStatus.STOPPED, happened.MailboxStopped(mailbox_id=mailbox.id, why=why.value))


def resume(mailbox: Mailbox) -> None:
    if mailbox.status is MailboxStatus.ACTIVE:
        raise NotAllowedNow(t("It is in use already."))
    _go_on(mailbox)
    outbox.put(READ, mailbox.id)


def _go_on(mailbox: Mailbox) -> None:
    mailbox.stopped_why = mailbox.trouble = mailbox.trouble_since = None
    MACHINE.move(mailbox, MailboxStatus.ACTIVE, happened.MailboxResumed(mailbox_id=mailbox.id))


def begin(mailbox: Mailbox, validity: int, uid: int) -> None:
    """The mails are numbered anew, or it is read for the first time: what has a number up to `uid` is left."""
    mailbox.uid_validity, mailbox.uid = validity, uid
    db.session().flush()


def read_through(mailbox: Mailbox) -> None:
    mailbox.read_at, mailbox.trouble, mailbox.trouble_since = clock.now(), None, None
    db.session().flush()


def not_read(mailbox: Mailbox, why: Why) -> None:
    """What a person has to mend stops it, and so does what has lasted too long; the rest is tried again."""
    now = clock.now()
    mailbox.trouble = why.value
    mailbox.trouble_since = mailbox.trouble_since or now
    if why in rules.LASTING or now - mailbox.trouble_since >= rules.TOO_LONG:
        stop(mailbox, why)
    db.session().flush()


def take(mailbox: Mailbox, uid: int, content: bytes | None) -> Found:
    """What one mail holds, once: in the transaction that moves on to the next. None: it was too large to fetch."""
    creditor = creditors.in_scope()
    options = ReadOptions(default_currency=creditor.currency, default_terms_days=creditor.default_terms_days)
    outcome, usable = _look(mailbox, content, options)
    batch_id = None
    if outcome is Found.TAKEN:
        batch = imports.upload(usable, ways.known(usable, options) or options, None)
        batch_id = batch.id
        if len(past.brought_before(batch)) == len({one["file_id"] for one in batch.files if "file_id" in one}):
            imports.discard(batch)
            outcome, batch_id = Found.KNOWN, None
    keep(mailbox, uid, outcome, batch_id)
    return outcome


def _look(
    mailbox: Mailbox, content: bytes | None, options: ReadOptions
) -> tuple[Found, list[tuple[str, bytes]]]:  # fmt: skip
    if content is None:
        return Found.TOO_LARGE, []
    mail = rules.read(content)
    if not rules.is_from(mail, mailbox.senders.split("\n")):
        return Found.STRANGER, []
    usable = [one for one in rules.files(mail) if not preview.why_none_is_usable([one], options)]
    return (Found.TAKEN, usable) if usable else (Found.NOTHING, [])


def keep(mailbox: Mailbox, uid: int, outcome: Found, batch_id: int | None = None) -> None:
    """What became of it, and that it is behind us."""
    seen = MailSeen(id=ids.new_id(), mailbox_id=mailbox.id, at=clock.now(), outcome=outcome.value, batch_id=batch_id)
    db.session().add(seen)
    mailbox.uid = uid
    db.session().flush()
