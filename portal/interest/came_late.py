"""Credit that came for a due item, put into its history as if it had settled the item on the day on which it came.

A transfer of an earlier value date, a credit note, a recount: what comes late to a closed due item is credit in the
books, and yet the interest is counted as if it had been known. What goes elsewhere of it goes from that day on.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import or_, select

from portal.core import db
from portal.core.money import Money
from portal.invoices import credit_notes
from portal.invoices.models import DueItem
from portal.invoices.payable import ONLINE_CURRENCY
from portal.ledger import accounts
from portal.ledger.models import Transfer
from portal.ledger.rules import COSTS, CREDIT_NOTE, INTEREST, Line
from portal.ledger.sources import Source

# By kind of origin: which due items the money of each of these was meant for (portal.reactions adds what is above).
Naming = Callable[[Sequence[int]], Mapping[int, Collection[int]]]
came_for: dict[str, Naming] = {credit_notes.ORIGIN: credit_notes.came_for}


@dataclass(slots=True)
class _Credit:
    """The credit of one origin: its lines, and the due items that it came for."""

    lines: list[Transfer] = field(default_factory=list)
    item_ids: set[int] = field(default_factory=set)


def of_items(owners: Mapping[int, int], lines: Mapping[int, Sequence[Line]]) -> dict[int, list[Line]]:
    """The lines that credit adds to due items: `owners`: these with their debtors; `lines`: what stands on them."""
    found = _credits(owners)
    rooms = _rooms({item_id for one in found for item_id in one.item_ids}, lines)
    added: dict[int, list[Line]] = {item_id: [] for item_id in owners}
    for one in found:
        whose = one.lines[0].debtor_id
        own = {
            item_id: room for item_id, (owner, room) in rooms.items() if item_id in one.item_ids and owner == whose
        }
        for item_id, line in _shared(one.lines, own) if own else ():
            if item_id in added:
                added[item_id].append(line)
    return added


def _credits(owners: Mapping[int, int]) -> list[_Credit]:
    """Every origin's credit of these debtors that came for a due item of theirs."""
    found: defaultdict[Source, _Credit] = defaultdict(_Credit)
    for row in db.session().scalars(
        select(Transfer)
        .where(
            Transfer.debtor_id.in_(set(owners.values())),
            Transfer.currency == ONLINE_CURRENCY,
            or_(Transfer.debit == accounts.UNALLOCATED, Transfer.credit == accounts.UNALLOCATED),
        )
        .order_by(Transfer.posted_at, Transfer.id)
    ):
        one = found[Source(row.origin_kind, row.origin_id)]
        one.lines.append(row)
        if row.source_kind in {INTEREST, COSTS}:  # a recount: its source is the due item itself
            one.item_ids.add(row.source_id)
    if not found:
        return []
    for kind, naming in came_for.items():
        named = naming([origin.id for origin in found if origin.kind == kind])
        for origin_id, item_ids in named.items():
            found[Source(kind, origin_id)].item_ids |= set(item_ids)
    _add_what_they_settled(found)
    return list(found.values())


def _add_what_they_settled(found: Mapping[Source, _Credit]) -> None:
    """Money that settled a due item as it came was meant for it."""
    settled = select(Transfer.origin_kind, Transfer.origin_id, Transfer.receivable_id).where(
        Transfer.origin_id.in_({origin.id for origin in found}),
        Transfer.credit == accounts.RECEIVABLE,
        Transfer.debit != accounts.UNALLOCATED,
    )
    for kind, origin_id, item_id in db.session().execute(settled):
        one = found.get(Source(kind, origin_id))
        if one is not None and item_id is not None:
            one.item_ids.add(item_id)


def _rooms(item_ids: Collection[int], lines: Mapping[int, Sequence[Line]]) -> dict[int, tuple[int, int]]:
    """Whose each of these is and how much it takes before the next one does, the earliest due first: what credit
    notes left of it."""
    if not item_ids:
        return {}
    rows = db.session().execute(
        select(DueItem.id, DueItem.debtor_id, DueItem.amount_minor)
        .where(DueItem.id.in_(item_ids))
        .order_by(DueItem.due_on, DueItem.id)
    )
    return {
        item_id: (
            owner,
            minor + sum(line.amount.minor for line in lines.get(item_id, ()) if line.kind == CREDIT_NOTE),
        )
        for item_id, owner, minor in rows
    }


def _shared(rows: Iterable[Transfer], rooms: Mapping[int, int]) -> Iterator[tuple[int, Line]]:
    """What comes goes to the due items in their order, the rest to the last; what leaves is taken the other way."""
    there, ordered = dict.fromkeys(rooms, 0), list(rooms)
    for row in rows:
        comes, left = row.credit == accounts.UNALLOCATED, row.amount_minor
        for item_id in ordered if comes else reversed(ordered):
            room = max(0, rooms[item_id] - there[item_id]) if comes else there[item_id]
            part = left if comes and item_id == ordered[-1] else min(left, room)
            if part:
                there[item_id] += part if comes else -part
                left -= part
                yield item_id, Line(row.value_on, row.kind, Money(-part if comes else part, row.currency))
