"""A batch of statement files taken in, chunk by chunk, each a transaction of its own; a batch that stopped goes on.

What names a due item by its reference is booked at once; what does not waits for a person. Nothing comes twice.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from portal.bank_statements import events as happened
from portal.bank_statements import own_accounts, queries, wording
from portal.bank_statements.documents import Item, Movement, Notice, Refusal, Statement
from portal.bank_statements.identity import Identities, Identity, digest, statement_key
from portal.bank_statements.known import Arrived, Known, SeenFile, new_row
from portal.bank_statements.matching import match
from portal.bank_statements.models import BankMovement, BankStatement, StatementBatch, StatementRemark
from portal.bank_statements.own_accounts import Accounts
from portal.bank_statements.reading import FileReading, read_file
from portal.bank_statements.states import BATCHES, BatchStatus, MovementStatus
from portal.bank_statements.twins import Twins
from portal.core import bulk, clock, db, ids, scope
from portal.core.text import Text
from portal.imports.options import ReadOptions

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


@dataclass
class File:
    """One file while it is read: what has been seen of it, and which of its bookings are new."""

    name: str
    path: Path
    reading: FileReading
    identities: Identities = field(default_factory=Identities)
    keys: Counter[str] = field(default_factory=Counter)

    @cached_property
    def bytes_and_name(self) -> str:
        """What makes it the same file: its bytes, and its name inside an archive."""
        with self.path.open("rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        return sha256 + self.name.rpartition("!")[2 if "!" in self.name else 0]

    @cached_property
    def seen(self) -> SeenFile:
        return SeenFile(digest("file", self.bytes_and_name))


@dataclass(slots=True)
class _Account:
    """A statement of a file, with its row once there is one."""

    statement: Statement
    account: str  # as the creditor's own is spelled, where it is that one
    key: str
    is_known: bool = True  # asked in a transaction: see _known_accounts
    row_id: int | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An item of a batch with its place: the file, the statement that it belongs to, its identity."""

    file: File
    account: _Account | None
    item: Item
    identity: Identity | None
    position: int


def items_of(paths: Iterable[tuple[str, Path]], options: ReadOptions, accounts: Accounts) -> Iterator[Placed]:
    """Every statement, movement and remark of these files (shown name, path), streamed, with identities."""
    position = 0
    for shown, path in paths:
        for reading in read_file(path, options, shown):
            file, account = File(reading.file, path, reading), None
            for item in reading:
                position += 1
                identity = None
                if isinstance(item, Statement):
                    account = _begin(file, item, accounts)
                elif isinstance(item, Movement) and account is not None:
                    identity = file.identities.of(account.statement, account.account, item)
                yield Placed(file, account, item, identity, position)


def _begin(file: File, statement: Statement, accounts: Accounts) -> _Account:
    """A table that names no account is about the creditor's own."""
    file.identities.next_statement()
    account = statement.account or (accounts.own if statement.kind == "table" else "")
    account = accounts.name_of(account)
    first = statement_key(statement, account, lambda: file.bytes_and_name, 0)
    again = file.keys[first]
    file.keys[first] += 1
    return _Account(statement, account, statement_key(statement, account, lambda: file.bytes_and_name, again))


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
        accounts = Accounts.load(creditor_id)
        counts = _counts_of(_get(batch_id))
    for chunk in _chunks(items_of(paths, options, accounts), already_read):
        with db.transaction():
            scope.enter(creditor_id)
            _take_chunk(batch_id, chunk, counts, accounts)
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
                placed.file.seen.fresh.add(placed.identity.entry_key)  # this very file has brought it, or knew it
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


