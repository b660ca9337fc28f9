"""An instalment by card and by transfer: its own amount over several documents, its own reference."""

import re

from portal.core import db, ids, scope
from portal.plans import queries
from tests.actors import Debtor
from tests.factories.world import today_plus
from tests.payments.conftest import Shop
from tests.payments.test_part import change, pay_part, reserved
from tests.plans.world import Planning


def planned(shop: Shop) -> tuple[Planning, int]:
    world = Planning(shop.account)
    for number, total in (("200/2026", "200.00"), ("201/2026", "400.00")):
        world.owe(total, number=number)
    with db.transaction():
        scope.enter(shop.creditor_id)
        mine = [item for one in world.invoices for item in shop.account.item_ids(one)]
    plan_id = world.agreed(3, today_plus(10), only=mine)
    return world, plan_id


def test_an_instalment_is_paid_by_card_though_the_creditor_takes_no_parts(shop: Shop, payer: Debtor) -> None:
    change(shop, partial_payments=False)
    world, plan_id = planned(shop)
    payer.get(f"/d/plans/{ids.spell(plan_id)}")
    address = re.search(r'href="(/d/pay/part[^"]*)"', payer.text)
    assert address is not None
    payer.get(address[1].replace("&amp;", "&"))
    assert payer.status == 200, payer.text
    pay_part(payer)
    assert sorted(reserved(shop).values()) == [20000], "the oldest document first, no more than the instalment"
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    assert world.asked(plan_id) == [(20000, 20000, "paid"), (20000, 0, "scheduled"), (20000, 0, "scheduled")]


def test_another_amount_is_still_no_part(shop: Shop, payer: Debtor) -> None:
    change(shop, partial_payments=False)
    _, plan_id = planned(shop)
    payer.get(f"/d/plans/{ids.spell(plan_id)}")
    address = re.search(r'href="(/d/pay/part[^"]*)"', payer.text)
    assert address is not None
    payer.get(address[1].replace("&amp;", "&").replace("amount=200.00", "amount=199.00"))
    assert payer.status == 422


def test_each_instalment_has_its_reference_on_its_transfer_page(shop: Shop, payer: Debtor) -> None:
    _, plan_id = planned(shop)
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        row = queries.asked(plan_id)[1]
    payer.get(f"/d/plans/{ids.spell(plan_id)}/instalments/{ids.spell(row.id)}/transfer")
    assert row.reference in payer.text.replace(" ", "").replace("</span><span>", "")
    assert "200.00" in payer.text
