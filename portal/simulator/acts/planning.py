"""Plans: choosing one, proposing another, accepting it, the creditor's answer, changing it, leaving it."""

from typing import Any

from sqlalchemy import select

from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.debtors import step_up
from portal.debtors.models import StepUp
from portal.debtors.states import StepUpStatus
from portal.plans import following, queries, talking
from portal.plans.debtor_pages import ACTION
from portal.plans.models import Plan
from portal.plans.rules import Wish
from portal.plans.states import AGREED, PlanStatus
from portal.simulator.acts import act
from portal.simulator.acts.entering import inside
from portal.simulator.acts.saying import in_days, standing
from portal.simulator.cast import House, Person
from portal.simulator.world import World

S = PlanStatus


def _plans(world: World, *statuses: PlanStatus) -> list[tuple[Person, int]]:
    return standing(world, Plan, statuses)


def _waiting(world: World) -> list[tuple[House, int]]:
    """Acceptances that wait for the creditor's people to make sure who asks."""
    found = []
    wanted = select(StepUp.id).where(StepUp.action == ACTION, StepUp.status == StepUpStatus.WITH_STAFF)
    for house in world.houses:
        with world.looking(house) as session:
            found += [(house, row_id) for row_id in session.scalars(wanted.order_by(StepUp.id))]
    return found


@act(weight=5)
def somebody_chooses_a_plan(world: World) -> str:
    """One of the computed ways, or what they can pay each time, which a person may have to look at."""
    tab = inside(world, world.owing())
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/plan?again=1")
    if 'action="/d/plan"' not in tab.browser.text:
        return f"{tab.person.code} none may be made"
    form = tab.browser.form("/d/plan")
    ways = [one for one in form.choices.get("way", []) if one != "own"]
    if ways and world.chance.random() < 0.7:
        tab.browser.post(form.action, {**form.fields, "way": world.chance.choice(ways)})
        return f"{tab.person.code} one of {len(ways)} {tab.browser.code} {tab.browser.path}"
    typed: dict[str, Any] = {"way": "own", "each": str(world.chance.choice((5, 20, 75))), "every": "month"}
    typed["first_on"] = in_days(world, 1, 8, 25, 60)
    tab.browser.post(form.action, {**form.fields, **typed})
    if 'name="send"' in tab.browser.text:
        tab.browser.submit("/d/plan")
    return f"{tab.person.code} {typed['each']} each {tab.browser.code} {tab.browser.path}"


@act(weight=6, when=lambda world: bool(_plans(world, S.OFFERED)))
def somebody_accepts_a_plan(world: World) -> str:
    """With the code on no other channel than the mail, so that a person makes sure (rule A-45)."""
    person, plan_id = world.chance.choice(_plans(world, S.OFFERED))
    tab = inside(world, [person])
    if tab is None:
        return "nobody in"
    tab.browser.get(f"/d/plans/{ids.spell(plan_id)}")
    if "/accept" not in tab.browser.text:
        return f"{person.code} no longer offered"
    typed: dict[str, Any] = {"accept": "yes"} | ({"acknowledge": "yes"} if world.chance.random() < 0.4 else {})
    tab.browser.submit("/accept", **typed)
    if "/sign" in tab.browser.text:
        tab.browser.submit("/sign", name="Ada Neri", role=world.chance.choice(("owner", "other")), statement="yes")
    return f"{person.code} {len(typed)} {tab.browser.code} {tab.browser.path}"


@act(weight=6, when=lambda world: bool(_waiting(world)))
def a_clerk_makes_sure_who_accepts(world: World) -> str:
    house, row_id = world.chance.choice(_waiting(world))
    try:
        with world.acting(house) as session:
            row = session.get_one(StepUp, row_id, with_for_update=True)
            if world.chance.random() < 0.2:
                step_up.decline(row)
                return f"{house.slug} declined"
            step_up.agree(row, "called")
            return f"{house.slug} agreed"
    except NotAllowedNow as no:
        return f"{house.slug} may not: {no}"


def _with_one(world: World, *statuses: PlanStatus) -> tuple[House, int]:
    person, plan_id = world.chance.choice(_plans(world, *statuses))
    return next(house for house in world.houses if person in house.people), plan_id


