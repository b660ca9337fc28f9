"""Languages found on disk, catalogues read once, and how dates and money are written in each.

The reader's language is, in this order: what they chose, what the creditor knows of them, what the browser
asks for, Italian. Bound gettext and parsed patterns keep a page cheap (stack.md).
"""

import io
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import NumberPattern, parse_pattern

from portal.core.money import Money
from portal.core.text import Text
from portal.settings import ROOT

DEFAULT = "it"
_language: ContextVar[str] = ContextVar("portal_language", default=DEFAULT)


@dataclass(frozen=True, slots=True)
class Language:
    """One language with its bound functions."""

    code: str
    locale: Locale
    gettext: Callable[[str], str]
    ngettext: Callable[[str, str, int], str]

    @property
    def decimal_sign(self) -> str:
        return str(self.locale.number_symbols["latn"]["decimal"])

    @property
    def day_format(self) -> str:
        """The day before the month in each; `15. März 2027`, `15 de marzo de 2027`, not the American order."""
        return "d MMMM y" if self.code == "en" else "long"

    @property
    def own_name(self) -> str:
        return (self.locale.get_display_name(self.code) or self.code).capitalize()


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """Every language with a folder under translations/, Italian first."""
    found: dict[str, Language] = {}
    folders = sorted((ROOT / "translations").glob("*/LC_MESSAGES/messages.po"))
    codes = {path.parent.parent.name: path for path in folders}
    for code in sorted(codes, key=lambda c: (c != DEFAULT, c)):
        catalogue = _read(codes[code])
        found[code] = Language(code, Locale.parse(code), catalogue.gettext, catalogue.ngettext)
    if DEFAULT not in found:
        nothing = NullTranslations()
        found[DEFAULT] = Language(DEFAULT, Locale.parse(DEFAULT), nothing.gettext, nothing.ngettext)
    return found


def _read(path: Path) -> GNUTranslations:
    with path.open("rb") as po:
        catalogue = read_po(po)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def known(code: object) -> str | None:
    """`code` when the portal speaks it, else None; `en-GB` is read as `en`."""
    if not code or not isinstance(code, str):
        return None
    short = code.replace("_", "-").split("-")[0].lower()
    return short if short in languages() else None


def use(code: str) -> None:
    """Speaks `code` from here on in this request, job or command; an unknown one is Italian."""
    _language.set(known(code) or DEFAULT)


def language() -> Language:
    return languages()[_language.get()]


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Everything inside is said in that language, whatever the reader chose for the pages around it."""
    before = language().code
    use(code)
    try:
        yield
    finally:
        use(before)


def gettext(msgid: str) -> str:
    return language().gettext(msgid)


def ngettext(singular: str, plural: str, number: int) -> str:
    return language().ngettext(singular, plural, number)


def say(text: Text | str, code: str | None = None) -> str:
    """The sentence in the current language, or in `code`."""
    if isinstance(text, str):
        return text
    return text.render(languages()[known(code) or DEFAULT].gettext if code else gettext)


@lru_cache(maxsize=64)
def _money_pattern(code: str) -> tuple[NumberPattern, Locale]:
    locale = languages()[code].locale
    return parse_pattern(locale.currency_formats["standard"].pattern), locale


@lru_cache(maxsize=4096)
def _money(minor: int, currency: str, code: str) -> str:
    pattern, locale = _money_pattern(code)
    return pattern.apply(Money(minor, currency).decimal, locale, currency=currency)


def money(amount: Money) -> str:
    """`1.234,56 €` in Italian, `€1,234.56` in English; never broken over a line."""
    return _money(amount.minor, amount.currency, _language.get()).replace(" ", "\u00a0")


def decimal(plain: str) -> str:
    """A plain number as a person writes it: `1234,56` in Italian, `1234.56` in English."""
    return plain.replace(".", language().decimal_sign)


@lru_cache(maxsize=4096)
def _day(day: date, code: str) -> str:
    return format_date(day, languages()[code].day_format, locale=languages()[code].locale)


def day(value: date) -> str:
    """`15 marzo 2027`."""
    return _day(value, _language.get())


def month(value: date) -> str:
    """The month in three letters, with its year: `nov 26`."""
    return str(format_date(value, "LLL yy", locale=language().locale))


def whole_month(value: date) -> str:
    """`novembre 2026`."""
    return str(format_date(value, "LLLL y", locale=language().locale))


def short_day(value: date) -> str:
    """`15/03/2027` in Italian, `15 Mar 2027` in English: for tables."""
    return format_date(value, "medium" if _language.get() != "it" else "dd/MM/y", locale=language().locale)


def moment(value: datetime, zone: str = "Europe/Rome") -> str:
    """`15 marzo 2027, 10:42` on the clocks of `zone`."""
    return f"{day(value.astimezone(ZoneInfo(zone)).date())}, {clock_time(value, zone)}"


def clock_time(value: datetime, zone: str = "Europe/Rome") -> str:
    """`10:42` on the clocks of `zone`."""
    return format_datetime(value, "HH:mm", tzinfo=ZoneInfo(zone), locale=language().locale)


def file_word(word: str) -> str:
    """A translated word as the beginning of a file's name: small, without accents, blanks as hyphens."""
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().casefold()
    return "-".join(plain.split())


def phone(number: str) -> str:
    """`+39 039 0000142`: an international number in groups; anything else as it was written."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number
