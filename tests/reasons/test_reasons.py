"""Why it is still open: asked after the due date, kept with its date, never in the way of paying (rule C-26)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.people.roles import Role
from portal.reasons import queries
from portal.reasons.models import Reason
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account


def late(debtor: Debtor, due_in: int = -5, invoices: int = 1) -> Account:
    account = make_account()
    for number in range(invoices):
        account.add_invoice(f"{128 + number}/2026", due_in=due_in)
    debtor.enter(account.link(), account.fact)
    return account


def kept(account: Account) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(Reason.reason).order_by(Reason.id)))


def told(account: Account) -> list[dict[str, str]]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(EventRow.data).where(EventRow.name == "reason.given")))


def test_it_is_asked_after_the_due_date_beside_paying(debtor: Debtor) -> None:
    late(debtor)
    assert 'name="reason"' in debtor.text
    page = debtor.text
    assert page.index("/d/pay") < page.index('name="reason"'), "paying comes first, one tap away"


def test_nothing_is_asked_before_the_due_date(debtor: Debtor) -> None:
    late(debtor, due_in=5)
    assert 'name="reason"' not in debtor.text


@pytest.mark.parametrize(
    ("reason", "road"),
    [
        ("difficulty", "/d/difficulty"),
        ("forgot", "/d/pay"),
        ("mistake", "/dispute"),
        ("contest", "/dispute"),
        ("paid", "/d/already-paid"),
    ],
)
def test_each_answer_is_kept_and_opens_its_road(debtor: Debtor, reason: str, road: str) -> None:
    account = late(debtor)
    debtor.submit("/d/reason", reason=reason)
    assert debtor.status == 200, debtor.text
    assert debtor.path.endswith(road)
    assert kept(account) == [reason]
    data = told(account)
    if reason == "difficulty":
        assert data == [], "difficulty is told to no system (C-26)"
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            assert "difficulty" not in str(session.scalars(select(EventRow.data)).all())
    else:
        assert data[0]["cause"] == reason
        assert data[0]["invoice_id"] == ids.spell(account.invoice_ids[0])
    debtor.get("/d/")
    assert "<details><summary>" in debtor.text, "who has answered is not asked again for a while"


@pytest.mark.parametrize(
    ("reason", "first"), [("mistake", "The invoice itself"), ("contest", "The goods or the work")]
)
def test_a_mistake_and_a_contest_lead_to_the_form_with_their_reasons_first(
    debtor: Debtor, reason: str, first: str
) -> None:
    late(debtor)
    debtor.get("/language/en")
    debtor.get("/d/")
    debtor.submit("/d/reason", reason=reason)
    assert re.findall(r'<optgroup label="([^"]*)"', debtor.text)[0] == first


def test_with_several_documents_it_is_asked_which(debtor: Debtor) -> None:
    account = late(debtor, invoices=2)
    debtor.submit("/d/reason", reason="mistake")
    assert debtor.path == "/d/reason/which"
    assert "128/2026" in debtor.text
    assert "129/2026" in debtor.text
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Reason.invoice_id)).one() is None


def test_another_word_is_refused_and_nothing_kept(debtor: Debtor) -> None:
    account = late(debtor)
    debtor.submit("/d/reason", reason="laziness")
    assert debtor.status == 422
    assert "/d/pay" in debtor.text
    assert kept(account) == []
    assert debtor.get("/d/reason/which?reason=difficulty").status_code == 200, "any other word asks about a mistake"
    assert kept(account) == []


def test_the_paper_code_is_not_asked(debtor: Debtor) -> None:
    account = make_account()
    invoice_id = account.add_invoice(due_in=-2)
    debtor.get(account.link(invoice_id=invoice_id, purpose="qr"))
    debtor.submit("/gate", fact="128/2026")
    assert 'name="reason"' not in debtor.text


def test_difficulty_is_seen_by_few_roles_and_counted_for_all(app: PortalFlask, debtor: Debtor) -> None:
    account = late(debtor)
    for reason in ("difficulty", "forgot"):
        debtor.get("/d/")
        debtor.submit("/d/reason", reason=reason)
    card = f"/c/debtors/{ids.spell(account.debtor_id)}"
    agent, manager = (
        signed_in(app, account.creditor_id, Role.AGENT),
        signed_in(app, account.creditor_id, Role.MANAGER),
    )
    agent.get(card)
    assert "I forgot" in agent.text
    assert "I am in difficulty" not in agent.text
    manager.get(card)
    assert "I am in difficulty" in manager.text
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        now = clock.now()
        found = queries.by_cause(now - timedelta(days=1), now + timedelta(minutes=1))
    assert found == {"difficulty": 1, "forgot": 1, "mistake": 0, "contest": 0, "paid": 0}
