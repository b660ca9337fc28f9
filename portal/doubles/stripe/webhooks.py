"""Signed events on their way to the endpoints: at least once, retried with back-off, in no sure order.

Tests order trouble here from outside: `drop`, `duplicate`, `delay`, `hold` and `release` in another order.
"""

import json
import random
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import requests
from stripe import WebhookSignature

from portal.doubles.stripe.accounts import Accounts
from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.objects import endpoints
from portal.doubles.stripe.objects.events import matches
from portal.doubles.stripe.store import Doc, World

# Stripe's live schedule takes three days; in a demo and in tests nobody waits that long.
BACK_OFF = tuple(timedelta(seconds=s) for s in (1, 3, 10, 30, 60))
_RECEIVER_MAY_TAKE = 10.0  # seconds

Send = Callable[[str, bytes, dict[str, str]], int]


def send_by_http(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Posts to a receiver; its status. Redirects are not followed: Stripe calls them failures."""
    answer = requests.post(url, data=body, headers=headers, timeout=_RECEIVER_MAY_TAKE, allow_redirects=False)
    return answer.status_code


@dataclass(slots=True)
class Delivery:
    """One event for one endpoint: pending, held, delivered, given_up or dropped. Times in epoch seconds."""

    id: int
    event: str
    endpoint: str
    due: float
    state: str = "pending"
    not_before: float = 0.0
    statuses: list[int] = field(default_factory=list)  # 0: no answer at all


@dataclass(slots=True)
class _Trouble:
    kind: str
    types: str
    times: int
    value: float = 0.0


class Webhooks:
    """The outgoing side. The store's lock guards its state; its own lets one send at a time."""

    def __init__(
        self, backend: Backend, accounts: Accounts, send: Send, back_off: tuple[timedelta, ...] = BACK_OFF
    ) -> None:
        self._backend = backend
        self._accounts = accounts
        self._send = send
        self._back_off = back_off
        self._sending = threading.Lock()
        self._troubles: list[_Trouble] = []
        self._holding = False
        self._waiting: list[Delivery] = []
        self.deliveries: list[Delivery] = []  # all there ever were, in the order of their events
        self.wake = threading.Event()
        backend.listeners.append(self.enqueue)

    # --- trouble, ordered from outside ------------------------------------------------------------

    def drop(self, types: str = "*", *, times: int = 1_000_000) -> None:
        """The next deliveries of matching events never leave; the events stay in the log."""
        self._troubles.append(_Trouble("drop", types, times))

    def duplicate(self, types: str = "*", *, times: int = 1_000_000, copies: int = 2) -> None:
        """The next matching events are delivered `copies` times."""
        self._troubles.append(_Trouble("duplicate", types, times, copies))

    def delay(self, by: timedelta, types: str = "*", *, times: int = 1_000_000) -> None:
        """The next matching events stay on the road for `by`, on the double's clock, also in `drain`."""
        self._troubles.append(_Trouble("delay", types, times, by.total_seconds()))

    def hold(self) -> None:
        """Keeps every new delivery back until `release`."""
        self._holding = True

    def release(self, order: str = "sent", randomness: random.Random | None = None) -> None:
        """Lets held deliveries go: as `sent`, `reversed`, or `shuffled` by `randomness`."""
        with self._backend.store.lock:
            self._holding = False
            held = [d for d in self._waiting if d.state == "held"]
            if order == "reversed":
                held.reverse()
            elif order == "shuffled":
                (randomness or random.Random(0)).shuffle(held)
            self._waiting = [d for d in self._waiting if d.state != "held"] + held
            for delivery in held:
                delivery.state = "pending"
                delivery.due = max(self._backend.clock.now().timestamp(), delivery.not_before)
        self.wake.set()

    def calm(self) -> None:
        """No more trouble for deliveries to come."""
        self._troubles.clear()

    # --- the way out ----------------------------------------------------------------------------------------

    def enqueue(self, world: World, event: Doc) -> None:
        """One delivery for each endpoint that wants the event. Called under the store's lock."""
        for endpoint in reversed(self._backend.store.all("webhook_endpoint")):
            if self._wants(endpoint, world, event):
                event["pending_webhooks"] += 1
                self._plan(event, endpoint)
        self.wake.set()

    def _wants(self, endpoint: Doc, world: World, event: Doc) -> bool:
        home = self._backend.store.world_of(endpoint["id"])
        if endpoint["status"] != "enabled" or home.livemode != world.livemode:
            return False
        if endpoints.for_connected(self._backend, endpoint):
            reaches = home.account in self._accounts.platforms_of(world.account)
        else:
            reaches = home.account == world.account
        return reaches and matches(event, endpoint["enabled_events"])

    def _plan(self, event: Doc, endpoint: Doc) -> None:
        copies, not_before, state = 1, 0.0, "held" if self._holding else "pending"
        now = self._backend.clock.now().timestamp()
        for trouble in [t for t in self._troubles if t.times > 0 and matches(event, [t.types])]:
            trouble.times -= 1
            if trouble.kind == "drop":
                state = "dropped"
            elif trouble.kind == "duplicate":
                copies = int(trouble.value)
            else:
                not_before = now + trouble.value
        for _ in range(copies):
            number, due = len(self.deliveries), max(now, not_before)
            delivery = Delivery(number, event["id"], endpoint["id"], due, state, not_before)
            self.deliveries.append(delivery)
            if state != "dropped":
                self._waiting.append(delivery)

    def _next(self, *, hurry: bool) -> Delivery | None:
        now = self._backend.clock.now().timestamp()
        with self._backend.store.lock:
            pending = [d for d in self._waiting if d.state == "pending"]
            if hurry:  # first attempts before retries
                ready = [d for d in pending if d.not_before <= now]
                return min(ready, key=lambda d: len(d.statuses), default=None)
            ready = [d for d in pending if d.due <= now]
            return min(ready, key=lambda d: d.due, default=None)

    def pump(self, *, hurry: bool = False) -> int:
        """Sends what is due, one after the other, and says how many attempts that took.

        `hurry` skips the back-off between retries (not an ordered delay).
        """
        attempts = 0
        with self._sending:
            while (delivery := self._next(hurry=hurry)) is not None:
                self._attempt(delivery)
                attempts += 1
        return attempts

    def drain(self) -> int:
        """Returns once every delivery not held or delayed has arrived or been given up, without waiting."""
        return self.pump(hurry=True)

    def _attempt(self, delivery: Delivery) -> None:
        with self._backend.store.lock:
            endpoint = self._backend.store.find(delivery.endpoint)
            if endpoint is None:  # deleted meanwhile
                self._end(delivery, "given_up")
                return
            url, body, headers = self._signed(delivery, endpoint)
        try:
            status = self._send(url, body, headers)
        except (requests.RequestException, OSError):
            status = 0
        with self._backend.store.lock:
            self._settle(delivery, status)

    def _signed(self, delivery: Delivery, endpoint: Doc) -> tuple[str, bytes, dict[str, str]]:
        event = self._backend.present(self._backend.store.fetch(delivery.event))
        if endpoints.for_connected(self._backend, endpoint):
            event["account"] = self._backend.store.world_of(delivery.event).account
        payload = json.dumps(event, indent=2, ensure_ascii=False)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(
                payload, endpoints.secrets(self._backend, endpoint), self._backend.seconds()
            ),
            "User-Agent": "Stripe/1.0 (+the debtor portal's Stripe double)",
        }
        return endpoint["url"], payload.encode(), headers

    def _settle(self, delivery: Delivery, status: int) -> None:
        delivery.statuses.append(status)
        tries = len(delivery.statuses)
        if 200 <= status < 300:
            self._end(delivery, "delivered")
            event = self._backend.store.find(delivery.event)
            if event is not None:
                event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
        elif tries > len(self._back_off):
            self._end(delivery, "given_up")
        else:
            delivery.due = self._backend.after(self._back_off[tries - 1])

    def _end(self, delivery: Delivery, state: str) -> None:
        delivery.state = state
        self._waiting.remove(delivery)

    def dump(self) -> list[dict[str, Any]]:
        return [asdict(delivery) for delivery in self.deliveries]

    def load(self, rows: list[dict[str, Any]]) -> None:
        self.deliveries = [Delivery(**row) for row in rows]
        self._waiting = [d for d in self.deliveries if d.state in {"pending", "held"}]


def signature(payload: str, secrets: list[str], seconds: int) -> str:
    """The `Stripe-Signature` header: one `t`, a `v1` for each secret (rule B-05)."""
    headers = [WebhookSignature.generate_signature_header(payload, secret, seconds) for secret in secrets]
    return ",".join([headers[0], *(header.partition(",")[2] for header in headers[1:])])
