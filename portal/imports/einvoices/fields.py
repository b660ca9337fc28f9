"""Values taken from elements of an invoice; all that is missing, unreadable or doubtful is noted with its path."""

import re
from datetime import date
from decimal import Decimal

from portal.core.money import Money, from_decimal
from portal.core.text import Text, t
from portal.imports.documents import Notice, Refusal, Where
from portal.imports.einvoices.xml import Element, find, path_of, text_at
from portal.imports.identifiers import Doubt, clean

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T[0-9:.]{5,15})?(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
_AMOUNT = re.compile(r"[+-]?[0-9]{1,11}(?:\.[0-9]{1,8})?", re.ASCII)
_DAYS = re.compile(r"[0-9]{1,3}", re.ASCII)
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)


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

    def date(self, element: Element, path: str, needed: bool = True) -> date | None:
        """A day like 2026-04-30; blanks inside and a time zone behind are forgiven."""
        raw = text_at(element, path)
        if not raw and not needed:
            return None
        if not raw:
            self.text(element, path)
            return None
        match = _DATE.fullmatch(raw.replace(" ", ""))
        try:
            day = date(int(match[1]), int(match[2]), int(match[3])) if match else None
        except ValueError:
            day = None
        if day is None or not EARLIEST <= day <= LATEST:
            text = t("“%(value)s” is not a date. It must be like 2026-04-30.", value=clean(raw, 40))
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
