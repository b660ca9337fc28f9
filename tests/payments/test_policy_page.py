"""The creditor says whether one may pay a part, the least of it, and what becomes of what was paid too much."""

import pytest

from portal.core import db
from portal.creditors import queries as creditors
from tests.factories.people import signed_in
from tests.payments.conftest import Shop


def policy(shop: Shop) -> tuple[bool, int, bool]:
    with db.transaction(writes=False):
        found = creditors.by_id(shop.creditor_id)
        return found.partial_payments, found.least_partial_minor, found.overpayments_kept


def test_the_policy_is_set_on_the_settings_page(shop: Shop) -> None:
    browser = signed_in(shop.post.app, shop.creditor_id)  # type: ignore[arg-type]
    assert policy(shop) == (True, 1000, False)
    browser.get("/c/settings")
    form = browser.form("/c/settings")
    assert (form.fields["partial_payments"], form.fields["least_partial"]) == ("yes", "10.00")
    assert "overpayments_kept" not in form.fields
    browser.submit("/c/settings", least_partial="25,50", overpayments_kept="yes")
    assert policy(shop) == (True, 2550, True)
    browser.get("/c/settings")
    form = browser.form("/c/settings")
    del form.fields["partial_payments"]
    browser.post(form.action, form.fields)
    assert policy(shop) == (False, 2550, True)


@pytest.mark.parametrize("typed", ["ten", "-1", "1.000,00", "1e3", "5.001"])
def test_a_least_part_that_is_no_amount_is_said(shop: Shop, typed: str) -> None:
    browser = signed_in(shop.post.app, shop.creditor_id)  # type: ignore[arg-type]
    browser.get("/c/settings")
    browser.submit("/c/settings", least_partial=typed, overpayments_kept="yes")
    assert browser.status == 422
    assert 'href="#least_partial"' in browser.text
    assert f'value="{typed}"' in browser.text
    assert policy(shop) == (True, 1000, False)
