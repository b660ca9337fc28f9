"""What breaks, ordered by chance before a step: at the provider, on its road to us, at the ERP, in the post, here."""

from collections.abc import Callable
from datetime import timedelta

from portal.core.relay import Verdict
from portal.simulator.wires import Trouble
from portal.simulator.world import World

CHANCE, DEATH = 0.3, 0.14
LONGEST_DELAY = timedelta(days=4)
MOST_SKEW = timedelta(minutes=10)


def order(world: World) -> None:
    """Perhaps something breaks from now on, and perhaps the process dies in this step."""
    if world.chance.random() < CHANCE * world.favours.get("trouble", 1.0):
        kind, break_it = world.chance.choice(_KINDS)
        world.fault(kind, break_it(world))
    if world.chance.random() < DEATH * world.favours.get("death", 1.0):
        how = world.chance.choice(("before", "after", "call"))
        if how == "call":
            world.crashes.plan_at_call()
        else:
            world.crashes.plan(world.chance.randint(1, 5), after=how == "after")


def end(world: World) -> None:
    """All is well again from here on; what is on the road stays there, and clocks agree."""
    world.crashes.calm()
    world.stripe.faults.clear()
    world.stripe.webhooks.calm()
    world.stripe.webhooks.release("shuffled", world.chance)
    world.stripe.clock.skew = timedelta(0)
    world.mail.troubles.clear()
    for erp in world.erps.values():
        erp.troubles.clear()


def _some(world: World) -> int:
    return world.chance.randint(1, 3)


def _drop(world: World) -> int:
    times = _some(world)
    world.stripe.webhooks.drop(times=times)
    return times


def _duplicate(world: World) -> int:
    times = _some(world)
    world.stripe.webhooks.duplicate(times=times, copies=world.chance.randint(2, 3))
    return times


def _delay(world: World) -> int:
    times = _some(world)
    world.stripe.webhooks.delay(LONGEST_DELAY * world.chance.random(), times=times)
    return times


def _reorder(world: World) -> int:
    """Kept back now, let go in another order by a later one."""
    if world.seen.setdefault("holding", False):
        world.stripe.webhooks.release(world.chance.choice(("reversed", "shuffled")), world.chance)
    else:
        world.stripe.webhooks.hold()
    world.seen["holding"] = not world.seen["holding"]
    return 1


def _skew(world: World) -> int:
    world.stripe.clock.skew = MOST_SKEW * world.chance.uniform(-1, 1)
    return 1


def _provider_error(world: World) -> int:
    times, status = _some(world), world.chance.choice((500, 503, 429))
    world.stripe.faults.fail(times, status=status, effect=status != 429 and world.chance.random() < 0.5)
    return times


def _provider_silent(world: World) -> int:
    break_it = world.chance.choice((world.stripe.faults.reset, world.stripe.faults.hang))
    times = _some(world)
    break_it(times, effect=world.chance.random() < 0.5)
    return times


def _erp_error(world: World) -> int:
    erp, times = world.chance.choice(list(world.erps.values())), _some(world)
    status = world.chance.choice((500, 500, 500, 503, 429, 301, 410))
    after = world.chance.choice((None, 5, 900)) if status in {429, 503} else None
    erp.troubles.extend([Trouble(status, kept=world.chance.random() < 0.4, retry_after=after)] * times)
    return times


def _erp_silent(world: World) -> int:
    erp, times = world.chance.choice(list(world.erps.values())), _some(world)
    erp.troubles.extend([Trouble(None, kept=world.chance.random() < 0.5)] * times)
    return times


def _mail_later(world: World) -> int:
    times = _some(world)
    world.mail.troubles.extend([(Verdict.LATER, False)] * times)
    return times


def _mail_cut(world: World) -> int:
    world.mail.troubles.append((Verdict.UNKNOWN, world.chance.random() < 0.5))
    return 1


def _mail_refused(world: World) -> int:
    """The relay refuses one mail; or a mailbox is gone for good."""
    if world.chance.random() < 0.7:
        world.mail.troubles.append((Verdict.REFUSED, False))
    else:
        world.mail.gone.add(world.chance.choice(world.everybody).email)
    return 1


_KINDS: tuple[tuple[str, Callable[[World], int]], ...] = (
    ("drop", _drop),
    ("duplicate", _duplicate),
    ("delay", _delay),
    ("reorder", _reorder),
    ("skew", _skew),
    ("provider_error", _provider_error),
    ("provider_silent", _provider_silent),
    ("erp_error", _erp_error),
    ("erp_silent", _erp_silent),
    ("mail_later", _mail_later),
    ("mail_cut", _mail_cut),
    ("mail_refused", _mail_refused),
)
