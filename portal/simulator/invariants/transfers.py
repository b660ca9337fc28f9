"""Bank transfers: every movement counts once, for what it was; a return takes back that and no more."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from portal.bank_statements import queries as statements
from portal.bank_statements.booking import TAKEN_APART
from portal.bank_statements.models import BankMovement
from portal.bank_statements.states import MovementStatus
from portal.debtors.models import Debtor
from portal.invoices.models import DueItem
from portal.ledger import accounts
from portal.ledger.models import Transfer
from portal.simulator.invariants import EVENTUALLY, invariant
from portal.simulator.pictures import Picture, pictures
from portal.simulator.world import World

S = MovementStatus
COUNTED = frozenset({S.BOOKED, S.CREDITED, S.RETURNED})
LEGAL_RATE = 0.05  # per cent and year of what consumers owe by law: 1.6 in 2026; none of it is ever above this


@invariant()
def a_movement_counts_for_what_it_is(world: World) -> Iterator[str]:
    """What a movement has booked on the bank account is its amount once it is booked, and nothing before."""
    for picture in pictures(world):
        booked: Counter[int] = Counter()
        for row in picture.of(Transfer):
            if row.source_kind in {statements.SOURCE, statements.RETURN, statements.UNDO}:
                booked[row.source_id] += row.amount_minor * (
                    (row.debit == accounts.BANK) - (row.credit == accounts.BANK)
                )
        for movement in picture.of(BankMovement):
            expected = movement.amount_minor if movement.status in COUNTED else 0
            if booked[movement.id] != expected:
                yield (
                    f"{picture.house.slug}: movement {movement.id} of {movement.amount_minor} is {movement.status} "
                    f"and booked with {booked[movement.id]}"
                )


def _counted(picture: Picture) -> Counter[str]:
    """The movements that are in the house, by the payer's own id; those that stand for several are left out."""
    return Counter(
        f"{row.end_to_end_id} {row.amount_minor}"
        for row in picture.of(BankMovement)
        if row.why != TAKEN_APART and row.status is not S.UNDONE
    )


def _at_the_bank(world: World, picture: Picture, only: set[int] | None = None) -> Counter[str]:
    booked = world.banks[picture.house.creditor_id].booked
    return Counter(f"{one.end_to_end_id} {one.amount.minor}" for one in booked if only is None or one.number in only)


@invariant()
def each_movement_comes_once(world: World) -> Iterator[str]:
    """However often and in however many files a movement comes, it is there once."""
    for picture in pictures(world):
        for name, times in (_counted(picture) - _at_the_bank(world, picture)).items():
            yield f"{picture.house.slug}: {name} is there {times} times more than at the bank"


@invariant(EVENTUALLY)
def every_movement_has_come(world: World) -> Iterator[str]:
    """In the end every movement of the account is there."""
    for picture in pictures(world):
        for name, times in (_at_the_bank(world, picture) - _counted(picture)).items():
            yield f"{picture.house.slug}: {name} is missing {times} times"


@invariant()
def consumers_pay_no_merchants_interest(world: World) -> Iterator[str]:
    """A consumer is never charged costs, nor more interest than the law has for consumers (B-50, B-57, D-40.11)."""
    for picture in pictures(world):
        consumers = {row.id for row in picture.of(Debtor) if row.kind == "consumer"}
        charged: Counter[int] = Counter()
        for row in picture.of(Transfer):
            if row.debtor_id not in consumers:
                continue
            if accounts.COSTS in {row.debit, row.credit}:
                yield f"{picture.house.slug}: debtor {row.debtor_id}, a consumer, is charged costs"
            if row.receivable_id is not None and accounts.INTEREST in {row.credit, row.debit}:
                sign = 1 if row.credit == accounts.INTEREST else -1
                charged[row.receivable_id] += sign * row.amount_minor
        items = picture.by_id(DueItem)
        for item_id, minor in charged.items():
            most = _most(world, items[item_id])
            if minor > most:
                yield f"{picture.house.slug}: item {item_id} of a consumer bears {minor}, at most {most:.2f}"


def _most(world: World, item: Any) -> float:
    late = max(0, (world.clock.now().date() - item.due_on).days)
    return item.amount_minor * LEGAL_RATE * late / 365 + 2
