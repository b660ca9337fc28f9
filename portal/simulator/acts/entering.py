"""How a debtor comes in: by a link that reached them, through the gate, with the right fact or a wrong one."""

from collections.abc import Sequence
from datetime import timedelta

from portal.core import clock
from portal.debtors import links
from portal.debtors import queries as debtor_queries
from portal.simulator.acts import act
from portal.simulator.cast import Person
from portal.simulator.world import Tab, World


def give_link(world: World, person: Person) -> str:
    """A link to the address on file, as a letter or a phone call would bring it."""
    with world.acting(world.house_of(person)):
        contact = debtor_queries.mail_contact(person.debtor_id)
        link = links.issue(
            person.debtor_id,
            purpose=links.PORTAL,
            campaign="by_phone",
            expires_at=clock.now() + timedelta(days=60),
            contact_point_id=contact.id if contact else None,
        )
        address = links.address(link.id)
    world.links.setdefault(person.debtor_id, []).append(address)
    return f"{person.code} has a link"


def enter(world: World, tab: Tab) -> bool:
    """Opens a link that reached this person, mostly the newest, and types the fact; whether that let them in."""
    addresses = world.links[tab.person.debtor_id]
    tab.browser.get(addresses[-1] if world.chance.random() < 0.8 else world.chance.choice(addresses))
    pass_gate(tab, tab.person.fact)
    return is_inside(tab)


def pass_gate(tab: Tab, fact: str) -> None:
    """Types the right fact, where the gate asks for one."""
    if tab.browser.path == "/gate" and 'name="fact"' in tab.browser.text:
        tab.browser.entered = True  # what comes next may be shown
        tab.browser.submit("/gate", fact=fact)


def is_inside(tab: Tab) -> bool:
    return tab.browser.path.startswith("/d/") and tab.browser.code == 200


def inside(world: World, of: Sequence[Person] = ()) -> Tab | None:
    """A browser that is through the gate, with a link asked for by phone if need be; None when nobody is let in."""
    tab = world.some_tab(of)
    tab.browser.get("/d/")
    if is_inside(tab):
        return tab
    if enter(world, tab):
        return tab
    if world.chance.random() < 0.6:
        give_link(world, tab.person)
        return tab if enter(world, tab) else None
    return None


@act(weight=4)
def somebody_comes_in(world: World) -> str:
    tab = world.some_tab()
    return f"{tab.person.code} {'is in' if enter(world, tab) else 'stays outside'}"


@act(weight=2)
def somebody_types_a_wrong_fact(world: World) -> str:
    tab = world.tab(world.chance.choice(world.everybody))
    browser = tab.browser
    browser.get(world.chance.choice(world.links[tab.person.debtor_id]))
    if browser.path == "/gate" and 'name="fact"' in browser.text:
        browser.submit("/gate", fact="0000")
    return f"{tab.person.code} {browser.path} {browser.code}"


@act(weight=1)
def somebody_asks_for_a_new_link(world: World) -> str:
    tab = world.some_tab()
    tab.browser.get(world.chance.choice(world.links[tab.person.debtor_id]))
    tab.browser.submit("/gate/new-link")
    return f"{tab.person.code} {tab.browser.code}"


@act(weight=0.5)
def somebody_says_that_it_is_not_them(world: World) -> str:
    tab = world.tab(world.chance.choice(world.everybody))
    tab.browser.get(world.chance.choice(world.links[tab.person.debtor_id]))
    tab.browser.get("/gate/not-me")
    tab.browser.submit("/gate/not-me", reason="not_mine")
    return f"{tab.person.code} {tab.browser.code}"


@act(weight=1)
def somebody_leaves(world: World) -> str:
    tab = inside(world)
    if tab is None:
        return "nobody in"
    tab.browser.submit("/leave")
    tab.browser.entered = False
    return f"{tab.person.code} {tab.browser.code}"
