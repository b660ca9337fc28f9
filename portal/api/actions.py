"""Keys made, given another secret with a week of both, and revoked; a secret is in the clear only as it is made."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from portal.api import events as happened
from portal.api import queries, rules
from portal.api.models import ApiKey
from portal.core import clock, db, events, ids, scope
from portal.core.errors import Invalid, NotAllowedNow
from portal.core.text import t
from portal.people import grave_settings

MOST_KEYS = 50  # that hold at one time: more are forgotten ones
_REVOKED = t("This key has been revoked.")


@dataclass(frozen=True, slots=True)
class Made:
    """A key and how it is written, for the one time that it is shown."""

    key: ApiKey
    written: str


class NothingAllowed(Invalid):
    """No permission was chosen."""


def make(name: str, wanted: Iterable[str], *, by: int) -> Made:
    """A key with these permissions, made by the person `by`; the others who decide are told. Raises Invalid."""
    allowed = rules.grant(wanted)
    if not allowed:
        raise NothingAllowed(t("Please choose what this key may do."))
    if sum(one.revoked_at is None for one in queries.listed()) >= MOST_KEYS:
        raise Invalid(t("There are very many keys already. Revoke one that is not used."))
    secret = secrets.token_urlsafe(32)
    key = ApiKey(
        id=ids.new_id(),
        staff_id=by,
        name=name,
        permissions=" ".join(one.value for one in allowed),
        secret_hash=rules.hashed(secret),
        made_at=clock.now(),
    )
    db.session().add(key)
    db.session().flush()
    events.record(happened.ApiKeyMade(api_key_id=key.id, permissions=tuple(one.value for one in allowed)))
    grave_settings.tell(["api_keys"], by=by)
    return Made(key, rules.write(scope.current().creditor_id, key.id, secret))


def rotate(key: ApiKey, *, by: int) -> Made:
    """Another secret; for a week both let in. Raises NotAllowedNow for a revoked key, and while there are two."""
    now = clock.now()
    if key.revoked_at is not None:
        raise NotAllowedNow(_REVOKED)
    if key.old_until is not None and key.old_until > now:
        raise NotAllowedNow(t("There are two secrets already. End the old one first."))
    secret = secrets.token_urlsafe(32)
    key.old_hash, key.old_until = key.secret_hash, now + rules.TWO_SECRETS
    key.secret_hash = rules.hashed(secret)
    events.record(happened.ApiKeyRotated(api_key_id=key.id, old_until=key.old_until))
    grave_settings.tell(["api_keys"], by=by)
    return Made(key, rules.write(scope.current().creditor_id, key.id, secret))


def end_old(key: ApiKey) -> None:
    """Only the new secret lets in from now on. Raises NotAllowedNow where there is one only."""
    if key.old_hash is None:
        raise NotAllowedNow(t("There is no old secret any more."))
    key.old_hash = key.old_until = None
    events.record(happened.ApiKeyOldEnded(api_key_id=key.id))


def revoke(key: ApiKey) -> None:
    """It lets nobody in any more, at once and for good; its secrets are forgotten."""
    if key.revoked_at is not None:
        raise NotAllowedNow(_REVOKED)
    key.revoked_at = clock.now()
    key.secret_hash, key.old_hash, key.old_until = "", None, None
    events.record(happened.ApiKeyRevoked(api_key_id=key.id))
