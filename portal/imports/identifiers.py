"""Who a debtor is by number: VAT numbers, tax codes, countries, addresses, each checked and none corrected by force.

A number that fails its check is kept as written and reported: the creditor's file may be older than the mistake.
"""

import re
import unicodedata
from functools import lru_cache

from babel import Locale
from stdnum.ch import uid
from stdnum.eu import vat as eu_vat
from stdnum.it import codicefiscale, iva

from portal.core.banking import normalise_iban, why_not_iban
from portal.core.mail_addresses import is_mail_address
from portal.core.text import Text, t
from portal.imports.documents import PartyKind

_EU = frozenset({*(state.upper() for state in eu_vat.MEMBER_STATES), "EL"})
_PERSONAL = re.compile(r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]", re.ASCII)
_PREFIXED = re.compile(r"([A-Z]{2})([0-9A-Z+*]{2,13})", re.ASCII)
_SEPARATORS = re.compile(r"[\s.\-/_]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,24}", re.ASCII)
_EXPONENT = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2}", re.ASCII | re.IGNORECASE)
_LONGEST = {"name": 200, "code": 64}

Doubt = tuple[str, Text] | None  # a warning's code and sentence


def clean(text: str, longest: int = _LONGEST["name"]) -> str:
    """One line of visible text: blanks joined, control and direction characters dropped, length bounded."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()[:longest]
    kept = [c if not unicodedata.category(c).startswith("C") else " " if c in "\t\r\n\v\f" else "" for c in text]
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())[:longest]


def unwrap(text: str) -> str:
    """`="0012"` and `'0012` are how people stop a spreadsheet from eating zeros: the value is 0012."""
    if text[:2] == '="' and text[-1:] == '"':
        return text[2:-1].strip()
    return text.removeprefix("'")


def is_shortened(text: str) -> bool:
    """1,23457E+11: a spreadsheet has thrown the last digits away."""
    return _EXPONENT.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def split_vat(raw: str, country: str | None = None) -> tuple[str, str | None, Doubt]:
    """A VAT number without country prefix, the country that it names, and what is wrong with it if anything.

    One that is right with zeros in front has lost them to a spreadsheet: restored, and said. One that a
    spreadsheet has shortened is empty.
    """
    shown = clean(raw, 40)
    if is_shortened(shown):
        text = t("A spreadsheet has shortened the VAT number to %(number)s; it was left out.", number=shown)
        return "", country, ("vat_number_damaged", text)
    country, number = _without_prefix(_SEPARATORS.sub("", raw).upper(), country)
    if _fits(number, country):
        return number, country, None
    padded = number.zfill(11)
    if country in {None, "IT"} and number.isdigit() and len(number) >= 8 and iva.is_valid(padded):
        text = t("The VAT number %(number)s lacked zeros; it was read as %(padded)s.", number=number, padded=padded)
        return padded, country, ("vat_number_padded", text)
    text = t("The VAT number %(number)s fails its check; it was kept as written.", number=shown)
    return number, country, ("vat_number_check", text)


def _fits(number: str, country: str | None) -> bool:
    """Whether the country's check accepts it; outside the Union and Switzerland there is none that we know."""
    if country in {None, "IT"}:
        return len(number) == 11 and iva.is_valid(number)
    if country == "CH":
        return uid.is_valid(number[:12])
    prefix = "EL" if country == "GR" else country
    return bool(eu_vat.is_valid(f"{prefix}{number}")) if prefix in _EU else number.isalnum()


def _without_prefix(number: str, country: str | None) -> tuple[str | None, str]:
    """Country and rest: a prefix counts if it is the known country, or if it can be nothing but a country."""
    if number.startswith("CHE") and country in {None, "CH"}:
        return "CH", number  # a Swiss number has its country inside
    match = _PREFIXED.fullmatch(number)
    has_digits = match is not None and any(letter.isdigit() for letter in match[2])
    if match and country is None and has_digits and (match[1] in _EU or match[1] in _COUNTRIES):
        country, number = match[1], match[2]
    elif match and match[1] == ("EL" if country == "GR" else country):
        number = match[2]
    return "GR" if country == "EL" else country, number


