"""Signatures of webhooks by Standard Webhooks 1.0.0: made by us, checked by whoever receives (D-21)."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh secret for one endpoint: `whsec_` and the base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def check_secret(secret: str) -> str:
    """The secret itself; raises ValueError unless it is `whsec_` and strict base64 of 24 to 64 bytes.

    The library takes any text for base64 and would sign with a handful of bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError("a webhook secret is whsec_ and the base64 of 24 to 64 bytes")
    return secret


def sign(endpoint_secrets: Sequence[str], message_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; one signature per secret, the newest first, while they rotate.

    `message_id` stays the same over all attempts, `sent_at` is the time of this one. Raises ValueError
    without a secret, for a bad one, for an id with a dot or a blank, or for a body that is not UTF-8.
    """
    if not endpoint_secrets:
        raise ValueError("no secret to sign with")
    if not message_id.isascii() or not message_id.replace("_", "").replace("-", "").isalnum():
        raise ValueError(f"not a webhook id: {message_id!r}")  # a dot would let it run into the timestamp
    moment = sent_at.astimezone(UTC)
    text = body.decode("utf-8")
    signatures = [Webhook(check_secret(secret)).sign(message_id, moment, text) for secret in endpoint_secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def verify(endpoint_secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the secrets signed exactly this body within the last (or next) five minutes.

    Whatever is malformed is simply not verified. Without a secret nothing is.
    """
    return any(_signed_with(check_secret(secret), headers, body) for secret in endpoint_secrets)


def _signed_with(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True
