"""Messages that tell a debtor what became of something of theirs: to an address on file, with a link of their own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from portal.core import clock
from portal.debtors import links, queries
from portal.debtors.models import ContactPoint
from portal.messages import actions as messages

LINK_DAYS = timedelta(days=30)

# By which address and which channel of portal.messages something reaches a debtor, as they wish; None for nowhere.
# Asked with the debtor and whether it is asked for. Wishes stand above: from portal.reactions, else it goes by mail.
Way = Callable[[int, bool], tuple[ContactPoint, str] | None]
way: list[Way] = []


def _by_mail(debtor_id: int, _asked_for: bool) -> tuple[ContactPoint, str] | None:
    contact = queries.mail_contact(debtor_id)
    return (contact, messages.EMAIL) if contact is not None else None


def goes_to(debtor_id: int, *, asked_for: bool = True) -> tuple[ContactPoint, str] | None:
    """The address, and the channel of portal.messages, that `tell` would use."""
    return (way[0] if way else _by_mail)(debtor_id, asked_for)


def tell(
    key: str,
    debtor_id: int | None,
    *,
    invoice_id: int | None = None,
    params: dict[str, Any] | None = None,
    asked_for: bool = True,
) -> bool:
    """Plans the message called `key`, by mail or text as they wish; False where nothing leads to them but the page.

    It is asked for where it answers something that they did; else rests, stops and lawful hours hold (decision 10).
    Its link opens the account, or the one invoice.
    """
    debtor = queries.debtor(debtor_id) if debtor_id is not None else None
    goes = goes_to(debtor.id, asked_for=asked_for) if debtor is not None else None
    if debtor is None or goes is None:
        return False
    contact, channel = goes
    link = links.issue(
        debtor.id,
        purpose=links.PORTAL,
        campaign=key,
        expires_at=clock.now() + LINK_DAYS,
        invoice_id=invoice_id,
        contact_point_id=contact.id,
    )
    messages.plan(
        key,
        debtor_id=debtor.id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=asked_for,
        channel=channel,
        params=params,
    )
    return True
