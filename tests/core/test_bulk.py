"""Many rows in one go: what goes in is what stands there, or nothing does."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError

from portal.core import bulk, clock, db, ids, scope
from portal.credit_lines.models import CreditRating
from portal.settings import Settings
from tests.factories.world import Account, make_account


@pytest.fixture
def account(house: Settings) -> Account:
    assert house
    return make_account()


def test_a_text_that_is_too_long_is_never_cut(account: Account) -> None:
    source = "x" * 61
    row = {
        "id": ids.new_id(), "creditor_id": account.creditor_id, "debtor_id": account.debtor_id, "source": source,
        "rated_on": clock.today(), "score": 50, "note": None, "taken_in_at": clock.now(),
    }  # fmt: skip
    kept = [source]
    try:
        with db.transaction():
            scope.enter(account.creditor_id)
            bulk.insert(CreditRating, [row])
    except DataError:  # PostgreSQL refuses it, as it refuses any other insert
        kept = []
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert list(session.scalars(select(CreditRating.source))) == kept
