"""What the creditor's people do: links given and revoked, invoices withdrawn, what failed sent again."""

from sqlalchemy import select

from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.debtors import actions as debtors
from portal.debtors import links
from portal.debtors import queries as debtor_queries
from portal.debtors.models import AccessLink
from portal.invoices import actions as invoice_actions
from portal.invoices import queries as invoices
from portal.invoices.models import Invoice
from portal.messages import actions as messages
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.payments import accounts
from portal.simulator.acts import act
from portal.simulator.acts.entering import give_link, pass_gate
from portal.simulator.cast import House
from portal.simulator.world import World
from portal.webhooks import actions as webhooks
from portal.webhooks import queries as webhook_queries
from portal.webhooks.states import EndpointStatus


@act(weight=1)
def a_clerk_gives_a_link(world: World) -> str:
    return give_link(world, world.chance.choice(world.everybody))


@act(weight=1)
def a_clerk_prints_a_code(world: World) -> str:
    """The code on a paper invoice, and somebody scans it: it pays that invoice and shows no other."""
    person = world.chance.choice(world.everybody)
    with world.acting(world.house_of(person)) as session:
        newest = select(Invoice).where(Invoice.debtor_id == person.debtor_id, Invoice.kind == "invoice")
        invoice = session.scalars(newest.order_by(Invoice.id.desc()).limit(1)).one_or_none()
        if invoice is None:
            return f"{person.code} has no invoice"
        link = links.live_qr_link(invoice.id) or links.issue(
            person.debtor_id,
            purpose=links.QR,
            campaign="paper",
            expires_at=clock.now() + links.QR_MAXIMUM,
            invoice_id=invoice.id,
        )
        address, number = links.address(link.id, links.QR), invoice.number
    tab = world.tab(person)
    tab.browser.get(address)
    pass_gate(tab, number)
    return f"{person.code} {number} {tab.browser.code}"


@act(weight=2)
def a_clerk_revokes_a_link(world: World) -> str:
    person = world.chance.choice(world.everybody)
    with world.acting(world.house_of(person)) as session:
        live = select(AccessLink).where(AccessLink.debtor_id == person.debtor_id, AccessLink.revoked_at.is_(None))
        found = session.scalars(live.order_by(AccessLink.id)).all()
        if not found:
            return f"{person.code} has none"
        link = world.chance.choice(found)
        debtors.revoke_link(link, "by_hand")
    return f"{person.code} one of {len(found)}"


@act(weight=1)
def a_clerk_decides_about_an_address(world: World) -> str:
    person = world.chance.choice(world.everybody)
    with world.acting(world.house_of(person)):
        contact = debtor_queries.mail_contact(person.debtor_id)
        if contact is None:
            debtors.add_contact(person.debtor_id, debtors.EMAIL, f"nuova{world.step}@post.example", source="creditor")
            return f"{person.code} has an address again"
        if world.chance.random() < 0.3:
            debtors.stop_contact(contact, "by_hand")
            return f"{person.code} is not written to any more"
        debtors.confirm_contact(contact)
    return f"{person.code} it is theirs"


@act(weight=2)
def a_clerk_withdraws_an_invoice(world: World) -> str:
    """As its page does: not while a payment of it is open."""
    house = world.chance.choice(world.houses)
    with world.acting(house) as session:
        standing = select(Invoice).where(Invoice.kind == "invoice", Invoice.withdrawn_at.is_(None))
        found = session.scalars(standing.order_by(Invoice.id)).all()
        if not found:
            return f"{house.slug} has no invoice"
        invoice = world.chance.choice(found)
        items = invoices.items_of_debtor(invoice.debtor_id, invoice.id, only_open=False)
        if any(item.reserved_by is not None for item in items):
            return f"{house.slug} {invoice.number} is being paid"
        invoice_actions.withdraw(invoice)
        return f"{house.slug} {invoice.number}"


@act(weight=1)
def a_clerk_sends_a_failed_message_again(world: World) -> str:
    house = world.chance.choice(world.houses)
    try:
        with world.acting(house) as session:
            failed = (
                select(Message).where(Message.status == MessageStatus.FAILED).order_by(Message.id.desc()).limit(1)
            )
            message = session.scalars(failed).one_or_none()
            if message is None:
                return f"{house.slug} none has failed"
            messages.send_again(message)
    except NotAllowedNow:
        return f"{house.slug} may not"
    return f"{house.slug} once more"


@act(weight=2)
def a_clerk_lets_the_erp_listen_again(world: World) -> str:
    return " ".join(f"{house.slug} {listen_again(world, house)}" for house in world.houses)


def listen_again(world: World, house: House) -> int:
    """Endpoints that were stopped listen again, and what was given up is sent again; how much that is."""
    count = 0
    with world.acting(house):
        for endpoint in webhook_queries.endpoints():
            if endpoint.status is EndpointStatus.STOPPED:
                count += webhooks.resume_endpoint(endpoint)
        for delivery in webhook_queries.given_up():
            webhooks.replay(delivery)
            count += 1
    return count


@act(weight=0.7)
def a_clerk_switches_cards_off_or_on(world: World) -> str:
    house = world.chance.choice(world.houses)
    with world.acting(house):
        if accounts.is_offered("stripe"):
            accounts.switch_off("stripe")
            return f"{house.slug} off"
        accounts.configure(
            "stripe", secrets={}, options={"account": house.stripe_account} if house.connected else {}, enabled=True
        )
    return f"{house.slug} on"
