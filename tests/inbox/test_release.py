"""Staff end a hold: by a choice of reasons that history keeps, only what still runs, and only who may."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Hold
from portal.people.roles import Role
from portal.reminders import actions as reminders
from portal.web.edge import PortalFlask
from tests.actors import Browser, forms_of
from tests.factories.people import signed_in
from tests.factories.staff_world import Busy, make_busy
from tests.factories.world import make_account, make_creditor


@pytest.fixture
def busy(app: PortalFlask) -> Busy:
    """Somebody said that something is wrong with their invoice, which is due in ten days."""
    return make_busy(app)


@pytest.fixture
def agent(app: PortalFlask, busy: Busy) -> Browser:
    return signed_in(app, busy.creditor, Role.AGENT)


def running(busy: Busy) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        return list(session.scalars(select(Hold.reason).where(holds.running()).order_by(Hold.id)))


def released(busy: Busy) -> list[dict[str, object]]:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        return [row.data for row in session.scalars(select(EventRow).where(EventRow.name == "item.released"))]


def item_of(busy: Busy) -> invoice_queries.Item:
    return invoice_queries.items_of_debtor(busy.account.debtor_id, busy.invoice_id)[0]


def hold(busy: Busy, reason: str, days: int | None = None) -> None:
    with db.transaction():
        scope.enter(busy.creditor.id)
        invoices.hold(item_of(busy), reason, 1, clock.today() + timedelta(days=days) if days is not None else None)


def chased(busy: Busy) -> int:
    """How many messages caring would send now."""
    with db.transaction():
        scope.enter(busy.creditor.id)
        return reminders.plan(creditors.by_id(busy.creditor.id), any_hour=True).contacts


def test_a_colleague_ends_it_with_a_reason_and_messages_go_out_again(busy: Busy, agent: Browser) -> None:
    assert chased(busy) == 0
    agent.get(busy.invoice)
    assert "something is wrong with the invoice" in agent.text.split("<h2>What rests</h2>")[1]
    agent.submit("/release", why="cleared_up")
    assert agent.status == 200
    assert "It no longer rests" in agent.text
    assert "<h2>What rests</h2>" not in agent.text
    assert running(busy) == []
    (data,) = released(busy)
    assert (data["reason"], data["why"]) == (holds.PROBLEM_REPORTED, "cleared_up")
    told = agent.text.split("Everything that happened")[1]
    assert "Invoice 128/2026 no longer rests: something is wrong with the invoice" in told
    assert "A colleague decided: we have cleared it up with the customer." in told
    assert "Giulia Ferri" in told
    assert chased(busy) == 1


def test_a_reason_is_needed_and_the_page_says_so_beside_it(busy: Busy, agent: Browser) -> None:
    agent.get(busy.invoice)
    for why in ("", "because", "cleared_up ", "<b>"):
        agent.submit("/release", why=why)
        assert agent.status == 422
        field = agent.text.split('id="why-')[1].split('"')[0]
        assert f'href="#why-{field.removesuffix("-error")}"' in agent.text
        assert "Please choose why." in agent.text
    assert running(busy) == [holds.PROBLEM_REPORTED]
    assert released(busy) == []


def test_what_no_longer_holds_is_409(busy: Busy, agent: Browser) -> None:
    agent.get(busy.invoice)
    form = agent.form("/release")
    busy.answer(answer="received")  # the customer was faster
    agent.post(form.action, {**form.fields, "why": "cleared_up"})
    assert agent.status == 409
    assert "Nothing of the kind holds it any more" in agent.text
    assert [data.get("why") for data in released(busy)] == [None]


@pytest.mark.parametrize(
    ("reason", "days", "note"),
    [
        (holds.TRANSFER_ON_ITS_WAY, 3, "The customer told us of a transfer. It still counts when it comes."),
        (holds.PAYMENT_PROCESSING, None, "A payment of it is with the bank. It still counts when it comes."),
        (holds.NOT_RECEIVED, None, ""),
        (holds.DISPUTED, None, ""),
    ],
)
def test_each_hold_is_ended_by_itself_and_says_what_it_is(
    busy: Busy, agent: Browser, reason: str, days: int | None, note: str
) -> None:
    hold(busy, reason, days)
    agent.get(busy.invoice)
    assert agent.text.count("/release") == 2
    assert note in agent.text
    form = next(f for f in _release_forms(agent) if f["hold"] == reason)
    agent.post(f"{busy.invoice}/release", {**form, "why": "no_money_came"})
    assert agent.status == 200
    assert running(busy) == [holds.PROBLEM_REPORTED], "the other one was not spoken of"


def test_what_a_cardholder_contests_is_the_banks_to_decide(busy: Busy, agent: Browser) -> None:
    """Rule B-13: nobody is chased while a payment is contested."""
    hold(busy, holds.CONTESTED)
    agent.get(busy.invoice)
    assert "The bank decides about this payment" in agent.text
    (form,) = _release_forms(agent)
    agent.post(f"{busy.invoice}/release", {**form, "hold": holds.CONTESTED, "why": "by_mistake"})
    assert agent.status == 409
    assert holds.CONTESTED in running(busy)


def test_what_has_run_out_or_is_closed_cannot_be_ended(busy: Busy) -> None:
    hold(busy, holds.TRANSFER_ON_ITS_WAY, -1)
    with pytest.raises(NotAllowedNow), db.transaction():
        scope.enter(busy.creditor.id)
        invoices.release_by_hand(item_of(busy), holds.TRANSFER_ON_ITS_WAY, "by_mistake")
    with pytest.raises(NotAllowedNow), db.transaction():
        scope.enter(busy.creditor.id)
        invoice = invoice_queries.invoice(busy.invoice_id)
        item = item_of(busy)
        assert invoice is not None
        invoices.withdraw(invoice)
        closed = invoice_queries.items([item.item_id])[0]
        invoices.release_by_hand(closed, holds.PROBLEM_REPORTED, "by_mistake")
    assert released(busy) == []


def test_anothers_item_and_anothers_invoice_are_not_there(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    other = make_account(busy.creditor, code="77")
    second = other.add_invoice("129/2026")
    foreign = make_account(make_creditor("verdi"), code="V")
    third = foreign.add_invoice("130/2026")
    agent.get(busy.invoice)
    fields = {**agent.form("/release").fields, "why": "by_mistake"}
    for item_id in (other.item_ids(second)[0], foreign.item_ids(third)[0], ids.new_id()):
        fields["command_id"] = ids.spell(ids.new_id())
        agent.post(f"{busy.invoice}/release", {**fields, "item": ids.spell(item_id)})
        assert agent.status == 404
    agent.post(f"/c/invoices/{ids.spell(third)}/release", {**fields, "command_id": ids.spell(ids.new_id())})
    assert agent.status == 404
    assert running(busy) == [holds.PROBLEM_REPORTED]


def test_who_only_looks_sees_what_rests_and_ends_nothing(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    viewer = signed_in(app, busy.creditor, Role.VIEWER)
    viewer.get(busy.invoice)
    assert "<h2>What rests</h2>" in viewer.text
    assert "/release" not in viewer.text
    agent.get(busy.invoice)
    fields = agent.form("/release").fields
    viewer.post(f"{busy.invoice}/release", {**fields, "csrf_token": viewer.csrf(), "why": "by_mistake"})
    assert viewer.status == 403
    assert running(busy) == [holds.PROBLEM_REPORTED]


def test_the_same_form_twice_ends_it_once(busy: Busy, agent: Browser) -> None:
    agent.get(busy.invoice)
    form = agent.form("/release")
    for _ in range(2):
        agent.post(form.action, {**form.fields, "why": "cleared_up"})
        assert agent.status == 200
    assert len(released(busy)) == 1


def _release_forms(browser: Browser) -> list[dict[str, str]]:
    return [form.fields for form in forms_of(browser.text) if form.action.endswith("/release")]
