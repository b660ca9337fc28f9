"""The list of debtors and a debtor's card: found, corrected, stopped, answered, with everything that happened."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.link_addresses import QR
from portal.core.money import Money
from portal.debtors.models import AccessLink, ContactPoint, LinkTrace
from portal.inbox import debtor_queries
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.people.roles import Role
from portal.web import paging
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor, forms_of
from tests.factories import doors
from tests.factories.people import signed_in
from tests.factories.staff_world import HOSTILE, Busy, make_busy
from tests.factories.world import make_account, make_creditor


@pytest.fixture
def busy(app: PortalFlask) -> Busy:
    return make_busy(app)


@pytest.fixture
def agent(app: PortalFlask, busy: Busy) -> Browser:
    return signed_in(app, busy.creditor, Role.AGENT)


def names(browser: Browser) -> list[str]:
    return re.findall(r'data-row href="/c/debtors/\w+">([^<]+)</a>', browser.text)


def add_address(browser: Browser, address: str) -> None:
    form = next(form for form in forms_of(browser.text) if form.action.endswith("/contacts"))
    browser.post(form.action, {**form.fields, "address": address})


def happened(busy: Busy) -> list[EventRow]:
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        return list(session.scalars(select(EventRow).order_by(EventRow.seq)))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["Alfa S.r.l.", "Beta di Ugo Beta", "Gamma"]),
        ("q=beta", ["Beta di Ugo Beta"]),
        ("q=a-0", ["Alfa S.r.l."]),
        ("q=01234567890", ["Alfa S.r.l."]),
        ("q=rss gllb", ["Beta di Ugo Beta"]),
        ("q=ugo@", ["Beta di Ugo Beta"]),
        ("q=77/2026", ["Gamma"]),
        ("q=_", []),
        ("show=open", ["Gamma"]),
        ("show=no_address", ["Alfa S.r.l."]),
        ("show=nonsense", ["Alfa S.r.l.", "Beta di Ugo Beta", "Gamma"]),
    ],
)
def test_debtors_are_found_by_whatever_is_known(app: PortalFlask, asked: str, found: list[str]) -> None:
    creditor = make_creditor()
    alfa = make_account(creditor, "A-01", name="Alfa S.r.l.", vat_number="IT01234567890")
    make_account(
        creditor, "B-01", name="Beta di Ugo Beta", vat_number=None, tax_code="RSSGLLB", email="ugo@beta.example"
    )
    make_account(creditor, "C-01", name="Gamma", vat_number="IT99999999990").add_invoice("77/2026")
    make_account(make_creditor("verdi"), "A-01", name="Alfa Verdi")
    with db.transaction() as session:
        scope.enter(creditor.id)
        contact = session.scalars(select(ContactPoint).where(ContactPoint.debtor_id == alfa.debtor_id)).one()
        contact.stopped_at, contact.stopped_why = clock.now(), "bounced"
    browser = signed_in(app, creditor, Role.VIEWER)
    browser.get(f"/c/debtors?{asked}")
    assert names(browser) == found


def test_the_list_says_what_each_owes(app: PortalFlask) -> None:
    creditor = make_creditor()
    account = make_account(creditor)
    account.add_invoice("1", "100.00", -3)
    account.add_invoice("2", "50.00", 9)
    account.add_invoice("3", "7.00", 20, currency="USD")
    browser = signed_in(app, creditor, Role.VIEWER)
    browser.get("/c/debtors")
    assert "€150.00 + $7.00" in browser.text
    assert "3 due items" in browser.text
    assert "3 days ago" in browser.text


def test_debtors_page_by_name_whatever_the_names(app: PortalFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    creditor = make_creditor()
    for number, name in enumerate(["Àlfa", "alfa", "Alfa", "Alfa", "ß" * 200, "中" * 200, "'; DROP TABLE debtors"]):
        make_account(creditor, str(number), name=name)
    browser = signed_in(app, creditor, Role.VIEWER)
    browser.get("/c/debtors")
    found = names(browser)
    while older := re.search(r'rel="next" href="([^"]+)"', browser.text):
        browser.get(older[1].replace("&amp;", "&"))
        found += names(browser)
    assert len(found) == 7


def test_the_card_tells_all_of_one_debtor(busy: Busy, agent: Browser) -> None:
    agent.get(busy.card)
    for said in (
        "Bianchi Costruzioni S.n.c.", "cliente.0042@bianchi.example", "IT12345677890", "Invoice 128/2026",
        "€1,234.56", "something is wrong with the invoice", "waits for an answer", "A visit is running",
    ):  # fmt: skip
        assert said in agent.text, said


def test_the_open_sum_counts_what_the_list_cuts(busy: Busy, agent: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debtor_queries, "MOST_INVOICES", 2)
    busy.account.add_invoice("2", "100.00", -9)
    busy.account.add_invoice("3", "100.00", -8, parts=2)
    agent.get(busy.card)
    assert '<p class="big amount">€1,434.56' in agent.text
    assert "2 due items past their date" in agent.text
    assert "2 shown" in agent.text


def test_money_that_belongs_to_no_invoice_is_shown(busy: Busy, agent: Browser) -> None:
    with db.transaction():
        scope.enter(busy.creditor.id)
        for minor, currency in ((5000, "EUR"), (700, "USD")):
            source = ledger.Source("test", ids.new_id())
            ledger.keep_as_credit(
                busy.account.debtor_id, Money(minor, currency), account=accounts.BANK, kind="payment", source=source,
                value_on=clock.today(),
            )  # fmt: skip
    agent.get(busy.card)
    assert "Credit that belongs to no invoice" in agent.text
    assert "€50.00 + $7.00" in agent.text


def test_fetched_is_never_called_opened(app: PortalFlask) -> None:
    """A-33: a scanner's run leaves nothing that says that a person opened it."""
    creditor = make_creditor()
    account = make_account(creditor)
    account.add_invoice()
    link = account.link()
    for agent in ("Mozilla/5.0", "Barracuda", "curl/8"):
        Browser(app).get(link, headers={"User-Agent": agent})
    browser = signed_in(app, creditor, Role.VIEWER)
    browser.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    assert browser.text.count("The link was fetched, by a machine or a person") == 3
    assert "It calls itself scanner." in browser.text
    assert "Opened" not in browser.text
    browser.get("/c/activity?kind=opened")
    assert "Nothing of this kind" in browser.text


