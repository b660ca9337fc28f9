"""Ways to pay, one package each: what a method is, what it answers, and the list of those found here.

A method is a package in this folder with a `method.py` that holds `METHOD`. It knows its provider and neither
the database nor Flask: it is handed what it needs and its answer is kept by others (house.md §7).
"""

import enum
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

from portal.core.money import Money
from portal.core.text import Text


@dataclass(frozen=True, slots=True)
class Account:
    """The creditor's own account with a provider, its secrets opened (decision 26)."""

    account_id: int
    secrets: Mapping[str, str] = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One due item of a payment, as its payer reads it at the provider: a neutral title, no word of debt (B-03)."""

    title: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Saved:
    """A way to pay that a customer saved at the provider: its ids there, and nothing else (PCI)."""

    reference: str
    payer_id: str
    method_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid in one go. `key` is kept before the first call and never changes (rule B-04).

    With `saved` nobody is there to pay on a page: it is charged to what was saved.
    """

    reference: str
    key: str
    parts: tuple[Part, ...]
    language: str
    begun_at: datetime
    expires_at: datetime
    return_url: str
    left_url: str
    saved: Saved | None = None


@dataclass(frozen=True, slots=True)
class SaveOrder:
    """What shall be saved: a `kind` of CARD or SEPA_DEBIT. `key` is kept before the call (rule B-04)."""

    reference: str
    key: str
    kind: str
    currency: str
    language: str
    expires_at: datetime
    return_url: str
    left_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSeen:
    """What the provider says of a page on which something shall be saved: still open, over, or what was saved."""

    session_id: str
    reference: str | None
    is_open: bool
    saved: Saved | None = None
    brand: str = ""
    last4: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """The provider has its page ready."""

    url: str
    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite no: nothing has begun. `why` is a code, without personal data."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or none that says what happened: ask again later. `why` is a code."""

    why: str


@dataclass(frozen=True, slots=True)
class NotThere:
    """The provider knows no such payment."""


CARD, SEPA_DEBIT = "card", "sepa_debit"  # what may be saved
AUTHENTICATION = "authentication_required"  # why a charge of what was saved did not go through: its payer is needed
IDENTIFIER = "creditor_identifier"  # option of an account: how the creditor is known in SEPA debits
ABOUT_SAVING = "saved:"  # begins the `object_key` of a notice that is about saving, before the page's id


class Standing(enum.Enum):
    """How a payment stands at its provider."""

    OPEN = "open"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    BOUNCED = "bounced"  # it had arrived, and the payer's bank took it back


class RefundStanding(enum.Enum):
    """How a refund stands at its provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DisputeStanding(enum.Enum):
    """How a cardholder's dispute stands at its provider."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSeen:
    """What the provider says of one refund. `reference` is ours, None for one that was made there by hand.

    `ended_at`: when it failed or was cancelled, as far as the provider says so.
    """

    provider_id: str
    reference: str | None
    amount: Money
    standing: RefundStanding
    sent_at: datetime
    ended_at: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Withheld:
    """One movement of a dispute: positive is taken from the account, negative given back."""

    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSeen:
    """What the provider says of one dispute, with its movements in the order in which they were made."""

    provider_id: str
    amount: Money
    standing: DisputeStanding
    why: str
    refundable: bool
    opened_at: datetime
    answer_by: datetime | None = None
    movements: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the provider says of one payment right now, whole, with all that came after it.

    `received` and `paid_at` stand with SUCCEEDED and BOUNCED, `bounced_at` with the latter.
    """

    standing: Standing
    provider_id: str | None = None
    reference: str | None = None
    payment_id: str | None = None
    url: str | None = None
    received: Money | None = None
    paid_at: datetime | None = None
    bounced_at: datetime | None = None
    why: str | None = None
    refunds: tuple[RefundSeen, ...] = ()
    disputes: tuple[DisputeSeen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """What is to be paid back of one payment. `key` is kept before the first call and never changes (B-04).

    `look_first`: it may have been ordered before, so the provider is asked whether it knows it.
    """

    reference: str
    key: str
    payment: str  # the attempt's own reference
    payment_id: str
    amount: Money
    look_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement on the creditor's account at the provider, before its fees: positive is money in.

    `payment_id` is the provider's payment that it belongs to, `reference` ours where the provider shows it.
    """

    movement_id: str
    at: datetime
    amount: Money
    payment_id: str | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A verified notice, reduced to what is kept of it. Without an `object_key` there is nothing to do for us."""

    event_key: str
    kind: str
    object_key: str | None


class BadNotice(Exception):
    """Not from the provider, not whole, too old, or of another account or mode: answered 400."""


class NotOurs(Exception):
    """Genuine, but about another of the provider's accounts: nothing to keep, nothing to complain of."""


