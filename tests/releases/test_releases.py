"""«Pay at least so much and deliveries resume»: decided with a reason, read by the customer, lifted by the money."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.core import db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.events import EventRow
from portal.core.money import Money
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.people.roles import Role
from portal.privacy.register import register
from portal.releases import actions, rules
from portal.releases.models import Release
from portal.releases.states import ReleaseStatus
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.webhooks import add_endpoint, deliveries
from tests.factories.world import Account, make_account, make_creditor
from tests.promises.world import Promising

INSIDE = "Ne abbiamo parlato con Bruno"


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice("1/2026", "600.00", due_in=-40)
    made.add_invoice("2/2026", "400.00", due_in=-10)
    return made


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def decide(account: Account, minor: int, by: int = 1) -> int:
    return within(  # type: ignore[no-any-return]
        account, lambda: actions.decide(account.debtor_id, Money(minor, "EUR"), "overdue", INSIDE, by).id
    )


def one(account: Account, release_id: int) -> Release:
    return within(account, lambda: db.session().get_one(Release, release_id))  # type: ignore[no-any-return]


def heard(account: Account) -> list[tuple[str, dict[str, Any]]]:
    wanted = select(EventRow.name, EventRow.data).where(EventRow.name.like("release.%")).order_by(EventRow.seq)
    return within(account, lambda: [tuple(row) for row in db.session().execute(wanted)])  # type: ignore[no-any-return]


def home(app: PortalFlask, account: Account, invoice_id: int | None = None) -> Debtor:
    browser = Debtor(app)
    browser.enter(account.link(invoice_id=invoice_id), account.fact)
    browser.get("/language/en")
    browser.get("/d/")
    assert browser.status == 200
    return browser


def test_the_money_lifts_it_at_once_in_whatever_parts_it_comes(app: PortalFlask, account: Account) -> None:
    books = Promising(account)
    books.pay(account.invoice_ids[0], 5000)
    release_id = decide(account, 50000)
    books.pay(account.invoice_ids[0], 30000, account=accounts.CARD)
    assert one(account, release_id).status is ReleaseStatus.WAITING
    assert one(account, release_id).paid_minor == 30000
    books.pay(account.invoice_ids[1], 19999)
    assert one(account, release_id).status is ReleaseStatus.WAITING
    books.pay(account.invoice_ids[1], 1)
    found = one(account, release_id)
    assert (found.status, found.paid_minor, found.is_waiting) == (ReleaseStatus.LIFTED, 50000, False)
    names = [name for name, _ in heard(account)]
    assert names == ["release.decided", "release.lifted"]
    assert heard(account)[1][1]["paid_minor"] == 50000
    assert "Deliveries wait" not in home(app, account).text


def test_a_credit_note_is_no_money_but_where_nothing_is_open_nothing_waits(account: Account) -> None:
    books = Promising(account)
    release_id = decide(account, 50000)
    books.pay(account.invoice_ids[0], 60000, account=accounts.CREDIT_NOTES)
    assert one(account, release_id).status is ReleaseStatus.WAITING
    assert one(account, release_id).paid_minor == 0
    books.pay(account.invoice_ids[1], 40000, account=accounts.CREDIT_NOTES)
    assert one(account, release_id).status is ReleaseStatus.LIFTED


def test_a_withdrawn_document_is_not_waited_for(account: Account) -> None:
    release_id = decide(account, 100000)
    Promising(account).pay(account.invoice_ids[0], 60000)

    def withdraw() -> None:
        invoices.withdraw(db.session().get_one(Invoice, account.invoice_ids[1]))

    within(account, withdraw)
    assert one(account, release_id).status is ReleaseStatus.LIFTED


def test_money_that_goes_back_leaves_it_lifted_and_colleagues_see_it(app: PortalFlask, account: Account) -> None:
    books = Promising(account)
    release_id = decide(account, 50000)
    books.pay(account.invoice_ids[0], 55000)
    books.bounce(account.invoice_ids[0], 5000)
    assert one(account, release_id).paid_back_at is None, "enough of it is still there"
    books.bounce(account.invoice_ids[0], 10000)
    found = one(account, release_id)
    assert found.status is ReleaseStatus.LIFTED
    assert found.paid_back_at is not None
    books.bounce(account.invoice_ids[0], 10000)
    assert [name for name, _ in heard(account)] == ["release.decided", "release.lifted", "release.paid_back"]
    browser = signed_in(app, account.creditor_id, Role.AGENT)
    browser.get(f"/c/debtors/{ids.spell(account.debtor_id)}/release")
    assert "The money went back afterwards." in browser.text
    assert "Deliveries wait" not in home(app, account).text


def test_money_that_goes_back_while_it_waits_counts_anew(account: Account) -> None:
    books = Promising(account)
    release_id = decide(account, 50000)
    books.pay(account.invoice_ids[0], 40000)
    books.bounce(account.invoice_ids[0], 40000)
    assert one(account, release_id).paid_minor == 0
    books.pay(account.invoice_ids[0], 49999)
    assert one(account, release_id).status is ReleaseStatus.WAITING


def test_a_new_decision_takes_the_place_of_the_old_and_one_waits_at_a_time(account: Account) -> None:
    first, second = decide(account, 50000), decide(account, 20000)
    assert one(account, first).status is ReleaseStatus.WITHDRAWN
    assert one(account, second).status is ReleaseStatus.WAITING
    with pytest.raises(NotAllowedNow):
        decide(account, 100001)
    with pytest.raises(NotAllowedNow):
        within(account, lambda: actions.withdraw(db.session().get_one(Release, first)))


def test_what_was_agreed_with_others_is_not_touched(account: Account) -> None:
    other = make_account(db_creditor(account), "0099", vat_number="IT99999990000")
    other.add_invoice("9/2026", "900.00", due_in=-5)
    mine, theirs = decide(account, 50000), decide(other, 50000)
    Promising(other).pay(other.invoice_ids[0], 50000)
    assert one(account, mine).status is ReleaseStatus.WAITING
    assert one(other, theirs).status is ReleaseStatus.LIFTED


def db_creditor(account: Account) -> Creditor:
    with db.transaction(writes=False) as session:
        return session.get_one(Creditor, account.creditor_id)


# The customer


def test_the_customer_reads_one_calm_sentence_and_pays_just_that(app: PortalFlask, account: Account) -> None:
    decide(account, 50000)
    browser = home(app, account)
    assert "Deliveries wait just now: several documents are past their date." in browser.text
    assert "As soon as at least €500.00 are paid, they go on." in browser.text
    assert INSIDE not in browser.text
    road = re.search(r'href="([^"]*/d/pay[^"]*)">Pay €500.00<', browser.text)
    assert road, browser.text
    browser.get(road[1].replace("&amp;", "&"))
    assert browser.status == 200
    assert browser.path == "/d/pay/part"
    assert "€500.00" in browser.text
    Promising(account).pay(account.invoice_ids[0], 20000)
    browser.get("/d/")
    assert "As soon as €300.00 more are paid, they go on." in browser.text


def test_what_is_not_asked_for_beforehand_is_named_where_the_rest_is_not_enough(
    app: PortalFlask, account: Account
) -> None:
    def contest() -> None:
        item = invoice_queries.items(account.item_ids(account.invoice_ids[0]))[0]
        invoices.hold(item, holds.PLAN, 1, None)

    within(account, contest)
    decide(account, 50000)
    browser = home(app, account)
    road = re.search(r'href="([^"]*/d/pay[^"]*)">Pay €500.00<', browser.text)
    assert road, browser.text
    browser.get(road[1].replace("&amp;", "&"))
    assert browser.status == 200, browser.text
    assert browser.path == "/d/pay/part"


def test_where_no_part_is_taken_the_road_leads_to_choosing(app: PortalFlask, account: Account) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        db.changed(update(Creditor).where(Creditor.id == account.creditor_id).values(partial_payments=False))
    decide(account, 50000)
    browser = home(app, account)
    assert re.search(r'href="/d/pay">Pay €500.00<', browser.text), browser.text


def test_a_link_to_one_document_tells_nothing_of_the_account(app: PortalFlask, account: Account) -> None:
    decide(account, 50000)
    assert "Deliveries wait" not in home(app, account, account.invoice_ids[0]).text


# The creditor's people


def address(account: Account) -> str:
    return f"/c/debtors/{ids.spell(account.debtor_id)}/release"


def test_a_manager_decides_and_an_agent_reads(app: PortalFlask, account: Account) -> None:
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    manager = signed_in(app, account.creditor_id, Role.MANAGER)
    agent.get(address(account))
    assert "do not wait for a payment" in agent.text
    assert "Let deliveries wait" not in agent.text
    manager.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    assert address(account) in manager.text
    manager.get(address(account))
    for typed, said in (
        ({"least": "x"}, "Write an amount like"),
        ({"least": "0"}, "Please write how much has to be paid."),
        ({"least": "1000,01"}, "At most €1,000.00 is open now."),
        ({"why": ""}, "Please choose why."),
    ):
        manager.submit("/release", **{"least": "500,00", "why": "limit", "words": INSIDE, **typed})
        assert manager.status == 422
        assert said in manager.text, said
        assert INSIDE in manager.text, "nothing typed is lost"
    assert heard(account) == []
    manager.submit("/release", least="500,00", why="limit", words=INSIDE)
    assert manager.status == 200, manager.text
    assert "deliveries wait" in manager.text
    agent.get(address(account))
    assert INSIDE in agent.text
    assert "They read" not in agent.text
    name, data = heard(account)[0]
    assert (name, data["least_minor"], data["reason"]) == ("release.decided", 50000, "limit")
    assert INSIDE not in str(data)
    manager.submit("/release/withdraw")
    assert manager.status == 200
    assert [name for name, _ in heard(account)] == ["release.decided", "release.withdrawn"]
    agent.post(f"{address(account)}/withdraw", {"csrf_token": agent.csrf()})
    assert agent.status == 403


def test_two_people_at_once_are_one(app: PortalFlask, account: Account) -> None:
    first = sign_in(app, make_person(account.creditor_id, Role.MANAGER, "a@rossi.example", "Anna Prima"))
    second = sign_in(app, make_person(account.creditor_id, Role.MANAGER, "b@rossi.example", "Bea Dopo"))
    for browser in (first, second):
        browser.get(address(account))
    first.submit("/release", least="500,00", why="limit")
    second.submit("/release", least="900,00", why="overdue")
    assert second.status == 409
    assert "Anna Prima" in second.text
    for browser in (first, second):
        browser.get(address(account))
    Promising(account).pay(account.invoice_ids[0], 50000)
    first.submit("/release/withdraw")
    assert first.status == 409
    assert [name for name, _ in heard(account)] == ["release.decided", "release.lifted"]


def test_every_reason_is_said_to_both_sides() -> None:
    for key, (ours, theirs) in rules.REASONS.items():
        assert len(key) <= 20
        assert str(ours)
        assert str(theirs).islower() or " " in str(theirs)


def test_another_creditors_customer_is_not_there(app: PortalFlask, account: Account) -> None:
    decide(account, 50000)
    stranger = signed_in(app, make_creditor("verdi"), Role.ADMIN)
    assert stranger.get(address(account)).status_code == 404
    assert stranger.get(address(account)).status_code == 404


def test_the_erp_is_told_at_once(account: Account) -> None:
    add_endpoint(account.creditor_id, "https://erp.example/hooks")
    decide(account, 50000)
    Promising(account).pay(account.invoice_ids[0], 50000)
    bodies = [one.body for one in deliveries(account) if one.name.startswith("release.")]
    assert len(bodies) == 2
    decided, lifted = (json.loads(one) for one in bodies)
    assert (decided["type"], lifted["type"]) == ("release.decided", "release.lifted")
    assert lifted["data"]["least_minor"] == lifted["data"]["paid_minor"] == 50000
    assert not any(INSIDE in one for one in bodies)


def test_words_for_colleagues_are_erased_and_not_given_out() -> None:
    table = register().tables["releases"]
    assert "words" in table.acted_on("erase")
    assert not {"words", "decided_by"} & set(table.given_out)
