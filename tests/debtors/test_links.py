"""Links: issued for one scope and one purpose, opened by their signature, closed by their row (A-01…A-14, A-80)."""

import hashlib
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, installation, scope, signing
from portal.core.link_addresses import PORTAL, QR
from portal.creditors import queries as creditors
from portal.debtors import actions, links
from portal.debtors.models import AccessLink, ContactPoint, LinkDirectory, LinkTrace, Visit
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.messages.models import Message
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import Account, make_account, today_plus
from tests.queries_counted import counted


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account()
    made.add_invoice()
    return made


def token_of(address: str) -> str:
    return urlsplit(address).path.split("/")[2]


def link_row(account: Account, address: str) -> AccessLink:
    purpose = QR if "/Q/" in address else PORTAL
    read = signing.read_qr_token if purpose == QR else signing.read_link_token
    link_id = read(installation.keys(), purpose, token_of(address))
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.scalars(select(AccessLink).where(AccessLink.id == link_id)).one()


def revoke(account: Account, address: str, why: str = "by_hand") -> None:
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        actions.revoke_link(session.get_one(AccessLink, link_row(account, address).id), why)


def issued(account: Account, **values: object) -> AccessLink:
    defaults = {"purpose": PORTAL, "campaign": "test", "expires_at": clock.now() + timedelta(days=30)}
    with db.transaction():
        scope.enter(account.creditor_id)
        return links.issue(account.debtor_id, **{**defaults, **values})  # type: ignore[arg-type]


def test_an_address_comes_from_the_settings_never_from_a_request(account: Account, app: PortalFlask) -> None:
    link = issued(account)
    address = links.address(link.id)
    assert address.startswith("http://portal.test/l/")
    with app.test_request_context("/", base_url="http://evil.example"):
        assert links.address(link.id) == address
    code = links.address(issued(account, purpose=QR, invoice_id=account.invoice_ids[0]).id, QR)
    assert code.startswith("HTTP://PORTAL.TEST/Q/")
    assert code == code.upper()
    assert len(token_of(code)) == 39


def test_a_link_never_lives_longer_than_the_rules_allow(account: Account) -> None:
    """A-09: 120 days, a code on paper 24 months; caring until 30 days after the due date."""
    with time_machine.travel(clock.now(), tick=False):
        now = clock.now()
        far = now + timedelta(days=5000)
        assert issued(account, expires_at=far).expires_at == now + timedelta(days=120)
        on_paper = issued(account, expires_at=far, purpose=QR, invoice_id=account.invoice_ids[0])
        assert on_paper.expires_at == now + timedelta(days=730)
        soon = links.caring_expiry(today_plus(10))
        assert soon.date() == today_plus(40)
        assert links.caring_expiry(today_plus(3000)) == now + timedelta(days=120)


def test_a_code_on_paper_opens_one_invoice(account: Account) -> None:
    with pytest.raises(ValueError, match="one invoice"):
        issued(account, purpose=QR)
    made = issued(account, purpose=QR, invoice_id=account.invoice_ids[0])
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        found = links.live_qr_link(account.invoice_ids[0])
        assert found is not None
        assert found.id == made.id
    with time_machine.travel(clock.now() + timedelta(days=31)), db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert links.live_qr_link(account.invoice_ids[0]) is None


def test_a_forged_token_costs_no_query_and_a_genuine_one_two(account: Account, debtor: Debtor) -> None:
    address, code = account.link(), account.link(invoice_id=account.invoice_ids[0], purpose=QR)
    token = token_of(address)
    forged = [f"/l/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}", f"/l/{token}=", "/l/x", "/l/" + "A" * 32,
              f"/q/{token_of(code)[:-1]}1", f"/q/{token}", f"/l/{token_of(code)}", "/q/" + "0" * 39]  # fmt: skip
    with counted() as queries:
        for path in forged:
            assert debtor.get(path).status_code == 404
    assert len(queries) == 0, queries
    for purpose, spelled in ((PORTAL, token), (QR, token_of(code))):
        with db.transaction(writes=False), counted() as queries:
            assert links.look_up(purpose, spelled) is not None
        assert len(queries) == 2, queries


