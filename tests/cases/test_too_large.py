"""More than is taken at once: the page names the creditor of the visit and says how much it may be."""

import io

import pytest

from portal.core import ids
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import make_account


def test_whom_to_call_is_the_creditor_and_the_limit_is_said(
    app: PortalFlask, debtor: Debtor, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account()
    invoice = account.add_invoice("1/2026", "100.00", due_in=-12)
    debtor.enter(account.link(), account.fact)
    debtor.get("/language/en")
    debtor.get(f"/d/invoices/{ids.spell(invoice)}/dispute")
    # A larger one would lie in a file that the test's browser leaves open.
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 16 * 1024)
    big = [(io.BytesIO(b"\0" * (9 * 1024)), f"{number}.jpg") for number in range(4)]
    debtor.submit("/dispute", reason="price", about="whole", words="My long story", **{"files[]": big})
    assert debtor.status == 413
    assert "MB at most" in debtor.text
    assert "Rossi Impianti" in debtor.text
