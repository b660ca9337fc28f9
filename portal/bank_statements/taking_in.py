"""A batch of statement files taken in, chunk by chunk, each a transaction of its own; a batch that stopped goes on.

What names a due item by its reference is booked at once; what does not waits for a person. Nothing comes twice.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.bank_statements import booking, queries, returning
from portal.bank_statements import events as happened
from portal.bank_statements.documents import Item, Movement, Notice, Refusal, Statement
from portal.bank_statements.identity import Identities, Identity, statement_key
from portal.bank_statements.known import Arrived, Known, forget_others, new_row
from portal.bank_statements.models import BankMovement, BankStatement, StatementBatch, StatementRemark
from portal.bank_statements.reading import read_file
from portal.bank_statements.states import BATCHES, BatchStatus, MovementStatus
from portal.core import bulk, clock, db, ids, scope
from portal.core.text import Text
from portal.creditors import queries as creditors
from portal.imports.options import ReadOptions
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item as DueItem

CHUNK = 500
S = MovementStatus


@dataclass(slots=True)
class Counts:
    read: int = 0
    new: int = 0
    known: int = 0
    booked: int = 0
    waiting: int = 0
    refused: int = 0


@dataclass(slots=True)
class _File:
    """One file while it is read: what has been seen of it, and which of its bookings are new."""

    name: str
    path: Path
    identities: Identities = field(default_factory=Identities)
    fresh: set[str] = field(default_factory=set)
    keys: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Account:
    """A statement of a file, with its row once there is one."""

    statement: Statement
    account: str
    key: str
    row_id: int | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An item of a batch with its place: the file, the statement that it belongs to, its identity."""

    file: _File
    account: _Account | None
    item: Item
    identity: Identity | None
    position: int


def items_of(paths: Iterable[tuple[str, Path]], options: ReadOptions, own_account: str) -> Iterator[Placed]:
    """Every statement, movement and remark of these files (shown name, path), streamed, with identities."""
    position = 0
    for shown, path in paths:
        for reading in read_file(path, options, shown):
            file, account = _File(reading.file, path), None
            for item in reading:
                position += 1
                identity = None
                if isinstance(item, Statement):
                    account = _begin(file, item, own_account)
                elif isinstance(item, Movement) and account is not None:
                    identity = file.identities.of(account.statement, account.account, item)
                yield Placed(file, account, item, identity, position)


def _begin(file: _File, statement: Statement, own_account: str) -> _Account:
    """A table that names no account is about the creditor's own."""
    file.identities.next_statement()
    account = statement.account or (own_account if statement.kind == "table" else "")
    first = statement_key(statement, account, lambda: _digest(file), 0)
    again = file.keys[first]
    file.keys[first] += 1
    return _Account(statement, account, statement_key(statement, account, lambda: _digest(file), again))


def _digest(file: _File) -> str:
    with file.path.open("rb") as source:
        return (
            hashlib.file_digest(source, "sha256").hexdigest()
            + file.name.rpartition("!")[2 if "!" in file.name else 0]
        )


def run(
    creditor_id: int,
    batch_id: int,
    options: ReadOptions,
    paths: Sequence[tuple[str, Path]],
    *,
    already_read: int = 0,
    progress: Callable[[Counts], None] = lambda _: None,
) -> Counts:
    """Takes a running batch in, from behind what was already read. Opens its own transactions."""
    with db.transaction(writes=False):
        scope.enter(creditor_id)
        own_account = creditors.by_id(creditor_id).iban or ""
        counts = _counts_of(_get(batch_id))
    for chunk in _chunks(items_of(paths, options, own_account), already_read):
        with db.transaction():
            scope.enter(creditor_id)
            _take_chunk(batch_id, chunk, counts)
        progress(counts)
    with db.transaction():
        scope.enter(creditor_id)
        batch = _get(batch_id)
        finished = happened.StatementsFinished(
            batch_id=batch.id,
            new=batch.new,
            known=batch.known,
            booked=batch.booked,
            waiting=batch.waiting,
            refused=batch.refused,
        )
        BATCHES.move(batch, BatchStatus.DONE, finished)
    return counts


def _counts_of(batch: StatementBatch) -> Counts:
    return Counts(batch.read, batch.new, batch.known, batch.booked, batch.waiting, batch.refused)


def _chunks(stream: Iterator[Placed], already_read: int) -> Iterator[list[Placed]]:
    """Some hundreds of items at a time; the parts of one booking stay together."""
    chunk: list[Placed] = []
    for placed in stream:
        if placed.position <= already_read:
            if placed.identity is not None and placed.identity.entry_key is not None:
                placed.file.fresh.add(placed.identity.entry_key)  # this very file has brought it, or knew it
            continue
        goes_on = isinstance(placed.item, Movement) and (placed.item.part or 1) > 1
        if len(chunk) >= CHUNK and not goes_on:
            yield chunk
            chunk = []
        chunk.append(placed)
    if chunk:
        yield chunk


def _get(batch_id: int) -> StatementBatch:
    batch = db.session().get(StatementBatch, batch_id)
    if batch is None:
        raise LookupError("no such batch of statements")
    return batch


def _take_chunk(batch_id: int, chunk: Sequence[Placed], counts: Counts) -> None:
    batch = _get(batch_id)
    accounts: dict[str, _Account] = {}
    for placed in chunk:
        if placed.account is not None:
            _ensure_row(batch_id, placed.file, placed.account)
            accounts[placed.account.key] = placed.account
    before = (counts.new, counts.known, counts.booked, counts.waiting, counts.refused)
    rows = _keep(batch_id, chunk, counts)
    _match(rows, counts)
    _remark(batch_id, chunk, counts)
    for account in accounts.values():
        _close(account, chunk)
    batch.read = counts.read = chunk[-1].position
    batch.new += counts.new - before[0]
    batch.known += counts.known - before[1]
    batch.booked += counts.booked - before[2]
    batch.waiting += counts.waiting - before[3]
    batch.refused += counts.refused - before[4]


