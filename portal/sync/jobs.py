"""What is done in the background: the history is read, states are sent one by one, files are
written or mailed."""

import logging
from datetime import timedelta

from portal.core import clock, db, installation, jobs, outgoing, relay
from portal.core.errors import Misconfigured
from portal.core.jobs import Task
from portal.creditors import queries as creditors
from portal.creditors import rounds
from portal.sync import actions, dropping, mailing, mapping, queries
from portal.sync.connectors import BY_FILE, BY_MAIL, BY_REQUEST
from portal.sync.documents import digest, documents
from portal.sync.models import Connector, Told
from portal.sync.rules import Reason
from portal.sync.states import ConnectorStatus

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20.0
_STUMBLES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 60))
_STEPS = 200  # of the history in one round: the rest has time until the next


@jobs.every(minutes=1, at_start=True)
def notice_changes() -> None:
    """Each way back by itself: one that fails keeps no other waiting."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            found = queries.in_use()
        for connector_id in found:
            try:
                _read_on(creditor_id, connector_id)
            except Exception:
                log.exception(
                    "changes could not be noticed", extra={"creditor": creditor_id, "connector": connector_id}
                )


def _read_on(creditor_id: int, connector_id: int) -> None:
    for _ in range(_STEPS):
        with rounds.at(creditor_id):
            if not actions.notice(connector_id):
                return


def _gave_up(task: Task, _why: str) -> None:
    """Our own fault, again and again: somebody has to look."""
    told = queries.told(task.subject_id, lock=True)
    connector = queries.connector(told.connector_id) if told is not None else None
    if told is not None and connector is not None and told.waits:
        actions.leave(connector, told, Reason.INTERNAL)


@jobs.job(actions.PUSH, backoff=_STUMBLES, gave_up=_gave_up)
def push(task: Task) -> None:
    """The state of one invoice as it is now, at least once: the same state has the same Idempotency-Key."""
    told = queries.told(task.subject_id)
    connector = queries.connector(told.connector_id) if told is not None else None
    if told is None or connector is None or not _is_due(told, connector):
        return
    seq = told.changed_seq
    document = documents([told.invoice_id], creditors.in_scope().time_zone).get(told.invoice_id)
    if document is None or digest(document) == told.digest:
        actions.taken(told, seq, told.digest or "")  # nothing of what changed is told there
        return
    try:
        request = BY_REQUEST[connector.way].request(
            mapping.read(connector.mapping), connector.url or "", actions.key_of(connector), document
        )
    except Misconfigured:
        log.exception("a connector's key cannot be opened", extra={"connector": connector.id})
        actions.stop(connector, Reason.CONFIG)
        return
    at = clock.now()
    with db.outside_transaction():
        outcome = outgoing.post(
            request.url, request.body, request.headers, timeout=TIMEOUT_SECONDS,
            allowed_loopback=installation.settings().allowed_loopback, method=request.method,
        )  # fmt: skip
    actions.keep_try(task.subject_id, seq, digest(document), at, outcome)


def _is_due(told: Told, connector: Connector) -> bool:
    """Another row may have been faster; a system that asked for quiet has it."""
    now = clock.now()
    if not told.waits or told.next_at is None or told.next_at > now:
        return False
    if connector.status is ConnectorStatus.STOPPED:
        return False
    if connector.quiet_until is not None and connector.quiet_until > now:
        raise jobs.Retry("they asked for quiet", connector.quiet_until)
    return True


@jobs.every(minutes=30)
def write_files() -> None:
    """What changed since the last file, as one more file; nothing changed: no file."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            found = [one.id for one in queries.connectors() if one.way in BY_FILE]
        rounds.each(creditor_id, found, dropping.write, "connector")
        rounds.each(creditor_id, found, dropping.write_sheets, "connector")


@jobs.every(minutes=30)
def mail_files() -> None:
    """Each way by itself: one whose mail cannot be sent keeps no other waiting."""
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id, writes=False):
            found = [one.id for one in queries.connectors() if one.way in BY_MAIL]
        for connector_id in found:
            try:
                _mail(creditor_id, connector_id)
            except Exception:
                log.exception("files could not be mailed", extra={"creditor": creditor_id, "connector": connector_id})


def _mail(creditor_id: int, connector_id: int) -> None:
    with rounds.at(creditor_id):
        letter = mailing.letter(connector_id)
    if letter is None:
        return
    answer = relay.hand_over(installation.settings().smtp, letter.to, letter.content)
    with rounds.at(creditor_id):
        mailing.keep(connector_id, letter, answer.verdict)
