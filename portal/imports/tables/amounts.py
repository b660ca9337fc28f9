"""Amounts as people and programs write them, read only when they have one meaning (pain 17, rule A-63).

`1.234` is one thousand two hundred and thirty-four, or one and a bit: only the rest of the column, or the
person, can say.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from babel.numbers import list_currencies

from portal.core.money import digits, from_decimal
from portal.core.text import t
from portal.imports.documents import Unreadable
from portal.imports.identifiers import clean
from portal.imports.options import DecimalMark

CURRENCIES = frozenset(list_currencies())
_WORDS = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP"}
_MINUS = str.maketrans({"−": "-", "–": "-", "\N{NON-BREAKING HYPHEN}": "-"})
_BLANKS = str.maketrans(
    dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}", " ")
)

_SPELLED = re.compile(
    r"(?P<open>\()? ?(?P<before>-|\+)? ?(?P<first>€|£|[A-Za-z]{3,5}\.?)? ?(?P<inner>-|\+)? ?"
    r"(?P<body>[0-9.,'’ ]*[0-9]) ?(?P<after>-|\+)? ?(?P<last>€|£|[A-Za-z]{3,5}\.?)? ?(?P<tail>-|\+)? ?(?P<close>\))?",
    re.ASCII,
)
_BODY = {
    ",": re.compile(r"([0-9]+|[1-9][0-9]{0,2}(?:([.'’ ])[0-9]{3})(?:\2[0-9]{3})*)?(?:,([0-9]+))?", re.ASCII),
    ".": re.compile(r"([0-9]+|[1-9][0-9]{0,2}(?:([,'’ ])[0-9]{3})(?:\2[0-9]{3})*)?(?:\.([0-9]+))?", re.ASCII),
}
_GROUPING: dict[DecimalMark, str] = {",": ".", ".": ","}
_GROUPED: dict[DecimalMark, re.Pattern[str]] = {
    mark: re.compile(rf"[1-9][0-9]{{0,2}}(?:{re.escape(grouping)}[0-9]{{3}})+", re.ASCII)
    for mark, grouping in _GROUPING.items()
}
_NOT_DIGITS = re.compile(r"[^0-9]", re.ASCII)
MOST_DIGITS = 11  # before the decimal mark, as in FatturaPA
_LONGEST = 60
_EXCEL_DIGITS = 15  # all that a spreadsheet itself keeps and shows


class Spelled(NamedTuple):
    """An amount taken apart: its value under each decimal mark that makes sense, and the currency beside it."""

    values: dict[DecimalMark, Decimal]
    currency: str | None

    @property
    def mark(self) -> DecimalMark | None:
        """The decimal mark that this spelling alone proves; None when it proves none."""
        return next(iter(self.values)) if len(self.values) == 1 else None

    @property
    def has_two_meanings(self) -> bool:
        return len(set(self.values.values())) > 1


def unreadable(raw: object) -> Unreadable:
    return Unreadable(
        "amount_unreadable",
        t("“%(value)s” is not an amount. Write it with digits only, like 1234,56.", value=_shown(raw)),
    )


def _shown(raw: object) -> str:
    return clean(str(raw), 40)


def take_apart(raw: str) -> Spelled:
    """Every meaning of `raw`: sign before, behind or as brackets, currency before or behind, grouping.

    Raises Unreadable when there is none.
    """
    text = raw.translate(_BLANKS).translate(_MINUS).strip()
    if text[:2] == '="' and text[-1:] == '"':
        text = text[2:-1].strip()  # how programs keep a spreadsheet from touching a value
    match = _SPELLED.fullmatch(text.removeprefix("'")) if len(text) <= _LONGEST else None
    if match is None:
        raise unreadable(raw)
    signs = [sign for sign in match.group("before", "inner", "after", "tail") if sign]
    brackets = (match["open"] is not None, match["close"] is not None)
    if len(signs) > 1 or brackets[0] != brackets[1] or (brackets[0] and signs):
        raise unreadable(raw)
    body = match["body"].strip()
    values: dict[DecimalMark, Decimal] = {}
    for mark in (",", "."):
        value = _under(body, mark)
        if value is not None:
            values[mark] = -value if "-" in signs or brackets[0] else value
    if not values:
        raise unreadable(raw)
    return Spelled(values, _currency(raw, match["first"], match["last"]))


def _under(body: str, mark: DecimalMark) -> Decimal | None:
    """The value of `body` if `mark` is the decimal mark; None when it cannot be."""
    match = _BODY[mark].fullmatch(body)
    if match is None or not body:
        return None
    whole = _NOT_DIGITS.sub("", match[1] or "0")
    return Decimal(f"{whole}.{match[3]}" if match[3] else whole)


def _currency(raw: str, *words: str | None) -> str | None:
    named = {currency_code(word) for word in words if word}
    if len(named) > 1 or None in named:
        raise unreadable(raw)
    return named.pop() if named else None


@lru_cache(maxsize=1024)
def currency_code(word: str) -> str | None:
    """`€`, `euro`, `Eur.`, `usd` → the ISO 4217 code; None for anything else (`$` is many currencies)."""
    upper = word.strip().rstrip(".").upper()
    code = _WORDS.get(upper, upper)
    return code if code in CURRENCIES else None


def to_minor(value: Decimal, currency: str, raw: object) -> int:
    """Whole minor units, exactly; raises Unreadable for fractions of a cent and for absurd sizes."""
    if abs(value) >= 10**MOST_DIGITS:
        raise Unreadable("amount_too_large", t("“%(value)s” is too large to be an amount.", value=_shown(raw)))
    try:
        return from_decimal(value, currency).minor
    except ValueError:
        raise Unreadable(
            "amount_decimals",
            t(
                "“%(value)s” has more decimals than %(currency)s has. Round it to %(digits)s in the file.",
                value=_shown(raw),
                currency=currency,
                digits=digits(currency),
            ),
        ) from None


def from_number(value: float) -> Decimal:
    """A spreadsheet's number as the spreadsheet shows it: 15 digits, so 0.1 + 0.2 is 0.3."""
    return Decimal(f"{value:.{_EXCEL_DIGITS}g}")


