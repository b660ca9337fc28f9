"""What the readers of statements make of the shared corpus, as the last part of docs/corpus.md.

python -m tests.bank_statements.corpus_report >> docs/corpus.md      (after the part on invoices)
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from portal.bank_statements.documents import Movement, Notice, Refusal, Statement
from portal.bank_statements.reading import FileReading, read_file
from portal.imports.options import ReadOptions
from tests.conftest import CORPUS

FOLDER = CORPUS / "bank-statements"
HEADING = "# What was read of the bank statements"
_SHOWN_REFUSALS = 2

_HEAD = f"""{HEADING}

Made by `python -m tests.bank_statements.corpus_report >> docs/corpus.md`, behind the part on invoices; a test fails
when this part and the readers disagree. Every file of `bank-statements` is read with no options, as
`portal import statement FILE --dry-run` would.

- *statements*: how many, and their movements together
- *noted*: what was left out or doubted without being refused
- *refused*: code and place of each refusal; a statement that does not add up is read, and the difference is said
"""

_NOTES = """
## Why these were read so

**Left out on purpose.** Entries that are pending, announced or for information (`not_booked`) are not money. Schemas
are no statements. A piece of a message with neither balance nor movement is called a piece; a movement whose currency
nothing states is refused. A date like 01/04/20 that the file does not settle is refused until somebody says the order.

**Taken apart, or not.** A batch is taken apart where its parts, each with its own sign, make the booking to the cent.
Where they do not, or are in another currency, the booking is taken as one and that is said (`batch_differs`); where the
bank does not name them, it is one movement with a remark (`batch_not_itemised`).

**Never rounded.** `8.850` is 8.85 exactly and is read; an amount with a fraction of a cent is refused
(`amount_decimals`), and so are balances and bookings in another currency than the account's (`currency_differs`).

**Adding up.** Opening balance + movements = closing balance where both are stated. Many of these files were cut or
made anonymous and do not add up: each says by how much.

**MT940.** `RC` takes money away and `RD` brings it back. `:26:37` at the beginning of a line is the time of day, not a
field. The thirtieth of February is that month's last day. A booking date without a year lies nearest to the value date.
"""


def files() -> list[Path]:
    """Every file of the folder, in the order of their names."""
    return sorted(path for path in FOLDER.rglob("*") if path.is_file())


def report(paths: Iterable[Path]) -> Iterator[str]:
    """The page's part, line by line."""
    yield from _HEAD.splitlines()
    folder = None
    totals: Counter[str] = Counter()
    for path in paths:
        if path.parent != folder:
            folder = path.parent
            yield from ("", f"## {folder.relative_to(CORPUS)}", "")
            yield "| file | format | statements | movements | noted | refused |"
            yield "|---|---|---|---|---|---|"
        for reading in read_file(path, ReadOptions(), path.name):
            yield _line(reading, totals)
    told = f"{totals['files']} files, {totals['statements']} statements, {totals['movements']} movements"
    yield from ("", f"Together: {told}, {totals['refusals']} refusals.")
    yield from _NOTES.splitlines()


def _line(reading: FileReading, totals: Counter[str]) -> str:
    items = list(reading)
    statements = sum(isinstance(item, Statement) for item in items)
    movements = sum(isinstance(item, Movement) for item in items)
    noted = Counter(item.code for item in items if isinstance(item, Notice))
    noted.update(note.code for note in reading.findings.notes)
    refusals = [item for item in items if isinstance(item, Refusal)]
    totals.update(files=1, statements=statements, movements=movements, refusals=len(refusals))
    said = [_refusal(refusal) for refusal in refusals[:_SHOWN_REFUSALS]]
    if len(refusals) > _SHOWN_REFUSALS:
        said.append(f"and {len(refusals) - _SHOWN_REFUSALS} more")
    notes = "<br>".join(f"{code} × {count}" if count > 1 else code for code, count in sorted(noted.items()))
    cells = (_cell(reading.file), reading.format or "–", str(statements), str(movements), notes, "<br>".join(said))
    return f"| {' | '.join(cells)} |"


def _refusal(refusal: Refusal) -> str:
    return _cell(f"`{refusal.code}` at {refusal.where}: {refusal.message}")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    if not FOLDER.exists():
        sys.exit(f"{FOLDER} is not here")
    sys.stdout.writelines(f"{line}\n" for line in report(files()))
