"""What debtors say to people: that it is hard, what they ask and write, when to call them, that mails shall stop."""

import re

from sqlalchemy import select

from portal.calls.models import Call
from portal.calls.states import CallStatus
from portal.cases.models import Case
from portal.core import ids
from portal.hardship.models import Rest
from portal.hardship.states import RestStatus
from portal.simulator.acts import act
from portal.simulator.acts.entering import inside
from portal.simulator.acts.saying import standing
from portal.simulator.cast import PUBLIC_URL, Person
from portal.simulator.world import World

_STOP = re.compile(rf"{re.escape(PUBLIC_URL)}(/u/[\w.-]+)")
WORDS = ("Grazie.", "Vi pago venerdì.", "La merce era rotta.", "Non ce la faccio questo mese.", "When can I call?")


@act(weight=2.5)
def somebody_finds_it_hard(world: World) -> str:
    """Says what would help, or nothing of it; or says so once more."""
    tab = inside(world)
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/difficulty")
    form = tab.browser.form("/d/difficulty")
    offered = form.choices.get("help[]", [])
    helps = world.chance.sample(offered, world.chance.randint(0, len(offered)))
    tab.browser.post(form.action, {**form.fields, "help[]": helps})
    return f"{tab.person.code} {len(helps)} would help {tab.browser.code}"


def _resting(world: World) -> list[tuple[Person, int]]:
    return standing(world, Rest, (RestStatus.RUNNING,))


@act(weight=1.5, when=lambda world: bool(_resting(world)))
def somebody_wants_to_hear_from_us_again(world: World) -> str:
    person, _ = world.chance.choice(_resting(world))
    tab = inside(world, [person])
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/difficulty")
    tab.browser.submit("/difficulty/end")
    return f"{person.code} {tab.browser.code}"


def _with_cases(world: World) -> list[tuple[Person, int]]:
    found = []
    for house in world.houses:
        people = {one.debtor_id: one for one in house.people}
        with world.looking(house) as session:
            rows = session.execute(select(Case.debtor_id, Case.id).order_by(Case.id)).all()
            found += [(people[debtor_id], case_id) for debtor_id, case_id in rows]
    return found


@act(weight=3, when=lambda world: bool(_with_cases(world)))
def somebody_writes_on(world: World) -> str:
    """In what is open, or in what was closed."""
    person, case_id = world.chance.choice(_with_cases(world))
    tab = inside(world, [person])
    if tab is None:
        return "nobody in"
    tab.browser.get(f"/d/cases/{ids.spell(case_id)}")
    tab.browser.submit("/words", words=world.chance.choice(WORDS))
    return f"{person.code} {tab.browser.code}"


@act(weight=2)
def somebody_books_a_call(world: World) -> str:
    """Or moves the one that they have."""
    tab = inside(world)
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/call")
    form = tab.browser.form("/d/call")
    free = [at for at in form.choices.get("at", []) if at]
    if not free:
        return f"{tab.person.code} finds no moment"
    near = free[: world.chance.choice((1, 3, len(free)))]
    typed = {"at": world.chance.choice(near), "phone": "333 123 4567"}
    tab.browser.post(form.action, {**form.fields, **typed})
    return f"{tab.person.code} {typed['at']} {tab.browser.code}"


def _booked(world: World) -> list[tuple[Person, int]]:
    return standing(world, Call, (CallStatus.BOOKED,))


@act(weight=1.5, when=lambda world: bool(_booked(world)))
def somebody_calls_a_call_off(world: World) -> str:
    person, call_id = world.chance.choice(_booked(world))
    tab = inside(world, [person])
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/call")
    tab.browser.submit(f"/calls/{ids.spell(call_id)}/off")
    return f"{person.code} {tab.browser.code}"


def _stoppable(world: World) -> list[str]:
    """Addresses in mails that stop such mails."""
    return [
        found[1] for mail in world.mail.store.all() for found in _STOP.finditer(str(mail.message["List-Unsubscribe"]))
    ]


@act(weight=1, when=lambda world: bool(_stoppable(world)))
def somebody_stops_courtesy_mails(world: World) -> str:
    """As their mail program does it, with one click; or wants them again."""
    address = world.chance.choice(_stoppable(world))
    again = world.chance.random() < 0.4
    tab = world.tab(world.chance.choice(world.everybody))
    tab.browser.get(address)
    tab.browser.post(address, {"wish": "again"} if again else {"List-Unsubscribe": "One-Click"})
    return f"{'again' if again else 'stop'} {tab.browser.code}"
