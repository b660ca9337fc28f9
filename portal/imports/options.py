"""What the person who imports may settle beforehand, and what a file turned out to be like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from portal.core.text import Text
from portal.imports.documents import WHOLE_FILE, Notice, Where

DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalMark = Literal[",", "."]

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read. `columns` maps our field to the file's header; an empty header means: no such column.

    `default_currency` is taken where the file names none, `default_terms_days` where it names no due date.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: DateOrder | None = None
    decimal: DecimalMark | None = None
    encoding: str | None = None
    default_currency: str = "EUR"
    default_terms_days: int = 30

    def __post_init__(self) -> None:
        if not _CURRENCY.fullmatch(self.default_currency):
            raise ValueError(f"not a currency code: {self.default_currency!r}")
        if not 0 <= self.default_terms_days <= 3650:
            raise ValueError(f"not a number of days: {self.default_terms_days}")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table was understood to be: shown in the preview before anything is imported.

    `columns` maps our field to the file's header, in the file's order; `ignored` are headers that were not used.
    `date_orders` and `decimal` are what the whole file settled (None where nothing needed settling).
    """

    header_line: int
    headers: tuple[str, ...]
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    date_orders: Mapping[str, DateOrder] = field(default_factory=dict)
    decimal: DecimalMark | None = None


@dataclass(slots=True)
class Findings:
    """What is true of a whole file; filled while it is read, complete when its last item was given.

    `skipped` counts lines that are no invoice rows (totals, repeated headers, footers).
    """

    notes: list[Notice] = field(default_factory=list)
    layout: Layout | None = None
    skipped: int = 0

    def note(self, code: str, text: Text, where: Where = WHOLE_FILE) -> None:
        self.notes.append(Notice(code, where, text))
