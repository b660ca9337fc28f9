"""The friction meter from real messages, gates and answers: what people did counts, what machines did does not."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal.core import clock, db, ids, scope
from portal.core.link_addresses import SURVEY
from portal.debtors import browsers, gate, links
from portal.debtors.models import AccessLink
from portal.friction import queries
from portal.friction.rules import ACTED, ENTERED, SETTLED, Sent, Way
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts
from portal.ledger.sources import Source
from portal.messages import hearing, rules
from portal.messages.hearing import Heard
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories import messages
from tests.factories.people import make_person, sign_in
from tests.factories.world import Account, make_account, make_creditor
from tests.queries_counted import counted

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.fixture
def account(app: PortalFlask) -> Account:
    found = make_account()
    found.add_invoice()
    return found


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def sent_link(account: Account) -> str:
    """The address in a message that has left and arrived."""
    message_id = messages.plan(account)
    messages.went_out(account)
    hearing.hear_all([Heard(message_id, rules.DELIVERED, None)], "test")
    link_id = messages.message(account, message_id).link_id
    assert link_id is not None
    return str(within(account, lambda: links.address(link_id)))


def enter(app: PortalFlask, account: Account, url: str, agent: str = IPHONE, fact: str | None = None) -> Debtor:
    browser = Debtor(app)
    browser.client.environ_base["HTTP_USER_AGENT"] = agent
    browser.enter(url, fact or account.fact)
    assert browser.path.startswith("/d/"), browser.text
    return browser


def settle(account: Account, account_word: str = accounts.BANK, kind: str = "bank_transfer") -> None:
    def act() -> None:
        for item in invoice_queries.items_of_debtor(account.debtor_id, account.invoice_ids[0]):
            invoices.settle_item(item, item.open, account=account_word, kind=kind,
                                 source=Source("test", ids.new_id()), value_on=clock.today())  # fmt: skip

    within(account, act)


def found(account: Account, days: int = 90) -> tuple[list[Sent], list[Way]]:
    since = clock.now() - timedelta(days=days)
    both: tuple[list[Sent], list[Way]] = within(account, lambda: (queries.sent(since), queries.ways(since)))
    return both


def read(browser: Browser, path: str) -> str:
    browser.get(path)
    assert browser.status == 200, browser.text
    return html.unescape(re.sub(r"<[^>]+>", " ", browser.text.split("<main")[1]))


def test_what_opens_links_by_machine_is_in_no_figure(app: PortalFlask, account: Account) -> None:
    url = sent_link(account)
    scanner = Browser(app)
    for _ in range(3):
        scanner.get(url)
        scanner.submit("/gate", fact="0000")
    sent, ways = found(account)
    assert [(one.sent, one.delivered) for one in sent] == [(1, 1)]
    assert ways == []


def test_a_way_from_the_message_to_the_answer(app: PortalFlask, account: Account) -> None:
    browser = enter(app, account, sent_link(account))
    way = found(account)[1][0]
    assert (way.key, way.channel, way.language, way.device, way.end) == (
        "new_link",
        "email",
        "it",
        browsers.PHONE,
        ENTERED,
    )
    invoice = f"/d/invoices/{ids.spell(account.invoice_ids[0])}"
    browser.get(invoice)
    assert found(account)[1][0].has_looked
    browser.get(invoice + "/receipt")
    browser.submit("/receipt", answer="received")
    assert found(account)[1][0].end == ACTED
    settle(account)
    assert found(account)[1][0].end == SETTLED


def test_a_credit_note_is_no_success_of_a_link(app: PortalFlask, account: Account) -> None:
    enter(app, account, sent_link(account))
    settle(account, accounts.CREDIT_NOTES, "credit_note")
    assert found(account)[1][0].end == ENTERED


def test_a_link_that_is_opened_again_counts_once(app: PortalFlask, account: Account) -> None:
    url = sent_link(account)
    enter(app, account, url)
    enter(app, account, url, WINDOWS)
    sent, ways = found(account)
    assert (sum(one.sent for one in sent), len(ways)) == (1, 1)


def test_what_arrived_nobody_said_and_somebody_opened(app: PortalFlask, account: Account) -> None:
    message_id = messages.plan(account)
    messages.went_out(account)
    link_id = messages.message(account, message_id).link_id or 0
    assert [one.delivered for one in found(account)[0]] == [0]
    enter(app, account, within(account, lambda: links.address(link_id)))
    assert [one.delivered for one in found(account)[0]] == [1]


def test_a_questions_link_is_no_way_to_pay(account: Account) -> None:
    message_id = messages.plan(account)
    messages.went_out(account)
    link_id = messages.message(account, message_id).link_id
    within(account, lambda: setattr(db.session().get_one(AccessLink, link_id), "purpose", SURVEY))
    assert found(account) == ([], []), "it has no gate: nobody could ever come in by it"


def test_the_period_ends_what_is_counted(app: PortalFlask, account: Account) -> None:
    with time_machine.travel(clock.now() - timedelta(days=40)):
        enter(app, account, sent_link(account))
    assert len(found(account, 90)[1]) == 1
    assert found(account, 30) == ([], [])


def test_the_page_says_how_far_they_came_and_leads_to_them(app: PortalFlask, account: Account) -> None:
    staff = sign_in(app, make_person(account.creditor_id, Role.VIEWER))
    assert "Nobody came yet" in read(staff, "/c/friction")
    url = sent_link(account)
    assert "How far they come" in read(staff, "/c/friction"), "sent, and nobody came: that is a figure too"
    enter(app, account, url)
    enter(app, account, account.link(purpose=links.QR, invoice_id=account.invoice_ids[0]), WINDOWS, "128/2026")
    shown = " ".join(read(staff, "/c/friction").split())
    assert "1 more came in by a link that was in no message" in shown
    assert "from 2 ways" in shown
    assert "nobody has paid here yet" in shown
    assert "half were faster" not in shown
    assert "Telephone" in read(staff, "/c/friction?by=device")
    rows = read(staff, "/c/friction/ways?end=entered")
    assert rows.count("Bianchi") == 2
    assert "Telephone" in rows
    assert read(staff, "/c/friction/ways?end=entered&key=-").count("Bianchi") == 1
    assert read(staff, "/c/friction/ways?device=computer").count("Bianchi") == 1
    assert "Nothing here" in read(staff, "/c/friction/ways?end=settled")
    for made_up in ("days=x&by=y&key=%00", "channel=zz&language=%F0%9F%98%80&after=zzz"):
        read(staff, f"/c/friction?{made_up}")
        read(staff, f"/c/friction/ways?{made_up}")


def test_the_comparisons_as_a_file(app: PortalFlask, account: Account) -> None:
    enter(app, account, sent_link(account))
    manager = sign_in(app, make_person(account.creditor_id, Role.MANAGER))
    assert "As a file (CSV)" in read(manager, "/c/friction")
    said = manager.get("/c/friction.csv").get_data(as_text=True).removeprefix("\ufeff").splitlines()
    assert said[0] == "by;value;sent;delivered;entered;looked;acted;settled"
    assert any(line.startswith("device;Telephone;;;1;") for line in said), said
    assert any(line.startswith("channel;") and ";1;" in line for line in said), said
    viewer = sign_in(app, make_person(account.creditor_id, Role.VIEWER))
    assert viewer.get("/c/friction.csv").status_code == 403
    assert "As a file (CSV)" not in read(viewer, "/c/friction")


def test_another_creditors_ways_are_not_there(app: PortalFlask, account: Account) -> None:
    enter(app, account, sent_link(account))
    other = make_creditor("verdi")
    staff = sign_in(app, make_person(other, Role.ADMIN))
    assert "Nobody came yet" in read(staff, "/c/friction")
    assert "Bianchi" not in read(staff, "/c/friction/ways")


def test_pages_of_ways_go_on_and_cost_the_same(app: PortalFlask, account: Account) -> None:
    staff = sign_in(app, make_person(account.creditor_id, Role.MANAGER))
    enter(app, account, sent_link(account))
    costs = []
    for round_ in range(2):
        if round_:
            within(account, lambda: [gate.admit(_fresh(account), 2) for _ in range(54)])
        for path in ("/c/friction", "/c/friction/ways"):
            with counted() as statements:
                staff.get(path)
            costs.append(len(statements))
    assert costs[:2] == costs[2:], costs
    assert max(costs) <= 9, costs
    seen = read(staff, "/c/friction/ways").count("Bianchi")
    older = re.search(r'rel="next" href="([^"]+)"', staff.text)
    assert older is not None
    assert (seen, read(staff, html.unescape(older[1])).count("Bianchi")) == (50, 5)


def _fresh(account: Account) -> Any:
    return links.issue(
        account.debtor_id, purpose=links.PORTAL, campaign="test", expires_at=clock.now() + timedelta(days=3)
    )


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (IPHONE, browsers.PHONE),
        (WINDOWS, browsers.COMPUTER),
        (
            "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
            browsers.PHONE,
        ),
        ("Mozilla/5.0 (Linux; Android 15; SM-X210) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", browsers.TABLET),
        ("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", browsers.TABLET),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15", browsers.COMPUTER),
        ("curl/8.9", None),
        ("", None),
        (None, None),
    ],
)
def test_the_class_of_a_device(agent: str | None, device: str | None) -> None:
    assert browsers.device_class(agent) == device
