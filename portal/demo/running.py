"""The whole demo in one process: portal, worker, mailbox, phone, Stripe double, ERP; until Ctrl-C or SIGTERM."""

import json
import secrets
import signal
import threading
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from portal.core import clock, db, migrations, queue, scope, signing
from portal.creditors import queries as creditors
from portal.demo import links, past, places, seeding
from portal.demo.company import CREDITOR
from portal.doubles.authenticator import Authenticator
from portal.doubles.erp import ErpReceiver
from portal.doubles.mailbox import Mailbox
from portal.doubles.phone import Phone
from portal.doubles.phone.receipts import PATH as RECEIPTS_PATH
from portal.doubles.phone.receipts import Receipts
from portal.doubles.serving import run_in_thread
from portal.doubles.stripe import StripeDouble
from portal.payments import accounts as payment_accounts
from portal.settings import Settings
from portal.web.listening import bounded_server
from portal.webhooks import actions as webhooks
from portal.webhooks import queries as webhook_queries

STRIPE_KEY = "sk_test_demo_0123456789abcdefghijklmnop"
Say = Callable[[str], None]
MakeApp = Callable[[Settings], Any]


def run(make_app: MakeApp, *, port: int, fresh: bool, say: Say, history: int = 0) -> None:
    """Starts everything, publishes var/demo.json when all of it answers, and waits for the end.

    `history`: so many invoices of an invented past, of a second creditor.
    """
    places.refuse_if_running(port)
    if fresh:
        places.fresh()
    places.PUBLISHED.unlink(missing_ok=True)
    ports = places.choose_ports(port)
    settings = places.settings(ports)
    signing.make_keys_file(settings.keys_file)
    migrations.upgrade(settings.database_url)
    app = make_app(settings)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as running:
        kept = _Kept.load()
        mailbox = Mailbox(places.HOME / "mail", smtp_port=ports.smtp, http_port=ports.mailbox)
        running.enter_context(mailbox)
        stripe = StripeDouble(
            port=ports.stripe, key=STRIPE_KEY, name=CREDITOR.display_name, snapshot=places.HOME / "stripe.json"
        )
        running.enter_context(stripe)
        erp = ErpReceiver(kept.webhook_secrets, path=places.HOME / "erp.jsonl", port=ports.erp)
        running.enter_context(erp)
        apps = running.enter_context(Authenticator())
        receipts = Receipts(settings.public_url + RECEIPTS_PATH, dict(settings.report_secrets)["generic"])
        phone = Phone(places.HOME / "phone.jsonl", port=ports.phone, receipts=receipts)
        running.enter_context(phone)
        empty = not seeding.is_seeded()
        creditor_id = seeding.add_creditor() if empty else _creditor_id()
        _connect_stripe(creditor_id, stripe, kept)
        _connect_erp(creditor_id, erp, kept)
        if empty:
            say("Filling the demo (once):")
            people = seeding.seed(creditor_id, places.HOME / "import", clock.today(), lambda one: say(f"  {one}"))
            kept.people = [one.as_json() for one in people]
        if history:
            past.add(history, clock.today(), kept.people, lambda one: say(f"  {one}"))
        kept.save()
        apps.owners += [(one["email"], one["totp_secret"]) for one in kept.people if "totp_secret" in one]
        stop_worker = queue.start_worker(queue.make(settings.queue_url, signing.queue_key(_keys(settings))))
        running.callback(stop_worker)
        _serve(app, port, running)
        _wait_until_it_answers(settings.public_url)
        published = _publish(settings, mailbox.url, phone.url, erp.url, kept)
        _tell(published, stripe.url, apps.url, say)
        ended.wait()
        say("Ending the demo.")
        places.PUBLISHED.unlink(missing_ok=True)


def _keys(settings: Settings) -> signing.Keys:
    return signing.read_keys(settings.keys_file)


