"""Single values of CAMT messages, each read exactly or refused with its place."""

import re
from datetime import date
from decimal import Decimal

from portal.bank_statements.documents import Refusal, Unreadable, Where
from portal.core.money import Money, digits, from_decimal
from portal.core.text import t
from portal.imports.einvoices.xml import Element, find, text_at
from portal.imports.identifiers import clean

_AMOUNT = re.compile(r"\+?(?:[0-9]{1,15}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})", re.ASCII)
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T+Z -]|$)", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
CREDIT, DEBIT = "CRDT", "DBIT"


def exact(number: Decimal, currency: str, raw: str) -> Money:
    """Whole minor units, never rounded. Raises Unreadable."""
    try:
        return from_decimal(number, currency)
    except ValueError:
        text = t(
            "“%(value)s” has more decimals than %(currency)s has (%(digits)s): it was not rounded.",
            value=clean(raw, 40),
            currency=currency,
            digits=digits(currency),
        )
        raise Unreadable("amount_decimals", text) from None


def amount(parent: Element, path: str) -> Money | None:
    """The amount there, without a sign; None where there is none. Raises Unreadable."""
    element = find(parent, path)
    if element is None:
        return None
    raw, currency = (element.text or "").strip(), (element.get("Ccy") or "").strip()
    if not _CURRENCY.fullmatch(currency):
        raise Unreadable("currency_unknown", t("“%(value)s” is not a currency.", value=clean(currency, 20)))
    if not _AMOUNT.fullmatch(raw):
        raise Unreadable("amount_unreadable", t("“%(value)s” is not an amount.", value=clean(raw, 40)))
    return exact(Decimal(raw), currency, raw)


def sign(parent: Element) -> int:
    """+1 for a credit, −1 for a debit. Raises Unreadable."""
    word = text_at(parent, "CdtDbtInd")
    if word == CREDIT:
        return 1
    if word == DEBIT:
        return -1
    raise Unreadable(
        "sign_unknown", t("“%(value)s” says neither credit nor debit (CRDT, DBIT).", value=clean(word, 20))
    )


def day(parent: Element, path: str) -> date | None:
    """The day of a `Dt` or `DtTm`, as the bank writes it; None where there is none. Raises Unreadable."""
    raw = text_at(parent, f"{path}/Dt") or text_at(parent, f"{path}/DtTm")
    return day_of(raw) if raw else None


def day_of(raw: str) -> date:
    """The day at the beginning of `2026-03-02T18:00:00+01:00`. Raises Unreadable."""
    try:
        return date.fromisoformat(_DAY.match(raw)[1])  # type: ignore[index]
    except (TypeError, ValueError):
        text = t("“%(value)s” is not a date. It must be like 2026-04-30.", value=clean(raw, 40))
        raise Unreadable("date_unreadable", text) from None


def refusal(problem: Unreadable, path: str) -> Refusal:
    return Refusal(problem.code, Where(path=path), problem.text)
