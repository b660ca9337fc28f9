"""Where in a table the headers are and which column is which; two columns for one thing are never chosen between."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from portal.core.text import Text, t
from portal.imports.documents import FileRefused, Where
from portal.imports.identifiers import clean
from portal.imports.options import ReadOptions
from portal.imports.tables.headers import GRAVE, NAMES_A_DEBTOR, REQUIRED, meaning, squeeze, unit_of

Line = tuple[int, Sequence[object]]
SEARCHED_LINES = 60  # titles and logos stand above the headers, but not for ever
_SHOWN = 80  # characters of a header
_FEWEST = 2  # columns that must be recognised before a line counts as headers at all

_NAMES: Mapping[str, Text] = {
    "number": t("the invoice number"),
    "issued_on": t("the date of issue"),
    "amount": t("the amount"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """A line of headers understood: `at` maps a field to its position, `currency` is what the amount's header names.

    `total` is the position of the document's total where the amount is an instalment; `name_parts` are given name
    and surname where the name stands in two columns. `unclear` are minor fields left unused: two headers each.
    """

    line: int
    headers: tuple[str, ...]
    at: Mapping[str, int]
    total: int | None = None
    name_parts: tuple[int, ...] = ()
    currency: str | None = None
    unclear: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def header(self, position: int) -> str:
        """How a column is called in remarks: its header, or its number where it has none."""
        return self.headers[position][:_SHOWN] or str(position + 1)

    @property
    def used(self) -> set[int]:
        positions = {*self.at.values(), *self.name_parts}
        return positions if self.total is None else positions | {self.total}

    @property
    def missing(self) -> list[str]:
        lacking = [name for name in REQUIRED if name not in self.at]
        return lacking if any(name in self.at for name in NAMES_A_DEBTOR) else [*lacking, "debtor_name"]


def find_columns(lines: Iterator[Line], options: ReadOptions) -> Columns:
    """The first line among the first sixty that names all that is needed, else the one that names most.

    Raises FileRefused: no headers, a column that is missing, asked for but absent, or named twice.
    """
    best: tuple[int, int, tuple[str, ...]] | None = None
    for line, cells in islice(lines, SEARCHED_LINES):
        headers = tuple(_header(cell) for cell in cells)
        fields = _recognised(headers, options)
        if len(fields) < _FEWEST or (best is not None and len(fields) <= best[0]):
            continue
        best = (len(fields), line, headers)
        if fields.issuperset(REQUIRED) and not fields.isdisjoint(NAMES_A_DEBTOR):
            break
    if best is None:
        raise FileRefused(
            "header_missing",
            t(
                "No line names the columns. The first line should have headers such as Numero, Data, Scadenza, "
                "Importo, Cliente; or say which is which with --columns."
            ),
        )
    columns = _Assignment(best[1], best[2], options).columns()
    if columns.missing:
        raise _lacking(columns)
    return columns


def _header(cell: object) -> str:
    return clean(str(cell))


def _recognised(headers: Sequence[str], options: ReadOptions) -> set[str]:
    """Which fields a line would give; what the person named counts, what they took away does not."""
    fields = set()
    for header in headers:
        found = meaning(header)
        if found is not None:
            fields.add({"residual": "amount", "instalment": "amount"}.get(found[0], found[0]))
    if fields & {"given_name", "surname"}:
        fields.add("debtor_name")
    here = {squeeze(header) or header for header in headers}
    named = {ours for ours, theirs in options.columns.items() if theirs and (squeeze(theirs) or theirs) in here}
    return (fields - set(options.columns)) | named


def _lacking(columns: Columns) -> FileRefused:
    first = columns.missing[0]
    return FileRefused(
        "column_missing",
        t(
            "No column for %(what)s (%(field)s). The headers are: %(headers)s. Say which one it is with "
            "--columns %(field)s=…, or add the column.",
            what=_NAMES.get(first, t("the customer")),
            field=first,
            headers=_several(columns.headers),
        ),
        Where(line=columns.line),
    )


def _several(headers: Sequence[str]) -> str:
    known = ", ".join(header[:_SHOWN] for header in headers if header)
    return known if len(known) <= 400 else known[:399] + "…"


class _Assignment:
    """One line of headers being shared out: first what the person said, then the clear names, then the generic."""

    def __init__(self, line: int, headers: tuple[str, ...], options: ReadOptions) -> None:
        self.line, self.headers, self.options = line, headers, options
        self.asked = {ours: self._find(ours, theirs) for ours, theirs in options.columns.items() if theirs}
        self.candidates: dict[tuple[str, bool], list[int]] = {}
        for position, header in enumerate(headers):
            found = meaning(header)
            if found is not None and position not in self.asked.values():
                self.candidates.setdefault(found, []).append(position)
        halves = [self.candidates.get((half, True), []) for half in ("given_name", "surname")]
        self.halves: tuple[int, ...] = ()
        if all(len(half) == 1 for half in halves):
            self.halves = (halves[0][0], halves[1][0])
        else:  # Nome alone is the customer's name, or one more candidate for it
            self.candidates.setdefault(("debtor_name", False), []).extend([*halves[0], *halves[1]])
        self.unclear: dict[str, tuple[str, str]] = {}

    def _find(self, ours: str, theirs: str) -> int:
        """The position of a header that the person named: letter by letter, else in any spelling of it."""
        wanted = _header(theirs)
        positions = [at for at, header in enumerate(self.headers) if header == wanted]
        if not positions and squeeze(wanted):
            positions = [at for at, header in enumerate(self.headers) if squeeze(header) == squeeze(wanted)]
        if len(positions) == 1:
            return positions[0]
        code = "column_ambiguous" if positions else "column_unknown"
        text = (
            t("The file has several columns called %(header)s. Give each its own name.", header=wanted)
            if positions
            else t(
                "The file has no column %(header)s, which was named for %(field)s. Its headers are: %(headers)s.",
                header=wanted,
                field=ours,
                headers=_several(self.headers),
            )
        )
        raise FileRefused(code, text, Where(line=self.line))

    def columns(self) -> Columns:
        at = dict(self.asked)
        total = self._amounts(at)
        name_parts = self._name_parts()
        for field_name in (*GRAVE, "email", "phone", "language", "postcode", "country", "salesperson"):
            if field_name not in self.options.columns and field_name not in at:
                if field_name == "debtor_name" and name_parts:
                    at[field_name] = name_parts[-1]
                else:
                    self._take(field_name, at)
        unit = unit_of(self.headers[at["amount"]])[1] if "amount" in at else None
        return Columns(self.line, self.headers, at, total, name_parts, unit, self.unclear)

    def _take(self, field_name: str, at: dict[str, int]) -> None:
        positions = self.candidates.get((field_name, True)) or self.candidates.get((field_name, False), [])
        if len(positions) > 1:
            first, second = (self.headers[position] for position in positions[:2])
            if field_name in GRAVE:
                raise self._two(field_name, first, second)
            self.unclear[field_name] = (first, second)
        elif positions:
            at[field_name] = positions[0]

    def _amounts(self, at: dict[str, int]) -> int | None:
        """Total, instalment and what is still open are three things; only total with instalment goes together."""
        if "amount" in self.options.columns:
            return None
        totals, instalments, residuals = (
            self.candidates.get((name, True), []) for name in ("amount", "instalment", "residual")
        )
        if len(totals) <= 1 and len(instalments) == 1 and not residuals:
            at["amount"] = instalments[0]
            return totals[0] if totals else None
        every = [*totals, *instalments, *residuals]
        if len(every) > 1:
            raise self._two("amount", self.headers[every[0]], self.headers[every[-1]])
        if every:
            at["amount"] = every[0]
        return None

    def _name_parts(self) -> tuple[int, ...]:
        """Nome and Cognome side by side are one name, unless a column of whole names stands beside them."""
        if "debtor_name" in self.options.columns or ("debtor_name", True) in self.candidates:
            return ()
        return self.halves

    def _two(self, field_name: str, first: str, second: str) -> FileRefused:
        if first == second:
            text = t("The file has several columns called %(header)s. Give each its own name.", header=first)
        else:
            text = t(
                "Both %(first)s and %(second)s could be %(field)s. Say which one it is with --columns "
                "%(field)s=%(second)s.",
                first=first,
                second=second,
                field=field_name,
            )
        return FileRefused("column_ambiguous", text, Where(line=self.line))