@lru_cache(maxsize=4096)
def split_tax_code(raw: str) -> tuple[str, Doubt]:
    """An Italian tax code in capitals (11 digits, or 16 characters), and what is wrong with it if anything."""
    code = _SEPARATORS.sub("", raw).upper()
    good = iva.is_valid(code) if code.isdigit() else code.isascii() and codicefiscale.is_valid(code)
    if good:
        return code, None
    return code, (
        "tax_code_check",
        t("The tax code %(code)s fails its check; it was kept as written.", code=clean(raw, 40)),
    )


def is_personal(code: str) -> bool:
    """Whether it has the shape of a person's tax code, right or wrong in its check letter."""
    return _PERSONAL.fullmatch(code) is not None


def kind_of(vat_number: str | None, tax_code: str | None) -> PartyKind | None:
    """A VAT number or an 11-digit tax code is a business or a body; a personal tax code alone is a consumer."""
    if vat_number or (tax_code and tax_code.isdigit()):
        return "business"
    return "consumer" if tax_code and is_personal(tax_code) else None


def read_email(raw: str) -> tuple[str | None, Doubt]:
    """The address, or the first of several; None and a doubt when there is none in it."""
    parts = [part for part in re.split(r"[;,\s]+", raw.strip().removeprefix("mailto:")) if part]
    if not parts or not is_mail_address(parts[0]):
        return None, (
            "email_unreadable",
            t("“%(value)s” is not an e-mail address; it was left out.", value=clean(raw, 60)),
        )
    if len(parts) > 1:
        return parts[0], (
            "email_several",
            t("Several e-mail addresses are given; the first was taken: %(email)s.", email=parts[0]),
        )
    return parts[0], None


def read_phone(raw: str) -> tuple[str | None, Doubt]:
    """The number as written, if it can be one at all."""
    text = clean(raw, 40)
    if _PHONE.fullmatch(text) and not is_shortened(text):
        return text, None
    return None, ("phone_unreadable", t("“%(value)s” is not a phone number; it was left out.", value=clean(raw, 60)))


def check_iban(raw: str) -> tuple[str, Doubt]:
    """The IBAN in capitals without blanks, and what is wrong with it if anything (rule B.5)."""
    iban = normalise_iban(raw)[:34]
    problem = why_not_iban(iban)
    return iban, ("iban_check", problem) if problem is not None else None


def read_postcode(raw: str, italian: bool) -> str:
    """The postcode as written; an Italian one that lost its zeros to a spreadsheet has five digits again."""
    text = clean(raw, 16)
    return text.zfill(5) if italian and text.isdigit() and 3 <= len(text) < 5 else text


def _named(kind: str) -> dict[str, str]:
    names: dict[str, str] = {"uk": "GB"} if kind == "territories" else {}
    for locale in ("it", "en", "de", "fr", "es"):
        table = Locale(locale).territories if kind == "territories" else Locale(locale).languages
        for code, name in table.items():
            if len(code) == 2 and code.isalpha():
                names.setdefault(str(name).casefold(), code)
                names.setdefault(code.casefold(), code)
    return names


_COUNTRY_NAMES = _named("territories")
_COUNTRIES = frozenset(_COUNTRY_NAMES.values())
_LANGUAGE_NAMES = {
    **_named("languages"),
    "ita": "it",
    "eng": "en",
    "deu": "de",
    "ger": "de",
    "fra": "fr",
    "spa": "es",
}


def read_country(raw: str) -> str | None:
    """`IT`, `Italia`, `Italy` → IT; None for anything else."""
    return _COUNTRY_NAMES.get(raw.strip().casefold())


def read_language(raw: str) -> str | None:
    """`it`, `IT`, `it-IT`, `italiano`, `Italian` → it; None for anything else."""
    word = raw.strip().casefold().replace("_", "-")
    return _LANGUAGE_NAMES.get(word) or _LANGUAGE_NAMES.get(word.partition("-")[0])
