"""What can be wrong with an invoice, how much of it may be contested, and when that may be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.cases import desks
from portal.core.money import Money, total
from portal.core.text import Text, t
from portal.disputes.states import DisputeStatus

TECHNICAL, ADMINISTRATIVE = "technical", "administrative"
CATEGORIES: Mapping[str, Text] = {
    TECHNICAL: t("The goods or the work"),
    ADMINISTRATIVE: t("The invoice itself"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that can be wrong: its category, and the desk where it lands."""

    category: str
    label: Text
    desk: str


OTHER = "other"
# What a creditor offers that has set up nothing.
REASONS: Mapping[str, Reason] = {
    "not_delivered": Reason(TECHNICAL, t("Not delivered, or not done"), desks.TECHNICAL),
    "faulty": Reason(TECHNICAL, t("Damaged or faulty"), desks.TECHNICAL),
    "not_as_ordered": Reason(TECHNICAL, t("Not what was ordered"), desks.TECHNICAL),
    "quantity": Reason(TECHNICAL, t("The quantity"), desks.TECHNICAL),
    "late": Reason(TECHNICAL, t("It came too late"), desks.TECHNICAL),
    "price": Reason(ADMINISTRATIVE, t("The price or a discount"), desks.ADMINISTRATION),
    "twice": Reason(ADMINISTRATIVE, t("It was invoiced twice"), desks.ADMINISTRATION),
    "not_ours": Reason(ADMINISTRATIVE, t("We did not order it"), desks.ADMINISTRATION),
    "order_number": Reason(ADMINISTRATIVE, t("The order number is missing or wrong"), desks.ADMINISTRATION),
    "data": Reason(ADMINISTRATIVE, t("Names, addresses or tax data"), desks.ADMINISTRATION),
    "vat": Reason(ADMINISTRATIVE, t("VAT"), desks.ADMINISTRATION),
    "terms": Reason(ADMINISTRATIVE, t("The due date or the terms"), desks.ACCOUNTS),
    OTHER: Reason(ADMINISTRATIVE, t("Something else"), desks.ACCOUNTS),
}
OWN = "own-"  # a reason of the creditor's own begins so
MOST_OWN = 20

WHOLE, AMOUNT, LINES = "whole", "amount", "lines"
ABOUT: Mapping[str, Text] = {
    WHOLE: t("All of it"),
    AMOUNT: t("A part of the amount"),
    LINES: t("Single lines"),
}

CREDIT_HERE, CREDIT_FROM_SYSTEM = "here", "system"
CREDITS: Mapping[str, Text] = {
    CREDIT_HERE: t("Credit it here, at once"),
    CREDIT_FROM_SYSTEM: t("Our system sends a credit note"),
}
CREDIT_HINTS: Mapping[str, Text] = {
    CREDIT_HERE: t("When the credit note of your system comes, it takes the place of this credit. Never both count."),
    CREDIT_FROM_SYSTEM: t("Nobody asks for this amount until the credit note has come in."),
}

# What a person says about a credit booked here and the credit notes that came (portal.invoices.covering).
IT_IS_THIS_NOTE, NOT_THIS_NOTE, NO_NOTE = "this", "not_this", "none"
CREDIT_ACTS: Mapping[str, Text] = {
    IT_IS_THIS_NOTE: t("It is for this"),
    NOT_THIS_NOTE: t("It is for something else"),
    NO_NOTE: t("No credit note comes for it"),
}

UPHELD, PARTIALLY_UPHELD, REJECTED = (
    DisputeStatus.UPHELD.value,
    DisputeStatus.PARTIALLY_UPHELD.value,
    DisputeStatus.REJECTED.value,
)
STATUS = {one.value: one for one in (DisputeStatus.UPHELD, DisputeStatus.PARTIALLY_UPHELD, DisputeStatus.REJECTED)}
OUTCOMES: Mapping[str, Text] = {
    UPHELD: t("Valid"),
    PARTIALLY_UPHELD: t("Valid in part"),
    REJECTED: t("Not valid"),
}
REOPENS_FOR = timedelta(days=30)
WITHDRAWN = t("It was withdrawn: there is nothing to contest.")


def why_not_dispute(*, withdrawn: bool, open_minor: int, is_credit_note: bool = False) -> Text | None:
    """Why an invoice cannot be contested here, or None."""
    if is_credit_note:
        return t("This is a credit note. Please write to us if something is wrong with it.")
    if withdrawn:
        return WITHDRAWN
    if open_minor <= 0:
        return t("Nothing is open on it any more. Please write to us if something is wrong with it.")
    return None


def why_not_amount(amount: Money, most: Money) -> Text | None:
    """Why so much cannot be contested, or None."""
    if amount.minor <= 0:
        return t("Please write how much of it is wrong, for example 120,50")
    if amount > most:
        return t("More than that is not open on it. Please write a smaller amount, or choose all of it.")
    return None


def split(amount: Money, opens: Sequence[Money]) -> list[Money]:
    """How much of `amount` each due item holds, in their order: the earliest first, as a credit note lowers them."""
    parts, left = [], amount
    for one in opens:
        part = min(left, one)
        parts.append(part)
        left = left - part
    return parts


def sum_of_lines(lines: Sequence[Money], most: Money) -> Money:
    """What the lines come to, never more than what is open."""
    return min(total(lines, most.currency), most)


def why_not_reopen(
    status: DisputeStatus, closed_at: datetime | None, reopened_at: datetime | None, now: datetime
) -> Text | None:
    """Why a dispute is not looked at again, or None: what was not valid once, within thirty days (D.1)."""
    if status is not DisputeStatus.REJECTED or closed_at is None:
        return t("It is not closed, or it was settled as you said.")
    if reopened_at is not None:
        return t("We have looked at it twice. Please call us if you still see it differently.")
    if now - closed_at > REOPENS_FOR:
        return t("This was closed more than a month ago. Please call us if you still see it differently.")
    return None


def why_not_upheld(outcome: str, upheld: Money | None, contested: Money) -> Text | None:
    """Why a dispute cannot be closed with this amount, or None."""
    if outcome != PARTIALLY_UPHELD:
        return None
    if upheld is None or not Money(0, contested.currency) < upheld < contested:
        return t("Please write how much of it is valid: more than nothing, less than what is contested.")
    return None
