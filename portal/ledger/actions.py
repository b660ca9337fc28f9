"""Posting to the books. Each function books one fact once, however often it is called with the same source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update

from portal.core import bulk, clock, db, ids, scope
from portal.core.money import Money
from portal.ledger import accounts, noted, origins
from portal.ledger.models import Receivable, Transfer
from portal.ledger.sources import AlreadyPosted, Overdrawn, Source


@dataclass(frozen=True, slots=True)
class Settled:
    """How an incoming amount was used: `applied` lowered the due item, `excess` is the debtor's credit."""

    applied: Money
    excess: Money


@dataclass(frozen=True, slots=True)
class Charge:
    """A new due item to be owed. `item_id` becomes the receivable's id."""

    item_id: int
    debtor_id: int
    amount: Money
    issued_on: date
    settled_on: date | None = None  # it was paid before it came to us: charged and settled in one go


def charge(charges: list[Charge]) -> None:
    """Books new due items against sales, in bulk; the items must not have been charged before."""
    creditor_id, now = scope.current().creditor_id, clock.now()
    if not charges:
        return
    bulk.insert(
        Receivable,
        [
            {
                "id": c.item_id,
                "creditor_id": creditor_id,
                "debtor_id": c.debtor_id,
                "currency": c.amount.currency,
                "open_minor": 0 if c.settled_on else c.amount.minor,
                "closed_on": c.settled_on,
            }
            for c in charges
        ],
    )
    rows = [_charge_row(c, creditor_id, now) for c in charges]
    rows += [_settled_row(c, creditor_id, now) for c in charges if c.settled_on]
    bulk.insert(Transfer, rows)
    noted.note(rows)


def _charge_row(charged: Charge, creditor_id: int, now: datetime) -> dict[str, object]:
    return {
        "id": ids.new_id(),
        "creditor_id": creditor_id,
        "debtor_id": charged.debtor_id,
        "posted_at": now,
        "value_on": charged.issued_on,
        "kind": "invoice",
        "debit": accounts.RECEIVABLE,
        "credit": accounts.SALES,
        "receivable_id": charged.item_id,
        "amount_minor": charged.amount.minor,
        "currency": charged.amount.currency,
        "source_kind": "due_item",
        "source_id": charged.item_id,
        "position": 0,
        "origin_kind": "due_item",
        "origin_id": charged.item_id,
    }


def _settled_row(charged: Charge, creditor_id: int, now: datetime) -> dict[str, object]:
    return _charge_row(charged, creditor_id, now) | {
        "id": ids.new_id(),
        "value_on": charged.settled_on,
        "kind": "settlement",
        "debit": accounts.ELSEWHERE,
        "credit": accounts.RECEIVABLE,
        "source_kind": "import_settled",
        "origin_kind": "import_settled",
    }


def settle(
    item_id: int,
    amount: Money,
    *,
    account: str,
    kind: str,
    source: Source,
    value_on: date,
    position: int = 0,
    closed_on: date | None = None,
    origin: Source | None = None,
) -> Settled:
    """Lowers what is open on a due item by `amount`; what is beyond it becomes the debtor's unallocated credit.

    `account` says where the money came from, `origin` whose money it is where that is not the source itself: for
    UNALLOCATED the credit that is used. The residual is never below zero, whoever comes at the same moment.
    `closed_on` is the day on which it comes to nought where that is not `value_on`. Raises AlreadyPosted when this
    source and position were booked before, Overdrawn where less of that credit is free than would be used,
    ValueError for another currency or an amount that is not positive.
    """
    if origin is None and account == accounts.UNALLOCATED:
        raise ValueError("whose credit?")
    receivable = _locked(item_id, source, position)
    if amount.currency != receivable.currency or amount.minor <= 0:
        raise ValueError(f"cannot settle {receivable.currency} with {amount}")
    applied = Money(min(amount.minor, receivable.open_minor), amount.currency)
    excess = amount - applied
    if applied:
        _lower(receivable, applied.minor, closed_on or value_on)
        _post(
            receivable.debtor_id,
            kind,
            account,
            accounts.RECEIVABLE,
            item_id,
            applied,
            source,
            value_on,
            position,
            origin,
        )
    if excess and account != accounts.UNALLOCATED:  # credit that was not needed is credit still
        place = position if not applied else -position - 1
        _post(receivable.debtor_id, kind, account, accounts.UNALLOCATED, None, excess, source, value_on, place,
              origin)  # fmt: skip
    return Settled(applied, excess)


def _locked(item_id: int, source: Source, position: int) -> Receivable:
    """The due item, held until this transaction ends. Raises AlreadyPosted where this was booked, ValueError.

    Asked behind the lock: who comes second sees what the first has booked.
    """
    receivable = db.session().get(Receivable, item_id, with_for_update=True, populate_existing=True)
    if receivable is None:
        raise ValueError("no such due item")
    if posted(source, position):
        raise AlreadyPosted
    return receivable


def _lower(receivable: Receivable, by: int, value_on: date) -> None:
    # Conditional on its own: SQLite has no row locks, and two workers may hold the same row.
    closes = receivable.open_minor == by
    lowered = db.changed(
        update(Receivable)
        .where(Receivable.id == receivable.id, Receivable.open_minor >= by)
        .values(open_minor=Receivable.open_minor - by, closed_on=value_on if closes else None)
    )
    if lowered != 1:
        raise AlreadyPosted
    db.session().refresh(receivable)


