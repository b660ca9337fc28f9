"""Taking back what one origin's money did: its free credit, what it settled, what its credit was used on; no other's.

A refund, a contested or bounced payment and a bank's return all come through here (rules B-12, B-13), and what had
settled an invoice that is withdrawn.
"""

from dataclasses import dataclass
from datetime import date

from portal.core import clock, scope
from portal.core.money import Money
from portal.creditors import queries as creditors
from portal.invoices import actions, queries
from portal.invoices.queries import Item
from portal.ledger import accounts, origins
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries
from portal.ledger.sources import Source


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken back: which due items are open again, and how much of it nobody here has any more."""

    item_ids: tuple[int, ...]
    missing: Money


@dataclass(frozen=True, slots=True)
class _Reversal:
    """What every line of one reversal says."""

    origin: Source
    source: Source
    kind: str
    into: str
    currency: str
    value_on: date

    def reopen(self, shares: dict[int, int], *, into: str, kind: str) -> None:
        items = {item.item_id: item for item in queries.items(list(shares))} if shares else {}
        for item_id in sorted(shares):  # one order for all: no two wait for each other
            actions.reopen_item(
                items[item_id],
                Money(shares[item_id], self.currency),
                account=into,
                kind=kind,
                source=self.source,
                value_on=self.value_on,
                position=ledger_queries.next_place(self.source),
                origin=self.origin,
            )

    def take_credit(self, debtor_id: int, minor: int) -> None:
        ledger.move(
            debtor_id,
            Money(minor, self.currency),
            debit=accounts.UNALLOCATED,
            credit=self.into,
            kind=self.kind,
            source=self.source,
            value_on=self.value_on,
            position=ledger_queries.next_place(self.source),
            origin=self.origin,
        )


def take_back(
    debtor_id: int, origin: Source, amount: Money, *, into: str, kind: str, source: Source, value_on: date
) -> Taken:
    """Moves `amount` of what `origin` brought to the account `into`, as far as the books still hold it.

    Its own free credit goes first, then what it settled as it came, the last first, then what its credit was used
    on: that is credit again for a moment, so that the books say both. What other money settled stays settled.
    `source` is the fact that takes it back; the caller has made sure that this happens once.
    """
    held = origins.held(origin, lock=True)
    reversal = _Reversal(origin, source, kind, into, amount.currency, value_on)
    from_credit = min(held.free, amount.minor)
    left = amount.minor - from_credit
    if from_credit:
        reversal.take_credit(debtor_id, from_credit)
    settled = _shares(held.settled, left)
    left -= sum(settled.values())
    reversal.reopen(settled, into=into, kind=kind)
    used = _shares(held.used, left)
    recalled = sum(used.values())
    reversal.reopen(used, into=accounts.UNALLOCATED, kind=origins.RECALLED)
    if recalled:
        reversal.take_credit(debtor_id, recalled)
    return Taken(tuple(sorted({*settled, *used})), Money(left - recalled, amount.currency))


def _shares(there: dict[int, int], wanted: int) -> dict[int, int]:
    """How much of `wanted` comes from each due item, the last settled first."""
    shares: dict[int, int] = {}
    for item_id, minor in reversed(there.items()):
        part = min(wanted, minor)
        if part > 0:
            shares[item_id] = part
            wanted -= part
    return shares


@dataclass(frozen=True, slots=True)
class Freed:
    """What became its origin's credit, and what stayed where it is."""

    freed: Money
    kept: Money


def set_free(item: Item, origin: Source, keep: int) -> Freed:
    """What one origin's money has settled on a due item on which nothing is owed any more is its credit from now on.

    `keep` minor units of it stay: the customer has them already in another way.
    """
    there, source = origins.taken_on(item.item_id, origin), Source(origins.FREED, item.item_id)
    currency, today = item.open.currency, clock.today(creditors.by_id(scope.current().creditor_id).time_zone)
    freed = 0
    for minor, kind in ((sum(there.settled.values()), origins.FREED), (sum(there.used.values()), origins.RECALLED)):
        stays = min(keep, minor)
        keep -= stays
        if minor > stays:
            actions.reopen_item(
                item,
                Money(minor - stays, currency),
                account=accounts.UNALLOCATED,
                kind=kind,
                source=source,
                value_on=today,
                position=ledger_queries.next_place(source),
                origin=origin,
            )
            freed += minor - stays
    return Freed(Money(freed, currency), Money(there.total - freed, currency))
