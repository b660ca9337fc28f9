"""The tone gate: what no text of ours says, and where (rules C-14, C-21, C-36, A-14, A-32, A-34). Pure.

Asked when somebody saves words of their own and again as they leave. Each finding says where, which words, and what
to do instead. Words are found by their stems (tone.toml), whatever the capitals, accents, hidden signs, look-alike
letters or dashes that they are dressed in.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.core import readability
from portal.core.text import Text, t
from portal.messages import gsm7

SUBJECT, PREHEADER, SMS, SENDER, BODY, LETTER = "subject", "preheader", "sms", "sender", "body", "letter"
PUBLIC = frozenset({SUBJECT, PREHEADER, SMS, SENDER})  # where a third party may read (C-21)
READ_WHOLE = frozenset({BODY, LETTER})  # long enough for a measure of how easily they are read

# What a creditor's words may say by a name in braces, by where they stand. A person's name is for the reader alone.
PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    SUBJECT: frozenset({"creditor"}),
    PREHEADER: frozenset({"creditor"}),
    SMS: frozenset({"creditor", "documents", "count", "phone", "link"}),
    SENDER: frozenset(),
    BODY: frozenset({"creditor", "documents", "count", "phone", "contact", "person"}),
    LETTER: frozenset({"creditor", "documents", "count", "phone", "contact", "person"}),
}
LEAST = 60.0  # by the measure of each language (C-36, decision 30; portal.core.readability)
_USUAL = {"count": "2", "person": "Maria", "phone": "", "creditor": "Rossi", "contact": "Anna"}
_A_DOCUMENT = {
    "it": "un documento", "en": "a document", "de": "ein Dokument", "fr": "un document", "es": "un documento",
}  # fmt: skip
# As long as they usually come, with a link of this portal: what is saved has to leave as one text message.
_LONGEST = {
    "creditor": "Rossi Forniture", "documents": "2 documenti", "count": "12", "phone": "+39 051 123456",
    "link": "https://portal.example.it/l/" + "A" * 32,
}  # fmt: skip
LEAST_FIRST = {"it": 80.0}  # of the first message

_HIDDEN = t("Signs that cannot be seen, or letters that only look like ours. Please type these words anew.")
_MARKUP = t("Plain words only: no HTML, no picture, no style.")
_ADDRESS = t("No address of a page. The one link is put in by itself and leads to this portal.")
_BRACES = t("There is no such placeholder here. You can use: %(names)s.")
_NO_BRACES = t("There is no placeholder here: please write it in words.")
_ONE_LINK = t("A text message says {link} once, or nobody finds the page.")
_TOO_LONG = t("A text message has 160 signs with its link, and this has %(units)s. Shorter words help.")
_HARD = t("It reads hard: %(score)s of 100, and %(least)s are wanted. Shorter sentences and words help.")

# Groups of tone.toml in the order in which they are said, and what to do instead.
_ANYWHERE: Mapping[str, Text] = {
    "threat": t("No threat and no word of the law. Say what the customer can do now."),
    "title": t("Nobody writes here but you. Leave out offices that you are not."),
    "register": t("No word of lists and registers. Say what the customer can do now."),
    "shame": t("Write as to a good customer, for example: this document is still open."),
    "pressure": t("Leave the customer time. Say when somebody can be reached."),
}
_IN_PUBLIC: Mapping[str, Text] = {
    "debt": t("Strangers may read this. Say only that a document is there; the page says the rest."),
    "money": t("Strangers may read this: no amount. It stands on the page."),
    "date": t("Strangers may read this: no date. It stands on the page."),
}
_AS_TYPED = frozenset({"money", "date"})  # looked for with their dots and signs
# Letters of other alphabets that are drawn like ours.
_LOOK_ALIKE = str.maketrans(
    "аеорсухіјѕԁѵкмтвнгпиαβεικνορτυχγıł’‘",
    "aeopcyxijsdvkmtbhrnuabeiknoptuxyil''",
)
_LEET = str.maketrans("013457@$!", "oieastasi")
_INSIDE = frozenset("-._*·~|+‐‑–")  # between two letters they only part a word
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SAFE = re.compile(r"\{[a-z]+\}")
_TAG = re.compile(
    r"<\s*[a-z/!][^>]*>?|&(?:[a-z]{2,8}|#x?[0-9a-f]{2,6});|url\s*\(|@import|(?:javascript|data|cid|vbscript):|\{\{|\{%",
    re.IGNORECASE,
)
_URL = re.compile(
    r"(?:[a-z]{2,10}:)?//\S+|\bwww\.\S+"
    r"|(?<![@\w])[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\."
    r"(?:it|com|net|org|eu|info|io|biz|ly|me|co|app|link|page|site|online|shop|xyz|de|fr|gl|cc)\b(?:/\S*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """`part` is where, `words` what stands there, `instead` what to do; `group` names the kind of finding."""

    part: str
    group: str
    words: str
    instead: Text


@dataclass(frozen=True, slots=True)
class Reads:
    """How easily a part is read, 0 to 100 by the measure of its language, and the least that is wanted of it."""

    part: str
    score: float
    least: float


def check(parts: Mapping[str, str], language: str, *, first: bool = False) -> list[Finding]:
    """Everything that keeps these words from leaving, in the order of `parts`; empty ones are not asked.

    `first`: whether they are the first that a customer hears of us, and must be easier still (C-36).
    """
    found: list[Finding] = []
    for part, text in parts.items():
        if text.strip():
            found += _form(part, text)
            found += lexicon(part, text, language)
    found += [
        Finding(one.part, "hard", "", Text(_HARD.msgid, {"score": f"{one.score:.0f}", "least": f"{one.least:.0f}"}))
        for one in reads(parts, language, first=first)
        if one.score < one.least
    ]
    return found


def lexicon(part: str, text: str, language: str) -> list[Finding]:
    """The words of tone.toml that stand in a text which is read where `part` is."""
    shown = _SAFE.sub(lambda m: " " * len(m.group()), text)
    light = _light(shown)
    forms = (_spaced(light), _closed_up(light))
    groups = {**_ANYWHERE, **_IN_PUBLIC} if part in PUBLIC else _ANYWHERE
    found: dict[tuple[str, str], Finding] = {}
    for group, instead in groups.items():
        pattern = _patterns(language).get(group)
        for form in (light,) if group in _AS_TYPED else forms:
            for words in _matches(pattern, form, shown):
                found.setdefault((group, words), Finding(part, group, words, instead))
    return list(found.values())


def reads(parts: Mapping[str, str], language: str, *, first: bool = False) -> list[Reads]:
    """How easily the long parts are read, with usual words in their placeholders."""
    least = LEAST_FIRST.get(language, LEAST) if first else LEAST
    usual = {**_USUAL, "documents": _A_DOCUMENT.get(language, _A_DOCUMENT["en"])}
    found = []
    for part in READ_WHOLE & parts.keys():
        try:
            reading = readability.measure(_PLACEHOLDER.sub(lambda m: usual.get(m[1], ""), parts[part]), language)
        except ValueError:
            continue
        found.append(Reads(part, reading.score, least))
    return sorted(found, key=lambda one: one.part)


def languages() -> list[str]:
    """Every language whose words are looked for."""
    return sorted({code for words in _lexicon().values() for code in words} - {"any"})


def missing_languages(written: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """The languages of `wanted` that nobody has written in yet: their readers get the portal's own words."""
    have = set(written)
    return [code for code in wanted if code not in have]


