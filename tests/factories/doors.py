"""What the doors' tests share: a gateway for texts, a mobile on file, and a debtor on the way to level 3."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import Queue
from typing import Any

from sqlalchemy import select
from werkzeug import Request

from portal.core import db, installation, jobs, scope
from portal.debtors import actions as debtors
from portal.debtors import policies
from portal.debtors.models import ContactPoint, StepUp
from portal.doubles.phone import Phone
from portal.doubles.phone.receipts import Receipts
from portal.doubles.serving import LoopbackServer
from portal.messages import jobs as messages_jobs
from portal.settings import Sms
from tests.actors import Debtor
from tests.factories.world import Account

assert messages_jobs.send  # declares what works off a planned message
MOBILE = "+393331234567"
NAME = "Maria Bianchi"


@contextmanager
def phone_running() -> Iterator[Phone]:
    """Texts of this installation go to this phone."""
    with Phone() as phone:
        before = installation.settings()
        sms = Sms(url=phone.send_url, token=phone.token, sender="Portale")
        allowed = before.allowed_loopback | {phone.url}
        installation.install(replace(before, sms=sms, allowed_loopback=allowed), installation.keys())
        yield phone


@contextmanager
def hearing(secret: str) -> Iterator[tuple[Receipts, Queue[tuple[bytes, dict[str, str]]]]]:
    """Receipts of the phone, and what a portal would get of them."""
    came: Queue[tuple[bytes, dict[str, str]]] = Queue()

    def portal(environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        got = Request(environ)
        came.put((got.get_data(), dict(got.headers)))
        start("204 No Content", [])
        return []

    server = LoopbackServer(portal)
    server.start()
    try:
        yield Receipts(f"{server.url}/in", secret, pause_seconds=0), came
    finally:
        server.stop()


def add_mobile(account: Account, number: str = MOBILE, source: str = "creditor") -> int:
    with db.transaction():
        scope.enter(account.creditor_id)
        return debtors.add_contact(account.debtor_id, "mobile", number, source=source).id


def choose_policy(account: Account, **values: object) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        policies.choose(replace(policies.policy(), **values))


def step_ups(account: Account) -> list[StepUp]:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return list(db.session().scalars(select(StepUp).order_by(StepUp.id)))


def contacts(account: Account) -> dict[str, ContactPoint]:
    """Every contact point of the debtor by its address."""
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return contacts_now(account)


def contacts_now(account: Account) -> dict[str, ContactPoint]:
    """The same within the running transaction."""
    mine = select(ContactPoint).where(ContactPoint.debtor_id == account.debtor_id)
    return {row.address: row for row in db.session().scalars(mine)}


def inside(debtor: Debtor, account: Account, language: str = "en") -> Debtor:
    """The debtor behind the gate, at level 2."""
    debtor.get(f"/language/{language}")
    debtor.enter(account.link(), account.fact)
    assert debtor.path == "/d/", debtor.path
    return debtor


def ask_for_change(debtor: Debtor, **typed: str) -> None:
    """Fills "Your data" and comes to the page with the terms."""
    debtor.get("/d/your-data")
    debtor.submit("/d/your-data", **{"email": "nuovo@bianchi.example", **typed})


def signed(debtor: Debtor, role: str = "owner", name: str = NAME) -> None:
    """Signs on the page with the terms, and lets the code be sent."""
    debtor.submit("/sign", name=name, role=role, statement="yes")
    jobs.work_off()