@act(weight=4, when=lambda world: bool(_plans(world, S.PROPOSED)))
def a_clerk_answers_a_proposal(world: World) -> str:
    """Yes, other terms, perhaps with something let go of, or no."""
    house, plan_id = _with_one(world, S.PROPOSED)
    try:
        with world.acting(house):
            plan = queries.plan(plan_id, lock=True)
            assert plan is not None
            how = world.chance.choice(("agree", "counter", "counter", "reject"))
            if how == "agree":
                talking.agree(plan, None)
            elif how == "reject":
                talking.reject(plan)
            else:
                first = clock.today("Europe/Rome").fromisoformat(in_days(world, 2, 9))
                let_go = type(plan.total)(max(1, plan.debt_minor // 10), plan.currency)
                wish = Wish(world.chance.choice((1, 2, 4)), first, "month", None,
                            let_go if world.chance.random() < 0.5 and plan.debt_minor > 10 else None)  # fmt: skip
                talking.counter(plan, wish, None, may_exceed=True)
            db.session().flush()
            return f"{house.slug} {how}"
    except NotAllowedNow as no:
        return f"{house.slug} may not: {no}"


@act(weight=4, when=lambda world: bool(_plans(world, S.COUNTERED)))
def somebody_answers_a_counter_proposal(world: World) -> str:
    person, plan_id = world.chance.choice(_plans(world, S.COUNTERED))
    tab = inside(world, [person])
    if tab is None:
        return "nobody in"
    tab.browser.get(f"/d/plans/{ids.spell(plan_id)}")
    if "/take" not in tab.browser.text:
        return f"{person.code} not there any more"
    if world.chance.random() < 0.7:
        tab.browser.submit("/take")
        return f"{person.code} takes it {tab.browser.code}"
    tab.browser.submit("/cancel")
    return f"{person.code} no thanks {tab.browser.code}"


@act(weight=4, when=lambda world: bool(_plans(world, *AGREED)))
def somebody_pays_an_instalment(world: World) -> str:
    """By card, through the plan's own button."""
    person, plan_id = world.chance.choice(_plans(world, *AGREED))
    tab = inside(world, [person])
    if tab is None:
        return "nobody in"
    tab.browser.get(f"/d/plans/{ids.spell(plan_id)}")
    roads = [one for one in tab.browser.text.split('href="') if one.startswith("/d/pay/part")]
    if not roads:
        return f"{person.code} nothing to pay"
    tab.browser.get(roads[0].split('"')[0].replace("&amp;", "&"))
    if 'action="/d/pay/card"' not in tab.browser.text:
        return f"{person.code} no card here {tab.browser.code}"
    tab.browser.submit("/d/pay/card")
    return f"{person.code} {tab.browser.code}"


@act(weight=1.5, when=lambda world: bool(_plans(world, *AGREED)))
def somebody_changes_their_plan(world: World) -> str:
    """What came ahead is used, an instalment moved, the plan taken back or asked to be another."""
    person, plan_id = world.chance.choice(_plans(world, *AGREED))
    tab = inside(world, [person])
    if tab is None:
        return "nobody in"
    page = f"/d/plans/{ids.spell(plan_id)}"
    tab.browser.get(page)
    shown = tab.browser.text
    how = world.chance.choice(("rest", "move", "take-back", "of"))
    if how == "rest" and "/rest" in shown:
        tab.browser.submit("/rest", how=world.chance.choice((following.SHORTER, following.LOWER)))
    elif how == "move" and "/move" in shown:
        tab.browser.submit("/move", to=in_days(world, 3, 12, 30))
    elif how == "take-back" and "/take-back" in shown:
        tab.browser.submit("/take-back")
    elif how == "of":
        tab.browser.get(f"/d/plan?of={ids.spell(plan_id)}")
        if 'action="/d/plan"' in tab.browser.text:
            tab.browser.submit("/d/plan", way="own", each="15", every="month", first_on=in_days(world, 6))
            if 'name="send"' in tab.browser.text:
                tab.browser.submit("/d/plan")
    return f"{person.code} {how} {tab.browser.code}"
