"""Every address with an id, asked for with one's own, another's and nobody's (rules A-07, A-60…A-62)."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from portal.core import clock, db, ids, scope
from portal.core.link_addresses import QR
from portal.core.money import Money
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor as DebtorRow
from portal.debtors.models import Visit
from portal.debtors.visits import Current
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.ledger.accounts import BANK
from portal.ledger.actions import Source
from portal.payments import actions as payments
from portal.web import i18n
from portal.web.edge import CHANGING, PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import make_person, sign_in
from tests.factories.world import make_account, make_creditor
from tests.security.everything import WORDS, Owner, attempt_id

# What the code on a paper invoice opens besides leaving: the paper's data, and paying what is open (decision 5).
PAPER_MAY = {
    "home_debtor.show", "invoices_debtor.show", "payments_debtor.show_choices", "payments_debtor.start_card",
    "payments_debtor.show_return", "payments_debtor.show_left", "transfers_debtor.show_transfer", "door_debtor.leave",
    "cases_debtor.show_help", "payments_debtor.show_part",
}  # fmt: skip
# Of its own payments it sees how they stand; of others' nothing: that would be history.
PAPER_MAY_ITS_OWN = {"payments_debtor.show_status", "payments_debtor.go_on", "payments_debtor.stop"}
# One's own, and yet not there: what it needs has not happened in this world. Each has a test of its own.
NOT_YET = {
    "payments_debtor.download_receipt": "a payment that arrived (tests/payments/test_receipt.py)",
    "privacy_creditor.download": "a ticket of the last minutes (tests/privacy/test_export.py)",
    "evidence_creditor.download": "a dispute, and a ticket of the last minutes (tests/payments/test_evidence.py)",
    "evidence_creditor.take_out": "a payment that is contested (tests/payments/test_evidence.py)",
}
FINE = {200, 303, 409, 422}  # shown, done, or a no that has nothing to do with whose it is


def rules(app: PortalFlask, guard: str, *, with_ids: bool | None = None) -> Iterator[tuple[Rule, str]]:
    """Every rule behind this guard with each of its methods."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        if getattr(app.blueprints.get(rule.endpoint.split(".")[0]), "guarded_by", None) != guard:
            continue
        if with_ids is None or with_ids == bool(names_of(rule)):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def names_of(rule: Rule) -> list[str]:
    return sorted(name for name in rule.arguments if name.endswith("_id"))


def path_of(rule: Rule, values: dict[str, int]) -> str:
    path = rule.rule
    for name in rule.arguments:
        value = ids.spell(values[name]) if name in values else WORDS.get(name)
        assert value is not None, (
            f"<{name}> in {rule.rule}: say in tests/security/everything.py what could stand there"
        )
        for converter in ("id:", "path:", ""):
            path = path.replace(f"<{converter}{name}>", value)
    assert "<" not in path, path
    return path


def send(browser: Browser, method: str, path: str) -> Any:
    """As this browser would, with the numbers that its forms carry."""
    headers = {"Origin": browser.base_url, "Referer": browser.base_url + "/"}
    data = None
    if method in CHANGING:
        data = {"csrf_token": browser.csrf(), "command_id": ids.spell(ids.new_id())}
    answer = browser.client.open(path, method=method, data=data, headers=headers, base_url=browser.base_url)
    answer.get_data()
    answer.close()
    return answer


class World:
    """Two debtors of one creditor and one of another, each with one of everything."""

    def __init__(self) -> None:
        creditor = make_creditor()
        self.own = Owner(make_account(creditor))
        self.neighbour = Owner(make_account(creditor, code="0043", vat_number="IT12345671111", name="Verdi S.r.l."))
        self.stranger = Owner(make_account(make_creditor("verdi"), code="0044", vat_number="IT12345672222"))

    def values(self, owner: Owner, names: list[str]) -> dict[str, int]:
        return {name: owner.id_of(name) for name in names}


@pytest.fixture
def world(app: PortalFlask) -> World:
    return World()


@pytest.fixture
def inside(app: PortalFlask, world: World) -> Debtor:
    browser = Debtor(app)
    browser.enter(world.own.account.link(), world.own.account.fact)
    assert browser.path == "/d/"
    return browser