def _ensure_row(batch_id: int, file: _File, account: _Account) -> None:
    """The statement's row; one that came before is the same."""
    if account.row_id is not None:
        return
    known = queries.statement_by_key(account.key)
    if known is None:
        statement = account.statement
        known = BankStatement(
            id=ids.new_id(),
            batch_id=batch_id,
            key=account.key,
            kind=statement.kind,
            file=file.name[:300],
            account=account.account,
            iban=statement.iban,
            currency=statement.currency,
            number=statement.number,
            made_on=statement.made_on or clock.today(),
            opening_minor=None if statement.opening is None else statement.opening.minor,
            adds_up=True,
        )
        db.session().add(known)
        db.session().flush()
    account.row_id = known.id


def _close(account: _Account, chunk: Sequence[Placed]) -> None:
    """What is only known at a statement's end: its closing balance, and whether it adds up."""
    row = db.session().get(BankStatement, account.row_id)
    if row is None:
        return
    closing, currency = account.statement.closing, account.statement.currency
    row.closing_minor = row.closing_minor if closing is None else closing.minor
    row.currency = row.currency or currency
    said = (one.item for one in chunk if one.account is account and isinstance(one.item, Refusal))
    if any(one.code == "balance_differs" for one in said):
        row.adds_up = False


def _keep(batch_id: int, chunk: Sequence[Placed], counts: Counts) -> list[BankMovement]:
    """The rows of the movements that were not here before."""
    arrived = [
        Arrived(one.item, one.identity, one.account.statement, one.account.row_id or 0, one.file.fresh)
        for one in chunk
        if isinstance(one.item, Movement) and one.identity is not None and one.account is not None and one.item.amount
    ]
    known, rows = Known.load(arrived), []
    for one in arrived:
        if known.is_known(one):
            counts.known += 1
            continue
        row = new_row(one, batch_id, known.next_occurrence(one.identity.content))
        known.add(row)
        rows.append(row)
        if one.identity.entry_key is not None:
            one.fresh.add(one.identity.entry_key)
    db.session().add_all(rows)
    db.session().flush()
    counts.new += len(rows)
    return rows


def _match(rows: Sequence[BankMovement], counts: Counts) -> None:
    """What each new movement is: money by reference, money that waits, a return, or nothing of ours."""
    credits_ = [row for row in rows if row.amount_minor > 0]
    named = {row.id: returning.items_named(row) for row in credits_}
    items = _items_by_id({item_id for found in named.values() for item_id in found})
    for row in credits_:
        _match_credit(row, [items[item_id] for item_id in named[row.id] if item_id in items])
    db.session().flush()
    for row in rows:
        if row.amount_minor < 0:
            _match_debit(row)
    if any(row.status in queries.HELD for row in credits_):
        for waiting in queries.waiting_returns():
            counts.booked += returning.take(waiting)
    counts.booked += sum(row.status in {S.BOOKED, S.CREDITED, S.RETURNED} for row in rows)
    counts.waiting += sum(row.status is S.WAITING for row in rows)
    db.session().flush()


def _items_by_id(item_ids: set[int]) -> dict[int, DueItem]:
    found: dict[int, DueItem] = {}
    wanted = sorted(item_ids)
    for start in range(0, len(wanted), CHUNK):
        found |= {item.item_id: item for item in invoice_queries.items(wanted[start : start + CHUNK])}
    return found


def _match_credit(row: BankMovement, named: Sequence[DueItem]) -> None:
    if row.reversal:
        booking.wait(row, booking.REVERSED_DEBIT)
    elif not named:
        booking.wait(row, booking.NO_REFERENCE)
    elif len({item.debtor_id for item in named}) > 1:
        booking.wait(row, booking.SEVERAL_DEBTORS)
    elif any(item.amount.currency != row.currency for item in named):
        booking.wait(row, booking.OTHER_CURRENCY)
    else:
        # Read again: an earlier movement of this file may have paid part of it.
        booking.book_by_reference(row, invoice_queries.items([item.item_id for item in named]))


def _match_debit(row: BankMovement) -> None:
    returning.take(row)
    if row.status is S.NEW:
        booking.put_aside(row, booking.OUTGOING)
        forget_others(row)


def _remark(batch_id: int, chunk: Sequence[Placed], counts: Counts) -> None:
    said = [one for one in chunk if isinstance(one.item, (Refusal, Notice))]
    counts.refused += sum(isinstance(one.item, Refusal) for one in said)
    bulk.insert(StatementRemark, [_remark_row(batch_id, one) for one in said])


def _remark_row(batch_id: int, one: Placed) -> dict[str, Any]:
    assert isinstance(one.item, (Refusal, Notice))
    text: Text = one.item.message
    args = {key: str(value) for key, value in (text.args or {}).items()}
    return {
        "id": ids.new_id(),
        "creditor_id": scope.current().creditor_id,
        "batch_id": batch_id,
        "position": one.position,
        "refused": isinstance(one.item, Refusal),
        "file": one.file.name[:300],
        "where": str(one.item.where)[:300],
        "code": one.item.code,
        "msgid": text.msgid[:500],
        "args": json.loads(json.dumps(args)) or None,
    }
