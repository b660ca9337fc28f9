"""What an answer's words are about, by rules that one can read and that quote the words they go by: pure.

The stems stand in `themes.toml`. Nothing here decides anything about anybody.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.cases import kinds, suggesting
from portal.core.text import Text, t

THEMES: Mapping[str, Text] = {
    "tone": t("How we speak"),
    "clarity": t("How clear it is"),
    "speed": t("How long it takes"),
    "reaching": t("Whether somebody answers"),
    "document": t("The document itself"),
    "paying": t("Ways to pay"),
    "instalments": t("Instalments"),
    "page": t("The page"),
    "contacts": t("How often we write"),
}
_TAKING_TIME = "taking_time"
LONGEST_TAG = 40
_TAG = re.compile(r"[\w .-]{2,40}")

DIFFICULTY, TAKING_TIME, UNCERTAIN = "difficulty", "taking_time", "uncertain"
STATES: Mapping[str, Text] = {
    DIFFICULTY: t("Perhaps in difficulty"),
    TAKING_TIME: t("Perhaps only taking time"),
    UNCERTAIN: t("Uncertain: in difficulty, or taking time"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A theme, or a state, and the very words that it goes by."""

    key: str
    words: str


@lru_cache(maxsize=1)
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """What each table of themes.toml looks for. Raises ValueError for a table that has no name above."""
    written = tomllib.loads((Path(__file__).parent / "themes.toml").read_text(encoding="utf-8"))
    if set(written) != {*THEMES, _TAKING_TIME}:
        raise ValueError(f"themes.toml: {set(written) ^ {*THEMES, _TAKING_TIME}}")
    return {key: _pattern([stem for stems in by.values() for stem in stems]) for key, by in written.items()}


def _pattern(stems: list[str]) -> re.Pattern[str]:
    escaped = (r"\s+".join(re.escape(word) for word in stem.split()) for stem in stems)
    return re.compile(rf"\b(?:{'|'.join(escaped)})\w*")


def _plain(words: str) -> str:
    """Small letters without accents, each in the place of the letter that was typed."""
    return "".join((unicodedata.normalize("NFKD", c.casefold()) or " ")[:1] for c in words)


def find(words: str) -> list[Found]:
    """Each theme once, by the first words that speak of it."""
    plain = _plain(words)
    hits = ((key, _patterns()[key].search(plain)) for key in THEMES)
    return [Found(key, " ".join(words[hit.start() : hit.end()].split())) for key, hit in hits if hit is not None]


def state(words: str) -> Found | None:
    """In difficulty, or taking time? None where nothing speaks of either; uncertain where both do, or it is denied.

    It only ever softens: who seems to be in difficulty is looked at sooner and more gently, nobody less so.
    """
    hard = next((one for one in suggesting.suggest(words) if one.kind == kinds.DIFFICULTY), None)
    time = _patterns()[_TAKING_TIME].search(_plain(words))
    if hard is not None:
        return Found(DIFFICULTY if hard.is_sure and time is None else UNCERTAIN, hard.sentence)
    if time is not None:
        return Found(TAKING_TIME, " ".join(words[time.start() : time.end()].split()))
    return None


def read_tag(typed: str) -> str | None:
    """A tag of the creditor's own as it is kept; None for what is none."""
    tag = " ".join(typed.casefold().split())
    return tag if _TAG.fullmatch(tag) else None