def test_a_link_of_one_purpose_opens_nothing_of_another(account: Account, debtor: Debtor) -> None:
    """A-08, over HTTP: even with a row that exists and a signature that is ours."""
    keys, link = installation.keys(), issued(account)
    code = issued(account, purpose=QR, invoice_id=account.invoice_ids[0])

    def status(path: str, number: int) -> int:
        somewhere = {"REMOTE_ADDR": f"10.0.0.{number}"}  # else it would be too many bad tokens from one place
        return debtor.get(path, follow=False, environ_base=somewhere).status_code

    for number, purpose in enumerate(("portal", "qr", "unsubscribe", "staff-invite", "pdf", "survey")):
        for row in (link, code):
            as_link = status(f"/l/{signing.link_token(keys, purpose, row.id)}", number)
            as_code = status(f"/q/{signing.qr_token(keys, purpose, row.id)}", number)
            assert as_link == (303 if purpose == "portal" and row is link else 404)
            assert as_code == (303 if purpose == "qr" and row is code else 404)
            value = signing.serializer(keys, purpose).dumps([row.id])
            assert status(f"/l/{value}", number) == status(f"/u/{value}", number) == 404


def test_a_code_opens_in_capitals_and_small_letters(account: Account, app: PortalFlask) -> None:
    code = account.link(invoice_id=account.invoice_ids[0], purpose=QR)
    token = token_of(code)
    for path in (f"/Q/{token}", f"/q/{token}", f"/q/{token.lower()}", f"/Q/{token.lower()}"):
        browser = Debtor(app)
        browser.get(path)
        assert (browser.status, browser.path) == (200, "/gate")


@pytest.mark.parametrize("spoil", ["unknown creditor", "unknown link"])
def test_a_genuine_signature_without_its_row_opens_nothing(account: Account, debtor: Debtor, spoil: str) -> None:
    if spoil == "unknown link":  # the directory knows it, the creditor does not
        link_id = ids.new_id()
        with db.transaction() as session:
            session.add(LinkDirectory(link_id=link_id, creditor_id=account.creditor_id))
    else:
        link_id = ids.new_id()
    assert debtor.get(links.address(link_id)).status_code == 404


def bodies(browser: Debtor, *paths: str) -> list[tuple[int, bytes, list[tuple[str, str]]]]:
    found = []
    for path in paths:
        answer = browser.get(path, follow=False)
        headers = [(name, value) for name, value in answer.headers if name not in {"X-Request-Id", "Date"}]
        found.append((answer.status_code, answer.get_data(), sorted(headers)))
    return found


def test_unknown_malformed_and_revoked_are_the_same_to_the_byte(account: Account, app: PortalFlask) -> None:
    """A-11: who holds a dead link learns nothing about it, from body, headers or cookies."""
    revoked, revoked_code = account.link(), account.link(invoice_id=account.invoice_ids[0], purpose=QR)
    revoke(account, revoked)
    revoke(account, revoked_code)
    token = token_of(revoked)
    dead = [
        revoked, revoked_code, "/l/" + "A" * 32, "/l/short", f"/l/{token}=", f"/l/{token.swapcase()}",
        links.address(ids.new_id()),
        "/q/" + "0" * 39, "/l/%00%ff", f"/l/{token}%0A", "/q/ıı", "/l/" + "x" * 3000, f"/q/{token}",
    ]  # fmt: skip
    paths = [one.removeprefix("http://portal.test").removeprefix("HTTP://PORTAL.TEST") for one in dead]
    answers = bodies(Debtor(app), *paths)
    assert {status for status, _, _ in answers} == {404}
    assert len({body for _, body, _ in answers}) == 1
    assert len({str(headers) for _, _, headers in answers}) == 1
    body = answers[0][1].decode()
    assert token not in body
    assert "Rossi" not in body


def test_revoked_says_nothing_new_to_a_browser_that_knew_the_link(account: Account, app: PortalFlask) -> None:
    """The same browser, before its visit, within its visit: then the door is as shut as to a stranger."""
    address = account.link()
    waiting, inside = Debtor(app), Debtor(app)
    waiting.get(address)
    inside.enter(address, account.fact)
    assert inside.path == "/d/"
    revoke(account, address)
    assert waiting.get("/gate").status_code == 403
    assert inside.get("/d/", follow=False).status_code == 403, "on the next request"
    for browser in (waiting, inside, Debtor(app)):
        assert browser.get(address).status_code == 404
    stranger = Debtor(app)
    stranger.get("/gate")
    assert waiting.get("/gate").get_data() == stranger.get("/gate").get_data()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Visit)).one().ended_at is not None


