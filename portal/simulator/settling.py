"""When trouble is over: what waits is worked off, then four days pass, and staff put right what only people can."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from portal.core import db, jobs, windows
from portal.core.outbox import TAKEN, WAITING, OutboxRow
from portal.simulator import trouble
from portal.simulator.acts.background import due_rows
from portal.simulator.acts.clerks import listen_again
from portal.simulator.acts.transfers import bring_in, unread_days
from portal.simulator.world import World

SHORTLY = timedelta(minutes=16)  # longer than a dead worker's claim, shorter than a page at Stripe lives
DAYS = timedelta(days=4, hours=1)
ASKED_AFTER = timedelta(hours=28)  # then it is time to ask how it went, at the first hour at which one may
ZONE = "Europe/Rome"
MOST_ROUNDS = 400


def shortly(world: World) -> None:
    """No more trouble: the post that is due arrives and what can be worked off within a quarter of an hour is."""
    trouble.end(world)
    _until(world, world.clock.now() + SHORTLY, sweeping=False)


def finally_(world: World) -> None:
    """Four days and a few hours without trouble, every sweep in them; what staff must do, they have done."""
    trouble.end(world)
    begun = world.clock.now()
    for end in (begun + timedelta(hours=2), windows.next_moment(begun + ASKED_AFTER, ZONE), begun + DAYS):
        _until(world, end)
        for house in world.houses:
            listen_again(world, house)
            for day in unread_days(world, house):
                bring_in(world, house, day)
    _until(world, begun + DAYS + timedelta(hours=2))


def _until(world: World, end: datetime, *, sweeping: bool = True) -> None:
    """Works everything off, going from one moment at which something is due to the next; then sweeps."""
    for _ in range(MOST_ROUNDS):
        _everything_now(world)
        coming = min((at for at in (_next_row(), _next_notice(world)) if at is not None), default=None)
        if coming is None or coming > end:
            break
        world.clock.move_to(max(coming, world.clock.now() + timedelta(seconds=1)))
    world.clock.move_to(end)
    _everything_now(world)
    if sweeping:
        for name in world.due_periodics():
            world.run_periodic(name)
        _everything_now(world)


def _everything_now(world: World) -> None:
    work: tuple[Callable[[], int], ...] = (_rows, world.stripe.webhooks.pump)
    world.stripe.tick()
    while sum(step() for step in work):
        world.stripe.tick()


def _rows() -> int:
    return sum([jobs.run(row) for row in due_rows()])


def _next_row() -> datetime | None:
    with db.transaction(writes=False) as session:
        return session.scalar(select(func.min(OutboxRow.due_at)).where(OutboxRow.state.in_((WAITING, TAKEN))))


def _next_notice(world: World) -> datetime | None:
    waiting = [one.due for one in world.stripe.webhooks.deliveries if one.state == "pending"]
    if not waiting:
        return None
    return datetime.fromtimestamp(min(waiting), world.clock.now().tzinfo)
