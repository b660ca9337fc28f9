"""Passwords: kept as argon2id, and refused where they are short, easy to guess or known from leaks (rule A-66).

Everything is asked of lists on this machine: no password, and no part of one, leaves it.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from secrets import token_hex

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from portal.core.text import Text, t

SHORTEST = 12
LONGEST = 128
STRONG = 4  # of zxcvbn's 0 to 4: at least 10^10 guesses, more than three of the words that everybody uses
LOOKED_AT = 72  # characters that zxcvbn looks at: the time it takes grows with them, the strength no longer does
OWN_LETTERS = 6  # what must be left of a password once everything that others could guess is taken away

_HASHER = PasswordHasher()  # argon2id with the library's parameters (RFC 9106)
_HERE = Path(__file__)
_WORDS_FILE, _ITALIAN_FILE = _HERE.with_name("common_passwords.txt"), _HERE.with_name("italian_words.txt")
_PHRASES_FILE = _HERE.with_name("known_phrases.txt")  # verses, songs, proverbs: long, and known to everybody
_RUNS = ("12345678901234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedc")
_RUN_LENGTH = 4


def tidy(typed: str) -> str:
    """What was typed, in one spelling: composed characters, so that two keyboards type the same password."""
    return unicodedata.normalize("NFC", typed)


def hashed(password: str) -> str:
    """The argon2id hash of a password that has been found good."""
    return _HASHER.hash(tidy(password))


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _HASHER.hash(token_hex(16))


def is_right(stored: str | None, typed: str) -> bool:
    """Whether `typed` is the password behind `stored`; without one it takes as long and is wrong."""
    password = tidy(typed)
    too_long = len(password) > LONGEST  # nobody's: not cut to what might be somebody's
    try:
        _HASHER.verify(_nobody() if too_long or stored is None else stored, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None and not too_long


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def why_not_password(typed: str, own: Iterable[str]) -> Text | None:
    """Why this cannot be a password, or None. `own`: names and addresses that others know of its owner."""
    password, own = tidy(typed), list(own)
    if len(password) < SHORTEST:
        return t("Please take at least %(count)s characters.", count=SHORTEST)
    if len(password) > LONGEST:
        return t("Please take at most %(count)s characters.", count=LONGEST)
    folded = password.casefold()
    if _is_leaked(folded):
        return t("This password is on lists that thieves try first. Please take another one.")
    if (
        _is_known_phrase(folded)
        or len(_rest(folded, own)) < OWN_LETTERS
        or len(set(folded)) < OWN_LETTERS
        or not _is_strong(password, own)
    ):
        return t("That one is easy to guess. Three or four words that do not belong together work well.")
    return None


@lru_cache(maxsize=1)
def _leaked() -> frozenset[str]:
    """The passwords that were found most often in what was stolen from others, and our own list."""
    return frozenset(FREQUENCY_LISTS["passwords"]) | _common()


def _is_leaked(folded: str) -> bool:
    """Whether it is one of those, also with digits and marks in front or behind, or written twice."""
    bare = folded.strip("0123456789!?.,;:-_+*@#$%&= ")
    half = folded[: len(folded) // 2]
    return folded in _leaked() or (len(bare) > 2 and bare in _leaked()) or (half * 2 == folded and half in _leaked())


def _is_known_phrase(folded: str) -> bool:
    """Whether it is a piece of what everybody has sung, prayed or learned by heart, or little is left without it."""
    letters = left = _letters(folded)
    for phrase in _phrases():
        left = left.replace(phrase, "")
    piece = len(letters) >= OWN_LETTERS and any(letters in phrase for phrase in _phrases())
    return piece or (len(left) < OWN_LETTERS and left != letters)


def _letters(written: str) -> str:
    """Its letters alone, without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", written) if c.isalpha())


def _is_strong(password: str, own: list[str]) -> bool:
    known = [word for name in own for word in (name, *re.split(r"[^\w]+|_", name)) if word]
    estimated = zxcvbn(password[:LOOKED_AT], user_inputs=[*known, *sorted(_common()), *sorted(_italian())])
    return int(estimated["score"]) >= STRONG


def _rest(password: str, own: Iterable[str]) -> str:
    """The letters and digits that are left without common words, runs on the keyboard and the owner's names."""
    known = {word for name in own for word in re.split(r"[^\w]+|_", name.casefold()) if len(word) > 2}
    for word in sorted(_common() | known, key=len, reverse=True):
        password = password.replace(word, " ")
    for run in (*_RUNS, *(run[::-1] for run in _RUNS)):
        password = _without_run(password, run)
    return "".join(character for character in password if character.isalnum())


def _without_run(password: str, run: str) -> str:
    for length in range(len(run), _RUN_LENGTH - 1, -1):
        for start in range(len(run) - length + 1):
            password = password.replace(run[start : start + length], " ")
    return password


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(_WORDS_FILE.read_text(encoding="utf-8").split())


@lru_cache(maxsize=1)
def _italian() -> frozenset[str]:
    """Words that Italians use every day: zxcvbn knows the English ones by itself."""
    return frozenset(_ITALIAN_FILE.read_text(encoding="utf-8").split())


@lru_cache(maxsize=1)
def _phrases() -> tuple[str, ...]:
    """The longest first, as their letters alone."""
    written = _PHRASES_FILE.read_text(encoding="utf-8").casefold().splitlines()
    return tuple(sorted({_letters(one) for one in written if one}, key=len, reverse=True))
