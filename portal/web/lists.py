"""A list's filters: they live in its address, and stand as choices above its rows."""

from collections.abc import Collection, Mapping
from typing import Any

from flask import request, url_for

from portal.core.text import Text
from portal.web import i18n


def asked(name: str) -> str:
    """What the address says of this filter; nothing where it says nothing."""
    return request.args.get(name, "")


def chosen(name: str, allowed: Collection[str], otherwise: str = "") -> str:
    """One of the choices of a filter; anything else in the address is none."""
    return asked(name) if asked(name) in allowed else otherwise


def address(endpoint: str, names: Collection[str], **changes: str | None) -> str:
    """This list with other filters; only known names are carried on."""
    values = {name: asked(name) for name in names} | changes
    kept: dict[str, Any] = {name: value for name, value in values.items() if value}
    return url_for(endpoint, **kept)


def choice(name: str, label: Text, options: Mapping[str, Text], value: str) -> dict[str, Any]:
    """A filter as parts/staff.html shows it."""
    said = [(option, i18n.say(text)) for option, text in options.items()]
    return {"id": name, "label": i18n.say(label), "value": value, "options": said}