def _take_chunk(batch_id: int, chunk: Sequence[Placed], counts: Counts, own: Accounts) -> None:
    queries.take_turns()
    batch = _get(batch_id)
    accounts: dict[str, _Account] = {}
    for placed in chunk:
        account = placed.account
        if account is not None and account.key not in accounts:
            account.is_known = own.is_known(account.account)
            if account.is_known:
                _ensure_row(batch_id, placed.file, account)
            accounts[account.key] = account
    before = (counts.new, counts.known, counts.booked, counts.waiting, counts.refused)
    rows = _keep(batch_id, chunk, counts, own)
    counts.booked += match(rows)
    counts.booked += sum(row.status in {S.BOOKED, S.CREDITED, S.RETURNED} for row in rows)
    counts.waiting += sum(row.status is S.WAITING for row in rows)
    _remark(batch_id, chunk, counts)
    for account in accounts.values():
        _close(account, chunk)
    batch.read = counts.read = chunk[-1].position
    batch.new += counts.new - before[0]
    batch.known += counts.known - before[1]
    batch.booked += counts.booked - before[2]
    batch.waiting += counts.waiting - before[3]
    batch.refused += counts.refused - before[4]


def _ensure_row(batch_id: int, file: File, account: _Account) -> None:
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
            iban=statement.iban or wording.iban(account.account),
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
    row = db.session().get(BankStatement, account.row_id) if account.row_id is not None else None
    if row is None:
        return
    closing, currency = account.statement.closing, account.statement.currency
    row.closing_minor = row.closing_minor if closing is None else closing.minor
    row.currency = row.currency or currency
    said = (one.item for one in chunk if one.account is account and isinstance(one.item, Refusal))
    if any(one.code == "balance_differs" for one in said):
        row.adds_up = False


def _keep(batch_id: int, chunk: Sequence[Placed], counts: Counts, own: Accounts) -> list[BankMovement]:
    """The rows of the movements that were not here before; `same_as_id` where that is not sure."""
    arrived = [found for one in chunk for found in arrived_of(one)]
    known = Known.load(arrived)
    new: list[tuple[Arrived, BankMovement]] = []
    for one in arrived:
        here = known.find(one)
        if here is not None and known.is_another(one, here):
            here = None
        doubtful = here is not None and known.is_doubtful(one, here)
        if here is not None and not doubtful:
            known.note(one, here)
            counts.known += 1
            continue
        known.make_room(one)
        row = new_row(one, batch_id, known.next_occurrence(one.identity.content), known.free_key(one))
        row.same_as_id = here.id if here is not None else None
        known.add(row)
        new.append((one, row))
        if one.identity.entry_key is not None and not doubtful:
            one.file.fresh.add(one.identity.entry_key)
    rows = _not_told_otherwise(new, counts, own)
    db.session().add_all(rows)
    db.session().flush()
    counts.new += len(rows)
    return rows


def arrived_of(placed: Placed) -> list[Arrived]:
    """The movement of this place, if it is one that counts: of an account of ours, and not of nought."""
    movement, account = placed.item, placed.account
    if not isinstance(movement, Movement) or placed.identity is None or account is None or not movement.amount:
        return []
    if not account.is_known:
        return []
    seen = placed.file.seen
    return [Arrived(movement, placed.identity, account.statement, account.row_id or 0, account.account, seen)]


def _not_told_otherwise(
    new: Sequence[tuple[Arrived, BankMovement]], counts: Counts, own: Accounts
) -> list[BankMovement]:
    """Without those that another format has told surely; what it may have told is noted on the row."""
    asked = [one for one, row in new if one.matters and row.same_as_id is None]
    twins = Twins.load(asked, own)
    rows = []
    for one, row in new:
        if one.matters and row.same_as_id is None:
            twin, is_sure = twins.find(one)
            if is_sure:
                counts.known += 1
                continue
            row.same_as_id = None if twin is None else twin.id
        rows.append(row)
    return rows


def _remark(batch_id: int, chunk: Sequence[Placed], counts: Counts) -> None:
    said = [
        replace(one, item=own_accounts.refusal(one.account.statement))
        if isinstance(one.item, Statement) and one.account is not None and not one.account.is_known
        else one
        for one in chunk
    ]
    said = [one for one in said if isinstance(one.item, (Refusal, Notice))]
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
