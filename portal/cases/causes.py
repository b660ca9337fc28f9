"""The typed reasons of cases in words: each feature names its own, portal.features lists them."""

from collections.abc import Callable

from portal.core.text import Text

# By kind (portal.cases.kinds): what a feature calls a cause, or None for one that it does not know.
Label = Callable[[str], Text | None]
labels: dict[str, Label] = {}


def label(kind: str, cause: str | None) -> Text | None:
    """A case's cause in words; None where it has none."""
    if cause is None:
        return None
    say = labels.get(kind)
    return (say(cause) if say is not None else None) or Text(cause)
