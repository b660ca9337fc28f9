"""The event log: every change leaves an event with the whole object as it was at that moment."""

from fnmatch import fnmatchcase
from typing import Any

import stripe

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.store import Doc, World

API_VERSION = stripe.api_version
_KEPT_SECONDS = 30 * 24 * 3600  # Stripe gives back thirty days of events


def record(backend: Backend, kind: str, doc: Doc, previous: dict[str, Any] | None = None) -> Doc:
    """Adds the event `kind` about `doc` in the world where `doc` lives, and tells the webhooks.

    `previous` holds the old values of changed fields, as `*.updated` events carry them.
    """
    world = backend.store.world_of(doc["id"])
    data: dict[str, Any] = {"object": backend.present(doc)}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": backend.store.new_id("evt_1"),
        "object": "event",
        "api_version": API_VERSION,
        "created": backend.seconds(),
        "data": data,
        "livemode": world.livemode,
        "pending_webhooks": 0,
        "request": {"id": backend.cause.request_id, "idempotency_key": backend.cause.idempotency_key},
        "type": kind,
    }
    backend.store.add(world, event)
    for tell in backend.listeners:
        tell(world, event)
    return event


def still_kept(backend: Backend, event: Doc) -> bool:
    return bool(event["created"] > backend.seconds() - _KEPT_SECONDS)


def matches(event: Doc, patterns: list[str]) -> bool:
    """Whether the event's type is one of `patterns`; `*` stands for any run of characters."""
    return any(fnmatchcase(event["type"], pattern) for pattern in patterns)


def visible(backend: Backend, world: World) -> list[Doc]:
    """The events that the API lists: one world's last thirty days, newest first."""
    return [event for event in backend.store.all("event", world) if still_kept(backend, event)]
