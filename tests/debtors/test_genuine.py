""" "Is this genuine?" names the very address that the browser shows: scheme, host, port, and the slash behind them."""

from dataclasses import replace

import pytest

from portal.core import db, outbox
from portal.settings import Settings
from portal.wiring import create_app
from tests.actors import Debtor
from tests.databases import Prepared


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
