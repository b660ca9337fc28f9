"""The creditor's system exports and the portal takes in: new invoices, changed ones, settled ones, credit notes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from portal.core import clock
from portal.imports import actions as imports
from portal.imports.options import ReadOptions
from portal.invoices.models import DueItem, Invoice, Reservation
from portal.simulator import papers
from portal.simulator.acts import act
from portal.simulator.cast import House
from portal.simulator.crashes import Died
from portal.simulator.world import Billed, World

LATE_FILES = "invoices that were written and not brought in"


def take_in(world: World, rows: Sequence[Billed], name: str, content: bytes) -> str:
    """As `portal import invoices FILE --creditor SLUG` does it; run again from the start when the process dies."""
    house = rows[0].house
    for row in rows:
        world.secrets[row.person.debtor_id].words.add(row.number)
    path = world.folder / f"{world.step:06d}-{len(world.billed):06d}-{name}"
    path.write_bytes(content)
    for _ in range(3):
        try:
            with world.acting(house):
                batch = imports.begin(ReadOptions(), [name])
            counts = imports.run(house.creditor_id, batch, ReadOptions(), [(name, path)])
        except Died:
            world.restart()
            continue
        return f"{counts.created} new {counts.changed} changed {counts.unchanged} same {counts.refused} refused"
    return "died again and again"


def new_invoices(world: World, house: House, count: int) -> str:
    """`count` invoices of one creditor, to anybody, due in some weeks or late already; a few are paid already."""
    today = clock.today()
    rows: list[Billed] = []
    first = world.chance.randrange(len(house.people))
    for place in range(count):
        issued_on = today - timedelta(days=world.chance.randint(0, 25))
        rows.append(
            Billed(
                house=house,
                person=house.people[(first + place) % len(house.people)],
                number=f"SIM-{len(world.billed) + len(rows) + 1:05d}",
                kind="invoice",
                minor=world.chance.choice(
                    (101, world.chance.randint(60, 9_999), world.chance.randint(10_000, 900_000))
                ),
                issued_on=issued_on,
                due_on=issued_on + timedelta(days=world.chance.choice((0, 10, 30, 30, 60))),
                settled_on=today if world.chance.random() < 0.05 else None,
            )
        )
    said = take_in(world, rows, "invoices.csv", papers.table(rows))
    world.billed += rows
    return f"{house.slug} {said}"


@act(weight=5)
def a_creditor_imports_invoices(world: World) -> str:
    return new_invoices(world, world.chance.choice(world.houses), world.chance.randint(1, 4))


@act(weight=4)
def a_creditor_imports_changed_invoices(world: World) -> str:
    """The same file again, with a later due date, as settled, or just the same."""
    known = [one for one in world.billed if one.kind == "invoice"]
    if not known:
        return "nothing to change"
    house = world.chance.choice(known).house
    rows = [one for one in known if one.house is house][-3:]
    for at, row in enumerate(rows):
        change = world.chance.choice(("due_on", "settled_on", "same"))
        if change == "due_on":
            rows[at] = replace(row, due_on=row.due_on + timedelta(days=5))
        elif change == "settled_on" and row.settled_on is None:
            rows[at] = replace(row, settled_on=clock.today())
    return f"{house.slug} {take_in(world, rows, 'changed.csv', papers.table(rows))}"


def _being_paid(world: World) -> list[Billed]:
    """Invoices of which a payment page is open somewhere right now."""
    numbers: set[tuple[str, str]] = set()
    for house in world.houses:
        with world.looking(house) as session:
            reserved = select(Invoice.number).join(DueItem, DueItem.invoice_id == Invoice.id)
            reserved = reserved.join(Reservation, Reservation.due_item_id == DueItem.id).where(Reservation.is_open)
            numbers.update((house.slug, number) for number in session.scalars(reserved))
    return [one for one in world.billed if (one.house.slug, one.number) in numbers]


@act(weight=5, when=lambda world: bool(_being_paid(world)))
def an_open_payment_is_overtaken(world: World) -> str:
    """While somebody stands at Stripe's page the creditor's file says that it was paid, or credits it."""
    billed = world.chance.choice(_being_paid(world))
    if world.chance.random() < 0.5:
        return f"{billed.number} credited: {credit(world, billed, 1.0)}"
    row = replace(billed, settled_on=clock.today())
    return f"{billed.number} settled: {take_in(world, [row], 'settled.csv', papers.table([row]))}"


@act(weight=3)
def a_creditor_imports_a_credit_note(world: World) -> str:
    """Over part of an invoice, all of it, or more than is left."""
    known = [one for one in world.billed if one.kind == "invoice"]
    if not known:
        return "nothing to credit"
    invoice = world.chance.choice(known)
    return f"{invoice.house.slug} {credit(world, invoice, world.chance.choice((0.3, 1.0, 1.0)))}"


@act(weight=2)
def a_credit_note_comes_before_its_invoice(world: World) -> str:
    """The invoice is written, and its file late: the note waits for it."""
    house = world.chance.choice(world.houses)
    written = _written(world, house)
    world.seen.setdefault(LATE_FILES, []).append(written)
    return f"{house.slug} for {written.number}: {credit(world, written, world.chance.choice((0.3, 1.0, 1.5)))}"


def _written(world: World, house: House) -> Billed:
    today = clock.today()
    return Billed(
        house=house,
        person=world.chance.choice(house.people),
        number=f"TARDI-{len(world.billed) + 1:05d}",
        kind="invoice",
        minor=world.chance.randint(60, 90_000),
        issued_on=today,
        due_on=today + timedelta(days=world.chance.choice((0, 10, 30))),
    )


@act(weight=3, when=lambda world: bool(world.seen.get(LATE_FILES)))
def a_late_invoice_comes(world: World) -> str:
    late = world.seen[LATE_FILES]
    row = late.pop(world.chance.randrange(len(late)))
    said = take_in(world, [row], "late.csv", papers.table([row]))
    world.billed.append(row)
    return f"{row.house.slug} {row.number}: {said}"


def credit(world: World, invoice: Billed, share: float) -> str:
    """A credit note for that share of an invoice comes in a file."""
    row = Billed(
        house=invoice.house,
        person=invoice.person,
        number=f"NC-{len(world.billed) + 1:05d}",
        kind="credit_note",
        minor=max(1, int(invoice.minor * share)),
        issued_on=max(invoice.issued_on, clock.today()),
        due_on=None,
        related=invoice.number,
    )
    said = take_in(world, [row], "nota.xml", papers.credit_note(row))
    world.billed.append(row)
    return said
