"""Ways and funnels in the words of the creditor's pages."""

from collections.abc import Mapping
from typing import Any

from portal.core import link_addresses
from portal.core.text import Text, t
from portal.debtors import browsers
from portal.friction import rules
from portal.friction.rules import Funnel, Sent, Way
from portal.messages import presenting as messages
from portal.messages import rules as channels
from portal.messages.channels import all_channels
from portal.payments import methods
from portal.web import i18n

NOT_KNOWN = t("not known")
NO_MESSAGE = t("in no message")
PURPOSES: Mapping[str, Text] = {
    link_addresses.PORTAL: t("A link"),
    link_addresses.QR: t("The code printed on an invoice"),
    link_addresses.TYPED: t("The code typed from a letter"),
}
DEVICES: Mapping[str, Text] = {
    browsers.PHONE: t("Telephone"),
    browsers.TABLET: t("Tablet"),
    browsers.COMPUTER: t("Computer"),
}
# By what the figures may be looked at: the name in the address, and what it is called.
KINDS: Mapping[str, Text] = {
    "key": t("Message"),
    "purpose": t("Kind of link"),
    "channel": t("Way"),
    "device": t("Device"),
    "language": t("Language"),
}
UNKNOWN = "-"  # in the address, for what is not known


def value_of(kind: str, one: Sent | Way) -> str | None:
    """What a way, or the messages of one kind, have there; no message says what it will be opened on."""
    found: str | None = getattr(one, kind, None)
    return found


def label(kind: str, value: str | None) -> str:
    if value is None:
        return i18n.say(NOT_KNOWN if kind == "device" else NO_MESSAGE)
    if kind == "channel":
        channel = all_channels().get(value)
        return i18n.gettext("Letter") if value == channels.LETTER or channel is None else i18n.say(channel.LABEL)
    if kind == "language":
        known = i18n.languages().get(value)
        return known.own_name if known is not None else value
    words = {"key": messages.KINDS, "purpose": PURPOSES, "device": DEVICES}[kind]
    return i18n.say(words.get(value, t("Another kind")))


def method(code: str) -> str:
    found = methods.all_methods().get(code)
    return i18n.say(found.label) if found is not None else code


def duration(seconds: int | None) -> str:
    """`48 s`, `3 min 5 s`, `2 h 10 min`, `4 days`; a dash for none."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(seconds, 60)
    hours, left = divmod(minutes, 60)
    if seconds < 60:
        return f"{seconds} s"
    if hours == 0:
        return f"{minutes} min {rest} s"
    if hours < 48:
        return f"{hours} h {left} min"
    return i18n.ngettext("%(count)s day", "%(count)s days", hours // 24) % {"count": hours // 24}


def percent(part: int, whole: int) -> str:
    found = rules.share(part, whole)
    return f"{found} %" if found is not None else "–"


def steps(found: Funnel) -> list[dict[str, Any]]:
    """The funnel a row at a time: how many, of how many, and the bar's length in per cent."""
    of_sent, of_entered = i18n.gettext("of what was sent"), i18n.gettext("of who came in")
    rows = (
        (t("Sent with a link"), found.sent, None, ""),
        (t("Arrived"), found.delivered, found.sent, of_sent),
        (t("Came in with the right fact"), found.entered, found.sent, of_sent),
        (t("Looked at a document"), found.looked, found.entered, of_entered),
        (t("Answered, or began to pay"), found.acted, found.entered, of_entered),
        (t("Settled within 30 days"), found.settled, found.entered, of_entered),
    )
    return [
        {
            "label": i18n.say(text),
            "count": str(count),
            "share": percent(count, whole) if whole is not None else "",
            "of": of,
            "bar": min(100, rules.share(count, whole) or 0) if whole is not None else 100 if count else 0,
        }
        for text, count, whole, of in rows
    ]