class _Kept:
    """What a second start needs again and the database must not hold: passwords to show, secrets of the doubles."""

    PATH = places.HOME / "kept.json"

    def __init__(self, people: list[dict[str, str]], stripe_secret: str, erp_secret: str) -> None:
        self.people, self.stripe_secret, self.erp_secret = people, stripe_secret, erp_secret

    @classmethod
    def load(cls) -> "_Kept":
        if cls.PATH.exists():
            return cls(**json.loads(cls.PATH.read_text()))
        return cls([], f"whsec_{secrets.token_urlsafe(24)}", "")

    def save(self) -> None:
        self.PATH.write_text(json.dumps(self.__dict__))
        self.PATH.chmod(0o600)

    def webhook_secrets(self) -> list[str]:
        return [self.erp_secret] if self.erp_secret else []


def _creditor_id() -> int:
    with db.transaction(writes=False):
        creditor = creditors.by_slug(CREDITOR.slug)
        if creditor is None:
            raise LookupError("the demo has not been filled")
        return creditor.id


def _connect_stripe(creditor_id: int, stripe: StripeDouble, kept: _Kept) -> None:
    """The creditor's own Stripe account, as its admin would switch it on."""
    with db.transaction():
        scope.enter(creditor_id)
        wrong = payment_accounts.configure(
            "stripe",
            secrets={"secret_key": STRIPE_KEY, "webhook_secret": kept.stripe_secret},
            options={},
            enabled=True,
        )
        notice_url = payment_accounts.notice_url("stripe")
    if wrong:
        raise RuntimeError(f"the demo's Stripe account: {wrong}")
    stripe.add_endpoint(notice_url, kept.stripe_secret)  # the same address again replaces the first


def _connect_erp(creditor_id: int, erp: ErpReceiver, kept: _Kept) -> None:
    """One endpoint of the creditor's system; its port may have changed since the last start."""
    with db.transaction():
        scope.enter(creditor_id)
        if not kept.erp_secret:
            kept.erp_secret = webhooks.add_endpoint(erp.hook_url, notify_email=CREDITOR.email).secret
        else:
            for endpoint in webhook_queries.endpoints():
                endpoint.url = erp.hook_url


def _serve(app: Any, port: int, running: ExitStack) -> None:
    running.callback(run_in_thread(bounded_server(app, host="127.0.0.1", port=port, threads=8)))


def _wait_until_it_answers(url: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=2) as answer:  # noqa: S310 - our own loopback
                if answer.status == 200:
                    return
        except OSError:
            threading.Event().wait(0.1)
    raise RuntimeError(f"the portal does not answer at {url}")


def _publish(settings: Settings, mailbox_url: str, phone_url: str, erp_url: str, kept: _Kept) -> dict[str, Any]:
    published = {
        "base_url": settings.public_url,
        "mailbox_url": mailbox_url,
        "phone_url": phone_url,
        "erp_url": erp_url,
        "staff": kept.people,
        "links": [link.as_json() for link in links.links_to_show()],
    }
    whole = places.PUBLISHED.with_suffix(".tmp")
    whole.write_text(json.dumps(published, indent=1, ensure_ascii=False))
    whole.rename(places.PUBLISHED)
    return published


def _tell(published: dict[str, Any], stripe_url: str, apps_url: str, say: Say) -> None:
    say(f"\nThe portal      {published['base_url']}/c/login")
    for person in published["staff"]:
        say(f"  {person['role']:8} {person['email']:42} {person['password']}")
    say(f"Their codes     {apps_url}   manager and admin are asked for one after the password")
    say(f"The mailbox     {published['mailbox_url']}")
    say(f"The phone       {published['phone_url']}")
    say(f"The ERP         {published['erp_url']}")
    say(f"Stripe (double) {stripe_url}/dashboard   cards: 4242 4242 4242 4242, decline 4000 0000 0000 0002")
    say("\nLinks as debtors have them; the gate asks for what stands behind:")
    for link in published["links"]:
        paper = f" · paper {link['invoice']}" if link["purpose"] == "qr" else ""
        say(f"  {link['debtor']}{paper} ({link['language']})")
        say(f"    {link['url']}\n    {link['fact_label']}: {link['fact']}")
    say("\nCtrl-C ends all of it. make demo FRESH=1 starts over.")
