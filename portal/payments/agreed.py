"""Amounts that were agreed beforehand, an instalment for one: payable as they are, whatever is said of parts."""

from collections.abc import Callable, Collection, Sequence

from portal.core.money import Money
from portal.core.text import Text
from portal.creditors.faces import Face
from portal.invoices.payable import Line, rest
from portal.payments import rules

# Each is asked with due items and answers with amounts in minor units; filled by portal.reactions.
providers: list[Callable[[Collection[int]], Collection[int]]] = []


def why_not_part(creditor: Face, part: Money, most: Money, lines: Sequence[Line]) -> Text | None:
    """Why `part` of the `most` that these lines take may not be paid, or None (rule B-11)."""
    why_not = rules.why_not_part(creditor, part, most, rest(lines))
    if why_not is None or part > most:
        return why_not
    items = [line.item.item_id for line in lines]
    return None if any(part.minor in provider(items) for provider in providers) else why_not
