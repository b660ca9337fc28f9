"""Whether what a message was to say is still to be said, and if not, why."""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.core.text import Text, t
from portal.messages.rules import HELD_BACK

SETTLED = t("what it speaks of is settled")
WITHDRAWN = t("what it speaks of was taken back")
HELD = HELD_BACK
LATE = t("the date that it speaks of has passed")
EARLY = t("what it speaks of is not late")
PAUSED = t("the creditor has paused it")
SEVERAL = t("nothing that it speaks of is still to be said")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a due item stands that a message speaks of."""

    open: bool
    withdrawn: bool
    late: bool
    held: bool


def why_not_say(items: Iterable[Standing], *, until_due: bool = True) -> Text | None:
    """Why none of these due items is spoken of any more, or None while one of them is.

    `until_due`: whether these words are said as long as the due date has not passed; else only after it.
    """
    found = {_why_not(item, until_due) for item in items}
    if None in found:
        return None
    return found.pop() if len(found) == 1 else SEVERAL


def _why_not(item: Standing, until_due: bool) -> Text | None:
    if not item.open:
        return SETTLED
    if item.withdrawn:
        return WITHDRAWN
    if item.held:
        return HELD
    if until_due:
        return LATE if item.late else None
    return None if item.late else EARLY
