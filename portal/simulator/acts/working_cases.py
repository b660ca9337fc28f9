"""What the creditor's people do about what debtors said: answer, hand over, put off, end it; and end a hold."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import select

from portal.already_paid import actions as already_paid
from portal.already_paid import queries as already_paid_queries
from portal.already_paid.states import RUNNING, ClaimStatus
from portal.calls import actions as calls
from portal.calls import queries as call_queries
from portal.calls.states import CallStatus
from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.creditors import queries as creditors
from portal.disputes import queries as dispute_queries
from portal.disputes.states import UNDER_WAY
from portal.hardship import actions as hardship
from portal.hardship import queries as hardship_queries
from portal.hardship import rules as hardship_rules
from portal.hardship.states import RestStatus
from portal.invoices import actions as invoice_actions
from portal.invoices import holds
from portal.invoices import queries as invoices
from portal.invoices.models import Hold
from portal.people import queries as people
from portal.promises import actions as promises
from portal.promises import queries as promise_queries
from portal.promises.states import PromiseStatus
from portal.simulator.acts import act
from portal.simulator.cast import House
from portal.simulator.world import World


def _open_cases(world: World, house: House, *which: object) -> list[int]:
    with world.looking(house) as session:
        wanted = select(Case.id).where(Case.status != CaseStatus.CLOSED, *which)  # type: ignore[arg-type]
        return list(session.scalars(wanted.order_by(Case.id)))


def _any_open(world: World) -> bool:
    return any(_open_cases(world, house) for house in world.houses)


def _on_some_case(world: World, do: Callable[[World, House, Case], str]) -> str:
    """`do` with one open case of one creditor, in a transaction."""
    house = world.chance.choice([one for one in world.houses if _open_cases(world, one)])
    case_id = world.chance.choice(_open_cases(world, house))
    try:
        with world.acting(house) as session:
            case = session.get_one(Case, case_id)
            return f"{house.slug} {case.kind} {do(world, house, case)}"
    except NotAllowedNow as no:
        return f"{house.slug} may not: {no}"


@act(weight=4, when=_any_open)
def a_clerk_answers(world: World) -> str:
    def answer(world: World, house: House, case: Case) -> str:
        who = people.by_id(world.chance.choice((house.clerk_id, house.colleague_id)))
        if who is None:
            raise LookupError("nobody works here")
        cases.answer(case, "Grazie, guardiamo subito.", who)
        return "answered"

    return _on_some_case(world, answer)


@act(weight=1.5, when=_any_open)
def a_clerk_puts_a_case_off(world: World) -> str:
    """Or hands it to a colleague."""

    def put_off(world: World, house: House, case: Case) -> str:
        cases.see(case, house.clerk_id)
        if world.chance.random() < 0.5:
            cases.assign(case, world.chance.choice((house.clerk_id, house.colleague_id)))
            return "handed over"
        cases.put_off(case, clock.now() + timedelta(days=world.chance.randint(1, 9)))
        return "put off"

    return _on_some_case(world, put_off)


def _promise(world: World, case: Case) -> str:
    promise = promise_queries.promise(case.subject_id or 0, lock=True)
    if promise is not None and promise.status is PromiseStatus.OPEN:
        if world.chance.random() < 0.5 or promise.pay_on < clock.today(creditors.in_scope().time_zone):
            return "left alone"
        promises.cancel(promise, by_staff=True)
        return "taken back on the phone"
    cases.close(case, "broken" if promise is not None and promise.status is PromiseStatus.BROKEN else kinds.ANSWERED)
    return "seen to"


def _claim(world: World, case: Case) -> str:
    found = already_paid_queries.claim(case.subject_id or 0, lock=True)
    if found is None or found.status not in RUNNING:
        cases.close(case, kinds.ANSWERED)
        return "closed"
    to = world.chance.choice((ClaimStatus.FOUND, ClaimStatus.NOT_FOUND))
    already_paid.resolve(found, to, by_staff=True)
    return to.value


def _rest(world: World, case: Case) -> str:
    rest = hardship_queries.one(case.subject_id or 0)
    if rest is None or rest.status is not RestStatus.RUNNING:
        cases.close(case, kinds.ANSWERED)
        return "closed"
    if world.chance.random() < 0.5:
        hardship.prolong(rest)
        return "another thirty days"
    hardship.end(rest, hardship_rules.AGREED)
    return "a way was found"


def _call(world: World, case: Case) -> str:
    call = call_queries.one(case.subject_id or 0)
    if call is None or call.status is not CallStatus.BOOKED:
        cases.close(case, kinds.ANSWERED)
        return "closed"
    if world.chance.random() < 0.3:
        calls.call_off(call, "staff")
        return "called off"
    reached = world.chance.random() < 0.6
    calls.made(call, reached=reached)
    return "spoken" if reached else "nobody answered"


def _answered(_world: World, case: Case) -> str:
    cases.close(case, kinds.ANSWERED)
    return "closed"


def _document(_world: World, case: Case) -> str:
    cases.close(case, "cleared_up" if case.kind == kinds.PROBLEM else "sent_again")
    return "closed"


def _dispute(world: World, case: Case) -> str:
    """Its page offers no other end while it is under way (acts.contesting closes it)."""
    if case.subject_id is not None and dispute_queries.locked(case.subject_id).status in UNDER_WAY:
        return "left to its panel"
    return _answered(world, case)


# How a case ends, by its kind: a feature more is a line more. Any other ends with an answer.
ENDS: Mapping[str, Callable[[World, Case], str]] = {
    kinds.PROMISE: _promise,
    kinds.ALREADY_PAID: _claim,
    kinds.DIFFICULTY: _rest,
    kinds.CALL: _call,
    kinds.PROBLEM: _document,
    kinds.NOT_RECEIVED: _document,
    kinds.DISPUTE: _dispute,
}


@act(weight=4, when=_any_open)
def a_clerk_ends_a_case(world: World) -> str:
    """As its feature says."""

    def end(world: World, house: House, case: Case) -> str:
        cases.see(case, house.clerk_id)
        return ENDS.get(case.kind, _answered)(world, case)

    return _on_some_case(world, end)


def _held(world: World, house: House) -> list[tuple[int, str]]:
    with world.looking(house) as session:
        wanted = select(Hold.due_item_id, Hold.reason).where(holds.running()).order_by(Hold.id)
        return [(item_id, reason) for item_id, reason in session.execute(wanted)]


@act(weight=1, when=lambda world: any(_held(world, house) for house in world.houses))
def a_clerk_ends_a_hold(world: World) -> str:
    house = world.chance.choice([one for one in world.houses if _held(world, one)])
    item_id, reason = world.chance.choice(_held(world, house))
    try:
        with world.acting(house):
            (item,) = invoices.items([item_id])
            invoice_actions.release_by_hand(item, reason, world.chance.choice(sorted(holds.WHY_RELEASED)))
    except NotAllowedNow:
        return f"{house.slug} {reason}: may not"
    return f"{house.slug} {reason}"
