"""The rates of late payment as data: who says so, who checked it, when. What nobody has checked is no rate (B-53).

B2B: ECB main refinancing rate on the first day of the half-year + 8 points (D.Lgs. 231/2002 arts. 2, 4, 5; + 7 for
contracts before 2013). Consumers: the legal rate of the year (art. 1284 c.c.). To verify a period, read its notice
in the Gazzetta Ufficiale and fill in `source`, `verified_by` and `verified_at`, or add its row.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

_RULES, _CHECKED = "rules.md B.8, decision 28", date(2026, 11, 21)
_GU = "Gazzetta Ufficiale"
_1284 = "art. 1284 c.c., DM"


class Regime(StrEnum):
    """Whose rate it is (rule B-50)."""

    B2B = "b2b"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class Period:
    """One half-year or year. `rate` and `mro` are per cent a year; without `verified_by` it may not be used."""

    name: str
    first: date
    last: date
    rate: Decimal
    source: str
    mro: Decimal | None = None
    verified_by: str | None = _RULES
    verified_at: date | None = _CHECKED


class Unverified(Exception):
    """A day of the calculation lies in a period whose rate nobody has verified."""

    def __init__(self, day: date, why: str) -> None:
        super().__init__(why)
        self.day = day


def _half(name: str, rate: str, mro: str, source: str, *, verified: bool = True) -> Period:
    year = int(name[:4])
    first, last = (
        (date(year, 1, 1), date(year, 6, 30)) if name.endswith("H1") else (date(year, 7, 1), date(year, 12, 31))
    )
    period = Period(name, first, last, Decimal(rate), source, Decimal(mro))
    return period if verified else Period(name, first, last, Decimal(rate), source, Decimal(mro), None, None)


def _year(year: int, rate: str, source: str) -> Period:
    return Period(str(year), date(year, 1, 1), date(year, 12, 31), Decimal(rate), source)


_ZERO_MRO = "MEF notices: 8 per cent until 31.12.2022"
_BEFORE_2013 = "MEF notice, with + 7 points (contracts before 2013)"

_B2B = (
    _half("2010H1", "8.00", "1.00", _BEFORE_2013),
    _half("2010H2", "8.00", "1.00", _BEFORE_2013),
    _half("2011H1", "8.00", "1.00", f"{_GU} 31/8.2.2011, with + 7 points (contracts before 2013)"),
    _half("2011H2", "8.25", "1.25", _BEFORE_2013),
    _half("2012H1", "8.00", "1.00", _BEFORE_2013),
    _half("2018H1", "8.00", "0.00", _ZERO_MRO),
    _half("2018H2", "8.00", "0.00", f"{_GU} 158/10.7.2018"),
    *(_half(f"{year}H{half}", "8.00", "0.00", _ZERO_MRO) for year in range(2019, 2023) for half in (1, 2)),
    _half("2023H1", "10.50", "2.50", f"{_GU} 14/18.1.2023"),
    _half("2023H2", "12.00", "4.00", f"{_GU} 165/17.7.2023"),
    _half("2024H1", "12.50", "4.50", f"{_GU} 12/16.1.2024"),
    _half("2024H2", "12.25", "4.25", f"{_GU} 176/29.7.2024"),
    _half("2025H1", "11.15", "3.15", f"{_GU} 63/17.3.2025"),
    _half("2025H2", "10.15", "2.15", "ECB main refinancing rate on 1.7.2025"),
    _half("2026H1", "10.15", "2.15", f"{_GU} 15/20.1.2026"),
    _half("2026H2", "10.40", "2.40", "inferred from the German base rate: no notice read", verified=False),
)
_CONSUMER = (
    _year(2018, "0.3", f"{_1284} 13.12.2017"),
    _year(2019, "0.8", f"{_1284} 12.12.2018"),
    _year(2020, "0.05", f"{_1284} 12.12.2019"),
    _year(2021, "0.01", f"{_1284} 11.12.2020"),
    _year(2022, "1.25", f"{_1284} 13.12.2021"),
    _year(2023, "5", f"{_1284} 13.12.2022"),
    _year(2024, "2.5", f"{_1284} 29.11.2023"),
    _year(2025, "2", f"{_1284} 10.12.2024"),
    _year(2026, "1.6", f"{_1284} 10.12.2025, {_GU} 289/13.12.2025"),
)
PERIODS: dict[Regime, tuple[Period, ...]] = {Regime.B2B: _B2B, Regime.CONSUMER: _CONSUMER}


def on(regime: Regime, day: date) -> Period:
    """The verified period in which `day` lies; raises Unverified, which says from when on or until when."""
    known = [period for period in PERIODS[regime] if period.verified_by is not None]
    for period in known:
        if period.first <= day <= period.last:
            return period
    before = [period.last for period in known if period.last < day]
    if before:
        raise Unverified(day, f"rate not verified after {max(before).isoformat()}")
    raise Unverified(day, f"rate not verified before {known[0].first.isoformat()}")


def latest(regime: Regime) -> Period:
    """The last period that is verified: what examples are computed with."""
    return max((one for one in PERIODS[regime] if one.verified_by is not None), key=lambda period: period.last)


def between(regime: Regime, first: date, last: date) -> list[tuple[date, date, Period]]:
    """The days from `first` to `last`, both included, cut at the borders of periods. Raises Unverified."""
    cut = []
    while first <= last:
        period = on(regime, first)
        end = min(period.last, last)
        cut.append((first, end, period))
        first = end + timedelta(days=1)
    return cut


def shown(rate: Decimal) -> str:
    """`10.50`: per cent with two places."""
    return f"{rate:.2f}"