def _form(part: str, text: str) -> Iterator[Finding]:
    """What is wrong with a text as a text: hidden signs, markup, addresses, placeholders."""
    for word in text.split():
        if _is_disguised(word):
            yield Finding(part, "hidden", _visible(word), _HIDDEN)
    for tag in _TAG.finditer(text):
        yield Finding(part, "markup", tag.group()[:60], _MARKUP)
    for address in _URL.finditer(text):
        yield Finding(part, "address", address.group()[:60], _ADDRESS)
    allowed = PLACEHOLDERS.get(part, frozenset())
    names = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    wrong = Text(_BRACES.msgid, {"names": names}) if names else _NO_BRACES
    for one in _PLACEHOLDER.finditer(text):
        if one[1] not in allowed:
            yield Finding(part, "placeholder", one.group()[:60], wrong)
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        yield Finding(part, "placeholder", "{ }", wrong)
    if part == SMS and text.count("{link}") != 1:
        yield Finding(part, "link", "{link}", _ONE_LINK)
    if part == SMS:
        size = gsm7.size(gsm7.normalise(_PLACEHOLDER.sub(lambda m: _LONGEST.get(m[1], ""), text)))
        if size.segments > 1:
            yield Finding(part, "length", "", Text(_TOO_LONG.msgid, {"units": size.units}))


