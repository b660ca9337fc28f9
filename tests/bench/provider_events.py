"""A provider's events taken in and worked off in a second of CPU.

Taken in: verified on the raw bytes and stored once, against bare HMAC and one INSERT of the same values. Worked
off: the payment fetched again from the provider and booked, against that fetch alone.
"""

import hashlib
import hmac
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from portal.core import db, installation, jobs, scope
from portal.creditors import queries as creditors
from portal.debtors import gate
from portal.debtors.models import AccessLink, Debtor
from portal.debtors.visits import Current
from portal.doubles.stripe import StripeDouble
from portal.invoices import queries as invoices
from portal.payments import checkout
from portal.wiring import create_app
from tests.bench.setting_up import installed
from tests.factories.world import Account, make_account
from tests.payments.conftest import ACCOUNT, KEY, SECRET, Post, take_cards

PAYMENTS = 60
Sent = tuple[str, bytes, dict[str, str]]


class Held(Post):
    """The double's webhooks, kept instead of sent."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Sent] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.kept.append((url, body, headers))
        return 200


def measure() -> list[dict[str, Any]]:
    post = Held()
    with (
        tempfile.TemporaryDirectory() as name,
        StripeDouble(background=False, seed=7, send=post) as double,
        installed("sqlite", Path(name), "http://portal.test"),
    ):
        double.accounts.add(ACCOUNT, key=KEY, name="Rossi Impianti")
        settings = replace(installation.settings(), stripe_api_base=double.url, checkout_origins=(double.url,))
        app = create_app(settings)
        account = make_account()
        take_cards(account.creditor_id, double)
        for number in range(PAYMENTS):
            account.add_invoice(f"{number}/2026", "40.00")
        _pay_all(account, double)
        double.webhooks.drain()
        client = app.test_client()

        def take(sent: Sent) -> None:
            url, body, headers = sent
            path = url.removeprefix("http://portal.test")
            answer = client.post(path, base_url="http://portal.test", data=body, headers=headers)
            assert answer.status_code == 204, answer.status_code

        taken = _rate(len(post.kept), lambda: [take(sent) for sent in post.kept])
        bare = _rate(len(post.kept), lambda: _bare(Path(name), post.kept))
        worked = _rate(len(post.kept), jobs.work_off)
        fetched = _rate(PAYMENTS, lambda: _fetch_all(double))
    return [
        _line("provider events taken in", taken, bare),
        _line("provider events worked off, booking included", worked, fetched),
    ]


def _line(name: str, ours: float, reference: float) -> dict[str, Any]:
    return {
        "name": f"{name} (per second of CPU)",
        "ours": round(ours, 1),
        "reference": round(reference, 1),
        "ratio": round(reference / ours, 2),
    }


def _rate(count: int, act: Callable[[], Any]) -> float:
    begun = time.process_time()
    act()
    return count / (time.process_time() - begun)


def _pay_all(account: Account, double: StripeDouble) -> None:
    """Each invoice by a payment of its own, as a debtor would."""
    account.link()
    with db.transaction():
        scope.enter(account.creditor_id, account.debtor_id)
        link = db.session().scalars(select(AccessLink)).first()
        assert link is not None
        admitted = gate.admit(link, 2)
        debtor = db.session().get_one(Debtor, account.debtor_id)
        assert admitted is not None
        visit = Current(admitted.id, debtor.id, link.id, 2, None, debtor.name, debtor.kind,
                        creditors.face(account.creditor_id))  # fmt: skip
    for invoice_id in account.invoice_ids:
        with db.transaction():
            scope.enter(account.creditor_id, account.debtor_id)
            items = [item.item_id for item in invoices.items_of_debtor(account.debtor_id, invoice_id)]
            checkout.start_checkout(visit, items, language="it")
    for session in double.all("checkout.session"):
        double.payer.pay_by_card(session["id"])


def _bare(folder: Path, kept: list[Sent]) -> None:
    connection = sqlite3.connect(folder / "bare.sqlite")
    connection.execute("CREATE TABLE bare_events (key TEXT PRIMARY KEY, body BLOB)")
    for _url, body, headers in kept:
        stamp = headers["Stripe-Signature"].split(",")[0].removeprefix("t=")
        hmac.digest(SECRET.encode(), f"{stamp}.".encode() + body, "sha256")
        key = hashlib.sha256(body).hexdigest()
        connection.execute("INSERT INTO bare_events VALUES (?, ?)", (key, body))
        connection.commit()
    connection.close()


def _fetch_all(double: StripeDouble) -> None:
    with requests.Session() as asking:
        for session in double.all("checkout.session"):
            answer = asking.get(
                f"{double.url}/v1/checkout/sessions/{session['id']}", headers={"Authorization": f"Bearer {KEY}"}
            )
            assert answer.status_code == 200, answer.text
