"""A proposal that a creditor's system answers: within the policy alone, as it was read, once."""

import pytest

from portal.core import clock, db, ids
from portal.debtors.models import Debtor
from portal.invoices import queries as invoices
from portal.plans import actions
from portal.plans.rules import Wish
from portal.web.edge import PortalFlask
from tests.api.conftest import make_system
from tests.factories.world import make_account, make_creditor
from tests.plans.creditor_world import Planning


@pytest.fixture
def world(app: PortalFlask) -> Planning:
    assert app
    account = make_account(make_creditor())
    account.add_invoice("7/2026", "1200.00", due_in=-5)
    return Planning(account)


def test_a_proposal_is_declined_with_the_reason_and_only_once(app: PortalFlask, world: Planning) -> None:
    erp = make_system(app, world.account)
    plan_id = world.ask(world.account.invoice_ids[0], 12)
    place = f"/plans/{ids.spell(plan_id)}"
    assert [one["plan_id"] for one in erp.read("/plans?status=proposed")["items"]] == [ids.spell(plan_id)]
    tag = erp.get(place).headers["ETag"]
    assert erp.post(f"{place}/decline", {"words": "Too long for us."}).status_code == 428
    said = erp.post(f"{place}/decline", {"words": "Too long for us."}, If_Match=tag)
    assert (said.status_code, said.json["status"]) == (200, "rejected")
    assert erp.post(f"{place}/decline", {"words": "Again."}, If_Match=tag).status_code == 412
    assert erp.post(f"{place}/decline", {"words": "Again."}, If_Match="*").status_code == 409


def test_beyond_the_policy_a_system_agrees_to_nothing(app: PortalFlask, world: Planning) -> None:
    erp = make_system(app, world.account)
    place = f"/plans/{ids.spell(world.ask(world.account.invoice_ids[0], 12))}"
    refused = erp.post(f"{place}/approve", If_Match="*")
    assert refused.status_code == 409
    assert "manager" in refused.json["detail"]
    assert erp.read(place)["status"] == "proposed"


def test_what_lies_within_the_policy_is_agreed(app: PortalFlask, world: Planning) -> None:
    """What was said on the phone is a proposal in any case."""
    erp = make_system(app, world.account)

    def on_the_phone() -> int:
        debtor = db.session().get_one(Debtor, world.account.debtor_id)
        room = actions.room(debtor, invoices.items_of_debtor(debtor.id))
        return actions.offer(debtor, room, Wish(3, clock.today(), "month"), visit_id=None, by_phone=True).id

    place = f"/plans/{ids.spell(world.within(on_the_phone))}"
    agreed = erp.post(f"{place}/approve", If_Match=erp.get(place).headers["ETag"])
    assert (agreed.status_code, agreed.json["status"]) == (200, "offered"), agreed.json
