"""What is payable now: the one function that page, card, transfer, QR and message all call (pain 5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.core.money import Money, total
from portal.core.text import Text, t
from portal.invoices.queries import Item

ONLINE_CURRENCY = "EUR"  # decision 27


@dataclass(frozen=True, slots=True)
class Line:
    """One due item and what of it can be paid now; `why_not` says why nothing can."""

    item: Item
    amount: Money
    why_not: Text | None = None

    @property
    def free(self) -> Money:
        """What of `amount` nobody contests and nobody said is on its way (`holds.STAYS_OUT`)."""
        return min(self.amount, self.item.free)

    @property
    def is_cut(self) -> bool:
        """A part of it is contested, the rest is not."""
        return self.amount == self.item.free < self.item.open


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
    if item.not_issued:
        return t("The tax system sent it back to us: there is nothing to pay on it now.")
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

    What is contested or said to be on its way stays out, as far as it is, until somebody puts it in.
    """
    lines = undisputed(payable.payable_lines)
    due = tuple(line for line in lines if line.item.due_on <= today)
    return due or lines


def undisputed(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Of these lines what nobody contests; a due item that is contested as a whole is left out."""
    return tuple(replace(line, amount=line.free) for line in lines if line.free)


def put_in(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Of lines to choose from what nobody contests of each; all of one that is contested as a whole: who wants it all
    the same, puts it in."""
    return tuple(replace(line, amount=line.free or line.amount) for line in lines)


def rest(lines: Sequence[Line]) -> Money:
    """What is left of them beside what is contested, in one go."""
    return total([line.free for line in lines], ONLINE_CURRENCY)


def allocate(lines: Sequence[Line], amount: Money) -> tuple[Line, ...]:
    """Where `amount` goes among payable `lines`: the oldest due date first, none above what it takes.

    The order is the debtor's to choose (art. 1193 c.c.): who chose nothing else pays the oldest first, and what
    nobody contests before what is contested. Within a due item interest and costs come before capital (art. 1194
    c.c., `portal.ledger`). Lines that get nothing are left out. Raises ValueError for an amount that is not
    positive, or more than the lines take together.
    """
    if amount.minor <= 0 or amount > total([line.amount for line in lines], amount.currency):
        raise ValueError("not an amount that these due items take")
    ordered = sorted(lines, key=lambda one: (one.item.due_on, one.item.item_id))
    left, parts = amount, [Money(0, amount.currency)] * len(ordered)
    for most in ([line.free for line in ordered], [line.amount for line in ordered]):
        for place, limit in enumerate(most):
            part = min(left, limit - parts[place])
            parts[place], left = parts[place] + part, left - part
    return tuple(replace(line, amount=part) for line, part in zip(ordered, parts, strict=True) if part)
