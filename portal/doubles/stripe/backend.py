"""What every object of the double works with: store, clock, manner of behaving, and who is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.core import clock
from portal.doubles.stripe.store import Doc, Store, World


class Clock:
    """The double's own time: the real one (or any `now` given), plus a skew that tests may set."""

    def __init__(self, now: Callable[[], datetime] = clock.now) -> None:
        self._now = now
        self.skew = timedelta(0)

    def now(self) -> datetime:
        return self._now() + self.skew

    def seconds(self) -> int:
        """Whole seconds since 1970, the form of every time in Stripe's API."""
        return int(self.now().timestamp())


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How the double behaves. Durations count on its own clock; amounts are minor units."""

    bank_debit_takes: timedelta = timedelta(seconds=20)
    bounce_takes: timedelta = timedelta(seconds=40)  # after a debit had paid
    refund_takes: timedelta = timedelta(seconds=10)
    payment_method_types: tuple[str, ...] = ("card", "sepa_debit")
    card_fee_per_mille: int = 15
    card_fee_fixed: int = 25
    debit_fee_fixed: int = 35
    dispute_fee: int = 2000


@dataclass(frozen=True, slots=True)
class Cause:
    """Which API request made a change; without one it was the payer, a bank, or time."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Backend:
    store: Store
    clock: Clock
    manner: Manner
    base_url: str = ""
    cause: Cause = field(default_factory=Cause)
    listeners: list[Callable[[World, Doc], None]] = field(default_factory=list)

    def seconds(self) -> int:
        return self.clock.seconds()

    def after(self, delay: timedelta) -> float:
        """The instant `delay` from now, in seconds since 1970."""
        return (self.clock.now() + delay).timestamp()

    @contextmanager
    def caused_by(self, cause: Cause) -> Iterator[None]:
        """Events recorded inside carry `cause`. Holds the store's lock, so that it is nobody else's."""
        with self.store.lock:
            before, self.cause = self.cause, cause
            try:
                yield
            finally:
                self.cause = before

    def present(self, doc: Doc) -> Doc:
        """A copy of `doc` as the API shows it right now: with what depends on the address and the hour."""
        shown = deepcopy(doc)
        if shown["object"] == "checkout.session" and shown["status"] == "open":
            shown["url"] = f"{self.base_url}/c/pay/{shown['id']}"
        if shown["object"] == "balance_transaction" and shown["available_on"] <= self.seconds():
            shown["status"] = "available"
        return shown
