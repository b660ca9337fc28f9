"""Card money that goes back: refunds with four eyes or made at Stripe, contested payments, bounced debits."""

from sqlalchemy import select

from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.doubles.stripe.objects import refunds as stripe_refunds
from portal.doubles.stripe.refusals import Refusal
from portal.doubles.stripe.store import Doc
from portal.payments import refunds
from portal.payments.models import PaymentAttempt, Refund
from portal.payments.states import ARRIVED, RefundStatus
from portal.simulator.acts import act
from portal.simulator.cast import House
from portal.simulator.world import World

ASKER, COLLEAGUE = "staff:1", "staff:2"


def paid_charges(world: World) -> list[Doc]:
    """What has been paid at Stripe so far."""
    return [one for one in world.stripe.all("charge") if one["status"] == "succeeded"]


def _some_of(world: World, minor: int) -> int:
    return minor if world.chance.random() < 0.5 else world.chance.randint(1, minor)


@act(weight=4, when=lambda world: bool(paid_charges(world)))
def a_clerk_asks_for_a_refund(world: World) -> str:
    """And perhaps a colleague for the same, who does not know of it."""
    house = world.chance.choice(world.houses)
    with world.looking(house) as session:
        arrived = select(PaymentAttempt).where(PaymentAttempt.status.in_(ARRIVED)).order_by(PaymentAttempt.id)
        found = session.scalars(arrived).all()
    if not found:
        return f"{house.slug} nothing has arrived"
    attempt = found[-1] if world.chance.random() < 0.6 else world.chance.choice(found)
    amount = Money(_some_of(world, attempt.amount_minor), attempt.currency)
    askers = (ASKER, COLLEAGUE) if world.chance.random() < 0.3 else (ASKER,)
    said = [_ask(world, house, attempt, amount, by) for by in askers]
    return f"{house.slug} {amount.minor} of {attempt.amount_minor}: {' '.join(said)}"


def _ask(world: World, house: House, attempt: PaymentAttempt, amount: Money, by: str) -> str:
    try:
        with world.acting(house):
            refunds.request(attempt, amount, by=by, reason="reso")
    except NotAllowedNow:
        return "may not"
    return "asked"


def _asked_for(world: World) -> list[tuple[int, int]]:
    found = []
    for place, house in enumerate(world.houses):
        with world.looking(house) as session:
            waiting = select(Refund.id).where(Refund.status == RefundStatus.REQUESTED).order_by(Refund.id)
            found += [(place, refund_id) for refund_id in session.scalars(waiting)]
    return found


@act(weight=6, when=lambda world: bool(_asked_for(world)))
def a_colleague_decides_about_a_refund(world: World) -> str:
    place, refund_id = world.chance.choice(_asked_for(world))
    agrees = world.chance.random() < 0.8
    try:
        with world.acting(world.houses[place]):
            if agrees:
                refunds.approve(refund_id, by=COLLEAGUE)
            else:
                refunds.decline(refund_id, by=COLLEAGUE, why="no")
    except NotAllowedNow:
        return "may not"
    return "yes" if agrees else "no"


@act(weight=1.5, when=lambda world: bool(paid_charges(world)))
def a_refund_is_made_at_stripe(world: World) -> str:
    """By hand, in Stripe's own dashboard."""
    charge = world.chance.choice(paid_charges(world))
    backend = world.stripe.backend
    params = {"charge": charge["id"], "amount": _some_of(world, charge["amount"])}
    try:
        stripe_refunds.create(backend, backend.store.world_of(charge["id"]), params)
    except Refusal as no:
        return f"refused: {no.code}"
    return f"{params['amount']} of {charge['amount']}"


@act(weight=1.5, when=lambda world: bool(world.stripe.all("refund")))
def a_refund_ends(world: World) -> str:
    """As refunds do, or it comes back even later."""
    refund = world.chance.choice(world.stripe.all("refund"))
    outcome = world.chance.choice(("succeeded", "succeeded", "failed"))
    try:
        world.stripe.bank.conclude_refund(refund["id"], outcome)
    except (Refusal, ValueError):
        return f"{refund['status']} already"
    return f"{refund['status']} to {outcome}"


@act(weight=2, when=lambda world: bool(paid_charges(world)))
def a_cardholder_contests(world: World) -> str:
    charge = world.chance.choice(paid_charges(world))
    inquiry = world.chance.random() < 0.2
    try:
        amount = None if world.chance.random() < 0.7 else _some_of(world, charge["amount"])
        world.stripe.bank.dispute(charge["id"], amount=amount, inquiry=inquiry)
    except (Refusal, ValueError):
        return "nothing is left to contest"
    return "inquiry" if inquiry else f"{amount or 'all'} of {charge['amount']}"


def _undecided(world: World) -> list[Doc]:
    return [one for one in world.stripe.all("dispute") if one["status"] not in {"won", "lost", "warning_closed"}]


@act(weight=4, when=lambda world: bool(_undecided(world)))
def a_bank_decides(world: World) -> str:
    dispute, won = world.chance.choice(_undecided(world)), world.chance.random() < 0.5
    try:
        world.stripe.bank.close_dispute(dispute["id"], won=won)
    except (Refusal, ValueError):
        return "decided already"
    return "won" if won else "lost"


def _debits(world: World) -> list[Doc]:
    return [one for one in paid_charges(world) if one["payment_method_details"]["type"] == "sepa_debit"]


@act(weight=2, when=lambda world: bool(_debits(world)))
def a_bank_debit_bounces(world: World) -> str:
    """Days after it had paid."""
    charge = world.chance.choice(_debits(world))
    try:
        world.stripe.bank.bounce(charge["id"])
    except (Refusal, ValueError):
        return "nothing to take back"
    return f"{charge['amount']} back"
