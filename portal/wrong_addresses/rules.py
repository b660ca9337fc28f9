"""What can be wrong with an address, and what tells a person at the door from a machine that presses buttons."""

import re
from collections.abc import Mapping

from portal.core.text import Text, t

# At the door, where nobody has proved anything: (name, what it means).
AT_THE_DOOR: Mapping[str, tuple[Text, Text]] = {
    "not_known": (t("I do not know this company"), t("The message came to me by mistake")),
    "not_mine": (t("I know it, but this is not for me"), t("It is for someone else, at home or at work")),
    "old_address": (t("This address is no longer used for this"), t("Somebody else should get it")),
}
# Behind the gate, by somebody who knows the fact.
INSIDE: Mapping[str, tuple[Text, Text]] = {
    "write_elsewhere": (t("Please write to another address"), t("Tell us which, and who reads there")),
    "left": (t("I no longer work there"), t("If you know who does now, tell us")),
    "not_me": (t("This is not about me"), t("It belongs to somebody else")),
}
REASONS: Mapping[str, Text] = {name: label for name, (label, _) in {**AT_THE_DOOR, **INSIDE}.items()}

STOPPED, THEIRS = "stopped", "theirs"  # how such a case ends (portal.cases.kinds)
NOT_ME = "not_me"  # why an address is stopped: it is forgotten within a day (portal.privacy.retention)

_WORD = re.compile(r"[^\W\d_]{2,30}")
_EDGES = '.,;:!?()"«»“”…'


def are_a_persons(words: str, page: str) -> bool:
    """Whether somebody typed these words: one of them, letters alone, stands nowhere on the page (rule A-31).

    Mail scanners choose, press and fill in what the page or its address says; words of their own they have not.
    """
    shown = {one.casefold() for one in _WORD.findall(page)}
    typed = (one.strip(_EDGES) for one in re.split(r"[\s'’-]+", words))
    return any(_WORD.fullmatch(one) and one.casefold() not in shown for one in typed)
