"""Whether a delivery comes from whom it says: Standard Webhooks 1.0.0, five minutes of tolerance (D-21)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

# One secret, several during a rotation, or a function that knows them at this moment.
Secrets = str | Sequence[str] | Callable[[], str | Sequence[str]]


class NotBelieved(Exception):
    """The delivery is refused; the message is the reason."""


def verified_instant(secrets: Secrets, headers: Mapping[str, str], body: bytes) -> datetime:
    """When a delivery was sent, in UTC, after one of `secrets` proved it; raises NotBelieved otherwise.

    `headers` have lower-case names.
    """
    known = secrets() if callable(secrets) else secrets
    reasons = ["this receiver has no secret yet"]
    for secret in [known] if isinstance(known, str) else known:
        try:
            Webhook(secret).verify(body, dict(headers), json_parse=False)
        except WebhookVerificationError as error:
            reasons.append(str(error))
        except (
            EmptyWebhookSecretError,
            ValueError,
        ):  # not base64, not UTF-8, no comma: the library lets these by
            reasons.append("signature, body or secret cannot be read")
        else:
            return datetime.fromtimestamp(float(headers["webhook-timestamp"]), UTC)
    raise NotBelieved(reasons[-1])
