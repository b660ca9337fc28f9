"""Who may ask, and on whose behalf: secret keys, platforms, and the accounts connected to them."""

import base64
import binascii
import hmac
from dataclasses import dataclass, field

from werkzeug.datastructures import Headers

from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.refusals import Refusal
from portal.doubles.stripe.store import Doc, World


@dataclass(frozen=True, slots=True)
class Caller:
    """An accepted key: the account it belongs to, and the world that this request acts in."""

    own_account: str
    world: World

    @property
    def on_behalf(self) -> bool:
        """Whether a platform acts for a connected account (`Stripe-Account`)."""
        return self.own_account != self.world.account


@dataclass
class Accounts:
    """The accounts of the double: keys (each one test or live by its prefix) and who is connected to whom."""

    backend: Backend
    keys: dict[str, str] = field(default_factory=dict)  # secret key -> account
    connected: dict[str, set[str]] = field(default_factory=dict)  # platform -> accounts

    def add(self, account: str, *, key: str | None = None, country: str = "IT", name: str = "") -> None:
        """Opens `account` (or gives it another key); a key begins with `sk_test_`, `sk_live_` or `rk_…`."""
        if key is not None:
            if not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
                raise ValueError(f"not the form of a secret key: {key!r}")
            self.keys[key] = account
        if self.backend.store.find(account) is None:
            doc = _account(account, country, name, self.backend.seconds())
            self.backend.store.add(World(account, livemode=False), doc)

    def connect(self, platform: str, account: str) -> None:
        """Lets `platform` act on `account`; events of `account` then reach its Connect endpoints."""
        self.connected.setdefault(platform, set()).add(account)

    def disconnect(self, platform: str, account: str) -> None:
        self.connected.get(platform, set()).discard(account)

    def platforms_of(self, account: str) -> set[str]:
        return {platform for platform, accounts in self.connected.items() if account in accounts}

    def caller(self, headers: Headers) -> Caller:
        """Reads the key (Bearer, or Basic as the user) and `Stripe-Account`; refuses 401 and 403."""
        key = _key_of(headers.get("Authorization", ""))
        own = next((a for k, a in self.keys.items() if hmac.compare_digest(k.encode(), key.encode())), None)
        if own is None:
            raise Refusal(f"Invalid API Key provided: {_masked(key)}", status=401, kept=False)
        account = headers.get("Stripe-Account") or headers.get("Stripe-Context") or own
        if account != own and account not in self.connected.get(own, set()):
            raise Refusal(
                f"The provided key '{_masked(key)}' does not have access to account '{account}' (or that "
                "account does not exist). Application access may have been revoked.",
                status=403,
                code="account_invalid",
                kept=False,
            )
        return Caller(own, World(account, livemode="_live_" in key[:8]))

    def shown(self, caller: Caller, account: str | None) -> Doc:
        """The account object: one's own, or a connected one; 403 for any other."""
        wanted = account or caller.world.account
        if wanted != caller.world.account and wanted not in self.connected.get(caller.own_account, set()):
            raise Refusal(
                f"The provided key does not have access to account '{wanted}' (or that account does not "
                "exist). Application access may have been revoked.",
                status=403,
                code="account_invalid",
            )
        return self.backend.store.fetch(wanted)


def _key_of(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode("utf-8").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            value = ""
    elif scheme.lower() != "bearer":
        value = ""
    if not value.strip():
        raise Refusal(
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            status=401,
            kept=False,
        )
    return value.strip()


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}" if len(key) > 12 else "*" * len(key)


def _account(account: str, country: str, name: str, created: int) -> Doc:
    return {
        "id": account,
        "object": "account",
        "business_profile": {"mcc": None, "name": name or None, "support_email": None, "url": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "sepa_debit_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": country,
        "created": created,
        "default_currency": "eur",
        "details_submitted": True,
        "email": None,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account}/external_accounts",
        },
        "metadata": {},
        "payouts_enabled": True,
        "requirements": {
            "alternatives": [],
            "current_deadline": None,
            "currently_due": [],
            "disabled_reason": None,
            "errors": [],
            "eventually_due": [],
            "past_due": [],
            "pending_verification": [],
        },
        "settings": {
            "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
            "card_payments": {"statement_descriptor_prefix": None},
            "dashboard": {"display_name": name or None, "timezone": "Europe/Rome"},
            "payments": {"statement_descriptor": None},
        },
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }
