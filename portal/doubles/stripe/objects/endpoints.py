"""Webhook endpoints: where events go, of one account or (`connect`) of all accounts connected to it."""

from typing import Any

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects.events import API_VERSION
from portal.doubles.stripe.objects.session_rules import check_url
from portal.doubles.stripe.store import Doc, World


def create(backend: Backend, world: World, params: dict[str, Any], secret: str | None = None) -> Doc:
    """Registers `params["url"]`; an endpoint of the same account, kind and address is replaced."""
    check_url(params["url"], "url")
    connect = bool(params.get("connect", False))
    for other in backend.store.all("webhook_endpoint", world):
        if secret is not None and other["url"] == params["url"] and for_connected(backend, other) == connect:
            backend.store.remove(other["id"])
    endpoint = {
        "id": backend.store.new_id("we_1"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": backend.seconds(),
        "description": params.get("description") or None,
        "enabled_events": list(params["enabled_events"]),
        "livemode": world.livemode,
        "metadata": params.get("metadata") or {},
        "status": "enabled",
        "url": params["url"],
    }
    secret = secret or backend.store.new_id("whsec_", 32)
    return backend.store.add(world, endpoint, {"secrets": [secret], "connect": connect})


def secrets(backend: Backend, endpoint: Doc) -> list[str]:
    """The signing secrets, the current one first; there are two while one is being rolled."""
    return list(backend.store.notes(endpoint["id"])["secrets"])


def roll_secret(backend: Backend, endpoint: Doc, new: str, *, keep_old: bool = True) -> None:
    """Events are signed with `new` from now on, and with the old one as well while it is kept."""
    notes = backend.store.notes(endpoint["id"])
    notes["secrets"] = [new, *notes["secrets"][:1]] if keep_old else [new]


def for_connected(backend: Backend, endpoint: Doc) -> bool:
    return bool(backend.store.notes(endpoint["id"])["connect"])