def test_anothers_thing_is_not_there_for_a_debtor(app: PortalFlask, world: World, inside: Debtor) -> None:
    """Own, another debtor's of the same creditor, another creditor's, nobody's: 200 and three times the same 404."""
    tried = 0
    for rule, method in rules(app, "visit", with_ids=True):
        names = names_of(rule)
        strange = [world.values(world.neighbour, names), world.values(world.stranger, names)]
        strange.append({name: ids.new_id() for name in names})
        answers = [send(inside, method, path_of(rule, values)) for values in strange]
        assert [answer.status_code for answer in answers] == [404, 404, 404], (method, rule.rule)
        assert len({answer.get_data() for answer in answers}) == 1, (method, rule.rule)
        own = send(inside, method, path_of(rule, world.values(world.own, names)))
        assert own.status_code in FINE or rule.endpoint in NOT_YET, (method, rule.rule, own.status_code)
        tried += 1
    assert tried >= 11, "the matrix has lost its routes"


def test_an_id_that_is_none_is_not_there_either(app: PortalFlask, world: World, inside: Debtor) -> None:
    for rule, method in rules(app, "visit", with_ids=True):
        whole = path_of(rule, world.values(world.own, names_of(rule)))
        spelled = ids.spell(world.own.id_of(names_of(rule)[0]))
        for strange in (
            "0",
            spelled.upper(),
            spelled[:-1],
            spelled + "0",
            "-1",
            "%00" * 13,
            "z" * 13,
            str(ids.read(spelled)),
            "' OR 1=1",
        ):
            answer = send(inside, method, whole.replace(spelled, strange))
            assert answer.status_code in {404, 405}, (rule.rule, strange)


def test_a_link_for_one_invoice_reaches_that_invoice_alone(app: PortalFlask, world: World) -> None:
    """A-07, over every page: the debtor's other documents are as far away as another's."""
    account = world.own.account
    only = world.own.id_of("invoice_id")
    browser = Debtor(app)
    browser.enter(account.link(invoice_id=only), account.fact)
    assert browser.path == "/d/"
    for rule, method in rules(app, "visit", with_ids=True):
        names = names_of(rule)
        other = world.values(world.own, names)  # each was made about another invoice
        if names == ["invoice_id"]:
            other = {"invoice_id": world.own.invoice()}
        nobody = {name: ids.new_id() for name in names}
        answers = [send(browser, method, path_of(rule, values)) for values in (other, nobody)]
        assert [answer.status_code for answer in answers] == [404, 404], (method, rule.rule)
        assert len({answer.get_data() for answer in answers}) == 1, rule.rule


def paper_visit(app: PortalFlask, world: World, invoice: int) -> Debtor:
    browser = Debtor(app)
    with db.transaction(writes=False):
        scope.enter(world.own.creditor_id)
        from_paper = app.extensions["portal.paper"](invoice)
    browser.enter(world.own.account.link(invoice_id=invoice, purpose=QR), from_paper[0])
    assert browser.path == "/d/", browser.path
    return browser


def test_the_code_on_paper_opens_the_paper_and_paying_and_nothing_else(app: PortalFlask, world: World) -> None:
    """T1 × every debtor route. A new page is shut to the paper's code until it is named at the top of this file."""
    invoice = world.own.id_of("invoice_id")
    browser = paper_visit(app, world, invoice)
    seen = set()
    for rule, method in rules(app, "visit"):
        if rule.endpoint == "door_debtor.leave":
            continue
        path = path_of(rule, world.values(world.own, names_of(rule)))
        status = send(browser, method, path).status_code
        if rule.endpoint in PAPER_MAY:
            assert status in FINE, (method, rule.rule, status)
            seen.add(rule.endpoint)
        else:
            assert status in {404, 409}, (method, rule.rule, status)
            assert status == 404 or method in CHANGING, "a page is shown or it is not there"
    assert seen == PAPER_MAY - {"door_debtor.leave"}
    with db.transaction(writes=False) as session:
        scope.enter(world.own.creditor_id)
        visit = session.scalars(select(Visit).where(Visit.level == 1)).one()
        debtor = session.get_one(DebtorRow, visit.debtor_id)
        face = creditors.face(visit.creditor_id)
    guest = Current(visit.id, debtor.id, visit.link_id, 1, invoice, debtor.name, debtor.kind, face)
    own = attempt_id(world.own, guest)
    for rule, method in rules(app, "visit", with_ids=True):
        if rule.endpoint in PAPER_MAY_ITS_OWN:
            assert send(browser, method, path_of(rule, {"attempt_id": own})).status_code in FINE, rule.rule
    assert send(browser, "POST", "/d/leave").status_code == 303


