"""What is contested, in part or whole: taken back, or closed by the creditor's people with or without a credit."""

import re

from sqlalchemy import select

from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.disputes import actions, closing, rules
from portal.disputes.models import Dispute
from portal.disputes.states import UNDER_WAY
from portal.invoices.models import CreditAhead, Invoice
from portal.people import actions as people
from portal.simulator.acts import act
from portal.simulator.acts.entering import inside
from portal.simulator.acts.importing import credit
from portal.simulator.cast import House
from portal.simulator.world import World

_INVOICE = re.compile(r"/d/invoices/([0-9a-z]{13})")


@act(weight=2)
def somebody_contests(world: World) -> str:
    """All of an invoice or a part, in the page; a second time the road leads to where it stands."""
    tab = inside(world)
    if tab is None:
        return "nobody in"
    browser = tab.browser
    browser.get("/d/")
    invoices = sorted(set(_INVOICE.findall(browser.text)))
    if not invoices:
        return f"{tab.person.code} sees no invoice"
    browser.get(f"/d/invoices/{world.chance.choice(invoices)}/dispute")
    if "/dispute" not in {part[-8:] for part in re.findall(r'action="([^"]*)"', browser.text)}:
        return f"{tab.person.code} may not {browser.code}"
    typed = {"reason": world.chance.choice(("price", "faulty")), "about": "whole"}
    if world.chance.random() < 0.6:
        typed |= {"about": "amount", "amount": f"{world.chance.randint(1, 90)},00"}
    form = browser.form("/dispute")
    browser.post(form.action, {**form.fields, **typed})
    return f"{tab.person.code} {typed['about']} {browser.code}"


def _under_way(world: World) -> list[tuple[House, int]]:
    """Every dispute that is open, with whose it is."""
    open_ones = select(Dispute.id).where(Dispute.status.in_(sorted(UNDER_WAY))).order_by(Dispute.id)
    found = []
    for house in world.houses:
        with world.acting(house) as session:
            found += [(house, dispute_id) for dispute_id in session.scalars(open_ones).all()]
    return found


@act(weight=2)
def a_clerk_closes_a_dispute(world: World) -> str:
    """Valid, in part or not; credited here, or by the creditor's system."""
    found = _under_way(world)
    if not found:
        return "there is none"
    house, dispute_id = world.chance.choice(found)
    with world.acting(house) as session:
        one, who = session.get_one(Dispute, dispute_id), people.add_person("chi.risponde@rossi.example")
        outcome = world.chance.choice(sorted(rules.OUTCOMES))
        part = Money(max(1, one.amount_minor // 2), one.currency) if outcome == rules.PARTIALLY_UPHELD else None
        credit_by = world.chance.choice((rules.CREDIT_HERE, rules.CREDIT_HERE, rules.CREDIT_FROM_SYSTEM))
        try:
            closing.close(one.id, closing.Verdict(outcome, "Guardato.", part, credit_by), who)
        except NotAllowedNow as why_not:
            return f"{house.slug} may not: {why_not}"
    return f"{house.slug} {outcome} {credit_by}"


@act(weight=1)
def somebody_takes_a_dispute_back(world: World) -> str:
    found = _under_way(world)
    if not found:
        return "there is none"
    house, dispute_id = world.chance.choice(found)
    with world.acting(house):
        actions.withdraw(dispute_id)
    return f"{house.slug} one of {len(found)}"


@act(weight=2)
def the_note_of_a_dispute_comes(world: World) -> str:
    """The creditor's system sends the note of a credit that was booked here: of its amount, of less or of more."""
    ahead = select(Invoice.number).join(CreditAhead, CreditAhead.invoice_id == Invoice.id)
    billed = []
    for house in world.houses:
        with world.acting(house) as session:
            numbers = set(session.scalars(ahead).all())
        billed += [one for one in world.billed if one.house is house and one.number in numbers]
    if not billed:
        return "none waits"
    invoice = world.chance.choice(billed)
    return f"{invoice.number} {credit(world, invoice, world.chance.choice((0.1, 0.5, 1.0)))}"
