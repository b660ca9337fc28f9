"""Debtors who say how it went, again and again, fast or slowly; people of the creditor's who set silences."""

from datetime import timedelta

from sqlalchemy import select

from portal.core import clock, link_addresses
from portal.core.errors import NotAllowedNow
from portal.silence import actions as silences
from portal.silence import rules
from portal.silence.models import Silence
from portal.silence.states import SilenceStatus
from portal.simulator.acts import act
from portal.simulator.acts.saying import standing
from portal.simulator.cast import Person
from portal.simulator.world import World
from portal.surveys.models import Survey
from portal.surveys.states import SurveyStatus

WORDS = ("", "Tutto bene, grazie.", "Non risponde nessuno.", "Too many letters.")


def _asked(world: World) -> list[tuple[Person, int]]:
    return standing(world, Survey, (SurveyStatus.ASKED, SurveyStatus.ANSWERED))


@act(weight=4, when=lambda world: bool(_asked(world)))
def somebody_says_how_it_went(world: World) -> str:
    """By the link that they were sent, whoever has it now; an answer that is there is perhaps changed."""
    person, survey_id = world.chance.choice(_asked(world))
    with world.looking(world.house_of(person)) as session:
        link_id = session.scalars(select(Survey.link_id).where(Survey.id == survey_id)).one()
    if link_id is None:
        return f"{person.code} was asked by telephone"
    score = world.chance.randint(0, 10)
    tab = world.tab(person)
    tab.browser.get(f"{link_addresses.link_address(link_id, link_addresses.SURVEY)}?n={world.chance.randint(0, 12)}")
    if 'action="/how-it-went"' not in tab.browser.text:
        return f"{person.code} {tab.browser.code}: closed"
    world.later(seconds=world.chance.choice((0, 5, 600)))
    tab.browser.submit(
        "/how-it-went", score=str(score), words=world.chance.choice(("", "Tutto bene", "Non risponde nessuno"))
    )
    return f"{person.code} {score} {tab.browser.code}"


@act(weight=0.6)
def a_clerk_sets_a_silence(world: World) -> str:
    person = world.chance.choice(world.everybody)
    reason = world.chance.choice(sorted(rules.REASONS))
    until = clock.now() + timedelta(days=world.chance.choice((1, 7, 60))) if world.chance.random() < 0.7 else None
    house = world.house_of(person)
    try:
        with world.acting(house):
            wanted = silences.Wanted(reason, until, speaks_for="Avv. Neri" if reason == rules.REPRESENTED else None)
            silences.begin(person.debtor_id, wanted, house.clerk_id)
    except NotAllowedNow:
        return f"{person.code} {reason}: stands already"
    return f"{person.code} {reason} until {until}"


def _set(world: World) -> list[tuple[Person, int]]:
    return standing(world, Silence, (SilenceStatus.SET,))


@act(weight=0.8, when=lambda world: bool(_set(world)))
def a_clerk_ends_a_silence(world: World) -> str:
    person, silence_id = world.chance.choice(_set(world))
    house = world.house_of(person)
    try:
        with world.acting(house) as session:
            row = session.scalars(select(Silence).where(Silence.id == silence_id).with_for_update()).one()
            silences.end(row, silences.BY_HAND, house.clerk_id)
    except NotAllowedNow:
        return f"{person.code}: over by now"
    return f"{person.code} may be written to"
