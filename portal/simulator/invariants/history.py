"""History: every change of a status left one event, what is public is owed, what waits will be worked off."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from portal.core import clock, db, events, ids, scope, states
from portal.core.events import GENESIS
from portal.core.outbox import GAVE_UP, TAKEN, WAITING, OutboxRow
from portal.core.states import StatusColumn
from portal.debtors.models import Debtor
from portal.messages.models import Message
from portal.messages.rules import LETTER
from portal.messages.states import MessageStatus
from portal.payments.models import ProviderEvent
from portal.simulator.invariants import CALM, EVENTUALLY, invariant
from portal.simulator.pictures import Picture, pictures
from portal.simulator.world import World
from portal.webhooks.actions import KEPT_FOR_STOPPED
from portal.webhooks.models import Delivery, Endpoint
from portal.webhooks.states import DeliveryStatus, EndpointStatus

# A comparison that finds nothing is kept and tells nobody.
_BEGIN_SILENTLY = frozenset({"instalment", "balance_check"})

FORGOTTEN_AFTER = timedelta(days=90)


@invariant()
def the_chain_holds(world: World) -> Iterator[str]:
    """Every creditor's events are chained without a gap, each by the hash of what it says (rule D-30, D-40.7)."""
    for picture in pictures(world):
        seq, prev = world.seen.get(("chain", picture.house.slug), (0, GENESIS))
        for row in picture.news("chain"):
            if row.seq != seq + 1 or row.prev != prev or not events.is_sealed_by(row._asdict()):
                yield f"{picture.house.slug}: record {row.seq} {row.name} does not follow number {seq}"
            seq, prev = row.seq, row.hash
        world.seen["chain", picture.house.slug] = (seq, prev)


@invariant(EVENTUALLY)
def the_whole_chain_holds(world: World) -> Iterator[str]:
    """In the end nothing that was recorded has been changed since."""
    for house in world.houses:
        with world.looking(house):
            found = events.verify()
        if found.first_bad is not None:
            yield f"{house.slug}: {found.first_bad}"


@lru_cache(maxsize=1)
def _machines() -> list[tuple[type[db.Base], states.Machine]]:
    """Every table with a status, and the machine that writes it."""
    found = []
    for mapper in db.Base.registry.mappers:
        status = mapper.columns.get("status")
        kind = status.type if status is not None else None
        if isinstance(kind, StatusColumn):
            found.append((mapper.class_, _machine_of(mapper.class_, kind.enum_class)))
    return sorted(found, key=lambda pair: pair[1].name)


def _machine_of(model: type[db.Base], statuses: type[states.Status]) -> states.Machine:
    """The machine of these statuses; where features share them, the one with events of the model's feature."""
    ours = [one for one in states.MACHINES.values() if one.statuses is statuses]
    own = (one for one in ours if _feature(states.each(next(iter(one.begins.values())))[0]) == _feature(model))
    return ours[0] if len(ours) == 1 else next(own)


def _feature(found: type) -> str:
    return found.__module__.split(".")[1]


def _leads_to(machine: states.Machine) -> dict[str, set[Any]]:
    """The statuses that each event's name stands for."""
    found: dict[str, set[Any]] = {}
    pairs = [*machine.begins.items(), *((to, kinds) for (_, to), kinds in machine.edges.items())]
    for to, kinds in pairs:
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            found.setdefault(kind.name, set()).add(to)
    return found


@invariant()
def every_status_has_its_event(world: World) -> Iterator[str]:
    """A row stands where its last event says, since that moment, and began with an event (D-40.8)."""
    for picture in pictures(world):
        last = _last_events(world, picture)
        for model, machine in _machines():
            if scope.GLOBAL_TABLES.get(model.__tablename__) is not None:
                continue
            for row in picture.of(model):
                said = last.get((machine.name, row.id))
                if said is None and machine.name in _BEGIN_SILENTLY:
                    continue
                if said is None:
                    yield f"{picture.house.slug}: {machine.name} {row.id} is {row.status} and no event says so"
                elif row.status not in said[0] or row.status_at.replace(microsecond=0) != said[1]:
                    yield (
                        f"{picture.house.slug}: {machine.name} {row.id} is {row.status} since "
                        f"{clock.iso(row.status_at)}, its last event is {said[2]} of {clock.iso(said[1])}"
                    )


