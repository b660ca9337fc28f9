"""Delivering one event to one endpoint, and telling an endpoint's owner that it was stopped."""

import logging
from datetime import timedelta

from portal.core import clock, db, installation, jobs, outgoing, relay, scope, webhook_signing
from portal.core.errors import Misconfigured
from portal.core.jobs import GiveUp, Retry, Task
from portal.core.relay import Verdict
from portal.creditors import queries as creditors
from portal.webhooks import actions, notices, payloads, queries
from portal.webhooks.models import Delivery, Endpoint
from portal.webhooks.states import DeliveryStatus, EndpointStatus

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20.0
# One row of the queue is one attempt; these are for a worker that stumbles, not for an endpoint that refuses.
STUMBLES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 60, 60, 60))


@jobs.job(actions.DELIVER, backoff=STUMBLES, gave_up=lambda task, why: actions.stumble(task.subject_id, why))
def deliver(task: Task) -> None:
    """At least once: a worker that dies after the endpoint's yes sends again, with the same id and bytes."""
    delivery = queries.delivery(task.subject_id)
    if delivery is None or not _is_due(delivery):
        return
    endpoint = queries.endpoint(delivery.endpoint_id)
    if endpoint is None or endpoint.status is EndpointStatus.STOPPED:
        actions.park(delivery)
        return
    if endpoint.throttled_until is not None and endpoint.throttled_until > clock.now():
        actions.postpone(delivery, endpoint.throttled_until)
        return
    try:
        secrets = actions.secrets_of(endpoint)
    except Misconfigured:
        log.exception("endpoint secret cannot be opened", extra={"endpoint": endpoint.id})
        actions.stop_endpoint(endpoint, "its secret cannot be opened with our keys", tell_owner=True)
        actions.park(delivery)
        return
    _attempt(delivery, endpoint, secrets)


def _is_due(delivery: Delivery) -> bool:
    """Another row may have been faster, or planned it anew."""
    is_waiting = delivery.status is DeliveryStatus.WAITING
    return is_waiting and delivery.next_at is not None and delivery.next_at <= clock.now()


def _attempt(delivery: Delivery, endpoint: Endpoint, secrets: list[str]) -> None:
    at, body, url = clock.now(), delivery.body.encode(), endpoint.url
    signed = webhook_signing.sign(secrets, payloads.webhook_id(delivery.event_id), at, body)
    with db.outside_transaction():
        outcome = outgoing.post(
            url,
            body,
            {"Content-Type": "application/json", **signed},
            timeout=TIMEOUT_SECONDS,
            allowed_loopback=installation.settings().allowed_loopback,
        )
    actions.keep_try(delivery.id, at, outcome)


@jobs.job(actions.END_OLD)
def end_old_secret(task: Task) -> None:
    """The week of two secrets is over; one that was ended by hand, or followed by another, is left alone."""
    endpoint = queries.endpoint(task.subject_id, lock=True)
    if endpoint is not None and endpoint.old_until is not None and endpoint.old_until <= clock.now():
        actions.end_old_secret(endpoint)


@jobs.job(actions.TELL_OWNER)
def tell_owner(task: Task) -> None:
    """A plain mail, once for each time that an endpoint stops by itself."""
    endpoint = queries.endpoint(task.subject_id)
    if endpoint is None or endpoint.status is not EndpointStatus.STOPPED:
        return
    face = creditors.face(scope.current().creditor_id)
    to = notices.owner_of(endpoint, face)
    if to is None:
        raise GiveUp("there is nobody to tell")
    try:
        content = notices.stopped(endpoint, face, to)
    except ValueError:
        raise GiveUp("its owner's address is none") from None
    with db.outside_transaction():
        answer = relay.hand_over(installation.settings().smtp, to, content)
    if answer.verdict in {Verdict.LATER, Verdict.UNKNOWN}:
        raise Retry(answer.why)
    if answer.verdict is not Verdict.ACCEPTED:
        raise GiveUp(answer.why)
