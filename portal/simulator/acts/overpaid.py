"""Money that came in too much: its owner says what to do with it, the creditor's people do it with four eyes."""

import re

from sqlalchemy import select

from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.overpayments import actions, giving_back
from portal.overpayments.models import Overpayment
from portal.overpayments.states import OverpaymentStatus
from portal.simulator.acts import act
from portal.simulator.acts.entering import inside
from portal.simulator.acts.taking_back import ASKER, COLLEAGUE
from portal.simulator.cast import House
from portal.simulator.world import World

_CREDIT = re.compile(r"/d/credit/([0-9a-z]{13})")
S = OverpaymentStatus


def overpayments(world: World, house: House, *statuses: OverpaymentStatus) -> list[int]:
    with world.looking(house) as session:
        found = select(Overpayment.id).where(Overpayment.status.in_(statuses)).order_by(Overpayment.id)
        return list(session.scalars(found))


def _any(world: World, *statuses: OverpaymentStatus) -> bool:
    return any(overpayments(world, house, *statuses) for house in world.houses)


@act(weight=4, when=lambda world: _any(world, S.OPEN, S.KEPT))
def somebody_says_what_to_do_with_it(world: World) -> str:
    tab = inside(world)
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/")
    offered = sorted(set(_CREDIT.findall(tab.browser.text)))
    if not offered:
        return f"{tab.person.code} has nothing too much"
    tab.browser.get(f"/d/credit/{world.chance.choice(offered)}")
    form = tab.browser.form("/d/credit/")
    tab.browser.post(form.action, {**form.fields, "wish": world.chance.choice(form.choices["wish"])})
    return f"{tab.person.code} {tab.browser.code}"


@act(weight=4, when=lambda world: _any(world, S.OPEN, S.REFUND_REQUESTED))
def a_clerk_sees_to_what_was_too_much(world: World) -> str:
    house = world.chance.choice(world.houses)
    return f"{house.slug} {see_to(world, house)}"


def see_to(world: World, house: House) -> str:
    """One that is open is kept, refunded by card or transferred back; what a colleague noted is agreed to."""
    undecided = overpayments(world, house, S.OPEN, S.REFUND_REQUESTED)
    if not undecided:
        return "nothing too much"
    chosen = world.chance.choice(undecided)
    deed = world.chance.choice(("keep", "keep", "refund", "transfer"))
    try:
        with world.acting(house):
            one = actions.locked(chosen)
            if one.status is S.REFUND_REQUESTED:
                deed = "agree" if world.chance.random() < 0.8 else "decline"
                agree = giving_back.agree_return if deed == "agree" else giving_back.decline_return
                agree(chosen, by=COLLEAGUE)
            elif deed == "keep":
                actions.keep(one)
            elif deed == "refund":
                giving_back.ask_refund(chosen, by=ASKER, reason="troppo")
            else:
                giving_back.note_return(chosen, by=ASKER, returned_on=clock.today())
    except NotAllowedNow:
        return f"{deed}: may not"
    return deed
