"""What an import's files say before anything is saved: counted, held against the books, the first of each kind kept.

Changes nothing, and reads no more than MOST_ITEMS documents and refusals however long the files are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from itertools import islice
from pathlib import Path

from portal.core.money import Money
from portal.core.text import t
from portal.imports import headings, matching, taking_in
from portal.imports.documents import Document, FileRefused, Refusal, Remark
from portal.imports.options import Findings, ReadOptions
from portal.imports.reading import FileReading, read_file
from portal.imports.taking_in import Outcome

MOST_ITEMS = 20_000
CHUNK = 500
SHOWN_FILES = 30
SHOWN_DOCUMENTS = 50
SHOWN_REMARKS = 100
# What the person can settle on the page; a file refused for another reason is of no use as it is.
MENDABLE = headings.ABOUT_COLUMNS | {"encoding_wrong", "encoding_unknown"}
TO_BE_CHOSEN = MENDABLE | {"date_ambiguous", "amount_ambiguous"}
_LOOKED_INTO_BYTES = 4 * 1024**2
_LOOKED_INTO_FILES = 20


@dataclass(slots=True)
class FileSeen:
    """One file, or one file in a ZIP: what it was read as and what it holds; `headers` can be chosen from."""

    name: str
    format: str | None
    findings: Findings
    documents: int = 0
    refused: int = 0
    codes: set[str] = field(default_factory=set)  # of its refusals
    headers: tuple[str, ...] = ()


@dataclass(slots=True)
class Placed:
    """A remark with the file it is about; `more` is how often the same was to be said of other places."""

    file: str
    remark: Remark
    more: int = 0


@dataclass(slots=True)
class Sums:
    """All documents of one currency, in minor units; `due` is what is due on the invoices among them."""

    documents: int = 0
    invoices: int = 0
    credit_notes: int = 0
    due: int = 0


@dataclass(slots=True)
class Preview:
    """What was understood. The lists hold the first few; the counts hold all that was read."""

    files: list[FileSeen] = field(default_factory=list)
    file_count: int = 0
    read: int = 0
    created: int = 0
    changed: int = 0
    applied: int = 0  # of the changed: documents whose difference the books will follow
    unchanged: int = 0
    refused: int = 0
    warned: int = 0
    debtors: set[str] = field(default_factory=set)  # keys of those that are not known yet
    sums: dict[str, Sums] = field(default_factory=dict)
    earliest: date | None = None
    latest: date | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    differing: list[Outcome] = field(default_factory=list)
    refusals: dict[tuple[str, ...], Placed] = field(default_factory=dict)  # by what makes two of them one
    warnings: dict[tuple[str, ...], Placed] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)  # of all refusals and remarks
    headers: tuple[str, ...] = ()  # the columns that a person may name: of the only kind of table there is
    several_layouts: bool = False
    cut: bool = False  # there is more than was read

    @property
    def saves_something(self) -> bool:
        return bool(self.created or self.applied or self.cut)

    @property
    def refusals_left(self) -> int:
        """How many refusals stand in none of those that are kept."""
        return self.refused - sum(1 + placed.more for placed in self.refusals.values())

    @property
    def waits_for_a_choice(self) -> bool:
        """Whether every refusal can be mended by saying how to read."""
        return bool(self.refusals) and all(p.remark.code in TO_BE_CHOSEN for p in self.refusals.values())


def look(paths: Iterable[tuple[str, Path]], options: ReadOptions) -> Preview:
    """Reads the files (shown name, path) as `options` say and holds them against the books of the scope."""
    looking = _Looking(options)
    for shown, path in paths:
        if looking.seen.read >= MOST_ITEMS:
            looking.seen.cut = True
            break
        looking.file(shown, path)
    looking.compare()
    return looking.seen


class _Looking:
    """One walk through the files; documents wait in a chunk, so that many small files take few queries."""

    def __init__(self, options: ReadOptions) -> None:
        self.seen = Preview()
        self.options = options
        self._waiting: list[Document] = []
        self._new: set[tuple[str, str, str, int]] = set()

    def file(self, shown: str, path: Path) -> None:
        try:
            for reading in read_file(path, self.options, shown):
                if self.seen.read >= MOST_ITEMS:
                    self.seen.cut = True
                    return
                self._reading(reading, path)
        except FileNotFoundError:
            gone = t("This file is no longer kept. Please bring it in again.")
            self.seen.file_count += 1
            self._refuse(FileSeen(shown, None, Findings()), FileRefused("file_gone", gone).refusal)

    def _reading(self, reading: FileReading, path: Path) -> None:
        one = FileSeen(reading.file, reading.format, reading.findings)
        self.seen.file_count += 1
        for item in islice(reading, MOST_ITEMS - self.seen.read + 1):
            if self.seen.read == MOST_ITEMS:
                self.seen.cut = True
                break
            self.seen.read += 1
            if isinstance(item, Refusal):
                self._refuse(one, item)
            else:
                self._document(one, item)
        self.seen.codes.update(note.code for note in one.findings.notes)
        if one.format in headings.TABLES:
            self._headers(one, path)
        if len(self.seen.files) < SHOWN_FILES:
            self.seen.files.append(one)

    def _headers(self, one: FileSeen, path: Path) -> None:
        if one.findings.layout is not None:
            one.headers = tuple(header for header in one.findings.layout.headers if header)
        elif one.codes & headings.ABOUT_COLUMNS:
            one.headers = headings.of_file(path, one.name, one.format, self.options.encoding)
        if one.headers and self.seen.headers and set(one.headers) != set(self.seen.headers):
            self.seen.several_layouts = True
        self.seen.headers = self.seen.headers or one.headers

    def _refuse(self, one: FileSeen, refusal: Refusal) -> None:
        """Keeps the first of each; what one choice mends is one, however many lines it is about."""
        one.refused += 1
        one.codes.add(refusal.code)
        self.seen.refused += 1
        mended_together = refusal.code in TO_BE_CHOSEN and one.findings.layout is not None
        place = refusal.where.column or "" if mended_together else str(self.seen.refused)
        self._keep(self.seen.refusals, (one.name, refusal.code, place), Placed(one.name, refusal))

    def _warn(self, file: str, remark: Remark) -> None:
        """Keeps the first of each kind: a whole file without a currency is one thing to know."""
        self._keep(self.seen.warnings, (remark.code, remark.message.msgid), Placed(file, remark))

    def _keep(self, kept: dict[tuple[str, ...], Placed], key: tuple[str, ...], placed: Placed) -> None:
        self.seen.codes.add(placed.remark.code)
        if key in kept:
            kept[key].more += 1
        elif len(kept) < SHOWN_REMARKS:
            kept[key] = placed

    def _document(self, one: FileSeen, document: Document) -> None:
        one.documents += 1
        self.seen.warned += bool(document.warnings)
        for warning in document.warnings:
            self._warn(one.name, warning)
        self._add_up(document)
        self._waiting.append(document)
        if len(self._waiting) >= CHUNK:
            self.compare()

    def _add_up(self, document: Document) -> None:
        seen = self.seen
        sums = seen.sums.setdefault(document.currency, Sums())
        sums.documents += 1
        if document.kind == "credit_note":
            sums.credit_notes += document.total.minor
            return
        sums.invoices += document.total.minor
        for item in document.due_items:
            sums.due += item.amount.minor
            seen.earliest = min(seen.earliest or item.due_on, item.due_on)
            seen.latest = max(seen.latest or item.due_on, item.due_on)

    def compare(self) -> None:
        """Holds the waiting documents against the books, and against what came before in these files."""
        documents, self._waiting = self._waiting, []
        if not documents:
            return
        known = matching.load([document.debtor for document in documents])
        self.seen.debtors.update(d.debtor.key for d in documents if known.find(d.debtor) is None)
        for outcome in taking_in.compare(documents):
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        seen, document = self.seen, outcome.document
        key = (document.debtor.key, document.kind, document.number, document.issued_on.year)
        if outcome.outcome == taking_in.CREATED and key not in self._new:
            self._new.add(key)
            seen.created += 1
        elif outcome.outcome == taking_in.CHANGED:
            seen.changed += 1
            seen.applied += any(one.applied for one in outcome.differences)
            if len(seen.differing) < SHOWN_REMARKS:
                seen.differing.append(outcome)
        else:
            seen.unchanged += 1
        if len(seen.outcomes) < SHOWN_DOCUMENTS:
            seen.outcomes.append(outcome)


def why_none_is_usable(files: Sequence[tuple[str, bytes]], options: ReadOptions) -> list[tuple[str, Refusal]]:
    """Why no file (name, content) can be used, as one refusal each; empty as soon as one of them can.

    Looks at the first item of each file, and only where that costs little: the preview says the rest.
    """
    refused: list[tuple[str, Refusal]] = []
    for name, content in files:
        if len(content) > _LOOKED_INTO_BYTES:
            return []
        for reading in read_file(BytesIO(content), options, name):
            refusal = _refusal_of(reading, content, options)
            if refusal is None or len(refused) >= _LOOKED_INTO_FILES:
                return []
            refused.append((reading.file, refusal))
    return refused


def _refusal_of(reading: FileReading, content: bytes, options: ReadOptions) -> Refusal | None:
    """The refusal of a whole file that the person cannot mend by saying how to read it."""
    items = list(islice(reading, 2))
    first = items[0] if len(items) == 1 else None
    if not isinstance(first, Refusal) or reading.findings.layout is not None:
        return None
    if first.code in headings.ABOUT_COLUMNS and "!" not in reading.file:
        found = headings.of_table(BytesIO(content), reading.format, options.encoding)
        return first if len(found) < headings.FEWEST else None
    return None if first.code in MENDABLE else first


def sums_of(preview: Preview) -> list[tuple[Money, Money, Money]]:
    """By currency, the most used first: the invoices' total, the credit notes' total, what is due."""
    by_use = sorted(preview.sums.items(), key=lambda pair: (-pair[1].documents, pair[0]))
    return [
        (Money(sums.invoices, currency), Money(sums.credit_notes, currency), Money(sums.due, currency))
        for currency, sums in by_use
    ]
