"""How easily a text is read, 0 (hard) to 100 (easy), by the measure of each language (E-60, C-36, decision 30).

Gulpease for Italian, Flesch Reading Ease for English; for German, French and Spanish Flesch's formula as Amstad
(1978), Kandel and Moles (1958) and Szigriszt-Pazos (1993) fitted it to the length of their words.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Their full stop ends no sentence; single letters before one (`n.`, `c.a.`, `S.r.l.`) never do, ASCII ones only.
_ABBREVIATION = re.compile(
    r"artt?|avv|cap|cell|cfr|cod?|dott|dr|ecc|es|fatt|geom|inc|ing|lett|ltd|mr|mrs|ms|nn|ns|num|p\.es|pagg?|prof|prot|"
    r"rag|ref|rif|s\.p\.a|sigg?|sig\.[nr]a|spett|spett\.le|st|tel|vs|[a-z](?:\.[a-z])*",
    re.ASCII,
)
_WORD = re.compile(r"[^\W_]+")
_WORD_WITH_APOSTROPHE = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[^\W_]+")
_END = re.compile(r"[.!?;:]+(?=[\"'»”’)\]]*(?:\s|$))")
_BEFORE_STOP = re.compile(r"[^\s(«“\"']*$")
_VOWELS = re.compile(r"[aeiouy]+")
_VOWELS_PLAIN = re.compile(r"[aeiouyœ]+")
_Y_BETWEEN = re.compile(r"(?<=[aeiou])y(?=[aeiou])")  # a consonant: `envoyé`, `mayo`
_GERMAN_VOWELS = re.compile(r"[aeiouyäöü]+")
_HIATUS = re.compile(r"([aeoáéó](?=[aeoáéóíú])|[íú](?=[aeoáéó]))")


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


@dataclass(frozen=True, slots=True)
class _Ease:
    """`most` − `long_sentence`·words/sentences − `long_word`·syllables/words."""

    most: float
    long_sentence: float
    long_word: float
    syllables_of: Callable[[str], int]

    def read(self, text: str) -> Reading:
        words = _WORD_WITH_APOSTROPHE.findall(text)
        if not words:
            raise ValueError("there is no word in it")
        sentences = count_sentences(text)
        syllables = sum(map(self.syllables_of, words))
        letters = sum(c.isalpha() for word in words for c in word)
        raw = self.most - self.long_sentence * len(words) / sentences - self.long_word * syllables / len(words)
        return Reading(sentences, len(words), letters, raw)


def flesch(text: str) -> Reading:
    """206.835 − 1.015·words/sentences − 84.6·syllables/words; syllables by the usual rules of thumb.

    Raises ValueError for a text without a word.
    """
    return _EASE["en"].read(text)


def measure(text: str, language: str) -> Reading:
    """By the language's own measure; one that has none here is read as English. Raises ValueError without a word."""
    return gulpease(text) if language == "it" else _EASE.get(language, _EASE["en"]).read(text)


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


def count_german_syllables(word: str) -> int:
    """Groups of vowels, umlauts among them; `ie`, `ei`, `au`, `eu` are one."""
    return _groups(word, _GERMAN_VOWELS)


def count_french_syllables(word: str) -> int:
    """Groups of vowels, less what is written and not said at the end: `e`, `es`, and `ent` of a longer word."""
    lower = word.lower().split("'")[-1].split("’")[-1]
    groups = _groups(lower, _VOWELS_PLAIN)
    silent = re.search(r"(?:[^aeiouyéèêà]es?|[^aeiouyém]ent)$", lower)
    return groups - 1 if silent and groups > 1 else groups


def count_spanish_syllables(word: str) -> int:
    """Groups of vowels; two strong ones (a, e, o) and an accented weak one (í, ú) part."""
    return _groups(_HIATUS.sub(r"\1-", word.lower()), _VOWELS_PLAIN)


def _groups(word: str, vowels: re.Pattern[str]) -> int:
    lower = word.lower()
    if lower.isdigit():
        return len(lower)
    return max(1, len(vowels.findall(_Y_BETWEEN.sub("-", _bare(lower)) if vowels is _VOWELS_PLAIN else lower)))


def _bare(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


_EASE: Mapping[str, _Ease] = {
    "en": _Ease(206.835, 1.015, 84.6, count_syllables),
    "de": _Ease(180.0, 1.0, 58.5, count_german_syllables),
    "fr": _Ease(207.0, 1.015, 73.6, count_french_syllables),
    "es": _Ease(206.835, 1.0, 62.3, count_spanish_syllables),
}