def reopen(
    item_id: int,
    amount: Money,
    *,
    account: str,
    kind: str,
    source: Source,
    value_on: date,
    origin: Source,
    position: int = 0,
) -> None:
    """Raises what is open on a due item by `amount`: money of `origin` that had settled it goes to `account`.

    To UNALLOCATED goes what credit of the origin had settled, to any other account, and by the kind FREED, what its
    money had settled as it came. Raises Overdrawn where that is less, so that no due item is ever open for more than
    was charged; AlreadyPosted when this source and position were booked before, ValueError for another currency or
    an amount not positive.
    """
    receivable = _locked(item_id, source, position)
    if amount.currency != receivable.currency or amount.minor <= 0:
        raise ValueError(f"cannot reopen {receivable.currency} by {amount}")
    there = origins.taken_on(item_id, origin)
    of_its_own = there.used if account == accounts.UNALLOCATED and kind != origins.FREED else there.settled
    if amount.minor > of_its_own.get(item_id, 0):
        raise Overdrawn(f"{origin} has settled less than {amount} of due item {item_id}")
    db.changed(
        update(Receivable)
        .where(Receivable.id == item_id)
        .values(open_minor=Receivable.open_minor + amount.minor, closed_on=None)
    )
    db.session().refresh(receivable)
    _post(receivable.debtor_id, kind, accounts.RECEIVABLE, account, item_id, amount, source, value_on, position,
          origin)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extra:
    """What is added to what a due item owes: interest or costs, of this value date."""

    amount: Money
    value_on: date
    position: int


def charge_more(
    item_id: int, debtor_id: int, extras: Sequence[Extra], *, account: str, kind: str, source: Source
) -> None:
    """Raises what is open on a due item by what is owed besides it, credited to `account`.

    The caller holds the due item's lock and has read what its source had booked; the books refuse the same place
    a second time. Raises ValueError when there is no such due item.
    """
    creditor_id, now = scope.current().creditor_id, clock.now()
    raised = sum(one.amount.minor for one in extras)
    found = db.changed(
        update(Receivable)
        .where(Receivable.id == item_id)
        .values(open_minor=Receivable.open_minor + raised, closed_on=None)
    )
    if found != 1:
        raise ValueError("no such due item")
    rows = [
        {
            "id": ids.new_id(),
            "creditor_id": creditor_id,
            "debtor_id": debtor_id,
            "posted_at": now,
            "value_on": one.value_on,
            "kind": kind,
            "debit": accounts.RECEIVABLE,
            "credit": account,
            "receivable_id": item_id,
            "amount_minor": one.amount.minor,
            "currency": one.amount.currency,
            "source_kind": source.kind,
            "source_id": source.id,
            "position": one.position,
            "origin_kind": source.kind,
            "origin_id": source.id,
        }
        for one in extras
    ]
    bulk.insert(Transfer, rows)
    noted.note(rows)


def wait_for_rate(item_id: int, since: date | None) -> None:
    """Notes from which day on a due item's interest waits for a verified rate (rule B-53); None when it does not."""
    db.changed(update(Receivable).where(Receivable.id == item_id).values(interest_waits_from=since))


def wait_for_no_rate() -> None:
    """No due item of the creditor waits any more: interest is not asked for."""
    waiting = Receivable.interest_waits_from.is_not(None)
    db.changed(update(Receivable).where(waiting).values(interest_waits_from=None))


def move(
    debtor_id: int,
    amount: Money,
    *,
    debit: str,
    credit: str,
    kind: str,
    source: Source,
    value_on: date,
    position: int = 0,
    origin: Source | None = None,
) -> None:
    """Moves an amount between two accounts, neither of them a due item's; `origin` says whose, else the source's.

    Raises AlreadyPosted, and Overdrawn where less of that origin's credit is free.
    """
    if accounts.RECEIVABLE in {debit, credit}:
        raise ValueError("what is owed moves by settle and reopen alone")
    if posted(source, position):
        raise AlreadyPosted
    _post(debtor_id, kind, debit, credit, None, amount, source, value_on, position, origin)


def keep_as_credit(debtor_id: int, amount: Money, *, account: str, kind: str, source: Source, value_on: date) -> None:
    """Books money or a credit note that belongs to no due item: the debtor's unallocated credit."""
    if posted(source, 0):
        raise AlreadyPosted
    _post(debtor_id, kind, account, accounts.UNALLOCATED, None, amount, source, value_on, 0)


def posted(source: Source, position: int) -> bool:
    """Whether this fact has been booked."""
    return (
        db.session().scalar(
            select(Transfer.id).where(
                Transfer.source_kind == source.kind,
                Transfer.source_id == source.id,
                Transfer.position.in_((position, -position - 1)),
            )
        )
        is not None
    )


def _post(  # noqa: PLR0917 - one line of the books has these parts
    debtor_id: int,
    kind: str,
    debit: str,
    credit: str,
    receivable_id: int | None,
    amount: Money,
    source: Source,
    value_on: date,
    position: int,
    origin: Source | None = None,
) -> None:
    origin = origin or source
    if accounts.UNALLOCATED in {debit, credit}:
        origins.change(debtor_id, origin, amount if credit == accounts.UNALLOCATED else -amount)
    row = {
        "id": ids.new_id(),
        "creditor_id": scope.current().creditor_id,
        "debtor_id": debtor_id,
        "posted_at": clock.now(),
        "value_on": value_on,
        "kind": kind,
        "debit": debit,
        "credit": credit,
        "receivable_id": receivable_id,
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "source_kind": source.kind,
        "source_id": source.id,
        "position": position,
        "origin_kind": origin.kind,
        "origin_id": origin.id,
    }
    db.session().add(Transfer(**row))
    db.session().flush()
    noted.note([row])
