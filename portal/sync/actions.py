"""Ways back added, changed, stopped; what changed is noticed, sent, kept, tried again, or left to a person."""

from collections.abc import Mapping
from datetime import datetime

from portal.core import clock, db, events, ids, installation, outbox, signing
from portal.core.addresses import check_url
from portal.core.errors import Invalid, NotAllowedNow
from portal.core.mail import checked_address
from portal.core.outgoing import Outcome
from portal.core.text import Text, t
from portal.sync import changes, mapping, queries, rules
from portal.sync import events as happened
from portal.sync.connectors import BY_FILE, BY_MAIL, BY_REQUEST, LABELS
from portal.sync.models import Connector, Push, Told
from portal.sync.rules import Reason
from portal.sync.states import CONNECTOR, ConnectorStatus

PUSH = "sync.push"
HAND = "hand"
LONGEST_URL, LONGEST_KEY = 500, 200
PIECE = 500


class Wrong(Invalid):
    """What cannot be so; `field` is way, url, key or mapping."""

    def __init__(self, field: str, sentence: Text) -> None:
        super().__init__(sentence)
        self.field = field


def add(way: str, *, url: str = "", key: str = "", wanted: str = "") -> Connector:
    """A new way back, told of what changes from now on. Raises Wrong with what to mend."""
    if way not in LABELS:
        raise Wrong("way", t("Please choose a way."))
    if way not in BY_REQUEST:
        if any(one.way == way for one in queries.connectors()):
            raise Wrong("way", t("This way is there already."))
        if way in BY_FILE and installation.settings().exchange_dir is None:
            raise Wrong("way", t("No folder for files is set up here. Whoever runs the portal can do it."))
    connector = Connector(id=ids.new_id(), way=way, read_seq=changes.last())
    _set(connector, url, key, wanted)
    CONNECTOR.begin(connector, ConnectorStatus.ACTIVE, happened.ConnectorAdded(connector_id=connector.id, way=way))
    db.session().add(connector)
    db.session().flush()
    return connector


def change(connector: Connector, *, url: str = "", key: str = "", wanted: str = "") -> None:
    """Another address or list of fields; an empty key leaves the one that there is. Raises Wrong."""
    _set(connector, url, key, wanted)
    events.record(happened.ConnectorChanged(connector_id=connector.id))
    db.session().flush()


def _set(connector: Connector, url: str, key: str, wanted: str) -> None:
    if connector.way in BY_MAIL:
        connector.url = _mail_address(url)
    if connector.way not in BY_REQUEST:
        return
    why_not = check_url(url, installation.settings().allowed_loopback)
    if why_not is not None or len(url) > LONGEST_URL:
        raise Wrong("url", why_not or t("This address is too long."))
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Wrong("key", t("A key has up to %(most)s letters, digits and signs.", most=LONGEST_KEY))
    try:
        mapping.read(wanted)
    except Invalid as error:
        raise Wrong("mapping", error.text) from None
    connector.url, connector.mapping = url, wanted.strip() or None
    if key:
        connector.sealed_key = signing.seal(installation.keys(), key)


def _mail_address(written: str) -> str:
    try:
        return checked_address(written)
    except (ValueError, UnicodeError):
        raise Wrong("url", t("Please write a mail address, like invoices@example.com.")) from None


def key_of(connector: Connector) -> str | None:
    """What it lets us in with; raises Misconfigured where our keys do not open it."""
    return signing.unseal(installation.keys(), connector.sealed_key) if connector.sealed_key else None


def stop(connector: Connector, why: str = HAND) -> None:
    """Nothing goes there until it is resumed; what changes meanwhile is told then, once."""
    if connector.status is ConnectorStatus.STOPPED:
        return
    connector.stopped_why = why
    CONNECTOR.move(connector, ConnectorStatus.STOPPED, happened.ConnectorStopped(connector_id=connector.id, why=why))


def resume(connector: Connector) -> None:
    """It is told again, beginning with what changed while it was stopped."""
    connector.stopped_why = connector.quiet_until = None
    CONNECTOR.move(connector, ConnectorStatus.ACTIVE, happened.ConnectorResumed(connector_id=connector.id))


def notice(connector_id: int) -> bool:
    """Reads on in the history and plans what changed; whether there is more to read.

    Read under the connector's lock: who comes second goes on where the first ended.
    """
    connector = queries.connector(connector_id, lock=True)
    if connector is None or connector.status is ConnectorStatus.STOPPED:
        return False
    found = changes.since(connector.read_seq)
    connector.read_seq = found.until
    mark(connector, found.invoices)
    if connector.resend_behind is not None:
        connector.resend_behind = _mark_again(connector, connector.resend_behind)
    return found.more or connector.resend_behind is not None