def _last_events(world: World, picture: Picture) -> dict[tuple[str, int], tuple[set[Any], Any, str]]:
    """Of each row with a status: where its last event leads, when that was, its name."""
    last: dict[tuple[str, int], tuple[set[Any], Any, str]]
    last = world.seen.setdefault(("last events", picture.house.slug), {})
    by_name: dict[str, list[tuple[type[db.Base], str, set[Any]]]] = world.seen.setdefault("machines by event", {})
    if not by_name:
        for model, machine in _machines():
            for name, to in _leads_to(machine).items():
                by_name.setdefault(name, []).append((model, machine.name, to))
    for row in picture.news("last events"):
        for model, machine_name, to in by_name.get(row.name, []):
            for row_id in _named(row, picture.by_id(model)):
                last[machine_name, row_id] = (to, row.at, row.name)
    return last


def _named(row: Any, known: Mapping[int, Any]) -> set[int]:
    """Which rows of one table an event is about: its subject; or others in what it says (a refund, of a payment)."""
    if row.subject_id in known:
        return {row.subject_id}
    return {ids.read(value) for name, value in row.data.items() if name.endswith("_id") and isinstance(value, str)}


@invariant()
def public_events_are_owed_once(world: World) -> Iterator[str]:
    """Each event that creditors' systems hear of has one delivery for each place that listens; no other has any."""
    young = clock.now() - FORGOTTEN_AFTER  # what systems were told long ago is forgotten (portal.privacy.retention)
    for picture in pictures(world):
        fresh = {row.id: row.at for row in picture.news("public") if events.EVENTS[row.name].public}
        due: dict[tuple[int, int], datetime] = world.seen.setdefault(("public", picture.house.slug), {})
        for place in picture.of(Endpoint):
            if place.status is EndpointStatus.ACTIVE or place.status_at > clock.now() - KEPT_FOR_STOPPED:
                # Nothing is kept for one that was stopped long ago.
                due.update({(place.id, event_id): at for event_id, at in fresh.items()})
        owed = Counter((row.endpoint_id, row.event_id) for row in picture.of(Delivery))
        missing = [one for one, at in due.items() if at > young and owed[one] != 1]
        if missing:
            yield f"{picture.house.slug}: {len(missing)} public events are not owed once, such as {missing[0][1]}"
        unasked = [one for one in owed if one not in due]
        if unasked:
            yield f"{picture.house.slug}: {len(unasked)} deliveries of what nobody hears, such as {unasked[0][1]}"


@invariant()
def what_waits_has_a_row(world: World) -> Iterator[str]:
    """Whatever is planned, undelivered or not worked off has a row in the outbox that will see to it (rule D-20)."""
    for picture in pictures(world):
        running: set[tuple[str, int]] = set()
        gave_up: set[tuple[str, int]] = set()
        for row in picture.of(OutboxRow):
            if row.state in {WAITING, TAKEN}:
                running.add((row.kind, row.subject_id))
            elif row.state == GAVE_UP:
                gave_up.add((row.kind, row.subject_id))
        for what, subject in _waiting(picture):
            if (what, subject) not in running and (what != "payments.work_event" or (what, subject) not in gave_up):
                yield f"{picture.house.slug}: {what} of {subject} waits and no row will see to it"


def _waiting(picture: Picture) -> Iterator[tuple[str, int]]:
    for message in picture.of(Message):
        if message.status in {MessageStatus.PLANNED, MessageStatus.SENDING} and message.channel != LETTER:
            yield "messages.send", message.id
    for delivery in picture.of(Delivery):
        if delivery.status is DeliveryStatus.WAITING and delivery.next_at is not None:
            yield "webhooks.deliver", delivery.id
    for notice in picture.of(ProviderEvent):
        if notice.done_at is None:
            yield "payments.work_event", notice.id


@invariant(EVENTUALLY)
def nothing_is_left_waiting(world: World) -> Iterator[str]:
    """In the end every row of the outbox whose time has come has been worked off, or says why it was given up."""
    now = world.clock.now()
    for picture in pictures(world):
        left = Counter(
            row.kind for row in picture.of(OutboxRow) if row.state in {WAITING, TAKEN} and row.due_at <= now
        )
        if left:
            yield f"{picture.house.slug}: {dict(left)}"


@invariant(CALM)
def rows_stay_with_their_creditor(world: World) -> Iterator[str]:
    """No row of one creditor speaks of another creditor's debtor (rule A-60)."""
    for picture in pictures(world):
        own = {row.id for row in picture.of(Debtor)}
        for mapper in db.Base.registry.mappers:
            model: Any = mapper.class_
            if not issubclass(model, scope.DebtorOwned):
                continue
            strange = [row.debtor_id for row in picture.of(model) if row.debtor_id not in own]
            if strange:
                yield f"{picture.house.slug}: {model.__tablename__} speaks of {len(strange)} debtors of somebody else"
        spoken = {row.debtor_id for row in picture.history if row.debtor_id is not None} - own
        if spoken:
            yield f"{picture.house.slug}: its history speaks of {len(spoken)} debtors of somebody else"
