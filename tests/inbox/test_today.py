"""The morning page: what customers did, what waits for a person, what is open; each row with its story."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.cases.models import Case
from portal.core import clock, db, events, ids, scope
from portal.messages import actions as messages
from portal.messages.models import Message
from portal.people.roles import Role
from portal.web import paging
from portal.web.edge import PortalFlask
from portal.webhooks import events as webhook_events
from portal.webhooks.models import Endpoint
from portal.webhooks.states import ENDPOINT, EndpointStatus
from tests.actors import Browser
from tests.factories.people import signed_in
from tests.factories.staff_world import Busy, make_busy
from tests.factories.world import make_account, make_creditor


def section(browser: Browser, heading: str) -> str:
    """The part of the page below this heading."""
    found = re.search(rf"<h2>{heading}</h2>(.*?)(?=</section>|</main>)", browser.text, re.DOTALL)
    assert found, heading
    return found[1]


def figure(browser: Browser, label: str) -> str:
    found = re.search(rf"<span>{label}</span><b[^>]*>([^<]*)</b>", browser.text)
    assert found, label
    return found[1]


def plan_a_copy(busy: Busy) -> Message:
    """A message that is being sent: a copy that the debtor asked for."""
    message = messages.plan(
        "invoice_copy", debtor_id=busy.account.debtor_id, to_address="x@y.example", language="it",
        contact_point_id=busy.account.contact_id, link_id=busy.link_id, asked_for=True,
    )  # fmt: skip
    assert messages.begin_sending(message) is None
    return message


def fail_a_message(busy: Busy) -> int:
    with db.transaction() as session:
        scope.enter(busy.creditor.id)
        message = plan_a_copy(busy)
        messages.mark_failed(message, "550: there is no such mailbox")
        session.flush()
        return message.id


def stop_an_endpoint(creditor_id: int) -> None:
    with db.transaction() as session:
        scope.enter(creditor_id)
        endpoint = Endpoint(id=ids.new_id(), url="https://erp.example/in", sealed_secret="x")
        ENDPOINT.begin(endpoint, EndpointStatus.ACTIVE, webhook_events.EndpointAdded(endpoint_id=endpoint.id))
        session.add(endpoint)
        session.flush()
        stopped = webhook_events.EndpointStopped(endpoint_id=endpoint.id, why="it answered 500 for five days")
        ENDPOINT.move(endpoint, EndpointStatus.STOPPED, stopped)


def test_the_morning_shows_what_happened_and_what_waits(app: PortalFlask) -> None:
    busy = make_busy(app)
    fail_a_message(busy)
    stop_an_endpoint(busy.creditor.id)
    stranger = Browser(app)
    stranger.get(busy.account.link())
    stranger.get("/gate/not-me")
    stranger.submit("/gate/not-me", reason="not_mine")
    browser = signed_in(app, busy.creditor)
    waiting, news = section(browser, "Waiting for you"), section(browser, "What customers did since yesterday")
    assert "A question: 1" in waiting
    assert "Something is wrong with the document: 1" in waiting
    for said in ("They asked something", "Something is wrong with invoice 128/2026"):
        assert said not in waiting, "what is in the queue is listed there, and there alone"
    for said in (
        "A message could not be sent", "Somebody said: this is not me", "cliente.0042@bianchi.example",
        "Nothing goes to your system any more", "it answered 500 for five days",
    ):  # fmt: skip
        assert said in waiting, said
    assert "They asked something" in news
    assert "Somebody said" not in news
    assert busy.card in waiting
    assert busy.case in news
    assert figure(browser, "In the queue") == "2"
    assert "<title>Today (2)" in browser.text
    browser.get("/c/queue")
    assert "<title>Queue (2)" in browser.text
    browser.get("/c/")
    assert figure(browser, "Messages not sent") == "1"
    assert figure(browser, "Answers about receipt") == "1"


def test_every_row_and_every_figure_leads_to_its_story(app: PortalFlask) -> None:
    busy = make_busy(app)
    fail_a_message(busy)
    browser = signed_in(app, busy.creditor)
    roads = set(re.findall(r'<a (?:data-row )?href="(/c/[^"]+)"', browser.text.split("<main")[1]))
    assert len(roads) > 6
    for road in roads:
        assert browser.get(road.replace("&amp;", "&")).status_code == 200, road


def test_what_has_been_seen_to_no_longer_waits(app: PortalFlask) -> None:
    busy = make_busy(app)
    message_id = fail_a_message(busy)
    browser = signed_in(app, busy.creditor)
    busy.answer(answer="received")
    browser.get(busy.case)
    browser.submit("/answer", words="Giovedì.")
    with db.transaction() as session:
        scope.enter(busy.creditor.id)
        message = session.get(Message, message_id)
        assert message is not None
        messages.send_again(message)
    browser.get("/c/")
    assert "Nothing. Nobody waits for an answer" in section(browser, "Waiting for you")
    assert "arrived, all is fine" in section(browser, "What customers did since yesterday")


def test_a_message_that_bounced_is_one_thing_to_see_to(app: PortalFlask) -> None:
    busy = make_busy(app)
    with db.transaction() as session:
        scope.enter(busy.creditor.id)
        message = plan_a_copy(busy)
        messages.mark_bounced(message, "550: there is no such mailbox")
        session.flush()
    browser = signed_in(app, busy.creditor)
    waiting = section(browser, "Waiting for you")
    assert len(re.findall("takes no mail|could not be sent", waiting)) == 1


def test_yesterday_is_shown_and_the_day_before_is_not(app: PortalFlask) -> None:
    with time_machine.travel(clock.now() - timedelta(days=3), tick=True):
        old = make_busy(app)
    browser = signed_in(app, old.creditor)
    assert "Nothing new yet" in section(browser, "What customers did since yesterday")
    assert "A question: 1" in section(browser, "Waiting for you"), "what waits does not run out"
    assert figure(browser, "Nobody&#39;s") == "2", "nobody worked here when they were said"
    assert figure(browser, "Answers about receipt") == "0"
    browser.get("/c/activity")
    assert "They asked something" in browser.text


def test_amounts_are_per_currency_and_by_date(app: PortalFlask) -> None:
    creditor = make_creditor()
    account = make_account(creditor)
    account.add_invoice("1", "100.00", -3)
    account.add_invoice("2", "50.00", 9)
    account.add_invoice("3", "70.00", 3, currency="USD")
    make_account(make_creditor("verdi")).add_invoice("9", "900.00", -3)
    browser = signed_in(app, creditor, Role.VIEWER)
    assert figure(browser, "Past its date and open") == "€100.00"
    assert figure(browser, "Not due yet") == "€50.00 + $70.00"
    assert "Invoice 3" in section(browser, "Falling due this week")
    assert "Invoice 2" not in section(browser, "Falling due this week")


def test_an_empty_house_says_what_to_do_first(app: PortalFlask) -> None:
    creditor = make_creditor()
    assert "Bring in invoices" in section(signed_in(app, creditor), "What customers did since yesterday")
    viewer = signed_in(app, creditor, Role.VIEWER)
    assert "Bring in invoices" not in section(viewer, "What customers did since yesterday")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("answers", ["Something is wrong with invoice 128/2026: The amount or the price"]),
        ("questions", ["They asked something"]),
        ("voices", []),
        ("opened", ["Opened by the person"]),
        ("payments", []),
        ("nonsense", None),
    ],
)
def test_what_customers_did_by_kind(app: PortalFlask, kind: str, said: list[str] | None) -> None:
    browser = signed_in(app, make_busy(app).creditor, Role.VIEWER)
    browser.get(f"/c/activity?kind={kind}")
    told = re.findall(r'<span class="badge \w+">([^<]+)</span>', browser.text)
    assert told == said if said is not None else len(told) > 3


def test_activity_goes_on_page_by_page(app: PortalFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = make_busy(app)
    for number in range(5):
        busy.ask(f"Domanda {number}")
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    browser = signed_in(app, busy.creditor, Role.VIEWER)
    browser.get("/c/activity?kind=questions")
    words = re.findall(r"<small>([^<]+)</small>", browser.text.split("<tbody")[1])
    while older := re.search(r'rel="next" href="([^"]+)"', browser.text):
        browser.get(older[1].replace("&amp;", "&"))
        words += re.findall(r"<small>([^<]+)</small>", browser.text.split("<tbody")[1])
    assert words == [*(f"Domanda {n}" for n in (4, 3, 2, 1, 0)), "Quando arriva?"]


def test_nothing_of_another_creditor_is_in_any_figure(app: PortalFlask) -> None:
    theirs = make_busy(app, "verdi", words="Segreto")
    fail_a_message(theirs)
    stop_an_endpoint(theirs.creditor.id)
    browser = signed_in(app, make_creditor())
    assert "Segreto" not in browser.text
    assert "Bianchi" not in browser.text
    assert [figure(browser, name) for name in ("In the queue", "Answers about receipt", "Payments")] == ["0"] * 3
    assert figure(browser, "Not due yet") == "€0.00"
    assert "Messages not sent" not in browser.text


def test_looking_changes_nothing(app: PortalFlask) -> None:
    """A GET writes no event and no business row (rule A-30)."""
    busy = make_busy(app)
    browser = signed_in(app, busy.creditor)

    def count() -> int:
        with db.transaction(writes=False):
            scope.enter(busy.creditor.id)
            return events.verify().records

    before = count()
    for path in ("/c/", "/c/activity", "/c/items", "/c/debtors", busy.card, busy.invoice, "/c/people", "/c/settings"):
        assert browser.get(path).status_code == 200
    assert count() == before


def test_what_was_said_leads_to_its_case_and_what_lies_idle_shows_itself(app: PortalFlask) -> None:
    busy = make_busy(app)
    busy.browser.get("/d/promise")
    offered = busy.browser.form("/d/promise").choices["items[]"]  # contested, so that they have to put it in
    named = {"items[]": offered, "pay_on": (clock.today() + timedelta(days=3)).isoformat()}
    busy.browser.submit("/d/promise", **named)
    browser = signed_in(app, busy.creditor)
    news = section(browser, "What customers did since yesterday")
    roads = re.findall(r'data-row href="(/c/[^"]+)"', news)
    assert len(roads) == 3
    assert all(road.startswith("/c/cases/") for road in roads)
    assert "Past their day" not in browser.text
    with db.transaction():
        scope.enter(busy.creditor.id)
        db.changed(update(Case).where(Case.id == busy.question_id).values(act_by=clock.now() - timedelta(days=1)))
    browser.get("/c/")
    assert figure(browser, "Past their day") == "1"
    browser.get("/c/queue?state=late")
    assert busy.case in browser.text
