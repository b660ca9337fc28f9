"""Endpoints added, stopped and resumed; deliveries queued with the change, tried, made, given up, sent again."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core import clock, db, events, ids, installation, outbox, signing, webhook_signing
from portal.core.addresses import check_url
from portal.core.errors import Invalid, NotAllowedNow
from portal.core.events import Event
from portal.core.mail import checked_address
from portal.core.outgoing import Outcome
from portal.core.text import t
from portal.webhooks import choosing, payloads, queries, rules
from portal.webhooks import events as happened
from portal.webhooks.models import Delivery, DeliveryTry, Endpoint
from portal.webhooks.states import DELIVERY, ENDPOINT, DeliveryStatus, EndpointStatus

DELIVER = "webhooks.deliver"
TELL_OWNER = "webhooks.tell_owner"
END_OLD = "webhooks.end_old_secret"
TWO_SECRETS = timedelta(days=7)  # time to put the new one in on the other side [D]
STOPPED = t("This address is stopped. Let it listen again first.")
LONGEST_URL = 500
_READ = "webhooks.endpoints"
# What happens while an endpoint is stopped waits for it this long: who resumes it in time has lost nothing [D].
KEPT_FOR_STOPPED = timedelta(days=30)


class WrongNotifyAddress(Invalid):
    """Who is to be told cannot be reached there."""


@dataclass(frozen=True, slots=True)
class Added:
    """A new endpoint and its secret in the clear, for the one time that it is shown."""

    endpoint: Endpoint
    secret: str


def add_endpoint(url: str, notify_email: str | None = None) -> Added:
    """A new place to tell; raises Invalid with what to mend. The secret is sealed at rest."""
    url = url.strip()
    why_not = check_url(url, installation.settings().allowed_loopback)
    if why_not is None and len(url) > LONGEST_URL:
        why_not = t("This address is too long.")
    if why_not is None and any(one.url == url for one in queries.endpoints()):
        why_not = t("This address is there already.")
    if why_not is not None:
        raise Invalid(why_not)
    secret = webhook_signing.new_secret()
    endpoint = Endpoint(
        id=ids.new_id(),
        url=url,
        sealed_secret=signing.seal(installation.keys(), secret),
        notify_email=_mail_address(notify_email),
    )
    ENDPOINT.begin(endpoint, EndpointStatus.ACTIVE, happened.EndpointAdded(endpoint_id=endpoint.id))
    db.session().add(endpoint)
    db.session().flush()
    db.session().info.pop(_READ, None)
    return Added(endpoint, secret)


def _mail_address(written: str | None) -> str | None:
    if not written or not written.strip():
        return None
    try:
        return checked_address(written)
    except ValueError:
        raise WrongNotifyAddress(t("This is not a mail address.")) from None


def stop_endpoint(endpoint: Endpoint, why: str, *, tell_owner: bool = False) -> None:
    """Nothing goes there any more until it is resumed; what waits for it, waits."""
    if endpoint.status is EndpointStatus.STOPPED:
        return
    endpoint.stopped_why = why
    ENDPOINT.move(endpoint, EndpointStatus.STOPPED, happened.EndpointStopped(endpoint_id=endpoint.id, why=why))
    if tell_owner:
        outbox.put(TELL_OWNER, endpoint.id)


def resume_endpoint(endpoint: Endpoint) -> int:
    """It listens again: all that waits for it goes out now. Returns how much that is."""
    endpoint.stopped_why = endpoint.throttled_until = None
    ENDPOINT.move(endpoint, EndpointStatus.ACTIVE, happened.EndpointResumed(endpoint_id=endpoint.id))
    parked = queries.waiting(endpoint.id)
    for delivery in parked:
        delivery.tries = 0
        _plan(delivery, clock.now())
    return len(parked)


def choose(endpoint: Endpoint, wanted: Iterable[str]) -> None:
    """It hears only of these from now on, of everything where none is named; what was queued before still goes."""
    kinds = choosing.read(wanted)
    if (" ".join(kinds) or None) == endpoint.kinds:
        return
    endpoint.kinds = " ".join(kinds) or None
    events.record(happened.EndpointChosen(endpoint_id=endpoint.id, kinds=kinds))


def send_test(endpoint: Endpoint) -> Delivery:
    """A test event goes there alone, signed as every other; raises NotAllowedNow while it is stopped."""
    if endpoint.status is EndpointStatus.STOPPED:
        raise NotAllowedNow(STOPPED)
    event_id = events.record(happened.EndpointTested(endpoint_id=endpoint.id))
    return _owe(endpoint, event_id, choosing.TEST, payloads.test_body(clock.now()))


def rotate_secret(endpoint: Endpoint) -> str:
    """A new secret, in the clear this once; for a week both sign. Raises NotAllowedNow while there are two."""
    if endpoint.old_until is not None and endpoint.old_until > clock.now():
        raise NotAllowedNow(t("There are two secrets already. End the old one first."))
    endpoint.sealed_old_secret, endpoint.old_until = endpoint.sealed_secret, clock.now() + TWO_SECRETS
    secret = webhook_signing.new_secret()
    endpoint.sealed_secret = signing.seal(installation.keys(), secret)
    events.record(happened.SecretRotated(endpoint_id=endpoint.id, old_until=endpoint.old_until))
    outbox.put(END_OLD, endpoint.id, due_at=endpoint.old_until)
    return secret


def end_old_secret(endpoint: Endpoint) -> None:
    """Only the new secret signs from now on; the old one is forgotten. Raises NotAllowedNow where there is none."""
    if endpoint.sealed_old_secret is None:
        raise NotAllowedNow(t("There is no old secret any more."))
    endpoint.sealed_old_secret = endpoint.old_until = None
    events.record(happened.OldSecretEnded(endpoint_id=endpoint.id))


def secrets_of(endpoint: Endpoint) -> list[str]:
    """What signs a delivery now, the newest first; raises Misconfigured where our keys do not open one."""
    sealed = [endpoint.sealed_secret]
    if endpoint.sealed_old_secret is not None and endpoint.old_until is not None and endpoint.old_until > clock.now():
        sealed.append(endpoint.sealed_old_secret)
    return [signing.unseal(installation.keys(), one) for one in sealed]


def queue_deliveries(told: Event, event_id: int) -> None:
    """Owes a public event to every endpoint, in the event's own transaction; the body is fixed here and now."""
    with db.session().no_autoflush:  # the feature that records this event may be half way through its rows
        listening = [one for one in _endpoints() if _is_owed(one) and choosing.hears(one.kinds, told.name)]
        if not listening:
            return
        body = payloads.body(told, clock.now())
    for endpoint in listening:
        _owe(endpoint, event_id, told.name, body)