def test_the_timeline_has_everything_newest_first(busy: Busy, agent: Browser) -> None:
    agent.get(busy.card)
    told = re.findall(r"<time>.*?</time>\s*(?:<a [^>]*>)?([^<]+)", agent.text, re.DOTALL)
    order = [line.strip() for line in told]
    expected = [
        "Something is wrong with invoice 128/2026: The amount or the price",
        "They asked something",
        "Opened by the person",
        "The link was fetched, by a machine or a person",
        "A link was made: another purpose",
        "Invoice 128/2026 over €1,234.56 came in",
        "An address was added: from your records",
    ]
    assert [line for line in order if line in expected] == expected
    assert "the customer, by their link" in agent.text


def test_a_long_timeline_pages_through_both_tables(
    app: PortalFlask, busy: Busy, agent: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = busy.account.link()
    for _ in range(5):
        Browser(app).get(link)
        busy.ask("Ancora una domanda")
    monkeypatch.setattr(paging, "PAGE_SIZE", 3)
    agent.get(busy.card)
    seen = agent.text.count("<time>")
    while older := re.search(r'rel="next" href="([^"]+)"', agent.text):
        agent.get(older[1].replace("&amp;", "&"))
        seen += agent.text.count("<time>")
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        rows = session.scalars(select(EventRow.id).where(EventRow.debtor_id == busy.account.debtor_id)).all()
    assert seen == len(rows) + 6, "each event and each trace once"


def test_what_debtors_write_stays_text(app: PortalFlask) -> None:
    """A-64: a name, words and an address full of mark-up are shown as they are, on every page."""
    busy = make_busy(app, words=HOSTILE, name=HOSTILE)
    browser = signed_in(app, busy.creditor, Role.ADMIN)
    for path in ("/c/", "/c/activity", "/c/items", "/c/debtors", busy.card, busy.invoice):
        browser.get(path)
        assert browser.status == 200
        assert "<script>alert" not in browser.text, path
        assert "<img src=x" not in browser.text, path
        assert "&lt;script&gt;alert" in browser.text, path
        assert "{{ 7*7 }}" in browser.text, path
    browser.get("/c/items", query_string={"q": HOSTILE})
    assert "<script>alert" not in browser.text
    assert "&lt;script&gt;alert" in browser.text


def test_an_address_is_added(busy: Busy, agent: Browser) -> None:
    agent.get(busy.card)
    add_address(agent, " Nuova@Bianchi.example ")
    assert agent.path == busy.card
    assert "nuova@bianchi.example" in agent.text
    last = happened(busy)[-1]
    assert (last.name, last.actor_kind, last.data["source"]) == ("contact.added", "staff", "creditor")


MOBILE = "+393331234567"


def add_number(agent: Browser, busy: Busy, typed: str) -> None:
    agent.get(busy.card)
    form = next(form for form in forms_of(agent.text) if form.fields.get("channel") == "mobile")
    agent.post(form.action, {**form.fields, "address": typed})


def numbers(busy: Busy) -> dict[str, ContactPoint]:
    return {address: one for address, one in doors.contacts(busy.account).items() if one.channel == "mobile"}


def test_a_mobile_is_added_and_takes_no_code_for_72_hours(busy: Busy, agent: Browser) -> None:
    add_number(agent, busy, "333 1234567")
    assert agent.status == 200
    added = numbers(busy)[MOBILE]
    assert added.source == "creditor"
    assert added.codes_from is not None
    assert abs(added.codes_from - clock.now() - timedelta(hours=72)) < timedelta(minutes=1)
    assert "one-time codes from" in agent.text
    add_number(agent, busy, "+39 333 123 4567")
    assert len(numbers(busy)) == 1


def test_codes_go_there_after_that(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    add_number(agent, busy, "333 1234567")
    with doors.phone_running():
        early = doors.inside(Debtor(app), busy.account)
        doors.ask_for_change(early)
        assert "Ask them to call me" in early.text
        with time_machine.travel(clock.now() + timedelta(hours=72, minutes=1), tick=True):
            late = doors.inside(Debtor(app), busy.account)
            doors.ask_for_change(late)
            assert "by text message" in late.text


def test_who_looks_after_them_is_noted_changed_and_taken_away(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    agent.get(busy.card)
    agent.submit("/salesperson", salesperson="  Anna   <b>Neri</b> ")
    assert agent.path == busy.card
    assert "Anna &lt;b&gt;Neri&lt;/b&gt;" in agent.text
    assert "Done. It is noted." in agent.text
    assert "Who looks after this customer was changed" in agent.text
    last = happened(busy)[-1]
    assert (last.name, last.data, last.debtor_id) == ("debtor.salesperson_changed", {}, busy.account.debtor_id)
    agent.submit("/salesperson", salesperson="Anna <b>Neri</b>")
    assert "Nothing was different." in agent.text
    assert happened(busy)[-1].id == last.id
    agent.submit("/salesperson", salesperson="x" * 81)
    assert agent.status == 422
    assert "x" * 81 in agent.text, "nothing that was typed is lost"
    agent.get(busy.card)
    agent.submit("/salesperson", salesperson="")
    assert "Neri" not in agent.text
    viewer = signed_in(app, busy.creditor.id, Role.VIEWER)
    viewer.get(busy.card)
    assert "/salesperson" not in viewer.text


@pytest.mark.parametrize("typed", ["", "039 0000123", "abc", "mara@bianchi.example", "3" * 41])
def test_what_is_no_mobile_is_refused_beside_its_field(busy: Busy, agent: Browser, typed: str) -> None:
    add_number(agent, busy, typed)
    assert agent.status == 422
    assert 'id="mobile-error"' in agent.text
    assert 'id="address-error"' not in agent.text
    assert numbers(busy) == {}


def test_a_landline_among_the_mobiles_is_told_and_corrected(busy: Busy, agent: Browser) -> None:
    doors.add_mobile(busy.account, "039 0000123")
    doors.add_mobile(busy.account, "333 7654321")
    agent.get(busy.card)
    assert agent.text.count("no mobile&#39;s number") == 1
    field = f"address-{ids.spell(numbers(busy)['039 0000123'].id)}"
    assert f'id="{field}" name="address" type="tel"' in agent.text
    action = f"{busy.card}/contacts/{ids.spell(numbers(busy)['039 0000123'].id)}/correct"
    agent.submit(action, address="nonsense")
    assert agent.status == 422
    assert f'id="{field}-error"' in agent.text
    agent.submit(action, address="333 1234567")
    assert agent.status == 200
    assert numbers(busy)["039 0000123"].stopped_why == "replaced"
    assert numbers(busy)[MOBILE].codes_from is not None
    assert numbers(busy)["333 7654321"].stopped_at is None


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", "a b@c.example", "x" * 300 + "@c.example", "<x>@c.example"])
def test_what_is_no_address_is_refused_beside_its_field(busy: Busy, agent: Browser, typed: str) -> None:
    agent.get(busy.card)
    add_address(agent, typed)
    assert agent.status == 422
    assert 'aria-describedby="address-error"' in agent.text
    assert happened(busy)[-1].name != "contact.added"


def test_a_corrected_address_closes_the_links_to_the_old_one(busy: Busy, agent: Browser) -> None:
    agent.get(busy.card)
    agent.submit("/correct", address="giusta@bianchi.example")
    assert agent.path == busy.card
    assert "giusta@bianchi.example" in agent.text
    with db.transaction(writes=False) as session:
        scope.enter(busy.creditor.id)
        old = session.get(ContactPoint, busy.account.contact_id)
        assert old is not None
        assert old.stopped_why == "replaced"
        assert session.scalars(select(AccessLink.revoked_why)).all() == ["replaced"]
    busy.browser.get("/d/")
    assert busy.browser.path != "/d/" or busy.browser.status == 403


def test_a_stopped_address_is_not_quietly_used_again(busy: Busy, agent: Browser) -> None:
    agent.get(busy.card)
    agent.submit("/stop")
    assert "stopped: a colleague did it" in agent.text
    add_address(agent, "cliente.0042@bianchi.example")
    assert agent.status == 422
    assert "it was stopped" in agent.text


def test_a_revoked_link_and_an_ended_visit_shut_the_debtor_out(busy: Busy, agent: Browser) -> None:
    agent.get(busy.card)
    agent.submit("/visits/")
    busy.browser.get("/d/")
    assert busy.browser.path == "/gate", "the link still lives: the fact is asked for again"
    agent.submit("/revoke")
    busy.browser.get("/d/")
    assert busy.browser.status == 403
    assert "revoked: a colleague did it" in agent.text
    assert [row.name for row in happened(busy)[-2:]] == ["visit.ended", "link.revoked"]


def test_who_may_not_do_it_sees_no_button(app: PortalFlask, busy: Busy) -> None:
    viewer = signed_in(app, busy.creditor, Role.VIEWER)
    viewer.get(busy.card)
    for word in (
        "Correct it",
        "Use it no more",
        "Add an address",
        "Revoke this link",
        "End this visit",
        "Your answer",
    ):
        assert word not in viewer.text, word


def test_a_debtor_without_anything_has_a_card_too(app: PortalFlask) -> None:
    creditor = make_creditor()
    account = make_account(creditor)
    browser = signed_in(app, creditor, Role.ADMIN)
    browser.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    assert browser.status == 200
    assert "No invoice has come in" in browser.text


def test_this_is_not_me_waits_until_a_colleague_decides(app: PortalFlask, busy: Busy, agent: Browser) -> None:
    said = "somebody said that it is not theirs"
    agent.get(busy.card)
    assert said not in agent.text
    assert "/confirm" not in agent.text
    code = busy.account.link(invoice_id=busy.account.invoice_ids[0], purpose=QR)
    for address in (busy.account.link(), busy.account.link(), code):
        stranger = Browser(app)
        stranger.get(address)
        stranger.get("/gate/not-me")
        stranger.submit("/gate/not-me", reason="not_mine")
    agent.get("/c/")
    assert agent.text.count("Somebody said: this is not me") == 2, "one for the address, one for the paper"
    with db.transaction() as session:
        scope.enter(busy.creditor.id)
        for trace in session.scalars(select(LinkTrace).where(LinkTrace.kind == "not_me")):
            trace.at -= timedelta(days=30)
    agent.get("/c/")
    assert agent.text.count("Somebody said: this is not me") == 1, "what a person must decide does not lapse"
    agent.get(busy.card)
    assert said in agent.text
    agent.submit("/confirm")
    assert agent.path == busy.card
    assert said not in agent.text
    assert happened(busy)[-1].name == "contact.confirmed"
    agent.get("/c/")
    assert "Somebody said: this is not me" not in agent.text
