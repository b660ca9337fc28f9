"""How well an open due item fits a credit that names no reference: a score from 0 to 100, and the reasons for it.

Only a reference books by itself (rule B-35); the score puts candidates in order for a person, and says why.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from portal.core.money import Money
from portal.core.text import Text, t

IBAN_KNOWN, NUMBER_NAMED, AMOUNT_FITS, NAME_SAME, NAME_ALIKE, SUM_FITS = 35, 35, 20, 25, 15, 20
NAME_FITS_FROM = 0.6
MOST_AHEAD = timedelta(days=10)  # how far after its booking a movement's value date can lie
MOST_NUMBERS = 24
_LEGAL_FORMS = frozenset({
    "srl", "srls", "spa", "snc", "sas", "sapa", "scarl", "scrl", "soc", "societa", "cooperativa", "coop", "onlus",
    "ditta", "di", "e", "and", "the", "gmbh", "ag", "kg", "ohg", "ug", "ltd", "limited", "llc", "inc", "plc",
    "sa", "sarl", "bv", "nv", "sl", "fratelli", "flli"
})  # fmt: skip
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}", re.ASCII)
_WORD = re.compile(r"[^a-z0-9]+", re.ASCII)
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9/_.\-]{0,28}[A-Z0-9]|[0-9]", re.ASCII)
_ANNOUNCED = re.compile(
    r"(?:FATTURA|FATTURE|FATT|FT|INVOICE|INV|RECHNUNG|FACTURE|DOC|DOCUMENTO|NUM|NUMERO|NR|N)[.:°ºO]*\s*$", re.ASCII
)
_FAR = 4  # characters from which on a number is not found by chance


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a due item: each field is one finding."""

    amount_fits: bool = False
    sum_fits: int = 0  # of how many due items together, where the whole makes the amount
    iban_times: int = 0  # how often this account has paid for this debtor
    name: float = 0.0  # how alike the names are, from 0 to 1
    number: str | None = None  # the invoice's number as it stands in the text


def score(evidence: Evidence) -> int:
    """From 0 to 100; the amount alone stays below everything else."""
    points = AMOUNT_FITS * evidence.amount_fits
    points += NUMBER_NAMED * (evidence.number is not None)
    points += IBAN_KNOWN * (evidence.iban_times > 0)
    if evidence.name >= 0.99:
        points += NAME_SAME
    elif evidence.name >= NAME_FITS_FROM:
        points += NAME_ALIKE
    if evidence.sum_fits > 1:
        points += SUM_FITS
    return min(points, 100)


def is_amount_alone(evidence: Evidence) -> bool:
    return evidence.number is None and not evidence.iban_times and evidence.name < NAME_FITS_FROM


def reasons(evidence: Evidence) -> list[Text]:
    """Why it is a candidate, the strongest first, as a person would say it."""
    found: list[Text] = []
    if evidence.iban_times:
        found.append(t("This account has paid for this customer before."))
    if evidence.number is not None:
        found.append(t("The text names %(number)s.", number=evidence.number))
    if evidence.name >= 0.99:
        found.append(t("The name is the same."))
    elif evidence.name >= NAME_FITS_FROM:
        found.append(t("The name is alike."))
    if evidence.amount_fits:
        found.append(t("The amount fits to the cent."))
    if evidence.sum_fits > 1:
        found.append(t("%(count)s open documents together make this amount.", count=evidence.sum_fits))
    if is_amount_alone(evidence) and (evidence.amount_fits or evidence.sum_fits):
        found.append(t("Nothing but the amount speaks for it."))
    return found


@lru_cache(maxsize=20_000)
def name_words(name: str) -> tuple[str, ...]:
    """The telling words of a name, without accents, legal forms and casing, in their order."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = _DOTTED.sub(lambda match: match[0].replace(".", ""), plain)
    return tuple(word for word in _WORD.split(plain) if word and word not in _LEGAL_FORMS)


def likeness(one: str | None, other: str | None) -> float:
    """How alike two names are: the share of telling words that both have, whatever their order."""
    if not one or not other:
        return 0.0
    first, second = set(name_words(one)), set(name_words(other))
    if not first or not second:
        return 0.0
    return 2 * len(first & second) / (len(first) + len(second))


def numbers_in(text: str) -> dict[str, bool]:
    """What could be invoice numbers in a text, and whether each is telling: long, or announced as one."""
    upper = text.upper()
    found: dict[str, bool] = {}
    for match in _NUMBER.finditer(upper):
        word = match[0]
        if not any(letter.isdigit() for letter in word):
            continue
        announced = _ANNOUNCED.search(upper[: match.start()]) is not None
        bare = re.sub(r"^(?:FATTURA|FATT|FT|INV|NR|N)[.\-/]?(?=[0-9])", "", word)
        for spelled in {word, bare}:
            telling = announced or spelled != word or (len(spelled) >= _FAR and not _is_day(spelled))
            if len(found) < MOST_NUMBERS or spelled in found:
                found[spelled] = found.get(spelled, False) or telling
    return found


def named_in(text: str | None, reference: str | None) -> dict[str, bool]:
    """The same of a movement: the reference in its own field is meant as one, with blanks or without."""
    found = numbers_in(text or "")
    if reference:
        found["".join(reference.upper().split())] = True
    return found


def _is_day(word: str) -> bool:
    """2026 is a year and 02/03/2026 a day before they are numbers of invoices."""
    return bool(re.fullmatch(r"(?:19|20)[0-9]{2}|[0-9]{1,2}[/.\-][0-9]{1,2}(?:[/.\-](?:[0-9]{2}){1,2})?", word))


def is_far_ahead(value_on: date, booked_on: date) -> bool:
    """Whether a value date lies so far after the booking that it must be a slip: nobody's payment waits for years."""
    return value_on - booked_on > MOST_AHEAD


def outcome(open_after: int, excess: int, due_until: Iterable[date], value_on: date) -> str:
    """What a credit that settled due items was: over, partial, late or paid. `due_until` is until when each was in
    time (rule B-54)."""
    if excess:
        return "over"
    if open_after:
        return "partial"
    return "late" if any(value_on > last for last in due_until) else "paid"


def split(amount: Money, open_amounts: Sequence[Money]) -> list[Money]:
    """`amount` over due items in their order, each up to what is open; the last takes what is left over."""
    left, parts = amount, []
    for place, one in enumerate(open_amounts):
        last = place == len(open_amounts) - 1
        part = left if last else min(left, one)
        parts.append(part)
        left = left - part
    return parts
