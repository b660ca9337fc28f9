"""Endpoints of a creditor, events that it hears of, and what became of their deliveries."""

from dataclasses import replace

from sqlalchemy import select

from portal.core import db, events, ids, installation, scope
from portal.debtors.events import GatePassed
from portal.webhooks import actions, queries
from portal.webhooks.models import Delivery, DeliveryTry, Endpoint
from tests.factories.world import Account


def allow_loopback(*origins: str) -> None:
    """The installation may reach these places on this machine (decision 38)."""
    settings = installation.settings()
    allowed = settings.allowed_loopback | frozenset(origins)
    installation.install(replace(settings, allowed_loopback=allowed), installation.keys())


def add_endpoint(creditor_id: int, url: str, notify_email: str | None = None) -> actions.Added:
    with db.transaction():
        scope.enter(creditor_id)
        return actions.add_endpoint(url, notify_email)


def happen(account: Account, times: int = 1) -> None:
    """Something that a creditor's system hears of: a person passed the gate."""
    with db.transaction():
        scope.enter(account.creditor_id)
        for _ in range(times):
            events.record(
                GatePassed(link_id=ids.new_id(), visit_id=ids.new_id(), level=2, debtor_id=account.debtor_id)
            )


def deliveries(account: Account) -> list[Delivery]:
    """Oldest first."""
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return list(db.session().scalars(select(Delivery).order_by(Delivery.id)))


def tries(account: Account) -> list[DeliveryTry]:
    """Every attempt at anything, oldest first."""
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return list(db.session().scalars(select(DeliveryTry).order_by(DeliveryTry.id)))


def endpoint(account: Account, endpoint_id: int) -> Endpoint:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        found = queries.endpoint(endpoint_id)
        assert found is not None
        return found


def resume(account: Account, endpoint_id: int) -> int:
    with db.transaction():
        scope.enter(account.creditor_id)
        found = queries.endpoint(endpoint_id, lock=True)
        assert found is not None
        return actions.resume_endpoint(found)


def stop(account: Account, endpoint_id: int) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        found = queries.endpoint(endpoint_id, lock=True)
        assert found is not None
        actions.stop_endpoint(found, "stopped by hand")


def replay(account: Account, delivery_id: int) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        found = queries.delivery(delivery_id, lock=True)
        assert found is not None
        actions.replay(found)
