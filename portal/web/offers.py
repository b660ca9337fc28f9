"""What a debtor may do now: each feature offers its own acts, portal.features lists them, pages show them.

So a page never knows which features there are, and a feature's road appears wherever roads are shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from portal.core.text import Text
from portal.web import i18n


@dataclass(frozen=True, slots=True)
class Offer:
    """One road. The heavier comes first: what is most likely wanted (look.md)."""

    label: Text
    hint: Text
    href: str
    weight: int
    kind: str  # which feature's road: pages leave out their own


# Each is asked with (visit, due items) and answers with its roads; from portal.features.
Provider = Callable[[Any, Sequence[Any]], list[Offer]]
providers: list[Provider] = []


def for_items(
    visit: Any, items: Sequence[Any], *, without: frozenset[str] = frozenset(), more: Sequence[Offer] = ()
) -> list[dict[str, Any]]:
    """The roads for these due items as the template's action list wants them, with `more` that the page knows of."""
    found = [offer for provider in providers for offer in provider(visit, items) if offer.kind not in without]
    found += more
    found.sort(key=lambda offer: -offer.weight)
    return [
        {"label": i18n.say(one.label), "hint": i18n.say(one.hint), "href": one.href, "post": False} for one in found
    ]
