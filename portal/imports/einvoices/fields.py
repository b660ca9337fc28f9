"""Values taken from elements of an invoice; all that is missing, unreadable or doubtful is noted with its path."""

import re
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.core.money import Money, from_decimal
from portal.core.text import Text, t
from portal.imports.documents import Notice, Refusal, Where
from portal.imports.einvoices.xml import Element, children, find, path_of, text_at
from portal.imports.identifiers import Doubt, clean
from portal.imports.tables.amounts import CURRENCIES

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T[0-9:.]{5,15})?(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
_AMOUNT = re.compile(r"[+-]?[0-9]{1,11}(?:\.[0-9]{1,8})?", re.ASCII)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4}|[0-9]{6})?", re.ASCII)  # how CII writes a day
_DAYS = re.compile(r"[0-9]{1,3}", re.ASCII)
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)


class Place(NamedTuple):
    """Where something stands, or should: an element and the path below it."""

    element: Element
    path: str = ""


class Fields:
    """Reads values below elements and remembers every refusal and warning; a getter that refused gives None."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self.notices: list[Notice] = []

    def refuse(self, element: Element, path: str, code: str, text: Text) -> None:
        self.refusals.append(Refusal(code, Where(path=path_of(element, path)), text))

    def warn(self, element: Element, path: str, code: str, text: Text) -> None:
        self.notices.append(Notice(code, Where(path=path_of(element, path)), text))

    def heed(self, doubt: Doubt, element: Element, path: str) -> None:
        """Warns of what a check of an identifier found, if it found anything."""
        if doubt is not None:
            self.warn(element, path, *doubt)

    def present(self, element: Element, path: str) -> Element | None:
        """The element at `path`, refused when the block is not there at all."""
        found = find(element, path)
        if found is None:
            name = path.rpartition("/")[2]
            self.refuse(element, path, "missing", t("%(name)s is missing. Export the invoice again.", name=name))
        return found

    def text(self, element: Element, path: str) -> str | None:
        """Text that must be there."""
        value = text_at(element, path)
        if value:
            return value
        name = path.rpartition("/")[2]
        self.refuse(element, path, "missing", t("%(name)s is missing. Export the invoice again.", name=name))
        return None

    def date(self, element: Element, path: str, needed: bool = True, compact: bool = False) -> date | None:
        """A day like 2026-04-30, or 20260430 where `compact`; blanks inside and a time zone behind are forgiven."""
        raw = text_at(element, path)
        if not raw and not needed:
            return None
        if not raw:
            self.text(element, path)
            return None
        joined = raw.replace(" ", "")
        match = _COMPACT.fullmatch(joined) if compact else _DATE.fullmatch(joined)
        try:
            day = date(int(match[1]), int(match[2]), int(match[3])) if match else None
        except ValueError:
            day = None
        if day is None or not EARLIEST <= day <= LATEST:
            text = t("“%(value)s” is not a date. It must be like 2026-04-30.", value=clean(raw, 40))
            if compact:
                text = t("“%(value)s” is not a date. It must be like 20260430.", value=clean(raw, 40))
            self.refuse(element, path, "date_unreadable", text)
            return None
        return day

    def money(self, element: Element, path: str, currency: str, needed: bool = True) -> Money | None:
        """An amount like 1234.56, with its sign."""
        raw = text_at(element, path)
        if not raw and not needed:
            return None
        if not raw:
            self.text(element, path)
            return None
        compact = raw.replace(" ", "")
        if not _AMOUNT.fullmatch(compact):
            text = t("“%(value)s” is not an amount. It must be like 1234.56.", value=clean(raw, 40))
            self.refuse(element, path, "amount_unreadable", text)
            return None
        try:
            return from_decimal(Decimal(compact), currency)
        except ValueError:
            text = t("“%(value)s” has more decimals than %(currency)s has.", value=clean(raw, 40), currency=currency)
            self.refuse(element, path, "amount_decimals", text)
            return None

    def amount(self, element: Element, path: str, currency: str, needed: bool = True) -> Money | None:
        """An amount like `money`, refused when it says itself that it is in another currency."""
        found = find(element, path)
        named = ((found.get("currencyID") or "") if found is not None else "").strip().upper()
        if named and named != currency:
            text = t(
                "The amount is in %(other)s, the document in %(currency)s.", other=clean(named, 20), currency=currency
            )
            self.refuse(element, path, "currency_differs", text)
            return None
        return self.money(element, path, currency, needed)

    def amount_in(self, element: Element, path: str, currency: str) -> Money | None:
        """The one of several amounts of this name that is in `currency`: taxes are stated in two sometimes.

        It is only checked against: what cannot be read is as if it were not there.
        """
        block, _, name = path.rpartition("/")
        for holder in children(element, block) if block else [element]:
            for one in children(holder, name):
                number = self.plain_number(" ".join((one.text or "").split()))
                if number is not None and (one.get("currencyID") or currency).strip().upper() == currency:
                    try:
                        return from_decimal(number, currency)
                    except ValueError:
                        return None
        return None

    def plain_number(self, raw: str) -> Decimal | None:
        """A number that is only checked against; None for what is none."""
        compact = raw.replace(" ", "")
        return Decimal(compact) if _AMOUNT.fullmatch(compact) else None

    def currency(self, element: Element, path: str, default: str) -> str | None:
        """The document's currency; `default`, and a remark, where it names none."""
        code = text_at(element, path).upper()
        if not code:
            code = default
            text = t("The file names no currency; %(currency)s was assumed.", currency=code)
            self.warn(element, path, "currency_assumed", text)
        if code in CURRENCIES:
            return code
        text = t("“%(value)s” is not a currency. It must be a code like EUR.", value=clean(code, 20))
        self.refuse(element, path, "currency_unknown", text)
        return None

    def days(self, element: Element, path: str) -> int | None:
        """A number of days, where one is given."""
        raw = text_at(element, path)
        if not raw:
            return None
        if not _DAYS.fullmatch(raw):
            text = t("“%(value)s” is not a number of days.", value=clean(raw, 40))
            self.refuse(element, path, "days_unreadable", text)
            return None
        return int(raw)
