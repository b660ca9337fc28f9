"""What a waiting batch would bring, read again each time it is shown: nothing of it is kept yet."""

from dataclasses import dataclass, field
from itertools import islice

from portal.bank_statements import batches, queries, returning, taking_in
from portal.bank_statements.documents import Movement, Notice, Refusal, Statement
from portal.bank_statements.known import Arrived, Known
from portal.bank_statements.models import StatementBatch
from portal.bank_statements.own_accounts import Accounts
from portal.bank_statements.taking_in import File, Placed
from portal.bank_statements.twins import Twins
from portal.imports import headings
from portal.imports.options import Layout, ReadOptions
from portal.invoices import queries as invoices

MOST_ITEMS = 5000  # beyond them the preview says that it is not all
SHOWN = 20
SHOWN_REMARKS = 50


@dataclass(slots=True)
class SeenStatement:
    """A statement with what moved on it. Sums in minor units, what went out negative."""

    statement: Statement
    file: str
    is_known: bool = True  # its account is the creditor's
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
    perhaps: int = 0  # of the others, those that may be known already
    named: int = 0  # credits that name a due item of ours by its reference
    credits: int = 0
    refused: int = 0
    cut: bool = False
    unknown: list[str] = field(default_factory=list)  # accounts that are none of the creditor's
    codes: set[str] = field(default_factory=set)  # of what is said
    headers: tuple[str, ...] = ()  # of the tables, where they have the same
    layout: Layout | None = None  # how the first of them was understood
    has_tables: bool = False
    several_layouts: bool = False


def look(batch: StatementBatch) -> Preview:
    """Reads the batch's files within bounds, and asks what of them is here or names a due item."""
    options, accounts = ReadOptions(**batch.options), Accounts.load(batch.creditor_id)
    stream = taking_in.items_of(batches.paths_of(batch), options, accounts)
    seen, arrived = Preview(), []
    files: dict[str, File] = {}
    by_place: dict[tuple[str, int], SeenStatement] = {}
    for placed in islice(stream, MOST_ITEMS + 1):
        if placed.position > MOST_ITEMS:
            seen.cut = True
            break
        files.setdefault(placed.file.name, placed.file)
        if isinstance(placed.item, Statement):
            is_known = _ask_account(seen, placed, accounts)
            one = SeenStatement(placed.item, placed.file.name, is_known)
            by_place[placed.file.name, id(placed.item)] = one
            seen.statements.append(one)
        elif isinstance(placed.item, Movement):
            _add(seen, placed, by_place)
            arrived += taking_in.arrived_of(placed)
        else:
            seen.refused += isinstance(placed.item, Refusal)
            seen.codes.add(placed.item.code)
            if len(seen.remarks) < SHOWN_REMARKS:
                seen.remarks.append((placed.file.name, placed.item))
    for file in files.values():
        if file.reading.format in headings.TABLES:
            _headers(seen, file, options)
    _hold_against_what_is_here(seen, arrived, accounts)
    return seen


def _headers(seen: Preview, file: File, options: ReadOptions) -> None:
    """The headers of a table, for a person to say which is which."""
    seen.has_tables = True
    found: tuple[str, ...] = ()
    layout = file.reading.findings.layout
    if layout is not None:
        found = tuple(header for header in layout.headers if header)
        seen.layout = seen.layout or layout
    elif seen.codes & headings.ABOUT_COLUMNS:
        found = headings.of_file(file.path, file.name, file.reading.format, options.encoding)
    if found and seen.headers and set(found) != set(seen.headers):
        seen.several_layouts = True
    seen.headers = seen.headers or found
    seen.codes |= {note.code for note in file.reading.findings.notes}


def _ask_account(seen: Preview, placed: Placed, accounts: Accounts) -> bool:
    """Whether this statement's account is the creditor's; those that are not are kept for a person to say so."""
    account = placed.account
    if account is None:
        return True
    account.is_known = accounts.is_known(account.account)
    row = queries.statement_by_key(account.key)
    account.row_id = None if row is None else row.id
    if not account.is_known and account.account not in seen.unknown:
        seen.unknown.append(account.account)
    return account.is_known


def _hold_against_what_is_here(seen: Preview, arrived: list[Arrived], accounts: Accounts) -> None:
    known, fresh = Known.load(arrived), []
    for one in arrived:
        here = known.find(one)
        if here is None or known.is_another(one, here):
            fresh.append(one)
        elif known.is_doubtful(one, here):
            seen.perhaps += 1
        else:
            one.file.claimed.add(here.id)
            seen.known += 1
    twins = Twins.load([one for one in fresh if one.matters], accounts)
    named = {item_id for one in fresh for item_id in _names(one.movement)}
    ours = {item.item_id for item in invoices.items(sorted(named)[:1000])} if named else set()
    for one in fresh:
        twin, is_sure = twins.find(one) if one.matters else (None, False)
        seen.known += is_sure
        seen.perhaps += twin is not None and not is_sure
        seen.named += twin is None and bool(ours & set(_names(one.movement)))


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


def _names(movement: Movement) -> list[int]:
    """The due items that a credit names, as far as its references spell any."""
    if movement.amount.minor <= 0:
        return []
    return returning.ids_in(f"{movement.creditor_reference or ''} . {movement.text or ''}")
