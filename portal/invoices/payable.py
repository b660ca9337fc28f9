"""What is payable now: the one function that page, card, transfer, QR and message all call (pain 5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.core.money import Money, total
from portal.core.text import Text, t
from portal.invoices import holds
from portal.invoices.queries import Item

ONLINE_CURRENCY = "EUR"  # decision 27

# What nobody is asked to pay beforehand: it is contested, or said to be on its way. Who wants to pay it, ticks it.
STAYS_OUT = frozenset({holds.PROBLEM_REPORTED, holds.DISPUTED, holds.TRANSFER_ON_ITS_WAY, holds.ALREADY_PAID})


@dataclass(frozen=True, slots=True)
class Line:
    """One due item and what of it can be paid now; `why_not` says why nothing can."""

    item: Item
    amount: Money
    why_not: Text | None = None


@dataclass(frozen=True, slots=True)
class Payable:
    """`lines` are the due items asked about, `total` what can be paid of them in one go."""

    lines: tuple[Line, ...]
    total: Money

    @property
    def payable_lines(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.amount)

    @property
    def reserved_by(self) -> set[int]:
        """Open attempts that stand in the way."""
        return {line.item.reserved_by for line in self.lines if line.item.reserved_by is not None}


def why_not_payable(item: Item) -> Text | None:
    """Why nothing can be paid on this due item now, or None."""
    if item.withdrawn:
        return t("It was withdrawn: there is nothing to pay.")
    if item.open.minor <= 0:
        return t("It is closed: there is nothing left to pay.")
    if item.open.currency != ONLINE_CURRENCY:
        return t("Amounts in %(currency)s cannot be paid here. Please ask us how.", currency=item.open.currency)
    if item.reserved_by is not None:
        return t("A payment of it is open right now.")
    return None


def payable_now(items: Sequence[Item]) -> Payable:
    """What can be paid now of `items`: the open residual of each, unless something stands in the way."""
    lines = []
    for item in items:
        why_not = why_not_payable(item)
        amount = item.open if why_not is None else Money(0, item.open.currency)
        lines.append(Line(item, amount, why_not))
    return Payable(tuple(lines), total([line.amount for line in lines if line.amount], ONLINE_CURRENCY))


def proposed(payable: Payable, today: date) -> tuple[Line, ...]:
    """What is chosen beforehand: all that is due, or all that is open where nothing is due yet.

    What is contested or said to be on its way stays out until somebody puts it in (`STAYS_OUT`).
    """
    lines = tuple(line for line in payable.payable_lines if line.item.held_for not in STAYS_OUT)
    due = tuple(line for line in lines if line.item.due_on <= today)
    return due or lines


def allocate(lines: Sequence[Line], amount: Money) -> tuple[Line, ...]:
    """Where `amount` goes among payable `lines`: the oldest due date first, none above what it takes.

    The order is the debtor's to choose (art. 1193 c.c.): who chose nothing else pays the oldest first. Within a
    due item interest and costs come before capital (art. 1194 c.c., `portal.ledger`). Lines that get nothing are
    left out. Raises ValueError for an amount that is not positive, or more than the lines take together.
    """
    if amount.minor <= 0 or amount > total([line.amount for line in lines], amount.currency):
        raise ValueError("not an amount that these due items take")
    left, parts = amount, []
    for line in sorted(lines, key=lambda one: (one.item.due_on, one.item.item_id)):
        part = min(left, line.amount)
        if part:
            parts.append(replace(line, amount=part))
            left = left - part
    return tuple(parts)
