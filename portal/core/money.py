"""Money is a whole number of minor units with its currency; it never mixes currencies and never rounds.

Reading an amount that a person typed is strict (rule A-63): one spelling, no guessing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

# Minor digits where they are not two (rule B-15).
ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

_TYPED = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,2})?", re.ASCII)


class CurrencyMismatch(TypeError):
    """Two amounts in different currencies met in one sum."""


def digits(currency: str) -> int:
    """How many minor digits `currency` has: EUR 2, JPY 0, KWD 3."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units, for example `Money(123456, "EUR")` is 1,234.56 euro."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"money is whole minor units, not {self.minor!r}")
        if len(self.currency) != 3 or not (
            self.currency.isascii() and self.currency.isalpha() and self.currency.isupper()
        ):
            raise ValueError(f"not a currency code: {self.currency!r}")

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-digits(self.currency))

    @property
    def plain(self) -> str:
        """`1234.56`: a dot, all minor digits, no grouping; for files, QR codes and APIs."""
        return f"{self.decimal:f}"

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """Parts in proportion to `weights` whose sum is exactly this amount (largest remainder, first wins).

        Raises ValueError when no weight is positive or one is negative.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError("weights must be positive")
        parts = [self.minor * w // whole for w in weights]
        remainders = [self.minor * w % whole for w in weights]
        left = self.minor - sum(parts)
        for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
            parts[index] += 1
        return [Money(part, self.currency) for part in parts]


def total(amounts: Sequence[Money], currency: str) -> Money:
    """The sum of `amounts`, which must all be in `currency`; nought for none."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result


def from_decimal(value: Decimal, currency: str) -> Money:
    """Exact conversion; raises ValueError for NaN, infinity or more decimals than the currency has."""
    if not value.is_finite():
        raise ValueError(f"not an amount: {value}")
    minor = value.scaleb(digits(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"too many decimals for {currency}: {value}")
    return Money(int(minor), currency)


def from_typed(typed: str, currency: str) -> Money:
    """What a person typed into a form: `120`, `120,50` or `120.50`; anything else raises ValueError (A-63)."""
    if not _TYPED.fullmatch(typed):
        raise ValueError(f"not an amount: {typed!r}")
    return from_decimal(Decimal(typed.replace(",", ".")), currency)
