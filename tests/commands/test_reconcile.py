"""`portal payments reconcile`: one creditor or all, one day or yesterday; it ends with 1 when something differs."""

from datetime import timedelta

import time_machine
from click.testing import CliRunner, Result

from portal.commands import line, payments
from portal.core import clock
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import make_creditor
from tests.payments.conftest import Shop, choose_card, debtor, double, payer, post, settings, shop
from tests.payments.test_reconciliation import checks, one_cent_more

__all__ = ["choose_card", "debtor", "double", "payer", "post", "settings", "shop"]


def run(app: PortalFlask, *args: str) -> Result:
    context = line.Context(create_app=lambda _settings: app)
    return CliRunner().invoke(payments.group, ["reconcile", *args], obj=context)


def test_a_day_of_one_creditor_and_the_same_again(app: PortalFlask, shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    today = clock.today().isoformat()
    for _ in range(2):
        found = run(app, "--creditor", "rossi", "--date", today)
        assert (found.exit_code, found.output) == (
            0, f"rossi {today} EUR: provider 1234.56, books 1234.56, difference 0.00\n"
        )  # fmt: skip
    assert len(checks(shop)) == 1
    one_cent_more(shop)
    found = run(app, "--creditor", "rossi", "--date", today)
    assert found.exit_code == 1
    assert "books 1234.57, difference -0.01" in found.output


def test_yesterday_of_everybody_each_on_its_own(app: PortalFlask, shop: Shop, payer: Debtor) -> None:
    make_creditor("verdi", display_name="Verdi")
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    yesterday = clock.today().isoformat()
    with time_machine.travel(clock.now() + timedelta(days=1)):
        found = run(app)
        assert (found.exit_code, found.output) == (
            0, f"rossi {yesterday} EUR: provider 1234.56, books 1234.56, difference 0.00\n"
        )  # fmt: skip
        shop.double.faults.fail(times=5, status=500)
        found = run(app)
    assert found.exit_code == 1
    assert "no answer from the provider" in found.output


def test_names_that_are_none(app: PortalFlask, shop: Shop) -> None:
    make_creditor("verdi", display_name="Verdi")
    assert run(app, "--creditor", "nobody").exit_code == 2
    assert run(app, "--creditor", "verdi").exit_code == 2
    assert run(app, "--date", "ieri").exit_code == 2
