"""Which way is left for a message that did not arrive, and which messages plan their own next try."""

from collections.abc import Collection

from portal.channel_wishes.rules import EMAIL, MOBILE
from portal.messages import levels

# Their next try is the cadence's, which counts from what arrived: a failed touch is none (portal.messages.queries).
LEFT_TO_THE_CADENCE = frozenset(levels.KEYS)
_ORDER = (EMAIL, MOBILE)  # what is sent without a person, in the order in which it is tried


def goes_another_way(key: str, *, asked_for: bool) -> bool:
    """What its reader waits for is theirs to ask for again; what the cadence counts is the cadence's."""
    return not asked_for and key not in LEFT_TO_THE_CADENCE


def instead(failed: str, usable: Collection[str], stopped: Collection[str], *, is_second: bool) -> str | None:
    """The channel that the same words take once, or None: then a person writes, or calls.

    A second way is the last: words that failed on two are not sent round in circles. No stopped channel is used.
    """
    if is_second:
        return None
    return next((one for one in _ORDER if one != failed and one in usable and one not in stopped), None)
