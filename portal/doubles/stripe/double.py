"""The Stripe double in one piece: starts and stops it, and the handles that tests and the demo hold."""

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import stripe
from flask import Flask
from jinja2 import StrictUndefined

from portal.core import clock
from portal.doubles.stripe.accounts import Accounts
from portal.doubles.stripe.api import Api, SeenRequest
from portal.doubles.stripe.backend import Backend, Clock, Manner
from portal.doubles.stripe.bank import Bank, Payer
from portal.doubles.stripe.dashboard import Dashboard
from portal.doubles.stripe.faults import Faults
from portal.doubles.stripe.hosted import HostedPages
from portal.doubles.stripe.idempotency import Keys
from portal.doubles.stripe.in_process import InProcess
from portal.doubles.stripe.objects import endpoints, payments, refunds, sessions
from portal.doubles.stripe.server import Server
from portal.doubles.stripe.snapshot import Snapshot
from portal.doubles.stripe.store import Doc, Store, World
from portal.doubles.stripe.webhooks import BACK_OFF, Send, Webhooks, send_by_http

PLATFORM = "acct_1DoublePlatform"
PLATFORM_KEY = "sk_test_double_platform"
_BEAT = 0.2  # seconds between two looks at the clock
_LARGEST_REQUEST = 1_000_000


class StripeDouble:
    """A loopback server that behaves like Stripe's API for what the portal uses. Also a context manager.

    `seed` makes ids repeatable; `now` gives another clock; `background=False` starts no worker, so that
    nothing moves but by `tick()` and `webhooks.drain()`; `snapshot` names a file that outlives the process;
    `send` replaces HTTP for webhooks. Handles: `accounts`, `payer`, `bank`, `faults`, `webhooks`, `requests`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        key: str = PLATFORM_KEY,
        name: str = "",
        now: Callable[[], datetime] = clock.now,
        manner: Manner | None = None,
        seed: int | None = None,
        background: bool = True,
        snapshot: Path | None = None,
        send: Send = send_by_http,
        back_off: tuple[timedelta, ...] = BACK_OFF,
    ) -> None:
        store = Store(random.Random(seed) if seed is not None else random.SystemRandom())
        self.clock = Clock(now)
        self.backend = Backend(store, self.clock, manner or Manner())
        self.accounts = Accounts(self.backend)
        self.keys = Keys(self.clock)
        self.faults = Faults()
        self.webhooks = Webhooks(self.backend, self.accounts, send, back_off)
        self.payer = Payer(self.backend, self.tick)
        self.bank = Bank(self.backend)
        self._port = port
        self._background = background
        self._snapshot = Snapshot(snapshot, self.backend, self.keys, self.webhooks) if snapshot else None
        if self._snapshot is not None:
            self._port = port or self._snapshot.load() or 0
        self.accounts.add(PLATFORM, key=key, name=name)
        self._api = Api(self.backend, self.accounts, self.keys, self.faults, self.tick)
        self.app = self._make_app()
        self._server: Server | None = None
        self._worker: threading.Thread | None = None
        self._stopping = threading.Event()

    def _make_app(self) -> Flask:
        app = Flask(__name__, static_folder=None)
        app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
        app.config["PROPAGATE_EXCEPTIONS"] = True  # a broken connection must reach the server, not become a 500
        app.jinja_env.undefined = StrictUndefined
        self._api.register(app)
        HostedPages(self.backend, self.tick).register(app)
        Dashboard(self.backend, self.webhooks, self.bank, self._api).register(app)
        return app

    # --- life -------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Listens, on the snapshot's port where it is free: addresses kept elsewhere still lead here."""
        try:
            self._server = Server(self.app, self._port)
        except OSError:
            if self._snapshot is None:
                raise
            self._server = Server(self.app)
        self.backend.base_url = f"http://127.0.0.1:{self._server.port}"
        self._stopping.clear()
        self.faults.begin()
        self._server.start()
        if self._background:
            self._worker = threading.Thread(target=self._work, name="stripe-double-worker", daemon=True)
            self._worker.start()
        return self

    def stop(self) -> None:
        """Answers no more, lets every held request go, keeps the snapshot."""
        if self._server is None:
            return
        port = self._server.port
        self._stopping.set()
        self.faults.end()
        self.webhooks.wake.set()
        self._server.stop()
        if self._worker is not None:
            self._worker.join()
            self._worker = None
        self._server = None
        if self._snapshot is not None:
            self._snapshot.save(port)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self.webhooks.wake.wait(_BEAT)
            self.webhooks.wake.clear()
            if self._stopping.is_set():
                return
            self.tick()
            self.webhooks.pump()
            if self._snapshot is not None and self._server is not None:
                self._snapshot.save(self._server.port)

    def tick(self) -> None:
        """Does what time has brought: sessions expire, bank debits settle, refunds end, old keys go."""
        with self.backend.store.lock:
            sessions.expire_due(self.backend)
            payments.settle_due(self.backend)
            payments.bounce_due(self.backend)
            refunds.conclude_due(self.backend)
            self.keys.prune()

    def advance(self, by: timedelta) -> None:
        """Moves the double's own clock on, and does what that brings."""
        self.clock.skew += by
        self.tick()

    # --- handles ----------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`: for the client's `base_addresses={"api": …}`."""
        return self.backend.base_url

    @property
    def requests(self) -> list[SeenRequest]:
        """Every API request so far, oldest first."""
        return self._api.seen

    def client(self, key: str = PLATFORM_KEY, *, account: str | None = None) -> stripe.StripeClient:
        """The real client, pointed here over HTTP, without retries of its own."""
        return stripe.StripeClient(
            key, stripe_account=account, base_addresses={"api": self.url}, max_network_retries=0
        )

    def client_in_process(self, key: str = PLATFORM_KEY, *, account: str | None = None) -> stripe.StripeClient:
        """The real client without a socket; works before `start()` too."""
        return stripe.StripeClient(
            key, stripe_account=account, http_client=InProcess(self.app), max_network_retries=0
        )

    def add_endpoint(
        self,
        url: str,
        secret: str,
        *,
        account: str = PLATFORM,
        connect: bool = False,
        livemode: bool = False,
        events: tuple[str, ...] = ("*",),
    ) -> Doc:
        """Registers a webhook receiver; the same address again replaces the first."""
        params = {"url": url, "connect": connect, "enabled_events": list(events)}
        with self.backend.store.lock:
            return endpoints.create(self.backend, World(account, livemode), params, secret)

    def roll_secret(self, endpoint: str, new: str, *, keep_old: bool = True) -> None:
        """Signs with `new` from now on, and with the old secret too unless told otherwise."""
        with self.backend.store.lock:
            endpoints.roll_secret(self.backend, self.backend.store.fetch(endpoint), new, keep_old=keep_old)

    def all(self, kind: str, account: str | None = None) -> list[Doc]:
        """The objects of a kind (`charge`, `event` …), oldest first, as the API shows them."""
        with self.backend.store.lock:
            docs = reversed(self.backend.store.all(kind))
            worlds = self.backend.store.world_of
            return [self.backend.present(d) for d in docs if account in {None, worlds(d["id"]).account}]

    def event_types(self, account: str | None = None) -> list[str]:
        """The types of all events so far, in order."""
        return [event["type"] for event in self.all("event", account)]