def _is_disguised(word: str) -> bool:
    """Whether a word hides a sign, or mixes letters of ours with letters that only look like them."""
    if any(unicodedata.category(c) in {"Cf", "Co", "Cn"} for c in word):
        return True
    letters = [c for c in word if c.isalpha()]
    return any("LATIN" not in unicodedata.name(c, "") and c not in "ªº" for c in letters)


def _visible(word: str) -> str:
    return "".join(c for c in word if unicodedata.category(c) not in {"Cf", "Co", "Cn"})[:60]


_GAP = (" ", 0)
Form = list[tuple[str, int]]  # signs, each with its place in the text as it was typed


def _light(text: str) -> Form:
    """Small letters without accents and hidden signs, look-alikes in our own letters."""
    return [
        (c.translate(_LOOK_ALIKE), place)
        for place, typed in enumerate(text)
        for c in unicodedata.normalize("NFKD", typed.casefold())
        if not unicodedata.combining(c) and unicodedata.category(c) != "Cf"
    ]


def _spaced(light: Form) -> Form:
    """Whatever is no letter or digit as one blank."""
    made: Form = []
    for c, place in light:
        if c.isalnum():
            made.append((c, place))
        elif made and made[-1][0] != " ":
            made.append((" ", place))
    return made


def _closed_up(light: Form) -> Form:
    """Words that are parted or spelled with digits, as they are meant: `s.o.l-l e c 1 t o` is one word."""
    kept = [
        one
        for before, one, after in zip([_GAP, *light], light, [*light[1:], _GAP], strict=False)
        if not (one[0] in _INSIDE and before[0].isalnum() and after[0].isalnum())
    ]
    meant: Form = []
    for word in _words(kept):
        has_letters = sum(c.isalpha() for c, _place in word) > 0
        meant += [(c.translate(_LEET) if has_letters else c, place) for c, place in word]
        meant.append((" ", word[-1][1]))
    spaced = _spaced(meant)
    around = list(zip([_GAP, *spaced], spaced, [*spaced[1:], _GAP], strict=False))
    alone = [before[0] == after[0] == " " != one[0] for before, one, after in around]
    joins = list(zip([False, *alone], [*alone[1:], False], strict=False))[: len(alone)]
    return [one for one, (left, right) in zip(spaced, joins, strict=True) if not (one[0] == " " and left and right)]


def _words(form: Form) -> Iterator[Form]:
    word: Form = []
    for one in form:
        if one[0].isspace():
            if word:
                yield word
            word = []
        else:
            word.append(one)
    if word:
        yield word


def _matches(pattern: re.Pattern[str] | None, form: Form, typed: str) -> Iterator[str]:
    """What was typed where the pattern is found, as whole words."""
    if pattern is None:
        return
    plain = "".join(c for c, _place in form)
    for found in pattern.finditer(plain):
        if found.start() == found.end():
            continue
        begins, ends = form[found.start()][1], form[found.end() - 1][1] + 1
        while begins > 0 and not typed[begins - 1].isspace():
            begins -= 1
        while ends < len(typed) and not typed[ends].isspace():
            ends += 1
        yield " ".join(typed[begins:ends].split()).strip(".,;:!?()«»\"'")[:60]


@lru_cache
def _patterns(language: str) -> Mapping[str, re.Pattern[str]]:
    """By group one pattern of the words of this language and of those that hold in any."""
    made = {}
    for group, words in _lexicon().items():
        wanted = [*words.get("any", ()), *words.get(language, ())]
        if wanted:
            made[group] = re.compile("|".join(wanted))
    return made


@lru_cache(maxsize=1)
def _lexicon() -> Mapping[str, Mapping[str, list[str]]]:
    with Path(__file__).with_suffix(".toml").open("rb") as opened:
        return tomllib.load(opened)
