"""How a key is written, what it may be allowed, and when it holds: no session, no Flask, no clock."""

import enum
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core import ids
from portal.core.text import Text, t
from portal.people.roles import Permission

TWO_SECRETS = timedelta(days=7)  # time to put the new one in on the other side, as for a webhook's [D]
LONGEST_NAME = 80
# What a system may be allowed, in the order of the page. What asks for a person's own yes or for four eyes (money
# back, another account, people, settings) is no machine's.
GRANTABLE: dict[Permission, Text] = {
    Permission.READ: t("Read customers, invoices and what happened"),
    Permission.IMPORT: t("Send invoices, credit notes, customers and payments made elsewhere"),
    Permission.WITHDRAW: t("Take an invoice back"),
    Permission.CONTACTS: t("Add and stop addresses"),
    Permission.SEND: t("Make links and codes, revoke them, stop and resume messages about an invoice"),
    Permission.ANSWER: t("Answer and close disputes, agree to plans or decline them, in your name"),
}


class Call(enum.Enum):
    """What a call asks for that needs no permission of a person's."""

    ANY_KEY = "any_key"


ANY_KEY = Call.ANY_KEY
_WRITTEN = re.compile(r"dpk_([0-9a-z]{13})([0-9a-z]{13})_([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Written:
    """A key taken apart: whose it says it is, which one, and the secret that has to prove it."""

    creditor_id: int
    key_id: int
    secret: str


def write(creditor_id: int, key_id: int, secret: str) -> str:
    """The key as a system sends it. It names its creditor, so that no list across creditors is needed to find it."""
    return f"dpk_{ids.spell(creditor_id)}{ids.spell(key_id)}_{secret}"


def read(written: str) -> Written | None:
    """What a system sent; None for what cannot be a key."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    try:
        return Written(ids.read(found[1]), ids.read(found[2]), found[3])
    except ValueError:
        return None


def hashed(secret: str) -> str:
    """Of 256 random bits a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def opens(secret: str, hash_: str, old_hash: str | None, old_until: datetime | None, now: datetime) -> bool:
    """Whether the secret is the key's, or the one that it replaces and that still holds."""
    given = hashed(secret)
    is_new = hmac.compare_digest(given, hash_)
    is_old = hmac.compare_digest(given, old_hash or "")
    return is_new or (is_old and old_until is not None and now < old_until)


def permissions(written: str) -> frozenset[Permission]:
    """What stands in a key's row; a word that is no permission any more allows nothing."""
    return frozenset(one for one in GRANTABLE if one.value in written.split())


def grant(wanted: Iterable[str]) -> tuple[Permission, ...]:
    """Those of these words that a key may be allowed, in the order of the page."""
    asked = set(wanted)
    return tuple(one for one in GRANTABLE if one.value in asked)
