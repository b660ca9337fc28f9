"""A customer's wishes of the channels, in words for both sides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.channel_wishes import rules
from portal.channel_wishes.queries import OnFile
from portal.core import clock
from portal.core.text import Text
from portal.debtors import queries as debtors
from portal.web import i18n


def _since(at: datetime, zone: str) -> str:
    return i18n.day(clock.day_of(at, zone))


def not_wanted(stopped: Mapping[str, datetime], channel: str, zone: str) -> str:
    """`does not want e-mails since 3 March 2027`, for the creditor's people; nothing where they may be used."""
    at = stopped.get(channel)
    return i18n.say(Text(rules.NOT_SINCE[channel].msgid, {"day": _since(at, zone)})) if at is not None else ""


def said(preferred: str | None, stopped: Mapping[str, datetime], zone: str) -> str:
    """All wishes of a customer in one line; nothing where they have none."""
    first = [i18n.say(rules.FIRST[preferred])] if preferred is not None and preferred in rules.FIRST else []
    return "; ".join([*first, *(not_wanted(stopped, one, zone) for one in rules.NAMES if one in stopped)])


def rows(there: OnFile, stopped: Mapping[str, datetime], zone: str, *, masked: bool) -> list[dict[str, Any]]:
    """Each way that there is, and each that was stopped: its address and since when it is not wanted."""
    found = []
    for channel, name in rules.NAMES.items():
        if channel not in there.channels and channel not in stopped:
            continue
        contact = there.contacts.get(channel)
        address = contact.address if contact is not None else ""
        found.append(
            {
                "channel": channel,
                "name": i18n.say(name),
                "address": debtors.masked(address) if masked and address else address,
                "since": _since(stopped[channel], zone) if channel in stopped else "",
            }
        )
    return found


def firsts(there: OnFile, stopped: Mapping[str, datetime]) -> list[str]:
    """The channels of which one may come first."""
    return [one for one in there.channels if one not in stopped]
