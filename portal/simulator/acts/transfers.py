"""Bank transfers: right, partial, twice, without a reference; statements late, twice, in pieces; returns."""

from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select

from portal.bank_statements import batches, booking, returning, taking_in
from portal.bank_statements import queries as statements
from portal.bank_statements.models import BankMovement
from portal.bank_statements.states import MovementStatus
from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.imports.options import ReadOptions
from portal.invoices import queries as invoices
from portal.invoices.queries import Item
from portal.simulator.acts import act
from portal.simulator.cast import House, Person
from portal.simulator.crashes import Died
from portal.simulator.world import World

MANNERS = ("exact", "exact", "part", "halves", "over", "far over", "twice", "unnamed", "several")


def open_items(world: World, person: Person) -> list[Item]:
    with world.looking(world.house_of(person)):
        return invoices.items_of_debtor(person.debtor_id)


@act(weight=8)
def somebody_makes_a_transfer(world: World) -> str:
    person = world.chance.choice(world.everybody)
    items = open_items(world, person)
    if not items:
        return f"{person.code} owes nothing"
    item = world.chance.choice(items)
    manner = world.chance.choice(MANNERS)
    half = max(1, item.open.minor // 2)
    over = {"over": 500, "far over": world.chance.randint(100, 200_000)}.get(manner, 0)
    minor = half if manner in {"part", "halves"} else item.open.minor + over
    text = ""
    if manner == "several" and len(items) > 1:
        minor = sum(one.open.minor for one in items)
        text = "Pago " + " e ".join(one.reference for one in items)
    bank, today = world.banks[person.creditor_id], clock.today()
    for _ in range(2 if manner in {"twice", "halves"} else 1):
        bank.credit(
            Money(minor, "EUR"),
            today,
            reference=None if manner == "unnamed" or text else item.reference,
            text=text,
            name=person.name,
            iban=None,
            value_on=today - timedelta(days=world.chance.choice((0, 0, 1))),
        )
    said = f"{person.code} {manner} {minor} for {item.number}"
    if world.chance.random() < 0.4:
        said = f"{said}; {bring_in(world, world.house_of(person), today)}"
    return said


@act(weight=2, when=lambda world: any(bank.booked for bank in world.banks.values()))
def a_payers_bank_takes_it_back(world: World) -> str:
    bank = world.chance.choice([one for one in world.banks.values() if one.booked])
    returned = {one.returns for one in bank.booked}
    credits_ = [one for one in bank.booked if one.amount.minor > 0 and one.number not in returned]
    if not credits_:
        return "nothing to take back"
    taken = world.chance.choice(credits_)
    bank.return_(taken, clock.today())
    return f"{taken.amount.minor} of {taken.booked_on}"


def unread_days(world: World, house: House) -> list[date]:
    """Days with movements whose statement has not been brought in since."""
    booked = world.banks[house.creditor_id].booked
    return sorted({one.booked_on for one in booked if one.number not in world.read_movements[house.creditor_id]})


@act(weight=6, when=lambda world: any(unread_days(world, house) for house in world.houses))
def a_bank_statement_is_brought_in(world: World) -> str:
    """A day's statement, what was booked so far, or a piece of it; an old one again."""
    house = world.chance.choice([one for one in world.houses if unread_days(world, one)])
    bank = world.banks[house.creditor_id]
    day = world.chance.choice(unread_days(world, house))
    if world.chance.random() < 0.15:
        day = world.chance.choice([one.booked_on for one in bank.booked])
    return f"{house.slug} {bring_in(world, house, day)}"


def bring_in(world: World, house: House, day: date) -> str:
    """As `portal import statement FILE` does it; a day that is not over yet comes as what was booked so far."""
    bank = world.banks[house.creditor_id]
    of_the_day = [one for one in bank.booked if one.booked_on == day]
    if day < clock.today() and world.chance.random() < 0.7:
        kind, content = "053", bank.statement(day)
    elif world.chance.random() < 0.5:
        kind, content = "052", bank.report(day)
    else:
        kind, content = "054", bank.notification(day)
    path = world.folder / f"{world.step:06d}-{house.slug}-{kind}-{day}.xml"
    path.write_bytes(content)
    said = _take_in(world, house, path)
    world.read_movements[house.creditor_id].update(one.number for one in of_the_day)
    return f"{kind} of {day}: {said}"


def _take_in(world: World, house: House, path: Path) -> str:
    options = ReadOptions()
    for _ in range(3):
        try:
            with world.acting(house):
                batch = batches.begin(options, [path])
            counts = taking_in.run(house.creditor_id, batch, options, [(path.name, path)])
        except Died:
            world.restart()
            continue
        return f"{counts.new} new {counts.known} known {counts.booked} booked {counts.waiting} waiting"
    return "died again and again"


def waiting_movements(world: World, house: House) -> list[int]:
    with world.looking(house) as session:
        waiting = select(BankMovement.id).where(BankMovement.status == MovementStatus.WAITING)
        return list(session.scalars(waiting.order_by(BankMovement.id)))


@act(weight=4, when=lambda world: any(waiting_movements(world, house) for house in world.houses))
def a_clerk_works_the_banks_queue(world: World) -> str:
    house = world.chance.choice([one for one in world.houses if waiting_movements(world, one)])
    return f"{house.slug} {decide(world, house, world.chance.choice(waiting_movements(world, house)))}"


def decide(world: World, house: House, movement_id: int) -> str:
    """By the payer's name, as a person would; what cannot be told is put aside."""
    try:
        with world.acting(house):
            movement = statements.locked(movement_id)
            if movement is None:
                return "gone"
            if movement.amount_minor < 0:
                return _decide_return(movement)
            person = next((one for one in house.people if one.name == movement.counterparty_name), None)
            if person is None or world.chance.random() < 0.1:
                booking.put_aside(movement, "not_customer")
                return "put aside"
            return _decide_credit(movement, person)
    except NotAllowedNow:
        return "may not"


def _decide_credit(movement: BankMovement, person: Person) -> str:
    left, chosen = movement.amount_minor, {}
    for item in invoices.items_of_debtor(person.debtor_id):
        part = min(left, item.open.minor)
        if part > 0:
            chosen[item.item_id], left = Money(part, "EUR"), left - part
    if not chosen:
        booking.credit(movement, person.debtor_id)
        return "kept as credit"
    booking.accept(movement, chosen)
    return f"pays {len(chosen)} items"


def _decide_return(movement: BankMovement) -> str:
    found, _sure = returning.originals(movement)
    if not found:
        booking.put_aside(movement, "other")
        return "nobody knows what it gives back"
    returning.accept(movement, found[0])
    return "gives back a transfer"
