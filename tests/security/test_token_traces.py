"""After the redirect the token is nowhere: no page, header, cookie, log line or row holds it (rules A-02, A-20)."""

import hashlib
import logging
from typing import Any

import pytest

from portal.core import ids, installation, jobs, signing
from portal.core.link_addresses import QR
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.databases import Prepared
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account
from tests.security import snapshots


class Journey:
    """A debtor who does everything there is to do, and all that came back to them."""

    def __init__(self, app: PortalFlask, account: Account) -> None:
        self.browser, self.account, self.seen = Debtor(app), account, list[str]()

    def keep(self, answer: Any) -> Any:
        self.seen += [answer.get_data().decode("utf-8", "replace"), str(answer.headers)]
        answer.close()
        return answer

    def look(self, path: str) -> Any:
        return self.keep(self.browser.get(path, follow=False))

    def send(self, containing: str, **typed: str) -> Any:
        return self.keep(self.browser.submit(containing, follow=False, **typed))

    def go(self, address: str, fact: str) -> None:
        assert self.look(address).headers["Location"] == "/gate"
        self.look("/gate")
        self.send("/gate", fact="0000")
        self.send("/gate", fact=fact)
        invoice = ids.spell(self.account.invoice_ids[0])
        for path in ("/d/", f"/d/invoices/{invoice}", f"/d/invoices/{invoice}/document.pdf", "/d/pay",
        "/d/pay/transfer", "/d/nowhere",
                     "/language/en", "/genuine", "/privacy", address):  # fmt: skip
            self.look(path)
        self.look("/d/help")
        if 'name="question"' in self.browser.text:
            self.send("/d/help", question="Come mai?")
            self.browser.get(f"/d/invoices/{invoice}/receipt")
            self.keep(self.browser.page)
            self.send("/receipt", answer="missing", address="nuova@bianchi.example")
        self.browser.get("/d/")
        if self.browser.status == 200:
            self.send("/leave")


@pytest.mark.parametrize("purpose", ["portal", QR])
def test_the_token_is_nowhere_after_the_redirect(
    app: PortalFlask, prepared: Prepared, caplog: pytest.LogCaptureFixture, purpose: str
) -> None:
    account = make_account()
    account.add_invoice()
    address = account.link(invoice_id=account.invoice_ids[0], purpose=purpose).removeprefix("HTTP://PORTAL.TEST")
    token = address.rpartition("/")[2]
    logging.getLogger("portal").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        journey = Journey(app, account)
        journey.go(address, "128/2026" if purpose == QR else account.fact)
        jobs.work_off()  # the message that this asked for goes out, or tries to
        for spoilt in (address[:-1], f"{address}/", address.swapcase(), f"/d{address}"):
            Debtor(app).get(spoilt)
    clerk = signed_in(app, account.creditor_id)
    pages = [f"/c/debtors/{ids.spell(account.debtor_id)}", "/c/messages", "/c/", "/c/activity", "/c/results.csv"]
    staff = [clerk.get(path).get_data(as_text=True) for path in pages]
    everything = {
        "pages and headers": "\n".join(journey.seen),
        "staff's pages": "\n".join(staff),
        "log": "\n".join(f"{r.getMessage()} {r.__dict__} {r.exc_text}" for r in caplog.records),
        "database": snapshots.as_text(prepared),
    }
    assert len(journey.seen) > 20
    secret = token[14:] if purpose == "portal" else token[16:]  # what makes it more than the link's id
    for where, text in everything.items():
        assert token.lower() not in text.lower(), where
        assert secret.lower() not in text.lower(), where


def test_the_database_and_the_log_hold_no_token_of_a_message(app: PortalFlask, prepared: Prepared) -> None:
    """Tokens are made at the moment of sending; a stolen database makes none without the key (decision 3)."""
    account = make_account()
    account.add_invoice()
    address = account.link(days=30)
    stolen = snapshots.as_text(prepared)
    rows = snapshots.everything(prepared)["access_links"]
    assert len(rows) == 1
    assert address.rpartition("/")[2] not in stolen
    guessed = signing.Keys((hashlib.sha384(b"a key that the thief thinks of").digest(),), installation.keys().sealing)
    for purpose in ("portal", "qr"):
        token = signing.link_token(guessed, purpose, int(rows[0]["id"]))
        assert Debtor(app).get(f"/l/{token}").status_code == 404


def test_the_errors_of_the_server_do_not_tell_either(app: PortalFlask, caplog: pytest.LogCaptureFixture) -> None:
    """Even when the very page of the token breaks."""
    account = make_account()
    address = account.link()
    token = address.rpartition("/")[2]

    def broken(*_args: object, **_kwargs: object) -> Any:
        raise ZeroDivisionError

    endpoint = "entry.open_link"
    kept = app.view_functions[endpoint]
    app.view_functions[endpoint] = broken
    with caplog.at_level(logging.DEBUG):
        answer = Debtor(app).get(address, follow=False)
    app.view_functions[endpoint] = kept
    assert answer.status_code == 500
    assert token not in answer.get_data(as_text=True)
    assert token not in str(answer.headers)
    assert caplog.records
    for record in caplog.records:
        assert token not in f"{record.getMessage()} {record.exc_text} {record.__dict__.get('endpoint')}"