def mark(connector: Connector, invoices: Mapping[int, int]) -> None:
    """These invoices changed, each at that place of the history: they wait, and those that waited already wait on."""
    known = queries.known(connector.id, invoices)
    soon = clock.now() + rules.SOON
    for invoice_id, seq in invoices.items():
        told = known.get(invoice_id)
        if told is None:
            told = Told(
                id=ids.new_id(), connector_id=connector.id, invoice_id=invoice_id, changed_seq=0, told_seq=0,
                tries=0, at=clock.now(),
            )  # fmt: skip
            db.session().add(told)
        if seq <= told.changed_seq:
            continue
        told.changed_seq = seq
        if told.next_at is None:  # told before, or left to a person: what changed may be what was wrong
            _plan(connector, told, soon)
    db.session().flush()


def _plan(connector: Connector, told: Told, at: datetime) -> None:
    told.next_at, told.why, told.tries = at, None, 0
    _enqueue(connector, told)


def _enqueue(connector: Connector, told: Told) -> None:
    """One by one: a row of the queue each. What goes in files is taken when a file is made."""
    if connector.way in BY_REQUEST:
        db.session().flush()
        outbox.put(PUSH, told.id, due_at=told.next_at)


def resend(connector: Connector) -> None:
    """Everything once more, whatever it was told: the same documents with the same keys, so that it is safe.

    Marked a piece at a time from the next round on; what stops in between goes on where it was.
    """
    if connector.status is ConnectorStatus.STOPPED:
        raise NotAllowedNow(t("This way is stopped. Let it go on first."))
    connector.resend_behind = 0
    events.record(happened.ConnectorResent(connector_id=connector.id))


def _mark_again(connector: Connector, behind: int) -> int | None:
    """Marks some invoices behind that id; the last one's id, or None where there are no more."""
    invoice_ids = queries.invoices_behind(behind, PIECE)
    known = queries.known(connector.id, invoice_ids)
    seq = changes.last()
    for told in known.values():
        told.digest, told.told_seq, told.changed_seq = (
            None,
            min(told.told_seq, seq - 1),
            min(told.changed_seq, seq - 1),
        )
    mark(connector, dict.fromkeys(invoice_ids, seq))
    return invoice_ids[-1] if len(invoice_ids) == PIECE else None


def try_again(connector: Connector, told: Told) -> None:
    """A person has seen to it: it goes out now. Raises NotAllowedNow while its way is stopped."""
    if connector.status is ConnectorStatus.STOPPED:
        raise NotAllowedNow(t("This way is stopped. Let it go on first."))
    if told.why is None:
        raise NotAllowedNow(t("This is on its way already."))
    _plan(connector, told, clock.now())


def taken(told: Told, seq: int, digest: str) -> None:
    """They have the state as of that place. What changed since waits on."""
    told.told_seq = max(told.told_seq, seq)
    told.digest, told.tries, told.why, told.at = digest, 0, None, clock.now()
    told.next_at = clock.now() + rules.SOON if told.waits else None


def keep_try(told_id: int, seq: int, digest: str, at: datetime, outcome: Outcome) -> None:
    """Keeps what one attempt came to, and what follows from it."""
    told = queries.told(told_id)
    connector = queries.connector(told.connector_id, lock=True) if told is not None else None
    told = queries.told(told_id, lock=True)
    if told is None or connector is None:
        return
    reason = rules.judge(outcome)
    keep_push(connector.id, reason, at, invoice_id=told.invoice_id, outcome=outcome)
    if reason is Reason.DONE:
        connector.quiet_until = None
        taken(told, seq, digest)
        if told.next_at is not None:
            _enqueue(connector, told)
        return
    if told.told_seq >= seq:
        return  # another worker was faster: the attempt is kept, the outcome stands
    told.tries += 1
    told.at = clock.now()
    _again(connector, told, reason, outcome.retry_after)


def _again(connector: Connector, told: Told, reason: Reason, retry_after: int | None) -> None:
    now = clock.now()
    quiet = rules.quiet_until(reason, now, retry_after)
    if quiet is not None:
        connector.quiet_until = max(quiet, connector.quiet_until or quiet)
    if reason is Reason.CONFIG:  # nothing at all can be told: it waits, and goes out when that is mended
        told.next_at = None
        told.tries = 0
        stop(connector, Reason.CONFIG)
        return
    at = rules.next_try(told.tries, now, retry_after) if reason in rules.LATER else None
    if at is None:
        leave(connector, told, reason)
        return
    told.next_at = at
    _enqueue(connector, told)


def leave(connector: Connector, told: Told, reason: Reason) -> None:
    """Somebody has to look; it is tried again when the invoice changes, or by hand."""
    told.next_at, told.why = None, reason.value
    stuck = happened.ConnectorStuck(connector_id=connector.id, invoice_id=told.invoice_id, why=reason.value)
    events.record(stuck)


def keep_push(
    connector_id: int, reason: str, at: datetime, *, invoice_id: int | None = None, count: int = 1,
    outcome: Outcome | None = None,
) -> None:  # fmt: skip
    db.session().add(
        Push(
            id=ids.new_id(), connector_id=connector_id, invoice_id=invoice_id, count=count, at=at,
            result=str(reason), http_status=outcome.status if outcome is not None else None,
            milliseconds=outcome.elapsed_ms if outcome is not None else 0,
        )
    )  # fmt: skip
    db.session().flush()
