"""Money and credit by what brought it: what of it is free, where it was used, and never more than there is.

The debtor's credit is no pot: each payment, movement, credit note or recount has its own, and only its own origin
takes from it. Whoever asks what may be used, given back or taken back asks here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from portal.core import db, ids, scope
from portal.core.money import Money
from portal.ledger import accounts
from portal.ledger.models import Credit, Receivable, Transfer
from portal.ledger.sources import Overdrawn, Source

# A kind: credit had been used on a due item, and is taken from there. Before credit was kept by origin such a line
# went to where the money went; since then it is credit again first.
RECALLED = "credit_recalled"
# A kind: money had settled a due item as it came, and is its origin's credit now, for nothing is owed there any more.
FREED = "invoice_withdrawn"


# Where credit goes to and comes back from; what it came from first are other accounts.
_LEAVES = {accounts.RECEIVABLE, accounts.BANK, accounts.CARD, accounts.REFUNDS, accounts.WITHHELD}


@dataclass(slots=True)
class Held:
    """What the books still hold of one origin, in minor units, net of every reopening whatever its kind.

    Due items stand in the order in which they were last settled.
    """

    settled: dict[int, int] = field(default_factory=dict)  # due items that its money settled as it came
    used: dict[int, int] = field(default_factory=dict)  # due items that its credit was used on since
    free: int = 0  # its credit that belongs to no due item

    @property
    def total(self) -> int:
        return sum(self.settled.values()) + sum(self.used.values()) + self.free


def held(origin: Source, *, lock: bool = False) -> Held:
    """What is left of one origin's money, and where. `lock`: nobody else books on any of it meanwhile."""
    if lock:
        _lock(origin)
    found = Held()
    for one in _postings(origin):
        if accounts.UNALLOCATED in {one.debit, one.credit}:
            found.free += one.amount_minor * _side(one, accounts.UNALLOCATED)
        if one.receivable_id is not None and accounts.RECEIVABLE in {one.debit, one.credit}:
            where = found.used if _is_use(one) else found.settled
            _add(where, one.receivable_id, one.amount_minor * _side(one, accounts.RECEIVABLE))
    found.settled, found.used = _there(found.settled), _there(found.used)
    return found


def _postings(origin: Source, item_id: int | None = None) -> list[Transfer]:
    wanted = select(Transfer).where(Transfer.origin_kind == origin.kind, Transfer.origin_id == origin.id)
    if item_id is not None:
        wanted = wanted.where(Transfer.receivable_id == item_id)
    return list(db.session().scalars(wanted.order_by(Transfer.posted_at, Transfer.id)))


def _side(one: Transfer, account: str) -> int:
    return (one.credit == account) - (one.debit == account)


def _is_use(one: Transfer) -> bool:
    return one.kind == RECALLED or (one.kind != FREED and accounts.UNALLOCATED in {one.debit, one.credit})


def _add(where: dict[int, int], item_id: int, minor: int) -> None:
    was = where.get(item_id, 0)
    if minor > 0:
        where.pop(item_id, None)  # the last that was settled stands last
    where[item_id] = was + minor


def _there(where: dict[int, int]) -> dict[int, int]:
    return {item_id: minor for item_id, minor in where.items() if minor > 0}


def _lock(origin: Source) -> None:
    """Due items first and in one order, as everybody does, then the credit: no two wait for each other."""
    touched = {one.receivable_id for one in _postings(origin) if one.receivable_id is not None}
    locked = select(Receivable.id).where(Receivable.id.in_(touched)).order_by(Receivable.id).with_for_update()
    db.session().scalars(locked).all()
    db.session().scalars(select(Credit.id).where(*_of(origin)).with_for_update()).all()


def _of(origin: Source) -> tuple[ColumnElement[bool], ...]:
    return Credit.origin_kind == origin.kind, Credit.origin_id == origin.id


def free(origin: Source, currency: str) -> Money:
    """How much of the credit that this origin brought belongs to no due item yet."""
    found = db.session().scalar(select(Credit.free_minor).where(*_of(origin), Credit.currency == currency))
    return Money(found or 0, currency)


