"""Who holds a link and nothing else learns nothing of the person, the debt or the document (rules A-25, A-27)."""

import base64
import json
import re
import zlib
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock, db, ids, scope
from portal.core.link_addresses import QR
from portal.core.money import Money
from portal.creditors.models import Creditor
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.web import i18n
from portal.web.edge import PortalFlask
from tests.actors import Debtor, forms_of
from tests.databases import Prepared
from tests.factories.world import IBAN, Account, make_account, make_creditor

NAME, CODE, VAT, TAX = "Zanzibarri Costruzioni S.n.c.", "CLI-ZX81", "IT03880770373", "ZNZMRA80A01H501Q"
MAIL, POSTCODE, NUMBER, AMOUNT = "ragioneria@zanzibarri.example", "20154", "FT-7788/26", "8765.43"
STATUS_WORDS = (
    "scadut", "scadenz", "insolut", "debit", "moros", "sollecit", "pagat", "pagament", "da pagare", "aperta",
    "saldo", "importo",
    "fattura", "fatture", "overdue", "unpaid", "payable", "invoice", "debt", "amount", "owed", "owe ",
    "credit note", "nota di credito",
)  # fmt: skip
MAY_SAY = {"fattura", "fatture", "invoice"}  # where the answer to the question stands, and which paper has a code
# What a page before the gate may say all the same: how the whole portal treats data and how to recognise it.
GENERAL = {"/privacy", "/genuine"}


@pytest.fixture
def prepared(sqlite: Prepared) -> Prepared:
    """It is about pages, not about rows: one database is enough."""
    sqlite.reset()
    return sqlite


