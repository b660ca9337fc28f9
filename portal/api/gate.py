"""Who is behind a request to /api/: the key that its Authorization header names, in its creditor's scope."""

import enum
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from sqlalchemy import update

from portal.api import queries, rules
from portal.api.models import ApiKey
from portal.core import clock, db, events, scope
from portal.people.roles import Permission
from portal.web import limits

USED_EVERY = timedelta(seconds=60)  # last use is kept to the minute: a call need not write
LONGEST_HEADER = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """A system of the creditor's, let in by one of its keys."""

    key_id: int
    staff_id: int  # who made the key: in whose name customers are answered
    name: str
    permissions: frozenset[Permission]

    @property
    def who(self) -> str:
        return f"key:{self.key_id}"

    def may(self, permission: enum.Enum) -> bool:
        return permission is rules.ANY_KEY or permission in self.permissions


def load() -> Caller | None:
    """For `portal.web.gates`: the caller of this request with its creditor's scope entered, or None.

    Who comes with wrong keys again and again is refused for a while (429); what a right key may do stays as it is.
    """
    found = _key()
    if found is None:
        limits.check(limits.BAD_TOKENS, "api")
        limits.count_bad_token("api")
        return None
    now = clock.now()
    if found.last_used_at is None or now - found.last_used_at > USED_EVERY:
        with db.trace():
            db.changed(update(ApiKey).where(ApiKey.id == found.id).values(last_used_at=now))
    events.act_as(events.Actor("api", found.id))
    return Caller(found.id, found.staff_id, found.name, rules.permissions(found.permissions))


def _key() -> ApiKey | None:
    header = request.headers.get("Authorization", "")
    scheme, _, written = header.partition(" ")
    if scheme.lower() != "bearer" or len(header) > LONGEST_HEADER:
        return None
    named = rules.read(written.strip())
    if named is None:
        return None
    scope.enter(named.creditor_id)  # its word for it alone: nothing is looked at but the key, until the secret fits
    key = queries.key(named.key_id)
    if key is None or key.revoked_at is not None:
        return None
    fits = rules.opens(named.secret, key.secret_hash, key.old_hash, key.old_until, clock.now())
    return key if fits else None
