"""Simple interest of late payment: by period and by partial payment, each row rounded, the total their sum (B-51)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from portal.core.money import Money
from portal.interest import rates
from portal.interest.rates import Period, Regime

COSTS = Money(40_00, "EUR")  # for each late invoice between businesses (art. 6 D.Lgs. 231/2002, rule B-57)
_DAY = timedelta(days=1)
_YEAR_OF_PER_CENT = 365 * 100  # 365 in leap years too


class NotForConsumers(ValueError):
    """D.Lgs. 231/2002 is for businesses and public bodies: never its rate nor its costs for a consumer (B-50)."""


@dataclass(frozen=True, slots=True)
class Row:
    """Interest on one capital at one rate, from `first` to `last`, both included. `rate` is per cent a year."""

    first: date
    last: date
    days: int
    rate: Decimal
    amount: Money
    period: Period


def regime_of(debtor_kind: str, wanted: Regime | None = None) -> Regime:
    """The regime that the counterparty's kind gives; raises NotForConsumers where another is wanted for one."""
    given = Regime.CONSUMER if debtor_kind == "consumer" else Regime.B2B
    if given is Regime.CONSUMER and wanted is Regime.B2B:
        raise NotForConsumers("D.Lgs. 231/2002 does not apply to consumers")
    return wanted or given


def may_have_costs(regime: Regime) -> bool:
    """Whether the fixed sum for a late invoice may be asked for (rule B-57)."""
    return regime is Regime.B2B


def rows(capital: Money, first: date, last: date, regime: Regime, contract_rate: Decimal | None = None) -> list[Row]:
    """Interest on `capital` for the days from `first` to `last`, both included; one row per period.

    A consumer's `contract_rate` counts where it is lower than the legal one (rule B-50); a business has none.
    Raises Unverified when a day lies in a period whose rate is not verified, ValueError for a negative capital.
    """
    if capital.minor < 0:
        raise ValueError("capital cannot be negative")
    found = []
    for start, end, period in rates.between(regime, first, last) if capital else ():
        rate = period.rate
        if contract_rate is not None and regime is Regime.CONSUMER:
            rate = min(rate, contract_rate)
        days = (end - start).days + 1
        found.append(Row(start, end, days, rate, _simple(capital, rate, days), period))
    return found


def _simple(capital: Money, rate: Decimal, days: int) -> Money:
    """Capital × rate × days / 36500, half a cent up (rule B-51); exact until the rounding."""
    exact = Fraction(capital.minor * days) * Fraction(rate) / _YEAR_OF_PER_CENT
    return Money(int(exact + Fraction(1, 2)), capital.currency)


def late_interest(
    capital: Money,
    due_on: date,
    paid_on: date,
    regime: Regime,
    *,
    contract_rate: Decimal | None = None,
    partial: Sequence[tuple[date, Money]] = (),
) -> list[Row]:
    """Interest from the day after `due_on` to `paid_on` included; `partial` lowers the capital after each date.

    Payments in `partial` are to capital: who pays interest first is `portal.interest.counting`'s question.
    """
    found, start = [], due_on + _DAY
    for on, amount in sorted(partial, key=lambda one: one[0]):
        end = min(on, paid_on)
        if end >= start:
            found += rows(capital, start, end, regime, contract_rate)
            start = end + _DAY
        capital = capital - amount
    return found + rows(capital, start, paid_on, regime, contract_rate)


def sum_of(found: Sequence[Row], currency: str) -> Money:
    """The total that is shown: the sum of the rounded rows."""
    return Money(sum(row.amount.minor for row in found), currency)
