"""The first walk through a table: settle date order and decimal mark, find documents whose rows stand apart.

It keeps line numbers and a fixed number of bits, never cells, so a file of a million rows takes no more memory
than one of a thousand.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from portal.core.text import t
from portal.imports.documents import Where
from portal.imports.options import DateOrder, Findings, ReadOptions
from portal.imports.tables.amounts import AmountColumn
from portal.imports.tables.dates import DateColumn
from portal.imports.tables.headers import DATES
from portal.imports.tables.layout import Columns

_FILTER_BITS = 1 << 25  # 4 MiB: of a million documents some three in a thousand are suspected wrongly, and only held
MOST_SUSPECTS = 100_000


def fingerprint(number: str, debtor: str) -> int:
    """64 bits of what makes rows one document; the same in every process."""
    digest = blake2b(f"{number}\0{debtor}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


class Apart:
    """Which documents may have rows that do not stand together: never misses one, rarely suspects one wrongly.

    A Bloom filter over the documents that ended before. `overflowed` means that suspects were too many to note.
    """

    def __init__(self) -> None:
        self.suspects: set[tuple[str, str]] = set()
        self.overflowed = False
        self._bits = bytearray(_FILTER_BITS // 8)
        self._last: tuple[str, str] | None = None

    def see(self, number: str, debtor: str) -> None:
        if (number, debtor) == self._last or not number:
            return
        self._last = (number, debtor)
        key = fingerprint(number, debtor)
        first, second = key & (_FILTER_BITS - 1), (key >> 32) & (_FILTER_BITS - 1)
        bits = self._bits
        if bits[first >> 3] >> (first & 7) & 1 and bits[second >> 3] >> (second & 7) & 1:
            if len(self.suspects) < MOST_SUSPECTS:
                self.suspects.add((number, debtor))
            elif (number, debtor) not in self.suspects:
                self.overflowed = True
        else:
            bits[first >> 3] |= 1 << (first & 7)
            bits[second >> 3] |= 1 << (second & 7)


class Survey:
    """What the whole file settled: a column object for each date and amount column, and the suspects."""

    def __init__(self, columns: Columns, options: ReadOptions) -> None:
        self.columns = columns
        self.dates = {name: DateColumn(options.date_format) for name in DATES if name in columns.at}
        self.amount = AmountColumn(options.decimal)
        self.total = AmountColumn(options.decimal) if columns.total is not None else None
        self.apart = Apart()
        self.number_at = columns.at["number"]
        self.debtor_at = [
            columns.at[name]
            for name in ("debtor_code", "vat_number", "tax_code", "debtor_name")
            if name in columns.at
        ]

    def debtor_mark(self, cells: Sequence[object]) -> str:
        """The first filled cell that names the debtor, as written."""
        for position in self.debtor_at:
            if position < len(cells):
                mark = str(cells[position]).strip()
                if mark:
                    return mark
        return ""

    def may_stand_apart(self, cells: Sequence[object]) -> bool:
        """Whether the document of this row may have rows elsewhere in the file too."""
        if not self.apart.suspects:
            return False
        return (str(cells[self.number_at]).strip(), self.debtor_mark(cells)) in self.apart.suspects

    def walk(self, rows: Iterable[tuple[int, Sequence[object]]]) -> None:
        """Sees every row once. Rows shorter than the headers are seen as far as they go."""
        watched = [(self.columns.at[name], column) for name, column in self.dates.items()]
        watched.append((self.columns.at["amount"], self.amount))  # type: ignore[arg-type]
        if self.total is not None and self.columns.total is not None:
            watched.append((self.columns.total, self.total))  # type: ignore[arg-type]
        number_at = self.number_at
        for line, cells in rows:
            width = len(cells)
            for position, column in watched:
                if position < width:
                    column.see(cells[position], line)
            if number_at < width:
                self.apart.see(str(cells[number_at]).strip(), self.debtor_mark(cells))
        self._settle()

    def _settle(self) -> None:
        self.amount.settle()
        if self.total is not None:
            self.total.settle()
        for name, column in self.dates.items():
            column.settle(other for key, other in self.dates.items() if key != name)

    def orders(self) -> dict[str, DateOrder]:
        """For the preview: by field, the order of day and month that was settled."""
        return {name: column.order for name, column in self.dates.items() if column.order is not None}

    def report(self, findings: Findings) -> None:
        """Says what the file itself decided, where that changed how a cell was read."""
        at = self.columns.at
        names = {"dmy": t("the day first"), "mdy": t("the month first"), "ymd": t("the year first")}
        for name, column in self.dates.items():
            if column.asked is None and column.doubtful is not None and column.order is not None:
                proof = column.proofs.get(column.order)
                proof = proof or min(d.proofs[column.order] for d in self.dates.values() if column.order in d.proofs)
                text = t(
                    "Dates in %(column)s were read with %(order)s, because line %(line)s has a date that can only "
                    "be read so.",
                    column=self.columns.header(at[name]),
                    order=names[column.order],
                    line=proof,
                )
                findings.note("date_order_settled", text, Where(column=self.columns.header(at[name])))
        for position, amounts in ((at["amount"], self.amount), (self.columns.total, self.total)):
            if position is None or amounts is None or amounts.asked or amounts.doubtful is None or not amounts.mark:
                continue
            text = t(
                "Amounts in %(column)s were read with “%(mark)s” as the decimal mark, because line %(line)s can only "
                "be read so.",
                column=self.columns.header(position),
                mark=amounts.mark,
                line=amounts.proofs[amounts.mark],
            )
            findings.note("decimal_settled", text, Where(column=self.columns.header(position)))
