"""What one source's money went to: capital, interest and costs apart, as they stood when it was booked (B-11).

Only what was booked before it counts, so the answer never changes: a receipt says the same for ever.
"""

from sqlalchemy import select

from portal.core import db
from portal.core.money import Money
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.ledger.models import Transfer
from portal.ledger.rules import Apart, Line, open_apart


def of_source(source: Source) -> dict[int, Apart]:
    """Of each due item that the source's money settled, what it took."""
    own = select(Transfer.receivable_id).where(
        Transfer.source_kind == source.kind, Transfer.source_id == source.id, Transfer.receivable_id.is_not(None)
    )
    rows = db.session().scalars(
        select(Transfer).where(Transfer.receivable_id.in_(own)).order_by(Transfer.posted_at, Transfer.id)
    )
    before: dict[int, list[Line]] = {}
    found: dict[int, Apart] = {}
    for row in rows:
        item_id, line = int(row.receivable_id or 0), _line(row)
        lines = before.setdefault(item_id, [])
        if (row.source_kind, row.source_id) == (source.kind, source.id):
            taken = _taken(lines, line)
            found[item_id] = found[item_id] + taken if item_id in found else taken
        lines.append(line)
    return found


def _line(row: Transfer) -> Line:
    minor = row.amount_minor if row.debit == accounts.RECEIVABLE else -row.amount_minor
    return Line(row.value_on, row.kind, Money(minor, row.currency))


def _taken(before: list[Line], paid: Line) -> Apart:
    currency = paid.amount.currency
    was, now = open_apart(before, currency), open_apart([*before, paid], currency)
    return Apart(was.capital - now.capital, was.interest - now.interest, was.costs - now.costs)
