"""Interest or costs that were paid and are not due after all: credit of a recount, first for its own due item."""

from sqlalchemy import select

from portal.core import db
from portal.core.money import Money
from portal.interest import queries
from portal.interest.actions import RECOUNT
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts, origins
from portal.ledger import queries as ledger_queries
from portal.ledger.models import Transfer
from portal.ledger.rules import COSTS, INTEREST
from portal.ledger.sources import Source

USED = "recount_used"  # what the lines by which a due item uses it are booked from


def of_item(item_id: int) -> list[Source]:
    """Whose credit it is that was paid for interest or costs of this due item and not due, the oldest first."""
    own = (
        select(Transfer.origin_id)
        .where(
            Transfer.source_kind.in_((INTEREST, COSTS)),
            Transfer.source_id == item_id,
            Transfer.origin_kind == RECOUNT,
            Transfer.credit == accounts.UNALLOCATED,
        )
        .distinct()
        .order_by(Transfer.origin_id)
    )
    return [Source(RECOUNT, recount_id) for recount_id in db.session().scalars(own)]


def use_free(item_id: int, origin: Source) -> int:
    """Uses what is free of a recount's credit on its due item, as far as that is open; minor units.

    Line by line with the value date on which it was taken back: what was never due lowers interest, and no capital.
    """
    rows = db.session().scalars(
        select(Transfer)
        .where(Transfer.origin_id == origin.id, Transfer.origin_kind == RECOUNT, Transfer.source_id == item_id)
        .where(Transfer.credit == accounts.UNALLOCATED)
        .order_by(Transfer.position)
    )
    source, used = Source(USED, origin.id), 0
    for row in rows.all():
        item = invoice_queries.items([item_id])[0]
        part = min(row.amount_minor, item.open.minor, origins.free(origin, row.currency).minor)
        if part <= 0:
            continue
        settled = invoices.settle_item(
            item,
            Money(part, row.currency),
            account=accounts.UNALLOCATED,
            kind=row.kind,
            source=source,
            value_on=row.value_on,
            closed_on=queries.today(),
            position=ledger_queries.next_place(source),
            origin=origin,
        )
        used += settled.applied.minor
    return used
