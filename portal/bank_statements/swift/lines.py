"""Balances and statement lines (fields 60, 61, 62) of MT940, read exactly or refused."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.bank_statements.documents import Unreadable
from portal.bank_statements.iso20022.values import exact
from portal.core.money import Money
from portal.core.text import t
from portal.imports.identifiers import clean

_BALANCE = re.compile(r"(?P<mark>[DC])(?P<day>[0-9]{6})(?P<currency>[A-Z]{3})(?P<amount>[0-9]+(?:[,.][0-9]*)?)\s*")
_LINE = re.compile(
    r"(?P<day>[0-9]{6})(?P<entry>[0-9]{4}|\s{4})?(?P<mark>[RE]?[DC])(?P<funds>[A-Z])?\s?"
    r"(?P<amount>[0-9]{1,15}(?:[,.][0-9]*)?)\s?(?P<rest>.*)"
)
_TYPE = re.compile(r"[A-Z][A-Z0-9 ]{3}")
_SIGN = {"C": 1, "D": -1, "RC": -1, "RD": 1}  # a reversed credit takes money away
EXPECTED = frozenset({"EC", "ED"})  # announced, not booked
RETURNS = frozenset({"RTI", "RTN"})  # types of a line: a returned item


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Field 61. `mark` is D, C, RD, RC, ED or EC; `amount` is signed; `kind` are the three letters of its type."""

    amount: Money
    mark: str
    value_on: date
    booked_on: date
    kind: str
    customer_reference: str
    bank_reference: str
    supplement: str


def balance(value: str) -> tuple[Money, date]:
    """`C200605EUR12,35` → the signed amount and its day. Raises Unreadable."""
    match = _BALANCE.fullmatch(value)
    if match is None:
        raise Unreadable("balance_unreadable", t("“%(value)s” is not a balance.", value=clean(value, 40)))
    amount = _amount(match["amount"], match["currency"])
    return Money(amount.minor * _SIGN[match["mark"]], amount.currency), _day(match["day"])


def statement_line(lines: list[str], currency: str) -> StatementLine:
    """Field 61 with its further lines, in the currency of the statement. Raises Unreadable."""
    match = _LINE.fullmatch(lines[0].strip())
    if match is None:
        raise Unreadable("line_unreadable", t("“%(value)s” is not a movement.", value=clean(lines[0], 60)))
    mark = match["mark"]
    unsigned = _amount(match["amount"], currency)
    value_on = _day(match["day"])
    rest = match["rest"]
    found = _TYPE.match(rest)
    kind = found[0][1:].strip() if found else ""
    references = rest[found.end() :] if found else rest
    customer, _, bank = references.partition("//")
    return StatementLine(
        amount=Money(unsigned.minor * _SIGN[mark[-2:] if mark not in EXPECTED else mark[-1]], currency),
        mark=mark,
        value_on=value_on,
        booked_on=_entry_day(match["entry"], value_on),
        kind=kind,
        customer_reference=customer.strip(),
        bank_reference=bank.strip(),
        supplement=" ".join(line.strip() for line in lines[1:]).strip(),
    )


def _amount(raw: str, currency: str) -> Money:
    """SWIFT writes a comma; a point is taken only where it can be nothing else. Raises Unreadable."""
    if "." in raw and not re.fullmatch(r"[0-9]+\.[0-9]{2}", raw):
        raise Unreadable("amount_unreadable", t("“%(value)s” is not an amount.", value=clean(raw, 40)))
    return exact(Decimal(raw.replace(",", ".").rstrip(".")), currency, raw)


def _day(six: str) -> date:
    """YYMMDD; German banks count interest up to the thirtieth of February: it is that month's last day."""
    year, month, day = int(six[:2]), int(six[2:4]), int(six[4:])
    year += 2000 if year < 80 else 1900
    if month == 2 and day in {29, 30}:
        day = min(day, calendar.monthrange(year, month)[1])
    try:
        return date(year, month, day)
    except ValueError:
        text = t("“%(value)s” is not a date (year, month, day).", value=six)
        raise Unreadable("date_unreadable", text) from None


def _entry_day(four: str | None, value_on: date) -> date:
    """MMDD in the year that brings it nearest to the value date; written only where the two differ."""
    if not four or not four.strip():
        return value_on
    days = []
    for year in (value_on.year - 1, value_on.year, value_on.year + 1):
        try:
            days.append(date(year, int(four[:2]), int(four[2:])))
        except ValueError:
            continue
    if not days:
        raise Unreadable("date_unreadable", t("“%(value)s” is not a date (month, day).", value=four))
    return min(days, key=lambda one: abs(one - value_on))