def test_stopping_an_address_revokes_its_links_and_no_others(account: Account, app: PortalFlask) -> None:
    """A-10, decision 7: a hard bounce, a changed address; the visit that made the change goes on."""
    first, second = account.link(), account.link()
    code = account.link(invoice_id=account.invoice_ids[0], purpose=QR)
    changing, other = Debtor(app), Debtor(app)
    changing.enter(first, account.fact)
    other.enter(second, account.fact)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        visit = session.scalars(select(Visit).order_by(Visit.id)).first()
        assert visit is not None
        contact = session.get_one(ContactPoint, account.contact_id)
        actions.stop_contact(contact, "replaced", except_visit=visit.id)
    assert changing.get("/d/", follow=False).status_code == 200
    assert other.get("/d/", follow=False).status_code == 403
    assert Debtor(app).get(first).status_code == 404
    assert Debtor(app).get(code, follow=False).status_code == 303, "the paper lies where it lay"


def test_a_link_for_one_invoice_does_not_reach_the_others(account: Account, debtor: Debtor) -> None:
    """A-07: another invoice of the same debtor is not there."""
    mine = account.invoice_ids[0]
    other = account.add_invoice("129/2026", "77.00")
    debtor.enter(account.link(invoice_id=mine), account.fact)
    assert debtor.status == 200
    assert "128/2026" in debtor.text
    assert "129/2026" not in debtor.text
    unknown = ids.spell(ids.new_id())
    for page in ("", "/receipt", "/document.pdf", "/original"):
        found = debtor.get(f"/d/invoices/{ids.spell(other)}{page}")
        assert found.status_code == 404
        assert found.get_data() == debtor.get(f"/d/invoices/{unknown}{page}").get_data()
    assert debtor.get(f"/d/invoices/{ids.spell(mine)}").status_code == 200


# --- Expired ---


def expired(account: Account, app: PortalFlask) -> Debtor:
    """A browser that has opened a link two days after its end."""
    address = account.link(days=1)
    browser = Debtor(app)
    browser.get("/language/en")
    with time_machine.travel(clock.now() + timedelta(days=2)):
        browser.get(address)
    return browser


def test_an_expired_link_offers_a_new_one_and_opens_nothing(account: Account, app: PortalFlask) -> None:
    address = account.link(days=1)
    browser = Debtor(app)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        browser.get(address)
        assert browser.status == 200
        assert browser.form("/gate/new-link")
        answer = browser.post("/gate", {"csrf_token": browser.csrf(), "fact": account.fact})
        assert answer.status_code == 200
        assert browser.form("/gate/new-link"), "the right fact does not open it either"
        assert browser.get("/d/").status_code == 403
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            assert session.scalars(select(Visit)).all() == []
        browser.get(address)
        browser.submit("/gate/new-link")
        assert (browser.status, browser.path) == (200, "/gate/new-link")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        message = session.scalars(select(Message)).one()
        assert (message.key, message.asked_for) == ("new_link", True)
        assert message.to_address == session.get_one(ContactPoint, account.contact_id).address
        fresh = session.get_one(AccessLink, message.link_id)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        browser.enter(links.address(fresh.id), account.fact)
        assert browser.path == "/d/"


def test_the_answer_is_the_same_whoever_asks_for_a_new_link(account: Account, app: PortalFlask) -> None:
    """A-11: with a live link, an old one, an old one without an address, a frozen one, or none any more."""
    old, unreachable = account.link(days=1), make_account_without_address(account)
    answers = set()
    with time_machine.travel(clock.now() + timedelta(days=2)):
        for kind, address in (
            ("old", old), ("old again", old), ("unreachable", unreachable), ("live", account.link()),
            ("frozen", account.link()), ("forgotten", old),
        ):  # fmt: skip
            browser = Debtor(app)
            browser.get(address)
            token = browser.csrf()
            for _ in range(5 if kind == "frozen" else 0):
                browser.post("/gate", {"csrf_token": token, "fact": "0000"})
            with time_machine.travel(clock.now() + timedelta(hours=1 if kind == "forgotten" else 0)):
                answer = browser.post("/gate/new-link", {"csrf_token": token}, follow=False)
            answers.add((answer.status_code, answer.headers["Location"], answer.get_data()))
    assert len(answers) == 1
    assert next(iter(answers))[:2] == (303, "/gate/new-link")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(Message)).all()) == 1, (
            "one every quarter of an hour, to the address on file"
        )


