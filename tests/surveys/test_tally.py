"""How many were asked and said what: by day, by customer, never another creditor's."""

from datetime import timedelta

import pytest

from portal.core import clock, db, scope
from portal.surveys import queries
from portal.surveys.models import Survey
from portal.surveys.nps import Tally
from portal.web.edge import PortalFlask
from tests.factories.world import make_account, make_creditor
from tests.surveys.world import Heard

pytestmark = pytest.mark.usefixtures("app")


def counted(account, **wanted) -> Tally:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return queries.tally(**wanted)


def test_it_counts_who_was_asked_and_who_said_what() -> None:
    account = make_account()
    heard = Heard(account)
    for score in (10, 9, 8, 7, 6, 0, None, None):
        heard.asked(score)
    heard.asked(None, asked_at=None)  # still to be asked
    assert counted(account) == Tally(2, 2, 2, 8)
    assert counted(account).response_rate == 75.0
    assert counted(account, where=[Survey.outcome == "dispute"]) == Tally()


def test_both_days_count() -> None:
    account = make_account()
    heard = Heard(account)
    for days in (0, 5, 10, 11):
        heard.asked(10, days_ago=days)
    today = clock.today("Europe/Rome")
    ago = {days: today - timedelta(days=days) for days in (5, 10)}
    assert counted(account, since=ago[10], until=ago[5]).n == 2
    assert counted(account, since=ago[10]).n == 3
    assert counted(account, until=ago[5]).n == 3


def test_of_some_customers_alone_and_of_nobody() -> None:
    creditor = make_creditor()
    one, two = make_account(creditor), make_account(creditor, "0043")
    Heard(one).asked(10)
    Heard(two).asked(0)
    assert counted(one, debtor_ids=[one.debtor_id]) == Tally(promoters=1, asked=1)
    assert counted(one, debtor_ids=[]) == Tally()


def test_another_creditors_answers_are_not_there(app: PortalFlask) -> None:
    mine, theirs = make_account(), make_account(make_creditor("verdi"))
    Heard(theirs).asked(10)
    assert counted(mine) == Tally()
    assert counted(theirs).n == 1
