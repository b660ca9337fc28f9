"""The real Stripe client for one creditor's account, and what its errors mean to us.

We own the retries (an outbox row, the sweep, the next click), so the client makes none. Its answers are of
three kinds: it happened, it certainly did not, or nobody knows (house.md §4).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from portal.core import installation
from portal.payments.methods import Account, NotThere, Refused, Unknown

log = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0
SECRET_KEY, WEBHOOK_SECRET = "secret_key", "webhook_secret"
CONNECTED = "account"  # option: the connected account that charges are made on (rule B-02)


def is_live(secret_key: str) -> bool:
    return secret_key.startswith(("sk_live_", "rk_live_"))


@contextmanager
def connected(account: Account) -> Iterator[stripe.StripeClient]:
    """A client that acts as this account alone; its connections are closed at the end."""
    http = stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS))
    base = installation.settings().stripe_api_base
    try:
        yield stripe.StripeClient(
            account.secrets[SECRET_KEY],
            stripe_account=account.options.get(CONNECTED) or None,
            base_addresses={"api": base} if base else None,
            max_network_retries=0,
            http_client=http,
        )
    finally:
        http.close()


def meaning(error: stripe.StripeError) -> Refused | NotThere | Unknown:
    """What an error says about what happened. Its code is kept, its message may quote what was sent."""
    why = str(getattr(error, "code", None) or type(error).__name__)[:60]
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        log.error("stripe does not accept this account's key", extra={"code": why})
        return Refused(why)
    if isinstance(error, stripe.IdempotencyError):
        return Unknown(why)  # the key is known with other contents: only a look-up can tell
    if isinstance(error, (stripe.InvalidRequestError, stripe.CardError)):
        if error.http_status == 404 or why == "resource_missing":
            return NotThere()
        log.error("stripe refused a request", extra={"code": why, "param": getattr(error, "param", None)})
        return Refused(why)
    return Unknown(why)
