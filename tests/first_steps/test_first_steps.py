"""The ten steps: ticked by facts, one by one, for their own creditor; and what a history says on the first day."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal.cases.models import AnswerText
from portal.core import clock, db, ids, jobs, scope
from portal.credit_lines.models import CreditPolicy
from portal.creditors.models import Creditor
from portal.debtors.models import Debtor
from portal.first_steps import queries
from portal.first_steps.steps import STEPS
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import DueItem
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.months.models import MonthReader
from portal.people.roles import Permission, Role
from portal.reminders.models import CadencePolicy, Touch
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import make_person, signed_in
from tests.factories.world import Account, make_account, make_creditor
from tests.imports.uploads import ONE, table, upload
from tests.people.test_agencies import give
from tests.queries_counted import counted

PAGE = "/c/first-steps"


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    assert app
    return make_creditor(iban=None)


@pytest.fixture
def account(creditor: Creditor) -> Account:
    return make_account(creditor)


def within(creditor: Creditor, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(creditor.id)
        return act()


def done(creditor: Creditor) -> set[str]:
    found: set[str] = within(creditor, lambda: queries.done(creditor.id, None))
    return found


def paid(account: Account) -> None:
    invoice_id = account.add_invoice("1/26", "100.00", due_in=-40)

    def book() -> None:
        (item,) = invoice_queries.items_of_debtor(account.debtor_id, invoice_id, only_open=False)
        source = Source("test", ids.new_id())
        invoices.settle_item(
            item, item.open, account=accounts.BANK, kind="payment", source=source, value_on=clock.today()
        )

    within_account(account, book)


def within_account(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def test_each_step_is_ticked_by_what_is_done(creditor: Creditor, account: Account) -> None:
    owner = make_person(creditor)
    now = clock.now()
    assert done(creditor) == set()
    paid(account)
    assert done(creditor) == {"history"}
    item_id = within(creditor, lambda: db.session().scalar(_items()))
    rows: list[tuple[str, Any]] = [
        ("policy", CreditPolicy(id=ids.new_id(), number=1, settings={}, made_at=now, made_by=owner.staff_id)),
        ("caring", Touch(id=ids.new_id(), debtor_id=account.debtor_id, due_item_id=item_id, level="caring", medium="message",
                         because="order", policy_number=0, planned_at=now, at=now)),
        ("monthly", MonthReader(id=ids.new_id(), staff_id=owner.staff_id, since=now)),
        ("timely", CadencePolicy(id=ids.new_id(), number=1, settings={}, made_at=now, made_by=owner.staff_id)),
        ("talks", AnswerText(id=ids.new_id(), language="it", name="Grazie", words="Grazie!", made_at=now)),
    ]  # fmt: skip
    ticked = {"history"}
    for key, row in rows:
        within(creditor, lambda row=row: db.session().add(row))
        ticked.add(key)
        assert done(creditor) == ticked, key
    within(creditor, lambda: setattr(db.session().get(Debtor, account.debtor_id), "salesperson", "Anna"))
    give(creditor, owner, [account.debtor_id])
    assert done(creditor) == ticked | {"sales", "partner"}
    assert within(creditor, lambda: queries.done(creditor.id, "IT60X")) >= {"paying"}


def _items() -> Any:
    return select(DueItem.id)


def test_what_the_portal_begins_with_ticks_nothing(creditor: Creditor) -> None:
    now = clock.now()
    within(creditor, lambda: db.session().add(CadencePolicy(id=ids.new_id(), number=1, settings={}, made_at=now)))
    assert done(creditor) == set()


def test_anothers_steps_are_their_own(creditor: Creditor, account: Account) -> None:
    paid(account)
    other = make_creditor("verdi", iban=None)
    give(other, make_person(other, email="b@verdi.example"), None)
    assert done(creditor) == {"history"}
    assert done(other) == {"partner"}


def test_an_import_counts_when_it_is_done(app: PortalFlask, creditor: Creditor) -> None:
    clerk = signed_in(app, creditor.id, Role.ADMIN)
    where = upload(clerk, ("invoices.csv", table(ONE)))
    assert done(creditor) == set()
    clerk.submit("/confirm")
    jobs.work_off()
    assert done(creditor) == {"digital"}
    clerk.get(where)
    assert f'href="{PAGE}"' in clerk.text


def text(browser: Browser, path: str = PAGE) -> str:
    browser.get(path)
    assert browser.status == 200, browser.text[:300]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.text))


def test_the_page_leads_to_what_one_may_do(app: PortalFlask, creditor: Creditor, account: Account) -> None:
    admin = signed_in(app, creditor.id, Role.ADMIN)
    empty = text(admin)
    assert "0 of 10 done" in empty
    assert "Bring in last year" in empty
    assert "What your books say already" not in empty
    paid(account)
    account.add_invoice("2/26", "60.00", due_in=-45)
    shown = text(admin)
    assert "1 of 10 done" in shown
    assert "What your books say already" in shown
    assert "€60.00" in shown
    assert "How it felt" in shown, "no figure of recovery without it"
    for one in STEPS:
        assert str(one.title).replace("'", "&#39;") in shown
    assert len(_links(admin)) == len(STEPS)
    assert all(admin.get(href).status_code == 200 for href in _links(admin))


def _links(browser: Browser) -> list[str]:
    browser.get(PAGE)
    return re.findall(r'data-row href="([^"]+)"', browser.text)


def test_who_may_not_open_a_page_gets_no_link(app: PortalFlask, creditor: Creditor) -> None:
    reader = signed_in(app, creditor.id, Role.VIEWER)
    reader.get(PAGE)
    assert reader.status == 200
    barred = [one for one in STEPS if one.needs is not Permission.READ]
    assert barred
    for href in _links(reader):
        assert reader.get(href).status_code == 200


def test_few_statements_however_much_there_is(app: PortalFlask, creditor: Creditor) -> None:
    with counted() as seen:
        done(creditor)
    assert len(seen) <= 2, str(seen)
