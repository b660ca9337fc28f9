"""Paying by card: the way to Stripe's page, what happens there, the way back, and a second tab in between."""

import re

from portal.doubles.stripe.objects.payments import Declined, SessionClosed
from portal.simulator.acts import act
from portal.simulator.acts.background import at_once
from portal.simulator.acts.entering import enter, inside
from portal.simulator.browsers import Form
from portal.simulator.world import Tab, World

GOOD = ("4242424242424242", "4000003800000008", "5555555555554444")
BAD = ("4000000000000002", "4000000000009995")
THREE_D_SECURE = "4000002500003155"
DEEDS = ("pay", "pay", "pay", "pay", "decline", "approve", "refuse", "debit", "debit", "leave")
_GO = re.compile(r"/d/payments/[0-9a-z]{13}/go")
PAGE = "https://checkout.stripe.test/c/pay/"


def _choose(world: World, form: Form) -> dict[str, object]:
    """The form with some of the due items in it, or all; a part of them is paid as it was shown."""
    offered = form.choices.get("items[]", [])
    if "amount" in form.fields:
        return {**form.fields, "items[]": offered}
    chosen = offered if world.chance.random() < 0.6 else offered[: world.chance.randint(1, max(1, len(offered)))]
    return {**form.fields, "items[]": chosen}


def _go(world: World, tab: Tab) -> bool:
    """Keeps the address of a page at Stripe, if somebody was led to one."""
    if not tab.browser.location.startswith(PAGE):
        return False
    session = tab.browser.location.removeprefix(PAGE)
    if session in world.shown_pages:
        world.shown_pages.remove(session)
    world.shown_pages.append(session)  # the last one is the one in hand
    return True


@act(weight=16)
def somebody_pays_by_card(world: World) -> str:
    """To Stripe's page, or on with what they had begun; mostly they act there at once, and perhaps come back."""
    tab = inside(world, world.owing())
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/pay")
    begun = _GO.search(tab.browser.text)
    if begun is not None and world.chance.random() < 0.9:
        tab.browser.get(begun[0], follow=False)
        said = f"{tab.person.code} goes on {tab.browser.code}"
    else:
        said = f"{tab.person.code} {_begin(world, tab)}"
    if _go(world, tab) and world.chance.random() < 0.75:
        said = f"{said}, {_deed(world, world.shown_pages[-1])}"
        if world.chance.random() < 0.4:
            said = f"{said}, {at_once(world)}"
        if world.chance.random() < 0.5:
            tab.browser.get("/d/pay/return")
    return said


def _begin(world: World, tab: Tab) -> str:
    """All, some, or a part of it; now and then pressed twice."""
    if world.chance.random() < 0.3:
        euros, cents = world.chance.choice((10, 25, 100, 1000)), world.chance.randint(0, 99)
        tab.browser.get(f"/d/pay/part?amount={euros}.{cents:02d}")
        if "/pay/card" not in tab.browser.text:
            tab.browser.get("/d/pay")  # too much, or too little
    form = tab.browser.form("/pay/card")
    sent = _choose(world, form)
    times = 2 if world.chance.random() < 0.15 else 1
    for _ in range(times):
        tab.browser.post(form.action, sent, follow=False)
        _go(world, tab)
    return f"{tab.browser.code} x{times}"


@act(weight=5)
def two_tabs_start_to_pay(world: World) -> str:
    """A colleague has the same page open: both press."""
    first = inside(world, world.owing())
    if first is None:
        return "nobody in"
    second = world.tab(first.person)
    if not enter(world, second):
        return f"{first.person.code} alone"
    said, forms = [], []
    for tab in (first, second):
        tab.browser.get("/d/pay")
        forms.append((tab, tab.browser.form("/pay/card")))
    for tab, form in forms:
        tab.browser.post(form.action, _choose(world, form), follow=False)
        _go(world, tab)
        said.append(str(tab.browser.code))
    return f"{first.person.code} {' and '.join(said)}"


@act(weight=10, when=lambda world: bool(world.shown_pages))
def a_payer_acts_at_stripe(world: World) -> str:
    """On a page whose address they were given: mostly one that is open, else however old it is."""
    still_open = [one for one in world.shown_pages if world.stripe.backend.store.fetch(one)["status"] == "open"]
    pages = still_open if still_open and world.chance.random() < 0.8 else world.shown_pages[-4:]
    return _deed(world, world.chance.choice(pages))


def _deed(world: World, session: str) -> str:
    deed = world.chance.choice(DEEDS)
    try:
        return f"{deed}: {_at_stripe(world, session, deed)}"
    except Declined as no:
        return f"{deed}: declined {no.code}"
    except SessionClosed:
        return f"{deed}: closed"


def _at_stripe(world: World, session: str, deed: str) -> str:
    payer = world.stripe.payer
    if deed in {"approve", "refuse"}:
        if payer.pay_by_card(session, THREE_D_SECURE) == "authenticate":
            payer.authenticate(session, approve=deed == "approve")
        return "done"
    if deed == "debit":
        iban = world.chance.choice(("AT611904300234573201", "AT321904300235473204", "AT981904300002222227"))
        return payer.pay_by_debit(session, iban)
    if deed == "leave":
        return "left"
    return payer.pay_by_card(session, world.chance.choice(GOOD if deed == "pay" else BAD))


@act(weight=5)
def somebody_comes_back(world: World) -> str:
    tab = world.some_tab()
    tab.browser.get(world.chance.choice(("/d/pay/return", "/d/pay/left")))
    return f"{tab.person.code} {tab.browser.code} {tab.browser.path.partition('/payments/')[0]}"


@act(weight=4)
def somebody_stops_a_payment(world: World) -> str:
    tab = inside(world)
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/pay")
    tab.browser.submit("/stop")
    return f"{tab.person.code} {tab.browser.code}"


@act(weight=4)
def somebody_announces_a_transfer(world: World) -> str:
    tab = inside(world, world.owing())
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/pay/transfer")
    form = tab.browser.form("/pay/transfer")
    tab.browser.post(form.action, _choose(world, form))
    return f"{tab.person.code} {tab.browser.code}"
