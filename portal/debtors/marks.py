"""The mark of an address that went: it is known again when somebody brings it back, and cannot be read from it."""

from portal.core import installation, scope, signing
from portal.debtors.step_up_rules import MOBILE
from portal.messages.channels import sms

PURPOSE = "gone-address"
_MAIL = frozenset({"email", "pec"})  # one mailbox, however a file calls it


def mark_of(debtor_id: int, channel: str, address: str) -> str:
    """The keyed hash of the address for this debtor of the creditor in scope; another's is another one."""
    kind = "mail" if channel in _MAIL else channel
    return signing.keyed_hash(
        installation.keys(), PURPOSE, f"{scope.current().creditor_id}:{debtor_id}:{kind}:{_spelled(channel, address)}"
    )


def _spelled(channel: str, address: str) -> str:
    """As everybody writes it: a mailbox in small letters, a number with its country."""
    if channel != MOBILE:
        return address.strip().lower()
    try:
        return sms.checked_number(address)
    except ValueError:
        return "".join(c for c in address if c.isdigit())
