"""What may not be asked for any more (rule C-14): nobody is chased, no plan, and paying stays possible."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.creditors.versions import Overtaken
from portal.debtors.models import Debtor as DebtorRow
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts
from portal.people.roles import Role
from portal.plans import actions as plans
from portal.silence import actions, limitation, policies, queries, rules
from portal.silence.policies import Version
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account
from tests.promises.world import Promising

OLD = -3700


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice("1/2010", "600.00", due_in=OLD)
    made.add_invoice("2/2026", "400.00", due_in=-10)
    return made


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def item(account: Account, place: int = 0) -> int:
    return account.item_ids(account.invoice_ids[place])[0]


def reason(account: Account, place: int = 0) -> str | None:
    found = within(account, lambda: queries.known([account.debtor_id])).of_item(item(account, place))
    return found.reason if found is not None else None


def test_what_is_old_is_over_and_what_is_not_is_not(account: Account) -> None:
    assert reason(account) == rules.TIME_BARRED
    assert reason(account, 1) is None
    one = within(account, lambda: queries.known([account.debtor_id])).why_not(account.debtor_id, item(account))
    assert (one.scope, one.until, str(one.label)) == ("item", None, "the time to ask for it is over")


@pytest.mark.parametrize(("back", "over"), [(400, False), (3640, False), (3695, True)])
def test_the_customers_money_lets_it_count_anew(account: Account, back: int, over: bool) -> None:
    books = Promising(account)
    books.pay(account.invoice_ids[0], 1000, on=clock.today() - timedelta(days=back))
    assert (reason(account) == rules.TIME_BARRED) is over


def test_a_credit_note_is_no_money_and_lets_nothing_count_anew(account: Account) -> None:
    books = Promising(account)
    books.pay(account.invoice_ids[0], 1000, account=accounts.CREDIT_NOTES, on=clock.today() - timedelta(days=400))
    assert reason(account) == rules.TIME_BARRED


@pytest.mark.parametrize("how", sorted(limitation.RESTARTS))
def test_what_was_written_down_lets_it_count_anew_and_once(account: Account, how: str) -> None:
    day = clock.today() - timedelta(days=900)
    within(account, lambda: actions.restart([item(account)], how, day))
    within(account, lambda: actions.restart([item(account)], how, day))
    assert reason(account) is None
    found = within(account, lambda: queries.limits_of([item(account)]))[item(account)]
    assert found.restarts == ((how, day),)


def test_what_came_after_it_was_over_revives_nothing(account: Account) -> None:
    within(account, lambda: actions.restart([item(account)], limitation.NOTICE, clock.today()))
    assert reason(account) == rules.TIME_BARRED


def test_each_kind_of_customer_has_its_years(account: Account) -> None:
    account.add_invoice("3/2020", "50.00", due_in=-1000)
    assert reason(account, 2) is None
    kind = within(account, lambda: db.session().get_one(DebtorRow, account.debtor_id).kind)
    other = next(one for one in policies.SEGMENTS if one != kind)
    within(account, lambda: policies.write(Version(years={kind: 10, other: 2}), by=1, after=0))
    assert reason(account, 2) is None
    within(account, lambda: policies.write(Version(years={kind: 2, other: 10}), by=1, after=1))
    assert reason(account, 2) == rules.TIME_BARRED
    with pytest.raises(Overtaken):
        within(account, lambda: policies.write(Version(years={kind: 5, other: 5}), by=1, after=1))


def test_no_plan_is_offered_nor_made_and_paying_is_possible(app: PortalFlask, account: Account) -> None:
    browser = Debtor(app)
    browser.enter(account.link(invoice_id=account.invoice_ids[0]), account.fact)
    browser.get("/language/en")
    browser.get("/d/")
    assert "Pay in instalments" not in browser.text
    assert "Pay" in browser.text
    browser.get("/d/plan")
    assert "It is so old that no plan is made" in browser.text

    def propose() -> None:
        debtor = db.session().get_one(DebtorRow, account.debtor_id)
        items = invoice_queries.items_of_debtor(account.debtor_id, account.invoice_ids[0])
        room = plans.room(debtor, items)
        assert room.choices() == []
        young = plans.room(debtor, invoice_queries.items_of_debtor(account.debtor_id, account.invoice_ids[1]))
        plans.offer(debtor, room, young.choices()[0], visit_id=None)

    with pytest.raises(NotAllowedNow) as refused:
        within(account, propose)
    assert "You may pay it" in str(refused.value.text)


def test_colleagues_see_it_and_write_a_notice_down(app: PortalFlask, account: Account) -> None:
    old, young = (f"/c/invoices/{ids.spell(one)}" for one in account.invoice_ids)
    manager = signed_in(app, account.creditor_id, Role.MANAGER)
    manager.get(old)
    assert "the time to ask for it is over: it ended on" in manager.text
    manager.get(f"{old}/limitation")
    assert "A formal notice reached them on" not in manager.text, "what is over stays over"
    manager.get(f"{young}/limitation")
    for typed, said in (
        ({}, "Please write the day"),
        ({"reached_on": (clock.today() + timedelta(days=2)).isoformat()}, "This day has not come yet."),
        ({"reached_on": "2001-01-01"}, "On that day the invoice was not written yet."),
        ({"reached_on": "ieri"}, "Write the date as"),
    ):
        manager.submit("/limitation", **typed)
        assert manager.status == 422
        assert said in manager.text
    manager.submit("/limitation", reached_on=clock.today().isoformat())
    assert "a formal notice reached them" in manager.text
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"{young}/limitation")
    assert agent.status == 200
    assert "Write it down" not in agent.text


def test_the_years_are_set_on_a_page(app: PortalFlask, account: Account) -> None:
    manager = signed_in(app, account.creditor_id, Role.MANAGER)
    manager.get("/c/settings/limitation")
    manager.submit("/limitation", business="2", consumer="7")
    assert manager.status == 422
    manager.submit("/limitation", business="2", consumer="5")
    assert "Version 1" in manager.text
    assert within(account, policies.current).years == {"business": 2, "consumer": 5}
