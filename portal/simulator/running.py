"""One seed from its beginning to its end: steps, trouble, invariants, and what is reported of it."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import func, select

from portal.core import clock
from portal.core.events import ChainHead
from portal.ledger.models import Transfer
from portal.simulator import settling, trouble
from portal.simulator.acts import Kind, chosen, draw_favours
from portal.simulator.acts.entering import give_link
from portal.simulator.acts.importing import new_invoices
from portal.simulator.browsers import NoForm
from portal.simulator.crashes import Died
from portal.simulator.invariants import ALWAYS, CALM, EVENTUALLY, Violation, broken
from portal.simulator.staging import Stage
from portal.simulator.world import World

CALM_EVERY = 20  # steps
_LINK = re.compile(r"http://portal\.test/l/[\w-]{32}")


@dataclass
class Report:
    """What came of one seed. `digest` is of every step and of the books: the same seed, the same digest."""

    seed: int
    steps: int
    faults: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    digest: str = ""
    trace: list[str] = field(default_factory=list)

    def as_json(self, *, with_digest: bool = False) -> dict[str, Any]:
        """What is printed for programs; the digest beside it only where somebody compares runs."""
        found: dict[str, Any] = {
            "seed": self.seed,
            "steps": self.steps,
            "faults": dict(sorted(self.faults.items())),
            "violations": [asdict(one) for one in self.violations],
        }
        return found | ({"digest": self.digest} if with_digest else {})


def run(
    stage: Stage,
    seed: int,
    steps: int,
    *,
    watch: Callable[[str], None] = lambda _: None,
    favours: Mapping[str, float] | None = None,
    ending: bool = True,
) -> Report:
    """Plays `seed` for `steps` steps and lets it end in peace; stops at the first step that breaks something.

    `favours` makes acts, by name, so many times as likely, and so `trouble` and `death`. Without `ending` it stops
    after its last step, and what must come right in the end is not asked.
    """
    report = Report(seed, steps)

    def note(line: str) -> None:
        report.trace.append(line)
        watch(line)

    with stage.world(seed) as world:
        world.favours.update(favours or {})
        for violation in _play(world, steps, note, ending=ending):
            report.violations.append(violation)
        world.faults.update(world.crashes.deaths)
        report.faults = dict(world.faults)
        report.digest = _digest(world, report.trace)
    return report


def _play(world: World, steps: int, note: Callable[[str], None], *, ending: bool) -> list[Violation]:
    _begin(world, note)
    for world.step in range(1, steps + 1):
        trouble.order(world)
        kind = chosen(world)
        said = _perform(world, kind)
        note(f"{world.step} {clock.iso(world.clock.now())} {kind.name}: {said}")
        found = [*_looked(world), *broken(world, ALWAYS)]
        if not found and world.step % CALM_EVERY == 0:
            found = _calm(world, note)
        if found:
            return found
        world.later(seconds=world.chance.randint(1, 120))
    return _calm(world, note) or (_finally(world, note) if ending else [])


def _begin(world: World, note: Callable[[str], None]) -> None:
    """Everybody has a link, and there is something to pay."""
    draw_favours(world)
    for person in world.everybody:
        give_link(world, person)
    for house in world.houses:
        note(f"0 {clock.iso(world.clock.now())} {new_invoices(world, house, 4)}")


def _perform(world: World, kind: Kind) -> str:
    try:
        said = kind.run(world)
    except Died as death:
        world.restart()
        said = f"died: {death}"
    except NoForm as missing:
        said = f"not offered: {missing}"
    except Exception as error:
        said = world.noise.note(kind.name, error)
    world.crashes.calm()
    return said


def _looked(world: World) -> Iterator[Violation]:
    """What browsers saw, what the product itself did not expect; mail that came is opened."""
    for tab in world.tabs:
        for name, what in tab.browser.bad:
            yield Violation(world.step, name, what)
        tab.browser.bad.clear()
    for said in world.noise.take():
        yield Violation(world.step, "nothing_unexpected", said)
    _open_mail(world)


def _open_mail(world: World) -> None:
    """Links travel by mail: whoever owns the mailbox has them from here on."""
    mails = world.mail.store.all()
    by_address = {person.email: person for person in world.everybody}
    for mail in mails[world.seen.get("mails opened", 0) :]:
        person = by_address.get(mail.recipients[0])
        if person is not None:
            world.links[person.debtor_id] += _LINK.findall(mail.text)
    world.seen["mails opened"] = len(mails)


def _settle(world: World, settle: Callable[[World], None]) -> None:
    try:
        settle(world)
    except Exception as error:
        world.noise.note("while all was settled", error)


def _calm(world: World, note: Callable[[str], None]) -> list[Violation]:
    _settle(world, settling.shortly)
    note(f"{world.step} {clock.iso(world.clock.now())} calm")
    return [*_looked(world), *broken(world, ALWAYS, CALM)]


def _finally(world: World, note: Callable[[str], None]) -> list[Violation]:
    _settle(world, settling.finally_)
    note(f"{world.step} {clock.iso(world.clock.now())} four days later")
    return [*_looked(world), *broken(world, ALWAYS, CALM, EVENTUALLY)]


def _digest(world: World, trace: list[str]) -> str:
    """Of the trace, every creditor's event chain, and the books."""
    digest = hashlib.sha256("\n".join(trace).encode())
    for house in world.houses:
        with world.looking(house) as session:
            head = session.scalars(select(ChainHead.hash)).one_or_none()
            booked = session.execute(
                select(func.count(), func.sum(Transfer.amount_minor)).select_from(Transfer)
            ).one()
        digest.update(f"{house.slug} {head} {tuple(booked)}".encode())
    return digest.hexdigest()
