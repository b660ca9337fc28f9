""" "Is this genuine?" names the very address that the browser shows: scheme, host, port, and the slash behind them."""

from dataclasses import replace

import pytest

from portal.core import db, outbox
from portal.settings import Settings
from portal.web.edge import PortalFlask
from portal.wiring import create_app
from tests.actors import Debtor
from tests.databases import Prepared
from tests.factories.world import make_account


@pytest.fixture
def prepared(sqlite: Prepared) -> Prepared:
    """It is about a sentence, not about rows: one database is enough."""
    sqlite.reset()
    return sqlite


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000", "https://paga.example.it", "https://paga.example.it:8443"]
)
@pytest.mark.parametrize("language", ["it", "en"])
def test_the_address_is_the_one_that_is_set(settings: Settings, address: str, language: str) -> None:
    browser = Debtor(create_app(replace(settings, public_url=address)), base_url=address)
    try:
        browser.get(f"/language/{language}")
        browser.get("/genuine")
        assert browser.status == 200
        assert f"{address}/" in browser.text
        assert address.startswith("https") or "https:" not in browser.text, "a demo over http says so"
    finally:
        outbox.enqueue_with(None)
        db.disconnect()


@pytest.mark.parametrize("path", ["/d/nothing-here", "/d/invoices/0000000000000", "/d/invoices/zzz", "/d/leave"])
def test_a_page_that_is_not_there_says_who_asks_and_whom_to_call(app: PortalFlask, debtor: Debtor, path: str) -> None:
    """Inside a visit the creditor answers, whether a page was looked for or none has that address."""
    account = make_account()
    account.add_invoice()
    debtor.get("/language/en")
    debtor.enter(account.link(), account.fact)
    debtor.get(path)
    assert debtor.status in {404, 405}
    assert "Rossi Impianti asks." in debtor.text
    assert "tel:+390510000001" in debtor.text
    assert "lun–ven 9–13" in debtor.text
    stranger = Debtor(app)
    stranger.get("/language/en")
    stranger.get("/d/nothing-here")
    assert stranger.status == 404
    assert "Rossi" not in stranger.text
    debtor.get("/l/nothing")
    assert "Rossi" not in debtor.text, "an unknown link looks the same to everybody (A-11)"
