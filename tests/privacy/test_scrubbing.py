"""Every journey with the log wide open: no token, code, account, tax code, address, name or word is ever written."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from portal.core import db, ids, installation, jobs, outbox, queue, scope, signing
from portal.core.queue import sweep
from portal.doubles.erp import ErpReceiver
from portal.doubles.mailbox import Mailbox
from portal.doubles.stripe import StripeDouble
from portal.privacy import jobs as privacy_jobs
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors, webhooks
from tests.factories.people import PASSWORD
from tests.factories.world import IBAN
from tests.imports.uploads import table, upload
from tests.payments.conftest import KEY, SECRET, Post, double, post, settings, take_cards
from tests.privacy import person as people
from tests.privacy.person import Person

__all__ = ["double", "post", "settings"]  # fixtures
DOUBLES = ("mail.log", "asyncio", "aiosmtpd")  # the relay of the tests tells what it is sent


@pytest.fixture
def log_file(app: PortalFlask, tmp_path: Path) -> Iterator[Path]:
    """All that is logged when everything is opened to DEBUG, tracebacks and extras included."""
    path = tmp_path / "portal.log"
    handler = logging.FileHandler(path)
    ours, root = logging.getLogger("portal"), logging.getLogger()
    [as_written] = ours.handlers
    handler.setFormatter(as_written.formatter)
    handler.addFilter(lambda record: not record.name.startswith(DOUBLES))
    before = [(one, one.level) for one in (ours, root)]
    for one in (ours, root):
        one.setLevel(logging.DEBUG)
        one.addHandler(handler)
    yield path
    for one, level in before:
        one.setLevel(level)
        one.removeHandler(handler)
    handler.close()


def broken_pages(app: PortalFlask, browser: Debtor, words: str) -> None:
    """A bug while something personal is in hand: what is logged then quotes nothing of it."""

    def broken(**_values: object) -> object:
        raise ZeroDivisionError

    endpoint = "cases_debtor.submit" if "cases_debtor.submit" in app.view_functions else "cases_debtor.ask"
    kept = app.view_functions[endpoint]
    app.view_functions[endpoint] = broken
    browser.get("/d/help")
    browser.submit("/d/help", question=words)
    app.view_functions[endpoint] = kept
    assert browser.status == 500


def pays_by_card(person: Person, shop: StripeDouble) -> None:
    """What was said to be wrong is paid after all."""
    browser = person.browser()
    browser.enter(person.new_link(), person.account.fact)
    [item] = person.account.item_ids(person.account.invoice_ids[0])
    browser.get(f"/d/pay?items[]={ids.spell(item)}")
    browser.submit("/d/pay/card", follow=False)
    shop.payer.pay_by_card(shop.all("checkout.session")[-1]["id"])
    shop.webhooks.drain()
    jobs.work_off()


def steps_up(person: Person, secrets: list[str]) -> None:
    """The one-time code comes by text message: wrong once, then right."""
    with doors.phone_running() as phone:
        browser = person.browser()
        browser.enter(person.new_link(), person.account.fact)
        doors.ask_for_change(browser, email=people.OTHER_EMAIL)
        doors.signed(browser, role="private", name=people.NAME)
        code = phone.texts[-1].code
        secrets.append(code)
        browser.submit("/code", code=f"{(int(code) + 1) % 1_000_000:06d}")
        browser.submit("/code", code=code)
        jobs.work_off()
    secrets.append(phone.token)


@pytest.fixture
def everything(
    app: PortalFlask, log_file: Path, mailbox: Mailbox, double: StripeDouble, post: Post, settings: Settings
) -> Iterator[tuple[Person, list[str]]]:
    """Every journey there is, with the queue on disk as in real life; what must be found nowhere afterwards."""
    post.app = app
    huey = queue.make(settings.queue_url, signing.queue_key(installation.keys()))
    secrets: list[str] = []
    with ErpReceiver(lambda: secrets) as erp:
        webhooks.allow_loopback(erp.url, double.url)
        person = people.make_person(app)
        secrets.append(webhooks.add_endpoint(person.creditor.id, erp.hook_url, "edp@rossi.example").secret)
        take_cards(person.creditor.id, double)
        people.says_everything(person, lambda browser: broken_pages(app, browser, people.WORDS))
        steps_up(person, secrets)
        people.answers(person)
        pays_by_card(person, double)
        trouble(app, person, mailbox)
        with db.transaction(writes=False):
            sweep(lambda _row: None)
        privacy_jobs.forget_daily()
        person.clerk.get(f"/c/debtors/{ids.spell(person.debtor_id)}/privacy")
        with person.clerk.submit("/privacy/export") as answer:
            assert answer.status_code == 200
        assert huey.pending_count() > 0, "the queue's file is looked into as it stands"
    yield person, secrets
    outbox.enqueue_with(None)


def trouble(app: PortalFlask, person: Person, mailbox: Mailbox) -> None:
    """What goes wrong: a sign-in, an upload nobody can read, two rows alike, an address that bounces, a job that breaks."""
    clerk = Debtor(app)
    clerk.get("/c/login")
    clerk.submit("/c/login", email=people.EMAIL, password=people.WORDS)
    upload(person.clerk, ("storto.csv", table(f"x;{people.NAME};?;{people.PAYER_IBAN}", head=people.HEAD)))
    Debtor(app).get(person.link + "x")
    Debtor(app).get(f"/l/{people.EMAIL}")
    clash(person)
    kept = jobs.HANDLERS["messages.send"]
    jobs.HANDLERS["messages.send"] = jobs.Handler(breaks, (), kept.gave_up)
    browser = person.browser()
    browser.enter(person.new_link(), person.account.fact)
    browser.get("/d/help")
    browser.submit("/d/help", question=people.QUESTION)
    people.open_question(person)
    person.clerk.submit("/answer", words=people.REPLY)
    jobs.work_off()
    jobs.HANDLERS["messages.send"] = kept
    assert mailbox.messages


def breaks(task: jobs.Task) -> None:
    """A bug in a job while the database refuses a row with a name in it."""
    with db.session().begin_nested():
        make_clash()


def make_clash() -> None:
    from portal.debtors.models import Debtor as Row  # noqa: PLC0415

    db.session().add(
        Row(
            id=ids.new_id(),
            code=people.CODE,
            name=people.NAME,
            kind="consumer",
            tax_code=people.TAX_CODE,
            language="it",
        )
    )
    db.session().flush()


def clash(person: Person) -> None:
    """The same code twice, as two imports at once would write it: the error and its traceback are logged."""
    log = logging.getLogger("portal.core.queue")
    try:
        with db.transaction():
            scope.enter(person.creditor.id)
            make_clash()
    except Exception:
        log.exception("periodic work failed", extra={"work": "test"})


def test_nothing_that_is_written_beside_the_database_tells(
    everything: tuple[Person, list[str]], log_file: Path, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    person, secrets = everything
    told = capfd.readouterr()
    queue_file = Path(make_url(settings.queue_url).database or "")
    places = {path.name: path.read_bytes() for path in [log_file, *queue_file.parent.glob(f"{queue_file.name}*")]}
    places |= {"stdout": told.out.encode(), "stderr": told.err.encode()}
    log = places[log_file.name].decode()
    assert log.count("\n") > 50, "the log is wide open"
    assert "unexpected" in log
    assert "periodic work failed" in log
    assert "IntegrityError" in log, "with its traceback"
    words = [
        *people.TRACES, IBAN, PASSWORD, person.account.fact, KEY, SECRET, people.WORDS, people.QUESTION, people.REPLY,
        *person.tokens, *(token[14:] for token in person.tokens), *secrets, "cs_test_", "rossi.example",
    ]  # fmt: skip
    for where, content in places.items():
        text = content.decode("utf-8", "replace").casefold()
        left = sorted({word for word in words if word.casefold() in text})
        assert left == [], where
    logging.getLogger("portal.debtors").debug("heard of", extra={"who": people.NAME})
    assert people.NAME in log_file.read_text(), "what is logged is found"