def test_the_code_on_paper_shows_what_is_printed_and_no_history(app: PortalFlask, world: World) -> None:
    """Decision 5: the paper's data and open or closed; who paid what and when is for the link in the mail."""
    invoice = world.own.id_of("invoice_id")
    other = world.own.id_of("answer_id")
    assert other
    browser = paper_visit(app, world, invoice)
    for path in ("/d/", f"/d/invoices/{ids.spell(invoice)}"):
        browser.get(path)
        for hidden in ("Bianchi", "bianchi.example", "12345677890", "Words of their own", "As shown"):
            assert hidden not in browser.text
        for number in world.own.account.invoice_ids:
            assert number == invoice or ids.spell(number) not in browser.text


def pay(owner: Owner, invoice: int, minor: int, source_id: int) -> None:
    def act() -> None:
        (item,) = invoice_queries.items_of_debtor(owner.account.debtor_id, invoice)
        source = Source("test", source_id)
        settled = {"account": BANK, "kind": "payment", "source": source, "value_on": clock.today()}
        invoices.settle_item(item, Money(minor, "EUR"), **settled)

    owner.within(act)


def test_what_was_paid_and_said_since_is_not_for_the_paper(app: PortalFlask, world: World) -> None:
    """A.4, T1: whoever holds the paper learns what is left to pay, not who paid what and when, nor what was said."""
    invoice = world.own.id_of("invoice_id")
    pay(world.own, invoice, 15_00, 1)
    visit = world.own.visit()
    world.own.within(
        lambda: payments.announce_transfer(visit, invoice_queries.items_of_debtor(visit.debtor_id, invoice)),
        as_debtor=True,
    )
    paper, mail = paper_visit(app, world, invoice), Debtor(app)
    mail.enter(world.own.account.link(invoice_id=invoice), world.own.account.fact)
    paid, told = f"Paid on {i18n_day()}", "A transfer is on its way. Next: the bank"
    for browser in (paper, mail):
        browser.get("/language/en")
    pages = {
        path: tuple(browser.get(path).get_data(as_text=True) for browser in (paper, mail))
        for path in ("/d/", f"/d/invoices/{ids.spell(invoice)}", "/d/pay")
    }
    for path, (on_paper, in_mail) in pages.items():
        assert "€25.00" in on_paper, path
        assert paid not in on_paper, path
        assert told not in on_paper, path
        assert paid in in_mail or path == "/d/pay", path  # what was announced is not among what is to pay
    assert told in pages["/d/"][1]
    pay(world.own, invoice, 25_00, 2)
    on_paper, in_mail = (browser.get("/d/").get_data(as_text=True) for browser in (paper, mail))
    assert "there is nothing left to do" in on_paper
    assert i18n_day() not in on_paper
    assert i18n_day() in in_mail


def i18n_day() -> str:
    i18n.use("en")
    written = i18n.day(clock.today())
    i18n.use("it")
    return written


def test_a_link_for_one_invoice_recalls_nothing_about_the_others(app: PortalFlask, world: World) -> None:
    """A-07 on the first page: what was said and paid is recalled for the documents that the link reaches."""
    only, account = world.own.id_of("invoice_id"), world.own.account
    for kind in ("answer_id", "notice_id", "case_id"):
        world.own.id_of(kind)  # each about something else, in a visit of its own
    whole, one = Debtor(app), Debtor(app)
    whole.enter(account.link(), account.fact)
    one.enter(account.link(invoice_id=only), account.fact)
    for browser in (whole, one):
        browser.get("/language/en")
        browser.get("/d/")
    recalled = (
        "You said: it arrived and all is fine",
        "You said: a transfer is on its way",
        "You asked us something",
    )
    assert [sentence in whole.text for sentence in recalled] == [True] * 3
    assert [sentence in one.text for sentence in recalled] == [False] * 3
    one.get(f"/d/invoices/{ids.spell(only)}/receipt")
    one.submit("/receipt", answer="received")
    one.get("/d/help")
    one.submit("/d/help", question="Come mai?")
    one.get("/d/")
    assert [sentence in one.text for sentence in recalled] == [True, False, True]


