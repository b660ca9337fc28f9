"""One ladder: where a document or a case stands, who acts next and by when, in the same sentence for both sides."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.cases.models import Case
from portal.core import clock, db, ids
from portal.core.link_addresses import QR
from portal.core.text import t
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.promises import actions as promises
from portal.web import ladder
from portal.web.edge import PortalFlask
from portal.web.ladder import Rung, Side
from tests.actors import Browser, Debtor
from tests.cases.test_resting import World, missing, own_file, paid, promised, settle, wrong
from tests.factories.world import make_account

SENTENCE = re.compile(r"[^<>]*?(?:Next: [^<>]*?\.|Nothing more to do\.)(?: It was promised by [^<>]*?\.)?")


def said(browser: Browser, path: str) -> str:
    """The ladder's sentence on this page."""
    browser.get(path)
    assert browser.status == 200, browser.text
    found = SENTENCE.search(browser.text.split("<main")[1])
    assert found, browser.text
    return html.unescape(found[0]).strip().split("<p>")[-1].strip()


@pytest.fixture
def world(app: PortalFlask, debtor: Debtor) -> World:
    return World(app, make_account(name="Maria Bianchi", language="en"), debtor)


def held(reason: str, days: int | None) -> Callable[[World], None]:
    def act(world: World) -> None:
        until = clock.today() + timedelta(days=days) if days is not None else None

        def hold() -> None:
            for item in invoice_queries.items_of_debtor(world.account.debtor_id, world.invoice_id):
                invoices.hold(item, reason, ids.new_id(), until)

        world.within(hold)

    return act


def asked(world: World) -> None:
    browser = Debtor(world.app)
    browser.enter(world.account.link(invoice_id=world.invoice_id), world.account.fact)
    browser.get("/d/help")
    browser.submit("/d/help", question="Quando arriva?")


def answered(world: World) -> None:
    wrong(world)
    world.staff.get(f"/c/cases/{ids.spell(world.cases()[0].id)}")
    world.staff.submit("/answer", words="Guardiamo subito.")


def late(world: World) -> None:
    wrong(world)
    world.within(lambda: db.changed(update(Case).values(act_by=clock.now() - timedelta(days=2))))


def broken(world: World) -> None:
    promised(world)
    world.within(lambda: db.changed(update(Case).values(act_by=clock.now() - timedelta(days=1))))


def withdrawn(world: World) -> None:
    world.within(lambda: invoices.withdraw(db.session().get_one(Invoice, world.invoice_id)))


def nothing(_world: World) -> None:
    pass


STATES: dict[str, tuple[Callable[[World], None], str]] = {
    "late": (nothing, "Still open. Next: Maria Bianchi."),
    "paid": (settle, "Closed. Nothing more to do."),
    "withdrawn": (withdrawn, "Withdrawn. Nothing more to do."),
    "something wrong": (wrong, "Waits for an answer. Next: Rossi Impianti, by "),
    "not received": (missing, "Sent again. Next: Maria Bianchi, by "),
    "asked": (asked, "Waits for an answer. Next: Rossi Impianti, by "),
    "answered": (answered, "Answered. Next: Maria Bianchi, by "),
    "late with the answer": (late, "Waits for an answer. Next: Rossi Impianti. It was promised by "),
    "promised": (promised, "Promised. Next: Maria Bianchi, by "),
    "a promised day that passed": (broken, "Promised. Next: Maria Bianchi, by "),
    "already paid": (paid, "We are looking for the money. Next: Rossi Impianti, by "),
    "the creditor's own file": (own_file, "Waits for an answer. Next: Rossi Impianti, by "),
    "a transfer": (held(holds.TRANSFER_ON_ITS_WAY, 3), "A transfer is on its way. Next: the bank, by "),
    "a card": (held(holds.PAYMENT_PROCESSING, None), "A payment is being processed. Next: the bank."),
    "contested": (held(holds.CONTESTED, None), "A payment of it is contested at the bank. Next: the bank."),
    "an orphan": (held(holds.PROBLEM_REPORTED, None), "Something is wrong with the invoice. Next: Rossi Impianti."),
}


@pytest.mark.parametrize("state", STATES)
def test_both_sides_read_the_same_sentence(world: World, state: str) -> None:
    act, begins = STATES[state]
    act(world)
    theirs = said(world.debtor, f"/d/invoices/{ids.spell(world.invoice_id)}")
    ours = said(world.staff, world.page)
    assert theirs == ours
    assert ours.startswith(begins)
    for case in world.open_cases():
        path = f"/cases/{ids.spell(case.id)}"
        for browser in (world.debtor, world.staff):
            state_, next_ = ours.split(". ", 1)
            browser.get(f"{'/d' if browser is world.debtor else '/c'}{path}")
            main = html.unescape(browser.text.split("<main")[1])
            assert next_ in main
            assert state_.lower() in main.lower()


@pytest.mark.parametrize("state", [one for one in STATES if one not in {"paid", "withdrawn"}])
def test_the_first_page_and_the_queue_say_it_too(world: World, state: str) -> None:
    STATES[state][0](world)
    ours = said(world.staff, world.page)
    world.debtor.get("/d/")
    assert ours in html.unescape(world.debtor.text)
    _, next_ = ours.split(". ", 1)
    world.staff.get("/c/queue")
    waiting = world.staff.text
    world.staff.get("/c/queue?state=waiting")
    if world.open_cases():
        assert next_ in html.unescape(waiting + world.staff.text)


def test_before_the_due_date_the_customer_acts_by_it(world: World) -> None:
    with time_machine.travel(clock.now() - timedelta(days=9), tick=True):
        debtor = Debtor(world.app)
        debtor.enter(world.account.link(), world.account.fact)
        assert said(debtor, f"/d/invoices/{ids.spell(world.invoice_id)}").startswith("Open. Next: Maria Bianchi, by ")


def test_a_promise_for_two_documents_says_the_same_on_both(world: World) -> None:
    second = world.account.add_invoice("129/2026", due_in=-3)

    def promise() -> None:
        items = invoice_queries.items_of_debtor(world.account.debtor_id)
        parts = [(item, item.open) for item in items]
        promises.make(world.account.debtor_id, parts, clock.today() + timedelta(days=4))

    world.within(promise)
    words = {said(world.staff, f"/c/invoices/{ids.spell(one)}") for one in (world.invoice_id, second)}
    assert len(words) == 1
    assert "Promised. Next: Maria Bianchi, by" in words.pop()


def test_the_codes_paper_knows_no_history(world: World) -> None:
    wrong(world)
    paper = Debtor(world.app)
    paper.enter(world.account.link(invoice_id=world.invoice_id, purpose=QR), "128/2026")
    for path in ("/d/", f"/d/invoices/{ids.spell(world.invoice_id)}"):
        paper.get(path)
        assert paper.status == 200
        assert "Next:" not in paper.text
        assert "Bianchi" not in paper.text.split("<main")[1]


def test_nobody_reads_on_an_invoice_that_it_is_hard_to_pay(world: World) -> None:
    """Rule C-26: the line is the same for every role, so it says nothing of it."""
    world.debtor.get("/d/difficulty")
    world.debtor.submit("/d/difficulty")
    assert said(world.staff, world.page) == "Still open. Next: Maria Bianchi."


def test_a_name_that_ends_with_a_stop_gets_no_second_one() -> None:
    rung = Rung(t("open"), Side.CUSTOMER)
    assert ladder.sentence(rung, "Rossi S.p.A.", "Bianchi S.r.l.") == "Open. Next: Bianchi S.r.l."