def _owe(endpoint: Endpoint, event_id: int, name: str, body: str) -> Delivery:
    delivery = Delivery(id=ids.new_id(), endpoint_id=endpoint.id, event_id=event_id, name=name, body=body, tries=0)
    DELIVERY.begin(delivery, DeliveryStatus.WAITING, happened.DeliveryQueued(delivery_id=delivery.id))
    db.session().add(delivery)
    if endpoint.status is EndpointStatus.ACTIVE:
        _plan(delivery, clock.now())
    return delivery


def _endpoints() -> Sequence[Endpoint]:
    """The endpoints, read once for a unit of work: an import records thousands of events."""
    info = db.session().info
    if _READ not in info:
        info[_READ] = queries.endpoints()
        db.on_commit(lambda: info.pop(_READ, None))
    found: Sequence[Endpoint] = info[_READ]
    return found


def _is_owed(endpoint: Endpoint) -> bool:
    return endpoint.status is EndpointStatus.ACTIVE or endpoint.status_at > clock.now() - KEPT_FOR_STOPPED


def _plan(delivery: Delivery, at: datetime) -> None:
    """The next attempt. A row of the queue that comes at another time than `next_at` finds nothing to do."""
    delivery.next_at = at
    outbox.put(DELIVER, delivery.id, due_at=at if at > clock.now() else None)