def taken_on(item_id: int, origin: Source) -> Held:
    """What of one due item this origin's money has settled, at once or by its credit; net, and the rest empty."""
    found = Held()
    for one in _postings(origin, item_id):
        if accounts.RECEIVABLE in {one.debit, one.credit}:
            where = found.used if _is_use(one) else found.settled
            _add(where, item_id, one.amount_minor * _side(one, accounts.RECEIVABLE))
    return found


def on_item(item_id: int) -> list[tuple[Source, str]]:
    """Whose money or credit has settled a due item here, each with the account that it had come from."""
    rows = db.session().execute(
        select(Transfer.origin_kind, Transfer.origin_id, Transfer.debit)
        .where(
            Transfer.receivable_id == item_id,
            Transfer.credit == accounts.RECEIVABLE,
            Transfer.debit.not_in((*accounts.CHARGING, accounts.ELSEWHERE)),
        )
        .order_by(Transfer.posted_at, Transfer.id)
    )
    found: dict[Source, str] = {}
    for kind, origin_id, account in rows:
        found.setdefault(Source(kind, origin_id), account)
    return list(found.items())


def gone_elsewhere(origin: Source, item_ids: Collection[int]) -> int:
    """What of an origin's credit was given back, or used on other due items than these, in minor units."""
    return sum(
        -one.amount_minor * _side(one, accounts.UNALLOCATED)
        for one in _postings(origin)
        if {one.debit, one.credit} & _LEAVES and one.receivable_id not in item_ids
    )


def change(debtor_id: int, origin: Source, by: Money) -> None:
    """Adds to the credit that one origin brought, or takes from it; the books do so with the posting that says why.

    Raises Overdrawn where less is free than is taken.
    """
    # Conditional on its own, as what is open on a due item: never below nought, whoever comes at the same moment.
    met = db.changed(
        update(Credit)
        .where(
            *_of(origin),
            Credit.debtor_id == debtor_id,
            Credit.currency == by.currency,
            Credit.free_minor + by.minor >= 0,
        )
        .values(free_minor=Credit.free_minor + by.minor)
    )
    if met:
        return
    if by.minor < 0:
        raise Overdrawn(f"less than {-by} is free of the credit of {origin}")
    row = Credit(
        id=ids.new_id(),
        creditor_id=scope.current().creditor_id,
        debtor_id=debtor_id,
        origin_kind=origin.kind,
        origin_id=origin.id,
        currency=by.currency,
        free_minor=by.minor,
    )
    db.session().add(row)
    db.session().flush()
    db.session().expunge(row)  # it is only ever changed by statement: nobody may hold an old copy


def unbalanced() -> list[Source]:
    """Origins whose kept credit differs from the fold of their transfers, or is below nought; must be empty."""
    kept = {
        (kind, origin_id, currency): minor
        for kind, origin_id, currency, minor in db.session().execute(
            select(Credit.origin_kind, Credit.origin_id, Credit.currency, Credit.free_minor)
        )
    }
    folded: dict[tuple[str, int, str], int] = {}
    for key, minor in (*_folded(Transfer.credit, 1), *_folded(Transfer.debit, -1)):
        folded[key] = folded.get(key, 0) + minor
    wrong = {key for key in kept.keys() | folded.keys() if kept.get(key, 0) != folded.get(key, 0)}
    wrong |= {key for key, minor in folded.items() if minor < 0}
    return sorted((Source(kind, origin_id) for kind, origin_id, _ in wrong), key=lambda one: (one.kind, one.id))


def _folded(side: InstrumentedAttribute[str], sign: int) -> Iterable[tuple[tuple[str, int, str], int]]:
    rows = db.session().execute(
        select(Transfer.origin_kind, Transfer.origin_id, Transfer.currency, func.sum(Transfer.amount_minor))
        .where(side == accounts.UNALLOCATED)
        .group_by(Transfer.origin_kind, Transfer.origin_id, Transfer.currency)
    )
    return [((kind, origin_id, currency), sign * int(minor)) for kind, origin_id, currency, minor in rows]
