"""Italian identifiers with valid check characters that can belong to nobody.

A P.IVA starts with a registration number that no tax office has reached, a personal codice fiscale names a
birthplace that does not exist: the checks of the importer pass, no real person or company is meant.
"""

import unicodedata
from datetime import date

from stdnum import luhn
from stdnum.ch import uid
from stdnum.it import codicefiscale

_NO_TOWN = "M999"  # Italian towns are A001–M4xx
_NO_COUNTRY = "Z999"  # countries are Z100–Z9xx, this one never was
_MONTHS = "ABCDEHLMPRST"
_VOWELS = "AEIOU"


def partita_iva(serial: int, province: str) -> str:
    """The 11 digits of an invented company: `serial` 0–4999, `province` the tax office's three digits."""
    return _eleven_digits(9_990_000 + serial, province)


def body_tax_code(serial: int, province: str) -> str:
    """The 11-digit codice fiscale of an association, a condominium or a parish, which have no P.IVA."""
    return _eleven_digits(9_995_000 + serial, province)


def personal_tax_code(surname: str, given: str, born: date, sex: str, abroad: bool = False) -> str:
    """The 16 characters of a person, `sex` F or M (D.M. 23/12/1976), born in a place that does not exist."""
    day = born.day + (40 if sex == "F" else 0)
    place = _NO_COUNTRY if abroad else _NO_TOWN
    birth = f"{born.year % 100:02d}{_MONTHS[born.month - 1]}{day:02d}"
    head = _surname_letters(surname) + _given_letters(given) + birth + place
    return head + codicefiscale.calc_check_digit(head)


def swiss_uid(serial: int) -> str:
    """The company number of an invented Swiss company, `serial` 0–99, as `CHE9999900x`."""
    head = f"999999{serial:02d}"
    return f"CHE{head}{uid.calc_check_digit(head)}"


def _eleven_digits(number: int, province: str) -> str:
    head = f"{number:07d}{province}"
    return head + str(luhn.calc_check_digit(head))


def _consonants_and_vowels(name: str) -> tuple[str, str]:
    bare = unicodedata.normalize("NFKD", name).upper()  # Niccolò counts as NICCOLO
    letters = [letter for letter in bare if "A" <= letter <= "Z"]
    consonants = "".join(letter for letter in letters if letter not in _VOWELS)
    return consonants, "".join(letter for letter in letters if letter in _VOWELS)


def _surname_letters(surname: str) -> str:
    consonants, vowels = _consonants_and_vowels(surname)
    return (consonants + vowels + "XXX")[:3]


def _given_letters(given: str) -> str:
    consonants, vowels = _consonants_and_vowels(given)
    if len(consonants) > 3:
        consonants = consonants[0] + consonants[2:4]
    return (consonants + vowels + "XXX")[:3]
