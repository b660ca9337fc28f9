"""What a customer's words may mean, by rules that one can read: a hint for a person, never an act (issue 5 §8).

The rules are phrases in `suggestions.toml`, of each language. The sentence that meets one is shown; one that
denies it (“non contesto”) or asks (“posso pagare?”) is uncertain. Nothing here decides anything.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.cases import kinds

_SENTENCE = re.compile(r"[^.!?;\n]+[.!?;]?")
_DENIED = re.compile(
    r"\b(non|mai|senza|not|never|no longer|don't|doesn't|nicht|nie|kein\w*|ohne|ne|jamais|sans|no|nunca|sin)"
    r"\s+(\w+\s+){0,2}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`kind` is a key of portal.cases.kinds; `sentence` triggered it; `is_sure`: nothing denies it."""

    kind: str
    sentence: str
    is_sure: bool


@lru_cache(maxsize=1)
def rules() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(kind, what it looks for), in the order of `suggestions.toml`. Raises ValueError for a kind that is none."""
    written = tomllib.loads((Path(__file__).parent / "suggestions.toml").read_text(encoding="utf-8"))["rules"]
    unknown = {one["kind"] for one in written} - set(kinds.KINDS)
    if unknown:
        raise ValueError(f"no such kinds: {unknown}")
    return tuple((one["kind"], re.compile(rf"\b(?:{'|'.join(one['phrases'])})", re.IGNORECASE)) for one in written)


def _sentences(words: str) -> Iterator[str]:
    return (found[0].strip() for found in _SENTENCE.finditer(words) if found[0].strip())


def suggest(words: str, *, apart_from: str = "") -> list[Suggestion]:
    """What `words` may mean besides `apart_from` (what the case is already), each kind once, the surest sentence."""
    best: dict[str, Suggestion] = {}
    for sentence in _sentences(words):
        for kind, rule in rules():
            found = rule.search(sentence)
            if found is None or kind == apart_from:
                continue
            is_sure = not sentence.endswith("?") and _DENIED.search(sentence[: found.start()]) is None
            if kind not in best or (is_sure and not best[kind].is_sure):
                best[kind] = Suggestion(kind, sentence, is_sure)
    return [best[kind] for kind, _ in rules() if kind in best]
