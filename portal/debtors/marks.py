"""The mark of an address that went: it is known again when somebody brings it back, and cannot be read from it.

A hash of the address, for this debtor of this creditor, sealed: who has the database alone can try no address on it,
and it outlives a key that is taken out of use (`portal keys`).
"""

import hashlib
import hmac

from portal.core import installation, scope, signing
from portal.debtors.step_up_rules import MOBILE
from portal.messages.channels import sms

_MAIL = frozenset({"email", "pec"})  # one mailbox, however a file calls it


def make(debtor_id: int, channel: str, address: str) -> str:
    """What stays of an address that goes."""
    return signing.seal(installation.keys(), _hash(debtor_id, channel, address))


def is_of(mark: str | None, debtor_id: int, channel: str, address: str) -> bool:
    """Whether the mark was made of this address, of the same debtor of the creditor in scope."""
    if mark is None:
        return False
    kept = signing.unseal(installation.keys(), mark)
    return hmac.compare_digest(kept, _hash(debtor_id, channel, address))


def _hash(debtor_id: int, channel: str, address: str) -> str:
    kind = "mail" if channel in _MAIL else channel
    about = f"{scope.current().creditor_id}:{debtor_id}:{kind}:{_spelled(channel, address)}"
    return hashlib.sha256(about.encode()).hexdigest()


def _spelled(channel: str, address: str) -> str:
    """As everybody writes it: a mailbox in small letters, a number with its country."""
    if channel != MOBILE:
        return address.strip().lower()
    try:
        return sms.checked_number(address)
    except ValueError:
        return "".join(c for c in address if c.isdigit())