class AmountColumn:
    """One column of amounts: first `see` every cell, then `read` them. Keeps two line numbers, no cells."""

    def __init__(self, asked: DecimalMark | None) -> None:
        self.asked = asked
        self.proofs: dict[DecimalMark, int] = {}  # mark → the first line that proves it
        self.doubtful: int | None = None  # the first line with two meanings
        self.mark = asked  # what decides a cell with two meanings; known after `settle`

    def see(self, raw: object, line: int) -> None:
        """First pass: what does this cell prove about the column?"""
        if type(raw) is not str or raw[-3:-2] in self.proofs or raw.isdigit() or not raw:
            return
        try:
            spelled = take_apart(raw)
        except Unreadable:
            return
        if spelled.mark is not None:
            self.proofs.setdefault(spelled.mark, line)
        elif spelled.has_two_meanings and self.doubtful is None:
            self.doubtful = line

    def settle(self) -> None:
        """After the first pass: the person decides, else the column if it speaks with one voice."""
        if self.asked is None and len(self.proofs) == 1:
            self.mark = next(iter(self.proofs))

    @staticmethod
    def names_currency(raw: object) -> str | None:
        """The currency that stands beside the digits, if one does. Raises Unreadable."""
        if type(raw) is not str or (raw[-1:].isdigit() and (raw[:1].isdigit() or raw[0] == "-")) or not raw:
            return None
        return take_apart(raw).currency

    def read(self, raw: object, currency: str) -> int:
        """Minor units, with sign. Raises Unreadable."""
        if type(raw) is str:
            if currency == "EUR" and self.mark is not None and raw[-3:-2] == self.mark and raw.isascii():
                whole, cents = raw[:-3], raw[-2:]
                if not whole.isdigit() and _GROUPED[self.mark].fullmatch(whole):
                    whole = whole.replace(_GROUPING[self.mark], "")
                if whole.isdigit() and cents.isdigit() and len(whole) <= MOST_DIGITS:
                    return int(whole + cents)
            return self._read_slowly(raw, currency)
        if isinstance(raw, (int, float)) and not isinstance(raw, bool) and abs(raw) < 10**MOST_DIGITS:
            return to_minor(from_number(raw), currency, raw)
        raise unreadable(raw)

    def _read_slowly(self, raw: str, currency: str) -> int:
        spelled = take_apart(raw)
        if spelled.currency not in {None, currency}:
            raise Unreadable(
                "currency_conflict",
                t(
                    "“%(value)s” names %(named)s, but this line is in %(currency)s. Correct one of them.",
                    value=_shown(raw),
                    named=spelled.currency,
                    currency=currency,
                ),
            )
        if self.asked is not None:
            if self.asked not in spelled.values:
                raise Unreadable(
                    "amount_unreadable",
                    t(
                        "“%(value)s” is not an amount whose decimal mark is “%(mark)s”, as was asked for.",
                        value=_shown(raw),
                        mark=self.asked,
                    ),
                )
            return to_minor(spelled.values[self.asked], currency, raw)
        if not spelled.has_two_meanings:
            return to_minor(next(iter(spelled.values.values())), currency, raw)
        if self.mark is None:
            raise self._doubt(raw, spelled)
        return to_minor(spelled.values[self.mark], currency, raw)

    @staticmethod
    def _doubt(raw: str, spelled: Spelled) -> Unreadable:
        return Unreadable(
            "amount_ambiguous",
            t(
                "“%(value)s” can be %(comma)s or %(dot)s. Say which decimal mark the file uses (--decimal , or "
                "--decimal .), or write the amount with its cents.",
                value=_shown(raw),
                comma=f"{spelled.values[',']:f}",
                dot=f"{spelled.values['.']:f}",
            ),
        )
