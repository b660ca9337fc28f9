"""A mail scanner that follows every link, presses every button and fills every field: nothing happens (A-31, R11)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, scope
from portal.core.events import EventRow
from portal.core.link_addresses import QR
from portal.debtors.models import Visit
from portal.messages.models import Message
from portal.web.edge import PortalFlask
from tests.actors import Browser, FormFound, forms_of
from tests.databases import Prepared
from tests.factories.world import Account, make_account
from tests.security import snapshots

SCANNER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src", "action", "formaction"} and value and value.startswith("/"):
                self.found.append(value)
            if name in {"value", "content", "placeholder", "title", "alt", "id"} and value:
                self.words += value.split()

    def handle_data(self, data: str) -> None:
        self.words += re.findall(r"[\w./-]{2,}", data)


@dataclass
class Bot:
    """Goes everywhere it can from one address; `guesses` is how many values of the page it tries in each field."""

    app: PortalFlask
    guesses: int
    visited: set[str] = field(default_factory=set)
    sent: int = 0
    statuses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.browser = Browser(self.app)

    def run(self, address: str) -> None:
        waiting = [address.removeprefix("http://portal.test").removeprefix("HTTP://PORTAL.TEST")]
        while waiting:
            path = waiting.pop()
            if path in self.visited or len(self.visited) > 60:
                continue
            self.visited.add(path)
            self.fetch(path)
            if self.browser.page is None or "html" not in (self.browser.page.content_type or ""):
                continue
            page = self.browser.text
            waiting += self.links(page).found
            for form in forms_of(page):
                self.press(path, form, page)

    def fetch(self, path: str) -> None:
        answer = self.browser.get(path, headers={"User-Agent": SCANNER})
        self.statuses.append(answer.status_code)
        answer.close()

    @staticmethod
    def links(page: str) -> _Links:
        parser = _Links()
        parser.feed(page)
        return parser

    def press(self, path: str, form: FormFound, page: str) -> None:
        """Sends the form as it is, with each of its choices, and with values of the page or the address."""
        for data in self.fillings(form, page):
            answer = self.browser.client.open(
                form.action, method=form.method.upper(), data=data, base_url="http://portal.test",
                headers={"User-Agent": SCANNER, "Origin": "http://portal.test", "Referer": f"http://portal.test{path}"},
            )  # fmt: skip
            self.sent += 1
            self.statuses.append(answer.status_code)
            answer.close()

    def fillings(self, form: FormFound, page: str) -> Iterator[dict[str, Any]]:
        yield dict(form.fields)
        for name, values in form.choices.items():
            for value in values:
                yield {**form.fields, name: value}
        first = {name: values[0] for name, values in form.choices.items() if values}
        empty = [name for name, value in form.fields.items() if not value]
        words = list(dict.fromkeys([*self.links(page).words, *self.visited]))
        step = max(1, len(words) // self.guesses) if self.guesses else 1
        for word in words[::step][: self.guesses]:
            yield {**form.fields, **first, **dict.fromkeys(empty, word)}


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account()
    made.add_invoice()
    return made


def names(account: Account) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(EventRow.name).order_by(EventRow.seq)))


@pytest.mark.parametrize("purpose", ["portal", "qr"])
def test_pressing_everything_changes_nothing(
    account: Account, app: PortalFlask, prepared: Prepared, purpose: str
) -> None:
    address = account.link(invoice_id=account.invoice_ids[0] if purpose == QR else None, purpose=purpose)
    before = snapshots.business(prepared)
    bot = Bot(app, guesses=2)
    bot.run(address)
    assert snapshots.differences(before, snapshots.business(prepared)) == {}
    assert bot.sent >= 6, "it did press the buttons"
    assert {"/gate", "/gate/not-me", "/genuine", "/language/en"} <= bot.visited
    assert not [status for status in bot.statuses if status >= 500]
    person = Browser(app)
    person.get(address.removeprefix("HTTP://PORTAL.TEST"))
    person.submit("/gate", fact="128/2026" if purpose == QR else account.fact)
    assert person.path == "/d/", "and the person who comes after it is let in"


def test_trying_everything_that_stands_on_the_page_is_never_a_person(
    account: Account, app: PortalFlask, prepared: Prepared
) -> None:
    """A scanner that types words of the page into the field: at worst the link rests, and a new one is sent once."""
    address = account.link()
    before = snapshots.business(prepared)
    known = names(account)
    for _ in range(3):
        Bot(app, guesses=40).run(address)
    changed = snapshots.differences(before, snapshots.business(prepared))
    sends = {"link_directory", "access_links", "messages", "outbox"}
    assert set(changed) <= {"events", "event_heads", *sends}
    assert names(account)[len(known) :] == ["link.frozen", "link.issued", "message.planned"]
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Visit)).all() == []


def test_a_bot_on_an_old_link_can_ask_for_one_new_message_and_no_more(account: Account, app: PortalFlask) -> None:
    """The one button before the gate that does something sends to the address on file, and seldom."""
    address = account.link(days=1)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        for _ in range(3):
            Bot(app, guesses=3).run(address)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Message.key)).all() == ["new_link"]
        assert session.scalars(select(Visit)).all() == []
    assert not [name for name in names(account) if name.startswith(("gate.", "receipt.", "payment.", "question."))]


def test_a_bot_that_knows_the_fact_would_be_seen(account: Account, app: PortalFlask, prepared: Prepared) -> None:
    """A test that could not fail would prove nothing: with the fact typed, the same bot changes things."""
    before = snapshots.business(prepared)
    bot = Bot(app, guesses=2)
    bot.browser.get(account.link())
    bot.browser.submit("/gate", fact=account.fact)
    bot.run("/d/")
    changed = snapshots.differences(before, snapshots.business(prepared))
    assert {"visits", "events"} <= set(changed)
