"""What a story is: a sentence about an event, for the creditor's people (portal.inbox.stories)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.text import Text

GOOD, WAIT, PROBLEM, PLAIN = "good", "wait", "problem", "plain"


@dataclass(frozen=True, slots=True)
class Story:
    """A sentence with placeholders (see `_arguments`), how it is tinted, and what is added where a field is there."""

    text: Text
    kind: str = PLAIN
    notes: Mapping[str, Text] = field(default_factory=dict)
