"""Plans: the schedule adds up to what came and what is left, the oldest is paid first, and what is in one rests."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.plans.models import Instalment, Plan, PlanLine
from portal.plans.states import AGREED, InstalmentStatus, PlanStatus
from portal.simulator.invariants import CALM, invariant
from portal.simulator.pictures import Picture, pictures
from portal.simulator.world import World

_MONEY = {accounts.CARD, accounts.BANK, accounts.ELSEWHERE, accounts.UNALLOCATED, accounts.WITHHELD}


def _lines(picture: Picture) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for line in picture.of(PlanLine):
        found[line.plan_id].append(line.due_item_id)
    return found


def _came(picture: Picture, since: int, item_ids: list[int]) -> int:
    """Money on its due items since its terms were reckoned, told from the books line by line; what goes back of a
    payment takes from what that payment brought since, and of older money it is debt again."""
    by_origin: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in sorted(picture.of(Transfer), key=lambda one: one.id):
        if row.receivable_id not in item_ids or row.id <= since or row.kind == "credit_note":
            continue
        place = (row.receivable_id, row.origin_kind, row.origin_id)
        if row.credit == accounts.RECEIVABLE and row.debit in _MONEY:
            by_origin[place] += row.amount_minor
        elif row.debit == accounts.RECEIVABLE and row.credit in _MONEY:
            by_origin[place] = max(0, by_origin[place] - row.amount_minor)
    return sum(by_origin.values())


@invariant(CALM)
def a_plan_adds_up_to_what_came_and_what_is_left(world: World) -> Iterator[str]:
    """The instalments that count add up to the money that came and what is still open, less what will be let go of;
    what came stands on the oldest of them."""
    for picture in pictures(world):
        withdrawn = {one.id for one in picture.of(Invoice) if one.withdrawn_at is not None}
        gone = {one.id for one in picture.of(DueItem) if one.invoice_id in withdrawn}
        open_now = {one.id: one.open_minor for one in picture.of(Receivable)}
        lines = _lines(picture)
        for plan in picture.of(Plan):
            if plan.status not in AGREED:
                continue
            rows = sorted(
                (
                    one for one in picture.of(Instalment)
                    if one.plan_id == plan.id and one.status != InstalmentStatus.CANCELLED
                ),
                key=lambda one: (one.due_on, one.number),
            )  # fmt: skip
            first = min(one.id for one in picture.of(Instalment) if one.plan_id == plan.id)
            came = _came(picture, first, lines[plan.id])
            left = max(0, sum(open_now[one] for one in lines[plan.id] if one not in gone) - plan.discount_minor)
            asked = sum(one.amount_minor for one in rows)
            if asked != came + left:
                yield f"{picture.house.slug}: a plan asks {asked}, {came} came and {left} is left"
            before_open = False
            for one in rows:
                if before_open and one.paid_minor:
                    yield f"{picture.house.slug}: instalment {one.number} is paid before an older one"
                before_open |= one.paid_minor < one.amount_minor
            if sum(one.paid_minor for one in rows) != min(came, asked):
                yield f"{picture.house.slug}: a plan counts other money than came"


@invariant()
def what_is_in_a_plan_rests_and_nothing_else(world: World) -> Iterator[str]:
    """A due item rests for a plan exactly while that plan stands, and is in one plan at a time."""
    for picture in pictures(world):
        standing = {one.id for one in picture.of(Plan) if one.status in AGREED}
        for hold in picture.of(Hold):
            if hold.reason == holds.PLAN and hold.ended_at is None and hold.source_id not in standing:
                yield f"{picture.house.slug}: {hold.due_item_id} rests for a plan that does not stand"
        taken: set[int] = set()
        for line in picture.of(PlanLine):
            if line.is_open and line.due_item_id in taken:
                yield f"{picture.house.slug}: {line.due_item_id} is in two plans"
            taken |= {line.due_item_id} if line.is_open else set()


@invariant(CALM)
def a_plan_that_is_complete_leaves_nothing_open(world: World) -> Iterator[str]:
    """Complete is a plan of which nothing is open."""
    for picture in pictures(world):
        withdrawn = {one.id for one in picture.of(Invoice) if one.withdrawn_at is not None}
        gone = {one.id for one in picture.of(DueItem) if one.invoice_id in withdrawn}
        open_now = {one.id: one.open_minor for one in picture.of(Receivable)}
        last: dict[int, int] = {}
        for line in picture.of(PlanLine):
            last[line.due_item_id] = max(last.get(line.due_item_id, 0), line.plan_id)
        for plan in picture.of(Plan):
            mine = [item_id for item_id, plan_id in last.items() if plan_id == plan.id and item_id not in gone]
            if plan.status == PlanStatus.COMPLETED and any(open_now[one] for one in mine):
                yield f"{picture.house.slug}: a plan is complete and something of it is open"
