"""A sentence that can be translated later: made without Flask, shown by a template filter (decision 17).

Rules, machines and errors return `Text`; only the page knows the reader's language. The English sentence
is the msgid, its placeholders are `%(name)s`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    msgid: str
    args: Mapping[str, Any] | None = None

    def render(self, gettext: Callable[[str], str]) -> str:
        """The sentence in the language of `gettext`, its arguments filled in (a Text may stand in a Text)."""
        sentence = gettext(self.msgid)
        if not self.args:
            return sentence.replace("%%", "%")
        return sentence % {k: v.render(gettext) if isinstance(v, Text) else v for k, v in self.args.items()}

    def __str__(self) -> str:
        return self.render(str)

    def __hash__(self) -> int:
        return hash((self.msgid, tuple(sorted((k, str(v)) for k, v in (self.args or {}).items()))))


def t(msgid: str, **args: Any) -> Text:
    """Marks an English sentence for translation: `t("Invoice %(number)s is closed", number="12")`."""
    return Text(msgid, args or None)