def test_without_a_visit_every_page_is_the_same_shut_door(app: PortalFlask, world: World) -> None:
    browser = Debtor(app)
    browser.get(world.own.account.link())
    token = browser.csrf()
    for rule, method in rules(app, "visit"):
        if rule.rule == "/d/leave":  # leaving is for everybody
            continue
        own = path_of(rule, world.values(world.own, names_of(rule)))
        nobody = path_of(rule, {name: ids.new_id() for name in names_of(rule)})
        answers = []
        for path in (own, nobody):
            data = {"csrf_token": token, "command_id": ids.spell(ids.new_id())} if method in CHANGING else None
            answers.append(browser.client.open(path, method=method, data=data, base_url=browser.base_url))
        assert [answer.status_code for answer in answers] == [403, 403], (method, rule.rule)
        assert len({answer.get_data() for answer in answers}) == 1


def test_another_creditors_thing_is_not_there_for_its_people(app: PortalFlask, world: World) -> None:
    """The same for staff: another creditor's, and nobody's."""
    clerk = make_person(world.own.creditor_id, email="capo@rossi.example")
    theirs = make_person(world.stranger.creditor_id, email="capo@verdi.example")
    sign_in(app, theirs)
    world.stranger.id_of("session_id")
    browser = sign_in(app, clerk)
    tried = 0
    for rule, method in rules(app, "person", with_ids=True):
        names = names_of(rule)
        browser.get("/c/")
        strange = [world.values(world.stranger, names), {name: ids.new_id() for name in names}]
        if "debtor_id" in names and len(names) > 1:  # own debtor, another's thing
            strange.append({**strange[0], "debtor_id": world.own.id_of("debtor_id")})
        answers = [send(browser, method, path_of(rule, values)) for values in strange]
        assert {answer.status_code for answer in answers} == {404}, (
            method,
            rule.rule,
            [a.status_code for a in answers],
        )
        assert len({answer.get_data() for answer in answers}) == 1, (method, rule.rule)
        if method == "GET":
            own = send(browser, method, path_of(rule, world.values(world.own, names)))
            assert own.status_code in FINE or rule.endpoint in NOT_YET, (rule.rule, own.status_code)
        tried += 1
    assert tried >= 20


def test_no_page_turns_an_id_into_a_way_in(app: PortalFlask, world: World, inside: Debtor) -> None:
    """A-61: whatever is asked for with an id, no answer holds a token of any link."""
    world.own.id_of("link_id")
    token_shape = "/l/"
    for rule, method in rules(app, "visit"):
        if method == "GET":
            answer = send(inside, method, path_of(rule, world.values(world.own, names_of(rule))))
            body = answer.get_data(as_text=False)
            assert token_shape.encode() not in body, rule.rule
            assert b"/q/" not in body.lower(), rule.rule
            assert token_shape not in answer.headers.get("Location", "")


def test_a_debtor_with_nothing_sees_nothing(app: PortalFlask, world: World) -> None:
    """A-62: an empty scope is empty, never another's."""
    world.own.id_of("invoice_id")
    world.own.id_of("case_id")
    with db.transaction(writes=False):
        creditor = creditors.by_id(world.own.creditor_id)
    empty = make_account(creditor, code="0099", vat_number="IT00000003333", name="Vuoto S.r.l.")
    browser = Debtor(app)
    browser.enter(empty.link(), empty.fact)
    for path in ("/d/", "/d/pay", "/d/pay/transfer", "/d/help"):
        browser.get(path)
        assert browser.status == 200, path
        assert "40,00" not in browser.text
        assert "Bianchi" not in browser.text
    assert clock.now()