@dataclass(frozen=True, slots=True)
class Payee:
    """Where a transfer goes. `certified` is the account whose holder's name the creditor's bank knows (B-38)."""

    holder: str
    iban: str
    bic: str | None
    certified: bool


@dataclass(frozen=True, slots=True)
class TransferText:
    """What the payer copies into their bank's page, and the same as a code to scan, where one may be made."""

    payee: Payee
    amount: Money
    reference: str
    code: bytes | None


class Method(Protocol):
    """What every way to pay has."""

    code: str
    label: Text

    def accepts(self, amount: Money) -> Text | None:
        """Why this amount cannot be paid this way, or None."""


@runtime_checkable
class Online(Method, Protocol):
    """A method with a provider behind it that is asked over the network: never call these in a transaction."""

    secret_names: tuple[str, ...]
    account_names: tuple[str, ...]  # the secrets and options that say which of the provider's accounts it is
    origins: tuple[str, ...]  # where its pages stand: a form of ours may lead there and nowhere else (decision 9)

    def why_not(self, secrets: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, Text]:
        """What is missing or malformed before the method can be switched on, by field."""

    def start(self, account: Account, order: Order) -> Redirect | Refused | Unknown:
        """Opens the provider's page; the same order again gives the same page."""

    def find(self, account: Account, order: Order) -> Seen | NotThere | Unknown:
        """Looks for an order by its reference, when its key may have been forgotten."""

    def look_up(self, account: Account, key: str) -> Seen | NotThere | Unknown:
        """How the payment with this key of the provider stands."""

    def expire(self, account: Account, provider_id: str) -> Seen | NotThere | Unknown:
        """Closes the provider's page if it is still open, and says how the payment stands then."""

    signature_header: str

    def read_notice(self, account: Account, body: bytes, signature: str) -> Notice:
        """Verifies a notice on its raw bytes and its signature header. Raises BadNotice or NotOurs."""


@runtime_checkable
class Refunding(Online, Protocol):
    """An online method that can pay back."""

    def refund(self, account: Account, order: RefundOrder) -> RefundSeen | Refused | Unknown:
        """Orders a refund; the same order again gives the same refund."""


@runtime_checkable
class Saving(Online, Protocol):
    """An online method that keeps a way to pay for later, and charges it while its payer is away (rule B-14)."""

    def save(self, account: Account, order: SaveOrder) -> Redirect | Refused | Unknown:
        """Opens the provider's page for saving; the same order again gives the same page."""

    def look_up_saved(self, account: Account, session_id: str) -> SavedSeen | NotThere | Unknown:
        """What came of that page."""

    def charge_saved(self, account: Account, order: Order) -> Seen | Refused | Unknown:
        """Charges `order.saved`; the same order again gives the same charge. A no of the bank's is Seen as FAILED,
        with AUTHENTICATION as its `why` where the payer has to be there."""

    def forget(self, account: Account, saved: Saved) -> bool:
        """It can never be charged again; False when nobody answered."""


@runtime_checkable
class Reporting(Online, Protocol):
    """An online method whose provider can be asked what happened, when its notices were lost."""

    def changes(self, account: Account, since: datetime, until: datetime) -> list[Notice] | Unknown:
        """The notices of that time that are about payments, the oldest first; those with an `object_key` alone."""

    def movements(self, account: Account, since: datetime, until: datetime) -> list[Movement] | Unknown:
        """What moved on the account from `since` to just before `until`, as far as payments are concerned."""


@runtime_checkable
class ByTransfer(Method, Protocol):
    """A method that only needs a text to be copied: nothing is asked over the network."""

    def text(self, payee: Payee, amount: Money, reference: str) -> TransferText:
        """The lines to copy for one due item."""


@lru_cache(maxsize=1)
def all_methods() -> dict[str, Method]:
    """Every method of this folder by its code."""
    found: dict[str, Method] = {}
    for package in pkgutil.iter_modules(__path__):
        method: Method = importlib.import_module(f"{__name__}.{package.name}.method").METHOD
        found[method.code] = method
    return found


def origins() -> tuple[str, ...]:
    """Where the pages of the online methods stand, as each declares it."""
    return tuple(one for method in all_methods().values() if isinstance(method, Online) for one in method.origins)


def online(code: str) -> Online | None:
    """The online method called `code`, or None."""
    found = all_methods().get(code)
    return found if isinstance(found, Online) else None