class _Text(HTMLParser):
    """What a reader sees and what a machine reads: texts, and the attributes that are made for people."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("name") not in {"csrf_token", "command_id"}:
            self.parts += [value or "" for name, value in attrs if name not in {"class", "href", "src"}]


def read(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    return " ".join(parser.parts)


@dataclass
class Secret:
    """A debtor whose every detail is rare enough to be found wherever it slips out."""

    account: Account
    invoice_id: int

    def texts(self) -> set[str]:
        """Each detail in every spelling in which a page, a header or a cookie might hold it."""
        amount = Money(876543, "EUR")
        due = clock.today() + timedelta(days=10)
        found = {
            NAME,
            "Zanzibarri",
            CODE,
            VAT,
            VAT[2:],
            TAX,
            MAIL,
            MAIL.split("@", maxsplit=1)[0],
            "zanzibarri.example",
            NUMBER,
        }
        found |= {AMOUNT, "8.765,43", "8,765.43", "876543", IBAN, IBAN[4:], "0542 8111 01", "0542811101", "IT60 X054"}
        for language in ("it", "en"):
            i18n.use(language)
            found |= {i18n.money(amount), i18n.day(due), i18n.short_day(due)}
        i18n.use("it")
        found |= {due.isoformat(), due.strftime("%d/%m/%Y")}
        found |= {ids.spell(one) for one in (self.account.debtor_id, self.invoice_id, self.account.contact_id)}
        return found | {str(one) for one in (self.account.debtor_id, self.invoice_id, self.account.contact_id)}


@pytest.fixture
def kind() -> str:
    return "business"


@pytest.fixture
def secret(app: PortalFlask, kind: str) -> Secret:
    creditor = make_creditor(email="segreteria@rossi.example", address="Via Lunga 1", contact_name="Giulia Rossi")
    account = make_account(
        creditor, code=CODE, name=NAME, kind=kind, vat_number=VAT, tax_code=TAX, postcode=POSTCODE, email=MAIL
    )
    return Secret(account, account.add_invoice(NUMBER, AMOUNT))


def decoded(cookie: str) -> str:
    head = cookie.rsplit(".", 2)[0]
    raw = base64.urlsafe_b64decode(head.lstrip(".") + "=" * (-len(head.lstrip(".")) % 4))
    return json.dumps(json.loads(zlib.decompress(raw) if head.startswith(".") else raw))


class Stranger:
    """Looks at everything that can be looked at before the gate, and keeps all that came."""

    def __init__(self, app: PortalFlask, language: str) -> None:
        self.browser = Debtor(app)
        self.browser.get(f"/language/{language}")
        self.seen: list[tuple[str, str, str]] = []  # where, everything that came, what a reader sees of it

    def look(self, path: str) -> None:
        answer = self.browser.get(path, follow=False)
        cookies = [
            decoded(c.split("=", 1)[1].split(";")[0]) for c in answer.headers.getlist("Set-Cookie") if "=;" not in c
        ]
        body = answer.get_data(as_text=True)
        self.seen.append((path, "\n".join([body, str(answer.headers), *cookies]), read(body)))

    def look_round(self, address: str) -> None:
        self.look(address)
        for path in ("/gate", "/gate/not-me", "/genuine", "/privacy", "/gate/new-link", "/gate/thank-you", "/left",
        "/", "/d/", "/d/pay",
                     "/d/help", "/nowhere"):  # fmt: skip
            self.look(path)
        self.browser.get("/gate")
        for form in forms_of(self.browser.text):  # a wrong answer, an empty one
            for typed in ("", "0000"):
                self.browser.post(form.action, {**form.fields, "fact": typed}, follow=False)
                self.seen.append((form.action, self.browser.text, read(self.browser.text)))


def settle(secret: Secret) -> None:
    with db.transaction():
        scope.enter(secret.account.creditor_id)
        for item in invoice_queries.items_of_debtor(secret.account.debtor_id, secret.invoice_id):
            invoices.settle_item(
                item,
                item.open,
                account=accounts.BANK,
                kind="payment",
                source=Source("test", 1),
                value_on=clock.today(),
            )


def withdraw(secret: Secret) -> None:
    with db.transaction() as session:
        scope.enter(secret.account.creditor_id)
        session.execute(update(Invoice).where(Invoice.id == secret.invoice_id).values(withdrawn_at=clock.now()))


def freeze(secret: Secret, app: PortalFlask, address: str) -> None:
    browser = Debtor(app)
    browser.get(address)
    data = {"csrf_token": browser.csrf(), "fact": "0000"}
    for _ in range(5):
        browser.post("/gate", data)


@pytest.mark.parametrize(("purpose", "kind"), [("portal", "consumer"), ("portal", "business"), (QR, "business")])
@pytest.mark.parametrize("state", ["live", "expired", "frozen", "paid", "withdrawn"])
def test_a_link_alone_shows_nothing(secret: Secret, app: PortalFlask, state: str, purpose: str, kind: str) -> None:
    """The headline: name, codes, addresses, amount, number, date, IBAN, standing, in page, header and cookie."""
    days = 1 if state == "expired" else 30
    address = secret.account.link(invoice_id=secret.invoice_id, purpose=purpose, days=days)
    address = address.removeprefix("HTTP://PORTAL.TEST")
    if state == "paid":
        settle(secret)
    if state == "withdrawn":
        withdraw(secret)
    if state == "frozen":
        freeze(secret, app, address)
    hidden = secret.texts()
    with time_machine.travel(clock.now() + timedelta(days=2 if state == "expired" else 0)):
        for language in ("it", "en"):
            stranger = Stranger(app, language)
            stranger.look_round(address)
            assert len(stranger.seen) >= 13
            for where, everything, shown in stranger.seen:
                slipped = {text for text in hidden if text.lower() in everything.lower()}
                assert not slipped, (state, language, where, slipped)
                allowed = {"/d/help", "/nowhere"} | GENERAL
                if where not in allowed:
                    words = {word for word in STATUS_WORDS if word in shown.lower()}
                    assert words <= MAY_SAY, (state, language, where, words)


@pytest.mark.parametrize("fact", ["vat_or_tax_code", "customer_code", "postcode"])
def test_whatever_the_creditor_asks_the_question_does_not_answer_itself(
    secret: Secret, app: PortalFlask, fact: str
) -> None:
    with db.transaction() as session:
        scope.enter(secret.account.creditor_id)
        session.execute(update(Creditor).values(gate_fact=fact))
    browser = Debtor(app)
    browser.get(secret.account.link())
    hidden = secret.texts() | {POSTCODE}
    assert not {text for text in hidden if text.lower() in browser.text.lower()}
    shown = read(browser.text)
    assert VAT[-4:] not in re.findall(r"\d{4}", shown)
    assert TAX[-4:] not in shown


def test_of_the_creditor_only_name_logo_and_phone_are_shown(secret: Secret, app: PortalFlask) -> None:
    """Decision 6; the notice on data alone says whom to write to."""
    browser = Debtor(app)
    for path in (secret.account.link(), "/gate", "/gate/not-me", "/gate/new-link", "/gate/thank-you", "/genuine"):
        browser.get(path)
        assert "Rossi Impianti" in browser.text
        assert "tel:+390510000001" in browser.text
        for hidden in ("segreteria@rossi.example", "Via Lunga", "Giulia Rossi", "IT01234567890", IBAN):
            assert hidden not in browser.text, (path, hidden)


def test_titles_and_previews_say_nothing(secret: Secret, app: PortalFlask) -> None:
    """A-25: no creditor, no payment, the same for everybody."""
    other = make_account(make_creditor("verdi", display_name="Verdi Serramenti"), code="2")
    other.add_invoice()
    titles: dict[str, set[str]] = {}
    for account in (secret.account, other):
        browser = Debtor(app)
        for path in (
            account.link(),
            "/gate/not-me",
            "/gate/new-link",
            "/gate/thank-you",
            "/genuine",
            "/privacy",
            "/left",
            "/nowhere",
        ):
            browser.get(path)
            head = browser.text.split("</head>")[0]
            title = re.search(r"<title>(.*?)</title>", head, re.DOTALL)
            assert title is not None
            titles.setdefault(browser.path if "/l/" in path else path, set()).add(title[1].strip())
            assert "og:" not in head
            assert "twitter:" not in head
            assert "Rossi" not in head.replace("/brand/", "")
            assert "Verdi" not in head
    assert all(len(said) == 1 for said in titles.values()), titles
    for said in titles.values():
        assert not [word for word in STATUS_WORDS if word in next(iter(said)).lower()]


def test_a_closed_link_looks_like_a_live_one_until_the_fact(secret: Secret, app: PortalFlask) -> None:
    """Whether it is paid is for its reader: the gate of a paid invoice is the gate of an open one to the letter."""

    def gate() -> str:
        browser = Debtor(app)
        browser.get(secret.account.link(invoice_id=secret.invoice_id))
        form = browser.form("/gate").fields
        page = browser.text
        for own in form.values():
            page = page.replace(own, "") if own else page
        return page

    live = gate()
    settle(secret)
    assert gate() == live


def test_the_fact_is_what_makes_the_difference(secret: Secret, app: PortalFlask) -> None:
    """A test that could not fail would prove nothing: behind the gate all of it is there."""
    browser = Debtor(app)
    browser.enter(secret.account.link(), VAT[-4:])
    assert browser.path == "/d/"
    assert NAME in browser.text
    assert i18n.money(Money(876543, "EUR")) in browser.text
    assert NUMBER in browser.text


def test_nothing_is_given_in_another_form_than_the_page(secret: Secret, app: PortalFlask) -> None:
    """No JSON, no other representation that says more than what is shown (76 services did)."""
    browser = Debtor(app)
    browser.get(secret.account.link())
    hidden = secret.texts()
    wanted: list[dict[str, Any]] = [
        {"Accept": "application/json"}, {"Accept": "application/xml"}, {"X-Requested-With": "XMLHttpRequest"},
        {"Accept": "*/*"},
    ]  # fmt: skip
    for headers in wanted:
        for path in (
            "/gate",
            "/gate.json",
            "/gate?format=json",
            "/gate/not-me",
            "/d/",
            "/api/v1/invoices",
            "/d/invoices.json",
        ):
            answer = browser.get(path, follow=False, headers=headers)
            for_systems = path.startswith("/api/")
            assert answer.content_type.startswith("application/problem+json" if for_systems else "text/html")
            assert answer.status_code == 401 or not for_systems
            assert not {text for text in hidden if text.lower() in answer.get_data(as_text=True).lower()}