def park(delivery: Delivery) -> None:
    """Its endpoint is stopped: it waits until that is resumed."""
    delivery.next_at = None


def postpone(delivery: Delivery, until: datetime) -> None:
    """Its endpoint asked for quiet: later, a little apart from the others, and without counting a try."""
    quiet = until - clock.now()
    _plan(delivery, until + quiet * rules.JITTER * _spread(delivery))


def keep_try(delivery_id: int, at: datetime, outcome: Outcome) -> None:
    """Keeps what one attempt came to, and what follows from it."""
    found = queries.delivery(delivery_id)
    endpoint = queries.endpoint(found.endpoint_id, lock=True) if found is not None else None
    delivery = queries.delivery(delivery_id, lock=True)
    if delivery is None or endpoint is None:
        return
    db.session().add(
        DeliveryTry(
            id=ids.new_id(),
            delivery_id=delivery.id,
            at=at,
            http_status=outcome.status,
            milliseconds=outcome.elapsed_ms,
            error=outcome.error.value if outcome.error is not None else None,
        )
    )
    delivery.tries += 1
    if delivery.status is not DeliveryStatus.WAITING:
        return  # another worker was faster: the attempt is kept, the outcome stands
    match rules.judge(outcome.status):
        case rules.Verdict.MADE:
            endpoint.throttled_until = None
            delivery.next_at = None
            DELIVERY.move(delivery, DeliveryStatus.MADE, happened.DeliveryMade(delivery_id=delivery.id))
        case rules.Verdict.GONE:
            _give_up(delivery, endpoint, "it answered 410: nobody listens there any more")
        case rules.Verdict.AGAIN:
            _again(delivery, endpoint, outcome)


def _again(delivery: Delivery, endpoint: Endpoint, outcome: Outcome) -> None:
    now = clock.now()
    quiet = rules.throttled_until(outcome.status, now, outcome.retry_after)
    if quiet is not None:
        endpoint.throttled_until = max(quiet, endpoint.throttled_until or quiet)
    at = rules.next_try(delivery.tries, now, _spread(delivery), outcome.retry_after)
    if at is None:
        _give_up(delivery, endpoint, f"one event could not be delivered in {delivery.tries} attempts")
    elif endpoint.status is EndpointStatus.STOPPED:
        park(delivery)
    else:
        _plan(delivery, at)


def _give_up(delivery: Delivery, endpoint: Endpoint, why: str) -> None:
    delivery.next_at = None
    DELIVERY.move(delivery, DeliveryStatus.GAVE_UP, happened.DeliveryGaveUp(delivery_id=delivery.id, why=why))
    stop_endpoint(endpoint, why, tell_owner=True)


def stumble(delivery_id: int, why: str) -> None:
    """Our own fault, again and again: the delivery is given up and says so; its endpoint goes on listening."""
    delivery = queries.delivery(delivery_id, lock=True)
    if delivery is not None and delivery.status is DeliveryStatus.WAITING:
        delivery.next_at = None
        DELIVERY.move(delivery, DeliveryStatus.GAVE_UP, happened.DeliveryGaveUp(delivery_id=delivery.id, why=why))


def _spread(delivery: Delivery) -> float:
    """Between 0 and 1, different for each delivery and attempt, the same when asked twice."""
    seed = hashlib.sha256(f"{delivery.id}:{delivery.tries}".encode()).digest()
    return int.from_bytes(seed[:4], "big") / 2**32


def replay(delivery: Delivery) -> None:
    """Sends it again, with the same id and the same bytes; raises NotAllowedNow while its endpoint is stopped."""
    endpoint = queries.endpoint(delivery.endpoint_id)
    if endpoint is None or endpoint.status is EndpointStatus.STOPPED:
        raise NotAllowedNow(STOPPED)
    DELIVERY.move(delivery, DeliveryStatus.WAITING, happened.DeliveryReplayed(delivery_id=delivery.id))
    delivery.tries = 0
    _plan(delivery, clock.now())
