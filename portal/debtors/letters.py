"""Mails that tell a debtor what became of something of theirs: to the address on file, with a link of their own."""

from datetime import timedelta
from typing import Any

from portal.core import clock
from portal.debtors import links, queries
from portal.messages import actions as messages

LINK_DAYS = timedelta(days=30)


def tell(
    key: str, debtor_id: int | None, *, invoice_id: int | None = None, params: dict[str, Any] | None = None
) -> bool:
    """Plans the mail called `key`; False where there is no address: whoever has none sees it on the page.

    It is asked for, for it answers something that they did (decision 10). Its link opens the account, or the one
    invoice.
    """
    debtor = queries.debtor(debtor_id) if debtor_id is not None else None
    contact = queries.mail_contact(debtor.id) if debtor is not None else None
    if debtor is None or contact is None:
        return False
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
        asked_for=True,
        params=params,
    )
    return True