def make_account_without_address(account: Account) -> str:
    """An expired-to-be link of a debtor whose address has been stopped."""
    with db.transaction(writes=False):
        creditor = creditors.by_id(account.creditor_id)
    other = make_account(creditor, code="0099", vat_number="IT00000001111")
    address = other.link(days=1)
    with db.transaction() as session:
        scope.enter(other.creditor_id)
        session.get_one(ContactPoint, other.contact_id).stopped_at = clock.now()
        session.get_one(ContactPoint, other.contact_id).stopped_why = "bounced"
    return address


def test_a_new_link_goes_to_the_address_on_file_and_to_no_other(account: Account, app: PortalFlask) -> None:
    address = account.link(days=1)
    browser = Debtor(app)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        browser.get(address)
        form = browser.form("/gate/new-link")
        evil = {
            **form.fields,
            "address": "evil@evil.example",
            "to": "evil@evil.example",
            "email": "evil@evil.example",
        }
        browser.post(form.action, evil)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Message.to_address)).all() == ["cliente.0042@bianchi.example"]
    assert "bianchi" not in browser.text.lower(), "and is not shown"


def test_the_page_behind_an_expired_link_says_nothing_of_it(account: Account, app: PortalFlask) -> None:
    browser = expired(account, app)
    for word in ("Bianchi", "128/2026", "1,234", "bianchi.example"):
        assert word not in browser.text


def test_the_database_holds_link_ids_and_no_token(account: Account, house: Settings) -> None:
    """A-02: without the signing key no token can be made of what the tables hold."""
    address = account.link()
    token, row = token_of(address), link_row(account, address)
    values = [str(getattr(row, column.name)) for column in AccessLink.__table__.columns]
    assert not [value for value in values if token in value or token[11:] in value]
    other = signing.Keys((hashlib.sha384(b"other").digest(),), installation.keys().sealing)
    assert signing.link_token(other, PORTAL, row.id) != token
    assert signing.read_link_token(other, PORTAL, token) is None


def test_opening_is_a_trace_and_changes_no_link(account: Account, debtor: Debtor) -> None:
    address = account.link()
    before = link_row(account, address)
    for _ in range(3):
        debtor.get(address)
    after = link_row(account, address)
    columns = [column.name for column in AccessLink.__table__.columns]
    assert [getattr(before, name) for name in columns] == [getattr(after, name) for name in columns]
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(LinkTrace.kind)).all() == ["fetched"] * 3


def test_new_links_are_five_a_day_at_most(account: Account, app: PortalFlask) -> None:
    old = account.link(days=1)
    start = clock.now() + timedelta(days=2)
    for quarter in range(8):
        with time_machine.travel(start + timedelta(minutes=16 * quarter)):
            browser = Debtor(app)
            browser.get(old)
            browser.submit("/gate/new-link")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(Message)).all()) == 5


@pytest.mark.parametrize("end", ["settled", "withdrawn"])
def test_the_code_on_a_paper_that_is_done_with_opens_ninety_days_more(account: Account, end: str) -> None:
    """A-09; a code that ends sooner is not made longer, and another invoice's stays as it was."""
    invoice_id, other = account.invoice_ids[0], account.add_invoice("2")
    account.link(invoice_id=invoice_id, purpose=QR, days=500)
    account.link(invoice_id=invoice_id, purpose=QR, days=20)
    account.link(invoice_id=other, purpose=QR, days=500)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        if end == "withdrawn":
            invoices.withdraw(session.get_one(Invoice, invoice_id))
        else:
            (item,) = invoice_queries.items_of_debtor(account.debtor_id, invoice_id)
            source = ledger.Source("test", 1)
            invoices.settle_item(item, item.open, account=accounts.BANK, kind="payment", source=source,
                                 value_on=clock.today())  # fmt: skip
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        ends = session.scalars(select(AccessLink.expires_at).order_by(AccessLink.id)).all()
    assert [round((one - clock.now()) / timedelta(days=1)) for one in ends] == [90, 20, 500]
