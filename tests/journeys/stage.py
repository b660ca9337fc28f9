"""The whole house on loopback for a browser: portal with its worker, mailbox, Stripe double, ERP receiver."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from waitress.server import create_server

from portal.core import db, installation, outbox, queue, scope, signing
from portal.creditors.models import Creditor
from portal.doubles.erp import ErpReceiver
from portal.doubles.mailbox import Mailbox
from portal.doubles.serving import listening_socket, run_in_thread
from portal.doubles.stripe import StripeDouble
from portal.payments import accounts as payment_accounts
from portal.settings import Settings
from portal.webhooks import actions as webhooks
from portal.wiring import create_app
from tests.databases import Prepared
from tests.factories.world import make_creditor

STRIPE_KEY = "sk_test_journey_0123456789abcdefghij"
STRIPE_SECRET = "whsec_journey_0123456789abcdefghijkl"


@dataclass
class Stage:
    """Everything that a journey may look at."""

    base_url: str
    mailbox: Mailbox
    stripe: StripeDouble
    erp: ErpReceiver
    creditor: Creditor


def why_no_browser() -> str | None:
    """What is missing for the browser tests, or None (decision 40)."""
    return None if chromium() else "no Chromium: apt-get install chromium"


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def staged(prepared: Prepared, keys_file: Path, folder: Path) -> Iterator[Stage]:
    """Starts all of it, with one creditor that takes cards and listens to events; ends all of it."""
    with ExitStack() as running:
        socket = listening_socket()
        port = socket.getsockname()[1]
        mailbox = running.enter_context(Mailbox(folder / "mail"))
        stripe = running.enter_context(StripeDouble(key=STRIPE_KEY))
        secrets: list[str] = []
        erp = running.enter_context(ErpReceiver(lambda: secrets))
        settings = Settings.read(
            {
                "PORTAL_ENV": "test",
                "PORTAL_DATABASE_URL": prepared.url,
                "PORTAL_MIGRATION_URL": prepared.migration_url,
                "PORTAL_QUEUE_URL": f"sqlite:///{folder / 'queue.sqlite'}",
                "PORTAL_KEYS_FILE": str(keys_file),
                "PORTAL_FILES_DIR": str(folder / "files"),
                "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
                "PORTAL_SMTP_HOST": mailbox.smtp_host,
                "PORTAL_SMTP_PORT": str(mailbox.smtp_port),
                "PORTAL_SMTP_SENDER": "portale@portal.example",
                "PORTAL_STRIPE_API_BASE": stripe.url,
                "PORTAL_CHECKOUT_ORIGINS": stripe.url,
                "PORTAL_ALLOWED_LOOPBACK": erp.url,
            }
        )
        app = create_app(settings)
        creditor = make_creditor()
        _connect(creditor, stripe, erp, secrets)
        stop_worker = queue.start_worker(queue.make(settings.queue_url, signing.queue_key(installation.keys())))
        running.callback(outbox.enqueue_with, None)
        running.callback(stop_worker)
        server = create_server(app, sockets=[socket], threads=6)
        running.callback(run_in_thread(server))
        yield Stage(settings.public_url, mailbox, stripe, erp, creditor)
    db.disconnect()


def _connect(creditor: Creditor, stripe: StripeDouble, erp: ErpReceiver, secrets: list[str]) -> None:
    with db.transaction():
        scope.enter(creditor.id)
        wrong = payment_accounts.configure(
            "stripe",
            secrets={"secret_key": STRIPE_KEY, "webhook_secret": STRIPE_SECRET},
            options={},
            enabled=True,
        )
        assert not wrong, wrong
        stripe.add_endpoint(payment_accounts.notice_url("stripe"), STRIPE_SECRET)
        secrets.append(webhooks.add_endpoint(erp.hook_url, notify_email="edp@rossi.example").secret)
