"""What a waiting batch would bring, read again each time it is shown: nothing of it is kept yet."""

from dataclasses import dataclass, field
from itertools import islice

from portal.bank_statements import batches, returning, taking_in
from portal.bank_statements.documents import Movement, Notice, Refusal, Statement
from portal.bank_statements.known import Arrived, Known
from portal.bank_statements.models import StatementBatch
from portal.bank_statements.taking_in import Placed
from portal.imports.options import ReadOptions
from portal.invoices import queries as invoices

MOST_ITEMS = 5000  # beyond them the preview says that it is not all
SHOWN = 20
SHOWN_REMARKS = 50


@dataclass(slots=True)
class SeenStatement:
    """A statement with what moved on it. Sums in minor units, what went out negative."""

    statement: Statement
    file: str
    movements: int = 0
    came: int = 0
    went: int = 0


@dataclass(slots=True)
class Preview:
    statements: list[SeenStatement] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)  # the first of them
    remarks: list[tuple[str, Refusal | Notice]] = field(default_factory=list)
    read: int = 0
    known: int = 0
    named: int = 0  # credits that name a due item of ours by its reference
    credits: int = 0
    refused: int = 0
    cut: bool = False


def look(batch: StatementBatch, own_account: str) -> Preview:
    """Reads the batch's files within bounds, and asks what of them is here or names a due item."""
    options = ReadOptions(**batch.options)
    stream = taking_in.items_of(batches.paths_of(batch), options, own_account)
    seen, arrived, named = Preview(), [], set()
    by_place: dict[tuple[str, int], SeenStatement] = {}
    for placed in islice(stream, MOST_ITEMS + 1):
        if placed.position > MOST_ITEMS:
            seen.cut = True
            break
        if isinstance(placed.item, Statement):
            by_place[placed.file.name, id(placed.item)] = one = SeenStatement(placed.item, placed.file.name)
            seen.statements.append(one)
        elif isinstance(placed.item, Movement):
            _add(seen, placed, by_place)
            arrived += _arrived(placed)
            named |= set(_names(placed.item))
        else:
            seen.refused += isinstance(placed.item, Refusal)
            if len(seen.remarks) < SHOWN_REMARKS:
                seen.remarks.append((placed.file.name, placed.item))
    known = Known.load(arrived)
    seen.known = sum(known.was_here(one) for one in arrived)
    ours = {item.item_id for item in invoices.items(sorted(named)[:1000])} if named else set()
    fresh = (one.movement for one in arrived if not known.was_here(one))
    seen.named = sum(bool(ours & set(_names(one))) for one in fresh)
    return seen


def _add(seen: Preview, placed: Placed, by_place: dict[tuple[str, int], SeenStatement]) -> None:
    if not isinstance(placed.item, Movement) or placed.account is None:
        return
    one = by_place[placed.file.name, id(placed.account.statement)]
    minor = placed.item.amount.minor
    one.movements += 1
    one.came += max(minor, 0)
    one.went += min(minor, 0)
    seen.read += 1
    seen.credits += minor > 0
    if len(seen.movements) < SHOWN:
        seen.movements.append(placed.item)


def _arrived(placed: Placed) -> list[Arrived]:
    if not isinstance(placed.item, Movement) or placed.identity is None or placed.account is None:
        return []
    return [Arrived(placed.item, placed.identity, placed.account.statement, 0, placed.file.fresh)]


def _names(movement: Movement) -> list[int]:
    """The due items that a credit names, as far as its references spell any."""
    if movement.amount.minor <= 0:
        return []
    return returning.ids_in(f"{movement.creditor_reference or ''} . {movement.text or ''}")
