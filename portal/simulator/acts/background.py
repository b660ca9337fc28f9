"""What goes on by itself: the worker, periodic work, Stripe's post, and time."""

from datetime import timedelta

from portal.core import db, jobs, outbox
from portal.simulator.acts import act
from portal.simulator.world import World


def due_rows() -> list[int]:
    with db.transaction(writes=False):
        return outbox.due()


@act(weight=16, when=lambda _world: bool(due_rows()))
def the_worker_works(world: World) -> str:
    """Rows in any order, some left lying, some handed out twice."""
    rows = due_rows()
    if world.chance.random() < 0.5:
        world.chance.shuffle(rows)
        world.fault("job_reorder", int(len(rows) > 1))
    if world.chance.random() < 0.3:
        left = rows[: world.chance.randint(0, len(rows))]
        world.fault("job_delay", int(len(left) < len(rows)))
        rows = left
    if rows and world.chance.random() < 0.3:
        rows.insert(world.chance.randint(0, len(rows)), world.chance.choice(rows))
        world.fault("job_duplicate")
    return f"{sum([jobs.run(row) for row in rows])} of {len(rows)} rows"


def _has_post(world: World) -> bool:
    now = world.stripe.clock.now().timestamp()
    return any(one.state == "pending" and one.not_before <= now for one in world.stripe.webhooks.deliveries)


@act(weight=10, when=_has_post)
def stripes_post_arrives(world: World) -> str:
    world.stripe.tick()
    return f"{world.stripe.webhooks.pump(hurry=world.chance.random() < 0.3)} notices"


@act(weight=6, when=lambda world: bool(world.due_periodics()))
def periodic_work_runs(world: World) -> str:
    """What is due by the clock; now and then one is missed, or runs twice."""
    ran = []
    for name in world.due_periodics():
        if world.chance.random() < 0.15:
            continue
        world.run_periodic(name)
        ran.append(name.rpartition(".")[2])
    return " ".join(ran) or "nothing"


def at_once(world: World) -> str:
    """Stripe's post arrives and is worked off while one looks."""
    world.stripe.tick()
    return f"{world.stripe.webhooks.pump()} notices, {sum([jobs.run(row) for row in due_rows()])} rows at once"


@act(weight=5)
def some_minutes_pass(world: World) -> str:
    return _pass(world, timedelta(minutes=world.chance.randint(1, 20)))


@act(weight=4)
def some_hours_pass(world: World) -> str:
    return _pass(world, timedelta(minutes=world.chance.randint(30, 600)))


@act(weight=2)
def some_days_pass(world: World) -> str:
    return _pass(world, timedelta(hours=world.chance.randint(14, 96)))


@act(weight=0.7)
def some_weeks_pass(world: World) -> str:
    """Long enough for a promised day, for the days of a search, for a rest to be over."""
    return _pass(world, timedelta(days=world.chance.randint(5, 33)))


def _pass(world: World, by: timedelta) -> str:
    world.clock.move(by)
    world.stripe.tick()
    return str(by)
