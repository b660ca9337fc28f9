"""How easily a text is read: Gulpease for Italian, Flesch Reading Ease for English (E-60, C-36, decision 30)."""

import re
from dataclasses import dataclass

# Their full stop ends no sentence; single letters before one (`n.`, `c.a.`, `S.r.l.`) never do, ASCII ones only.
_ABBREVIATION = re.compile(
    r"artt?|avv|cap|cell|cfr|cod?|dott|dr|ecc|es|fatt|geom|inc|ing|lett|ltd|mr|mrs|ms|nn|ns|num|p\.es|pagg?|prof|prot|"
    r"rag|ref|rif|s\.p\.a|sigg?|sig\.[nr]a|spett|spett\.le|st|tel|vs|[a-z](?:\.[a-z])*",
    re.ASCII,
)
_WORD = re.compile(r"[^\W_]+")
_ENGLISH_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[^\W_]+")
_END = re.compile(r"[.!?;:]+(?=[\"'»”’)\]]*(?:\s|$))")
_BEFORE_STOP = re.compile(r"[^\s(«“\"']*$")
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was counted, the formula's result and the same between 0 (hard) and 100 (easy)."""

    sentences: int
    words: int
    letters: int
    raw: float

    @property
    def score(self) -> float:
        return min(100.0, max(0.0, self.raw))


def gulpease(text: str) -> Reading:
    """89 + (300·sentences − 10·letters) / words (rule E-60). Raises ValueError for a text without a word."""
    words = _WORD.findall(text)
    if not words:
        raise ValueError("there is no word in it")
    sentences = count_sentences(text)
    letters = sum(c.isalpha() for word in words for c in word)
    return Reading(sentences, len(words), letters, 89 + (300 * sentences - 10 * letters) / len(words))


def flesch(text: str) -> Reading:
    """206.835 − 1.015·words/sentences − 84.6·syllables/words; syllables by the usual rules of thumb.

    Raises ValueError for a text without a word.
    """
    words = _ENGLISH_WORD.findall(text)
    if not words:
        raise ValueError("there is no word in it")
    sentences = count_sentences(text)
    syllables = sum(map(count_syllables, words))
    letters = sum(c.isalpha() for word in words for c in word)
    raw = 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)
    return Reading(sentences, len(words), letters, raw)


def count_sentences(text: str) -> int:
    """Sentences end at `. ! ? ; :` before a blank or the end, except after an abbreviation; a rest is one more."""
    count, begins = 0, 0
    for end in _END.finditer(text):
        is_last = not _WORD.search(text, end.end())
        if not _WORD.search(text, begins, end.start()) or (not is_last and _is_abbreviated(text, end)):
            continue
        count, begins = count + 1, end.end()
    return count + bool(_WORD.search(text, begins))


def _is_abbreviated(text: str, end: re.Match[str]) -> bool:
    if end.group() != ".":
        return False
    found = _BEFORE_STOP.search(text, max(0, end.start() - 30), end.start())
    before = found.group().lower() if found else ""
    return _ABBREVIATION.fullmatch(before) is not None


def count_syllables(word: str) -> int:
    """Groups of vowels, less a silent final e; a number is read as one syllable a digit."""
    lower = word.lower()
    if lower.isdigit():
        return len(lower)
    groups = len(_VOWELS.findall(lower))
    silent = (lower.endswith("e") and not lower.endswith(("le", "ee", "ye"))) or lower.endswith(("es", "ed"))
    if silent and groups > 1 and not re.search(r"(?:[tde]ed|[sxz]es|[cs]hes|[cg]es)$", lower):
        groups -= 1
    return max(1, groups)
