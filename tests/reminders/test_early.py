"""What will probably be paid late is cared for earlier, where the creditor wants that; and nothing else follows."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.core import clock, db, scope
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.invoices.models import DueItem
from portal.ledger.models import Receivable
from portal.reminders import actions, deciding, policies, reading
from portal.reminders.cadence import Item
from portal.reminders.deciding import OpenItem
from portal.reminders.levels import CARING, CARING_SOON, STANDARD
from portal.reminders.models import Outlook, Touch
from portal.settings import Settings
from tests.factories.messages import went_out
from tests.factories.world import Account, make_account, make_creditor
from tests.queries_counted import counted

pytestmark = pytest.mark.usefixtures("wednesday")


def late_before(account: Account, items: int = 4) -> None:
    """So many documents of theirs were paid 20 days after their day."""
    for number in range(items):
        account.add_invoice(f"old {number}", due_in=-60, issued_days_ago=90)
    with db.transaction():
        scope.enter(account.creditor_id)
        today = clock.today()
        for item, row in db.session().execute(
            select(DueItem, Receivable)
            .join(Receivable, Receivable.id == DueItem.id)
            .where(DueItem.debtor_id == account.debtor_id, DueItem.due_on < today)
        ):
            row.open_minor, row.closed_on = 0, item.due_on + timedelta(days=20)


def early(account: Account, days: int) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        now = policies.current()
        policies.write(replace(now, early_days=days), by=None, after=now.number)


def plan(account: Account) -> actions.Planned:
    with db.transaction():
        scope.enter(account.creditor_id)
        return actions.plan(creditors.by_id(account.creditor_id), any_hour=True)


def touched(account: Account) -> list[str]:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return list(db.session().scalars(select(Touch.level).where(Touch.debtor_id == account.debtor_id)))


@pytest.fixture
def two(house: Settings) -> tuple[Account, Account]:
    """One who has always been late, and one who is new; each owes something in 18 days."""
    creditor = make_creditor()
    slow, new = make_account(creditor, "S-1"), make_account(creditor, "N-1")
    late_before(slow)
    for account in (slow, new):
        account.add_invoice("128", due_in=18, issued_days_ago=2)
    return slow, new


def test_nothing_is_earlier_unless_the_creditor_wants_it(two: tuple[Account, Account]) -> None:
    assert plan(two[0]).contacts == 0


def test_who_will_probably_be_late_hears_earlier_and_nobody_else(two: tuple[Account, Account]) -> None:
    slow, new = two
    early(slow, 20)
    assert plan(slow).contacts == 1
    assert (touched(slow), touched(new)) == ([CARING], [])
    went_out(slow)
    assert plan(slow).contacts == 0, "said once, not again ten days before"


def test_what_comes_next_is_seen_on_its_own_day(two: tuple[Account, Account]) -> None:
    slow, new = two
    early(slow, 15)
    plan(slow)
    today = clock.today()
    with db.transaction(writes=False):
        scope.enter(slow.creditor_id)
        days = {row.debtor_id: row.on for row in db.session().scalars(select(Outlook))}
    assert today + timedelta(days=3) <= days[slow.debtor_id] < days[new.debtor_id]


def test_it_costs_some_questions_for_all_and_none_where_it_is_off(two: tuple[Account, Account]) -> None:
    slow, _new = two

    def cost() -> int:
        with db.transaction(writes=False):
            scope.enter(slow.creditor_id)
            creditor, version = creditors.by_id(slow.creditor_id), policies.current()
            ids = reading.with_something_open(date(2030, 1, 1), 0)
            with counted() as asked:
                reading.some(creditor, ids, version, clock.now())
            return len(asked)

    off = cost()
    early(slow, 20)
    on = cost()
    assert off < on <= off + 8
    for number in range(5):
        account = make_account(creditors_of(slow), f"M-{number}")
        account.add_invoice(f"{number}", due_in=18)
    assert cost() == on


def creditors_of(account: Account) -> Creditor:
    with db.transaction(writes=False):
        return creditors.by_id(account.creditor_id)


def test_only_the_first_courtesy_moves_and_never_nearer_to_the_day() -> None:
    now = policies.FIRST
    for who in policies.SEGMENTS:
        assert now.levels(who, early=True) == now.levels(who) == STANDARD
        moved = replace(now, early_days=20).levels(who, early=True)
        assert [one.days for one in moved] == [-20, *(one.days for one in STANDARD[1:])]
        assert replace(now, early_days=20).levels(who) == STANDARD
        assert replace(now, early_days=5).levels(who, early=True) == STANDARD
    assert moved[1].code == CARING_SOON


def test_a_version_of_before_knows_nothing_of_it(house: Settings) -> None:
    account = make_account()
    early(account, 20)
    with db.transaction():
        scope.enter(account.creditor_id)
        assert policies.current().early_days == 20
        row = db.session().scalars(select(policies.CadencePolicy)).one()
        row.settings = {name: value for name, value in row.settings.items() if name != "early_days"}
        db.session().flush()
        assert policies.current().early_days == 0


def test_nothing_of_the_score_stands_in_what_is_decided() -> None:
    """An open item knows that it will probably be late, and never how much or why."""
    item = OpenItem(Item(1, date(2026, 12, 9), date(2026, 12, 9)), "128", None, {}, probably_late=True)
    assert not {"score", "percent", "reasons"} & set(OpenItem.__dataclass_fields__)
    assert item.probably_late
    assert deciding.REASONS.keys().isdisjoint({"probably_late"})
