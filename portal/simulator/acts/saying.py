"""What debtors say instead of paying: why it is still open, when they will pay, that they have paid already."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from portal.already_paid.models import PaidClaim, PaidClaimItem
from portal.already_paid.states import RUNNING
from portal.core import clock, db, ids
from portal.core.money import Money
from portal.invoices import queries as invoices
from portal.promises.models import Promise, PromiseLine
from portal.promises.states import PromiseStatus
from portal.simulator.acts import act
from portal.simulator.acts.entering import inside
from portal.simulator.acts.transfers import bring_in
from portal.simulator.browsers import Form
from portal.simulator.cast import Person
from portal.simulator.world import World


def standing(world: World, model: type[db.Base], statuses: Sequence[Any]) -> list[tuple[Person, int]]:
    """Rows of a feature that stand as one of these, with whose they are."""
    found: list[tuple[Person, int]] = []
    table: Any = model
    wanted = select(table.debtor_id, table.id).where(table.status.in_(statuses)).order_by(table.id)
    for house in world.houses:
        people = {one.debtor_id: one for one in house.people}
        with world.looking(house) as session:
            found += [(people[debtor_id], row_id) for debtor_id, row_id in session.execute(wanted)]
    return found


def _promised(world: World) -> list[tuple[Person, int]]:
    return standing(world, Promise, (PromiseStatus.OPEN,))


def _claimed(world: World) -> list[tuple[Person, int]]:
    return standing(world, PaidClaim, RUNNING)


def in_days(world: World, *days: int) -> str:
    day: date = clock.today("Europe/Rome") + timedelta(days=world.chance.choice(days))
    return day.isoformat()


def _some(world: World, form: Form) -> list[str]:
    """One or several of the documents that are offered."""
    offered = form.choices.get("items[]", [])
    return offered[: world.chance.randint(1, max(1, len(offered)))]


@act(weight=3)
def somebody_says_why(world: World) -> str:
    """One of the five answers on the first page, which asks only after a due date."""
    tab = inside(world, world.owing())
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/")
    form = tab.browser.form("/d/reason")
    reason = world.chance.choice(form.choices["reason"])
    tab.browser.post(form.action, {**form.fields, "reason": reason})
    return f"{tab.person.code} {reason} {tab.browser.code} {tab.browser.path}"


@act(weight=7)
def somebody_names_a_day(world: World) -> str:
    """For all of it or a part, soon or as late as may be, and perhaps with a note the day before."""
    tab = inside(world, world.owing())
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/promise")
    if tab.browser.path != "/d/promise":
        return f"{tab.person.code} has named one"
    form = tab.browser.form("/d/promise")
    typed: dict[str, Any] = {"items[]": _some(world, form), "pay_on": in_days(world, 0, 1, 1, 2, 5, 14, 29)}
    if "amount" in form.fields and world.chance.random() < 0.3:
        typed["amount"] = f"{world.chance.choice((10, 25, 60))},{world.chance.randint(0, 99):02d}"
    if world.chance.random() < 0.6:
        typed["remind"] = "yes"
    tab.browser.post(form.action, {**form.fields, **typed})
    return f"{tab.person.code} {len(typed['items[]'])} on {typed['pay_on']} {tab.browser.code}"


@act(weight=3, when=lambda world: bool(_promised(world)))
def somebody_thinks_again_about_their_day(world: World) -> str:
    """Names another one, or takes it back."""
    person, promise_id = world.chance.choice(_promised(world))
    tab = inside(world, [person])
    if tab is None:
        return "nobody in"
    tab.browser.get(f"/d/promises/{ids.spell(promise_id)}")
    if world.chance.random() < 0.4:
        tab.browser.submit("/cancel")
        return f"{person.code} takes it back {tab.browser.code}"
    tab.browser.submit("/day", pay_on=in_days(world, -1, 0, 1, 3, 10, 25, 40))
    return f"{person.code} another day {tab.browser.code}"


@act(weight=5)
def somebody_says_that_they_have_paid(world: World) -> str:
    tab = inside(world, world.owing())
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/already-paid")
    if tab.browser.path != "/d/already-paid":
        return f"{tab.person.code} has said so"
    form = tab.browser.form("/d/already-paid")
    typed: dict[str, Any] = {"items[]": _some(world, form), "paid_on": in_days(world, 0, -1, -3, -10)}
    if world.chance.random() < 0.5:
        typed["reference"] = f"CRO {world.step:011d}"
    tab.browser.post(form.action, {**form.fields, **typed})
    return f"{tab.person.code} {len(typed['items[]'])} on {typed['paid_on']} {tab.browser.code}"


@act(weight=1.5, when=lambda world: bool(_claimed(world)))
def somebody_looks_at_their_bank_again(world: World) -> str:
    """Another date or number for what they say is paid."""
    person, claim_id = world.chance.choice(_claimed(world))
    tab = inside(world, [person])
    if tab is None:
        return "nobody in"
    page = f"/d/already-paid/{ids.spell(claim_id)}"
    tab.browser.get(page)
    tab.browser.submit(page, paid_on=in_days(world, 0, -2, -5), reference=f"TRN{world.step:05d}")
    return f"{person.code} {tab.browser.code}"


def _spoken_for(world: World, person: Person) -> list[int]:
    """Due items that they have promised, or say are paid."""
    found: list[int] = []
    with world.looking(world.house_of(person)) as session:
        for line in (PromiseLine, PaidClaimItem):
            found += session.scalars(select(line.due_item_id).where(line.is_open, line.debtor_id == person.debtor_id))
    return found


@act(weight=5, when=lambda world: bool(_promised(world) or _claimed(world)))
def somebody_is_as_good_as_their_word(world: World) -> str:
    """The transfer that was promised, or said to be made, arrives: whole or in part, today or valued before."""
    person, _ = world.chance.choice([*_promised(world), *_claimed(world)])
    spoken_for = sorted(_spoken_for(world, person))
    with world.looking(world.house_of(person)):
        items = [one for one in invoices.items(spoken_for) if one.is_open]
    if not items:
        return f"{person.code} owes nothing"
    item, today = world.chance.choice(items), clock.today()
    minor = item.open.minor if world.chance.random() < 0.7 else world.chance.randint(1, item.open.minor)
    world.banks[person.creditor_id].credit(
        Money(minor, "EUR"), today, reference=item.reference, text="", name=person.name, iban=None,
        value_on=today - timedelta(days=world.chance.choice((0, 0, 0, 2))),
    )  # fmt: skip
    said = f"{person.code} {minor} for {item.number}"
    if world.chance.random() < 0.7:
        said = f"{said}; {bring_in(world, world.house_of(person), today)}"
    return said
