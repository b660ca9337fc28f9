"""Papers that a debtor may keep now: each feature names its own, portal.features lists them, pages show the roads.

So the page after a payment can lead to a paper of a feature that stands above it.
"""

from collections.abc import Callable
from typing import Any

from portal.core.text import Text
from portal.web import i18n

# Each is asked with the visit and answers with labels and addresses; from portal.features.
Provider = Callable[[Any], list[tuple[Text, str]]]
providers: list[Provider] = []


def for_visit(visit: Any) -> list[tuple[str, str]]:
    """(label, address) of every paper that this visit may take along, in the reader's language."""
    return [(i18n.say(label), href) for provider in providers for label, href in provider(visit)]
