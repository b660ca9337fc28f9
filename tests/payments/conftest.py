"""A creditor that takes cards through its own Stripe account: the real client against the double, over HTTP."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pytest
from sqlalchemy import select

from portal.core import db, jobs, scope
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.doubles.serving import listening_socket
from portal.doubles.stripe import StripeDouble
from portal.ledger import queries as ledger
from portal.ledger.models import Transfer
from portal.payments import accounts
from portal.payments.models import PaymentAttempt
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import Account, make_account, make_creditor

ACCOUNT, KEY, SECRET = "acct_1RossiImpianti", "sk_test_rossi_impianti_0001", "whsec_rossi_impianti_0001"


class Post:
    """Where the double's webhooks go: into the application under test, in the thread that drains them."""

    def __init__(self) -> None:
        self.app: PortalFlask | None = None
        self.statuses: list[int] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        assert self.app is not None
        path = url.removeprefix("http://portal.test")
        answer = self.app.test_client().post(path, base_url="http://portal.test", data=body, headers=headers)
        self.statuses.append(answer.status_code)
        return answer.status_code


@pytest.fixture
def post() -> Post:
    return Post()


@lru_cache(maxsize=1)
def stripe_port() -> int:
    """Always the same, so that the pages that name it are made once; outside the range of outgoing connections."""
    first = 61000 + 200 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw15").removeprefix("gw"))
    for port in range(first, first + 200):
        with suppress(OSError), listening_socket(port):
            return port
    raise RuntimeError("no free port for the payment provider's double")


@pytest.fixture
def double(post: Post) -> Iterator[StripeDouble]:
    with StripeDouble(port=stripe_port(), background=False, seed=7, send=post) as running:
        running.accounts.add(ACCOUNT, key=KEY, name="Rossi Impianti")
        yield running


@pytest.fixture
def settings(settings: Settings, double: StripeDouble) -> Settings:
    return replace(settings, stripe_api_base=double.url, checkout_origins=(double.url,))


@dataclass
class Shop:
    """One debtor of a creditor with Stripe, and everything that tests look at afterwards."""

    account: Account
    double: StripeDouble
    post: Post

    @property
    def creditor_id(self) -> int:
        return self.account.creditor_id

    def another_debtor(self) -> Account:
        with db.transaction(writes=False):
            creditor = creditors.by_id(self.creditor_id)
        return make_account(creditor, code="0043", vat_number="IT98765432109", name="Verdi Serramenti S.r.l.")

    def deliver(self) -> None:
        """Every webhook arrives, and what follows from it is worked off."""
        self.double.webhooks.drain()
        jobs.work_off()

    def sessions(self) -> list[dict[str, Any]]:
        return self.double.all("checkout.session")

    def attempts(self) -> list[PaymentAttempt]:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            return list(session.scalars(select(PaymentAttempt).order_by(PaymentAttempt.id)))

    def statuses(self) -> list[str]:
        return [one.status.value for one in self.attempts()]

    def books(self) -> list[tuple[str, str, int, int | None]]:
        """Every posting but the invoices themselves: debit, credit, minor units, due item."""
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            rows = session.scalars(select(Transfer).where(Transfer.kind != "invoice").order_by(Transfer.id))
            assert ledger.unbalanced() == []
            return sorted(((r.debit, r.credit, r.amount_minor, r.receivable_id) for r in rows), key=str)

    def open_minor(self, *invoice_ids: int) -> int:
        items = [i for one in invoice_ids or self.account.invoice_ids for i in self.account.item_ids(one)]
        with db.transaction(writes=False):
            scope.enter(self.creditor_id)
            return sum(amount.minor for amount in ledger.open_amounts(items).values())

    def events(self, *prefixes: str) -> list[str]:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            names = session.scalars(select(EventRow.name).order_by(EventRow.seq)).all()
        return [name for name in names if name.startswith(prefixes or ("payment.", "item.", "invoice.settled"))]

    def event_data(self, name: str) -> list[dict[str, Any]]:
        with db.transaction(writes=False) as session:
            scope.enter(self.creditor_id)
            rows = session.scalars(select(EventRow).where(EventRow.name == name).order_by(EventRow.seq))
            return [row.data for row in rows]


def take_cards(creditor_id: int, double: StripeDouble, key: str = KEY, account: str = ACCOUNT) -> None:
    """Switches cards on for a creditor, as its people would, and tells the double where its webhooks go."""
    with db.transaction():
        scope.enter(creditor_id)
        wrong = accounts.configure(
            "stripe", secrets={"secret_key": key, "webhook_secret": SECRET}, options={}, enabled=True
        )
        assert wrong == {}
        address = accounts.notice_url("stripe")
    double.add_endpoint(address, SECRET, account=account)


@pytest.fixture
def shop(app: PortalFlask, double: StripeDouble, post: Post) -> Shop:
    """One invoice of 1,234.56 euro due in ten days."""
    post.app = app
    account = make_account(make_creditor())
    account.add_invoice()
    take_cards(account.creditor_id, double)
    return Shop(account, double, post)


def english(app: PortalFlask) -> Debtor:
    """A browser that reads English, so that tests find the sentences as they stand in the code."""
    browser = Debtor(app)
    browser.get("/language/en", follow=False)
    return browser


@pytest.fixture
def debtor(app: PortalFlask) -> Debtor:
    return english(app)


@pytest.fixture
def payer(shop: Shop, debtor: Debtor) -> Debtor:
    """The debtor's browser, through the gate."""
    debtor.enter(shop.account.link(), shop.account.fact)
    return debtor


def choose_card(payer: Debtor, **typed: Any) -> str:
    """Opens the choice and presses "by card"; where it leads."""
    payer.get("/d/pay")
    return str(payer.submit("/d/pay/card", follow=False, **typed).headers["Location"])
