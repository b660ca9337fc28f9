"""What a database says of an error, and so what a log may hold, names the constraint and quotes nobody."""

import traceback

import pytest
from sqlalchemy.exc import IntegrityError

from portal.core import clock, db, ids, scope
from portal.debtors.models import Debtor
from portal.settings import Settings
from tests.factories.world import make_account, make_creditor

SECRET = "RSSMRA80A01H501U"


def test_no_value_of_a_refused_row_is_in_the_error(house: Settings) -> None:
    creditor = make_creditor()
    make_account(creditor, code=SECRET)
    values = {"code": SECRET, "name": "Rosa Segreta", "kind": "consumer", "language": "it", "created_at": clock.now()}
    with pytest.raises(IntegrityError) as refused, db.transaction() as session:
        scope.enter(creditor.id)
        session.add(Debtor(id=ids.new_id(), creditor_id=creditor.id, **values))
        session.flush()
    said = "".join(traceback.format_exception(refused.value))
    assert "debtors" in said
    assert SECRET not in said
    assert "Rosa Segreta" not in said
