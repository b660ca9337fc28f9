"""The figures by who looks after the customers: groups that add up, nobody made out, an agency's own part alone."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock, db, events, ids, scope
from portal.core.money import Money
from portal.creditors.models import Creditor
from portal.debtors.models import Debtor
from portal.disputes.models import Dispute
from portal.disputes.states import DisputeStatus
from portal.insights import contested, figures, relation, supervision
from portal.insights.supervision import Group, Sums, Table
from portal.invoices import actions as invoices
from portal.invoices import queries
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.messages.events import MessageComplained
from portal.people.roles import Role
from portal.promises.models import Promise
from portal.promises.states import PromiseStatus
from portal.surveys import showing
from portal.surveys.nps import Tally
from portal.web.edge import PortalFlask
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import Account, make_account, make_creditor
from tests.people.test_agencies import give
from tests.queries_counted import counted
from tests.surveys.world import Heard

ROME = "Europe/Rome"
PEOPLE, AGENCIES = "/c/figures/people", "/c/figures/agencies"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(datetime(2026, 11, 23, 11, 0, tzinfo=UTC), tick=False) as clocks:
        yield clocks


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    assert app
    return make_creditor()


def within(creditor: Creditor, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(creditor.id)
        return act()


def customer(creditor: Creditor, code: str, salesperson: str | None = None, name: str = "") -> Account:
    return make_account(
        creditor, code, name=name or f"Cliente {code}", vat_number=f"IT000{code:0>8}", salesperson=salesperson
    )


def pay(account: Account, invoice_id: int, minor: int, days_ago: int) -> None:
    def book() -> None:
        (item,) = queries.items_of_debtor(account.debtor_id, invoice_id, only_open=False)
        source = Source("test", ids.new_id())
        part, on = Money(minor, item.open.currency), clock.today() - timedelta(days=days_ago)
        invoices.settle_item(item, part, account=accounts.BANK, kind="payment", source=source, value_on=on)

    with db.transaction():
        scope.enter(account.creditor_id)
        book()


def busy(account: Account, seed: int) -> None:
    """Something of every figure: late and not, two currencies, money, promises, a dispute, a complaint."""
    late = account.add_invoice(f"{seed}/L", "100.00", due_in=-40 - seed)
    account.add_invoice(f"{seed}/N", f"{50 + seed}.00", due_in=10, issued_days_ago=1)
    account.add_invoice(f"{seed}/F", "30.00", due_in=-5, currency="CHF")
    pay(account, late, 1_000 * (seed + 1), days_ago=2 + seed)
    now = clock.now()

    def note() -> None:
        for status in (PromiseStatus.KEPT, PromiseStatus.BROKEN, PromiseStatus.OPEN)[: 1 + seed % 3]:
            db.session().add(
                Promise(
                    id=ids.new_id(), debtor_id=account.debtor_id, pay_on=clock.today() - timedelta(days=3),
                    amount_minor=500, currency="EUR", made_at=now, status=status, status_at=now,
                )
            )  # fmt: skip
        db.session().add(
            Dispute(
                id=ids.new_id(), debtor_id=account.debtor_id, invoice_id=late, reason="quantity", category="goods",
                about="whole", amount_minor=700, currency="EUR", raised_at=now, status=DisputeStatus.OPEN,
                status_at=now,
            )
        )  # fmt: skip
        for _ in range(seed):
            events.record(
                MessageComplained(
                    message_id=ids.new_id(), key="x", channel="email", source="fbl", debtor_id=account.debtor_id
                )
            )

    with db.transaction():
        scope.enter(account.creditor_id)
        note()


def people(creditor: Creditor, day: date | None = None, currency: str = "EUR") -> Table:
    return within(creditor, lambda: supervision.by_salesperson(day or clock.today(), currency, ROME))  # type: ignore[no-any-return]


def by_name(found: Table) -> dict[str | None, Group]:
    return {one.name: one for one in found.groups}


@pytest.mark.parametrize("currency", ["EUR", "CHF"])
@pytest.mark.parametrize("days_ago", [0, 3, 45])
def test_the_groups_add_up_to_the_whole_page(creditor: Creditor, currency: str, days_ago: int) -> None:
    for n, who in enumerate(("Anna", "Anna", "Bruno", None, None)):
        busy(customer(creditor, f"{n}", who), n)
    day = clock.today() - timedelta(days=days_ago)
    found = people(creditor, day, currency)
    whole = within(creditor, lambda: figures.figures(day, currency, ROME))
    first = whole.books.period[-1][0].first
    disputed = within(creditor, lambda: contested.of_period(first, day, currency, ROME).raised)
    complaints = within(creditor, lambda: relation.relation(day, ROME).complaints)
    assert {one.name: one.sums.customers for one in found.groups} == {"Anna": 2, "Bruno": 1, None: 2}
    assert found.whole == sum((one.sums for one in found.groups), Sums())
    assert found.whole is not None
    assert (
        found.whole.sold_minor, found.whole.cashed_minor, found.whole.open_minor, found.whole.late_minor,
        found.whole.items, found.whole.promises_due, found.whole.promises_kept, found.whole.disputes,
        found.whole.complaints, found.whole.days_late,
    ) == (
        whole.books.sales_minor, whole.books.cashed_minor, whole.books.open_minor, whole.books.late_minor,
        whole.books.items, whole.promises.due, whole.promises.kept, disputed, complaints, whole.add_weighted,
    )  # fmt: skip
    if currency == "EUR" and not days_ago:
        assert min(found.whole.sold_minor, found.whole.cashed_minor, found.whole.promises_due, disputed) > 0
        assert found.whole.complaints == 10
        assert found.groups[-1].name is None, "nobody's customers stand last"


def test_as_many_statements_for_many_groups_as_for_one(creditor: Creditor) -> None:
    customer(creditor, "0", "Anna").add_invoice("1/26")

    def ask() -> tuple[int, int]:
        with db.transaction(writes=False):
            scope.enter(creditor.id)
            with counted() as of_people:
                supervision.by_salesperson(clock.today(), "EUR", ROME)
            with counted() as of_agencies:
                supervision.by_agency(clock.today(), "EUR", ROME)
        return len(of_people), len(of_agencies)

    owner = make_person(creditor)
    give(creditor, owner, None)
    before = ask()
    accounts_of = [customer(creditor, f"{n}", f"Nome {n}") for n in range(1, 8)]
    for n, one in enumerate(accounts_of):
        one.add_invoice(f"{n}/26")
        give(creditor, owner, [one.debtor_id], vat=f"IT0000000{n:04}", name=f"Agenzia {n}")
    assert ask() == before
    assert max(before) <= 12


def test_more_than_can_stand_alone_are_one_row_and_still_add_up(
    app: PortalFlask, creditor: Creditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "MOST", 2)
    for n in range(5):
        customer(creditor, f"{n}", f"Nome {n}").add_invoice(f"{n}/26", f"{100 + n}.00")
    found = people(creditor)
    assert [(one.name, one.folded, one.sums.open_minor) for one in found.groups] == [
        ("Nome 4", 0, 10_400), ("Nome 3", 0, 10_300), (None, 3, 30_300),
    ]  # fmt: skip
    browser = signed_in(app, creditor.id, Role.MANAGER)
    browser.get(PEOPLE)
    assert "3 others" in browser.text


def hears(account: Account, scores: list[int], **values: Any) -> None:
    for score in scores:
        Heard(account).asked(score, **values)


def test_no_small_group_is_shown_nor_left_over_by_subtraction(app: PortalFlask, creditor: Creditor) -> None:
    """Thirty of Anna's, twelve of Bruno's, three of Carla's: with Carla's hidden alone, all less the others would
    tell what three said, so Bruno's are hidden too."""
    for n, (who, many) in enumerate((("Anna", 30), ("Bruno", 12), ("Carla", 3))):
        hears(customer(creditor, f"{n}", who), [10] * many)
    found = by_name(people(creditor))
    assert found["Anna"].felt.nps is not None
    assert found["Bruno"].felt.tally is None
    assert found["Carla"].felt.tally is None
    hidden = Tally()
    for one in people(creditor).groups:
        hidden = hidden if one.felt.tally is not None else hidden + Tally(promoters=12 if one.name == "Bruno" else 3)
    assert hidden.n >= showing.LEAST_IN_PART
    browser = signed_in(app, creditor.id, Role.MANAGER)
    browser.get(PEOPLE)
    assert "too few to say" in browser.text
    browser.get(f"{PEOPLE}.csv")
    lines = {row["who"]: row for row in csv.DictReader(io.StringIO(browser.text.lstrip("\ufeff")), delimiter=";")}
    assert lines["Anna"]["nps"] == "100"
    assert (lines["Bruno"]["answers"], lines["Bruno"]["nps"]) == ("", "")
    assert (lines["Carla"]["answers"], lines["Carla"]["nps_low"]) == ("", "")


def test_no_day_in_the_address_moves_what_customers_said(creditor: Creditor) -> None:
    """Else the page of one day less that of the next would tell what one person said."""
    anna = customer(creditor, "0", "Anna")
    hears(anna, [10] * 30, days_ago=20)
    hears(anna, [0], days_ago=3)
    felt = {by_name(people(creditor, clock.today() - timedelta(days=n)))["Anna"].felt for n in (0, 2, 3, 4, 10)}
    assert len(felt) == 1


def test_a_group_opens_its_rows_and_no_address_carries_a_name(app: PortalFlask, creditor: Creditor) -> None:
    customer(creditor, "0", "Anna").add_invoice("A/26")
    customer(creditor, "1", "Bruno").add_invoice("B/26")
    customer(creditor, "2").add_invoice("N/26")
    browser = signed_in(app, creditor.id, Role.VIEWER)
    browser.get(PEOPLE)
    links = [link for link in browser.page.text.split('"') if link.startswith("/c/figures/open?")]
    assert len(links) == 3
    assert not any("Anna" in link or "Bruno" in link for link in links)
    seen = []
    for link in links:
        browser.get(link.replace("&amp;", "&"))
        seen.append([number for number in ("A/26", "B/26", "N/26") if number in browser.text])
        assert any(name in browser.text for name in ("Anna. ", "Bruno. ", "Nobody by name. "))
    assert sorted(seen) == [["A/26"], ["B/26"], ["N/26"]]
    for query in ("with=nonsense", "mandate=x", f"with={ids.spell(ids.new_id())}", f"mandate={ids.spell(7)}"):
        browser.get(f"/c/figures/open?{query}")
        assert browser.status == 404, query


def test_names_stay_text_and_no_cell_computes(app: PortalFlask, creditor: Creditor) -> None:
    customer(creditor, "0", '=HYPERLINK("x")')
    customer(creditor, "1", "<b>100 %(x)s</b>")
    browser = signed_in(app, creditor.id, Role.MANAGER)
    browser.get(PEOPLE)
    assert browser.status == 200
    assert "&lt;b&gt;100 %(x)s&lt;/b&gt;" in browser.text
    browser.get(f"{PEOPLE}.csv")
    assert "'=HYPERLINK" in browser.text
    viewer = signed_in(app, creditor.id, Role.VIEWER)
    for path in (f"{PEOPLE}.csv", f"{AGENCIES}.csv"):
        assert viewer.get(path).status_code == 403


def test_nothing_yet_is_said_so(app: PortalFlask, creditor: Creditor) -> None:
    browser = signed_in(app, creditor.id, Role.MANAGER)
    browser.get(PEOPLE)
    assert "There are no customers yet." in browser.text
    browser.get(AGENCIES)
    assert "On that day no agency had a mandate of yours." in browser.text
    for path in (PEOPLE, AGENCIES):
        for query in ("as_of=never", "as_of=1000-01-01", "as_of=9999-12-31", "currency=XXX"):
            browser.get(f"{path}?{query}")
            assert browser.status == 200


def test_recovery_never_stands_without_how_it_felt(app: PortalFlask, creditor: Creditor) -> None:
    account = customer(creditor, "0", "Anna")
    busy(account, 1)
    give(creditor, make_person(creditor), [account.debtor_id])
    browser = signed_in(app, creditor.id, Role.MANAGER)
    for path in (PEOPLE, AGENCIES):
        browser.get(path)
        assert "How it felt" in browser.text
        assert 'data-label="NPS"' in browser.text, path
        assert "1 complaint<" in browser.text, path


def test_another_creditors_groups_are_their_own(app: PortalFlask, creditor: Creditor) -> None:
    customer(creditor, "0", "Anna").add_invoice("A/26")
    give(creditor, make_person(creditor), None, name="Agenzia Alfa")
    other = make_creditor("verdi")
    customer(other, "0", "Zoe").add_invoice("Z/26")
    browser = signed_in(app, other.id, Role.MANAGER)
    for path in (PEOPLE, AGENCIES):
        browser.get(path)
        assert "Anna" not in browser.text
        assert "Alfa" not in browser.text


def test_mandates_may_overlap_and_stand_as_of_their_day(creditor: Creditor) -> None:
    one, two = customer(creditor, "0"), customer(creditor, "1")
    one.add_invoice("1/26", "100.00")
    two.add_invoice("2/26", "10.00")
    owner = make_person(creditor)
    give(creditor, owner, [one.debtor_id], name="Alfa", vat="IT1")
    give(creditor, owner, None, name="Beta", vat="IT2")
    give(creditor, owner, [two.debtor_id], name="Domani", vat="IT3", starts_in=5)

    def ask(day: date) -> list[tuple[str | None, int, int]]:
        found: Table = within(creditor, lambda: supervision.by_agency(day, "EUR", ROME))
        assert found.whole is None, "they overlap: there is no sum"
        return [(group.name, group.sums.customers, group.sums.open_minor) for group in found.groups]

    assert ask(clock.today()) == [("Beta", 2, 11_000), ("Alfa", 1, 10_000)]
    assert ask(clock.today() - timedelta(days=1)) == []


def test_by_agency_is_of_whom_it_had_spoken_to_last(creditor: Creditor) -> None:
    account = customer(creditor, "0")
    owner = make_person(creditor)
    _mandate, alfa = give(creditor, owner, [account.debtor_id], name="Alfa", vat="IT1")
    hears(account, [10] * 30, organisation_id=alfa)
    hears(account, [0] * 30)
    found: Table = within(creditor, lambda: supervision.by_agency(clock.today(), "EUR", ROME))
    assert found.groups[0].felt.nps is not None
    assert round(found.groups[0].felt.nps.nps) == 100


# Somebody of an agency


@pytest.fixture
def world(app: PortalFlask, creditor: Creditor) -> SimpleNamespace:
    """Two customers, one of whom an agency has a mandate for; another agency has everyone."""
    inside = customer(creditor, "0", "Anna", name="Dentro S.r.l.")
    outside = customer(creditor, "1", "Bruno", name="Fuori S.r.l.")
    for n, account in enumerate((inside, outside)):
        account.add_invoice(("IN/26", "OUT/26")[n], ("11.00", "7777.00")[n], due_in=-3, issued_days_ago=2)
        pay(account, account.invoice_ids[0], (100, 333_300)[n], days_ago=1)
    owner = make_person(creditor)
    mandate_id, alfa = give(creditor, owner, [inside.debtor_id], name="Alfa", vat="IT1")
    other_id, beta = give(creditor, owner, None, name="Beta", vat="IT2")
    ida = make_person(creditor, Role.AGENT, email="ida@alfa.example", name="Ida", organisation_id=alfa)
    bea = make_person(creditor, Role.AGENT, email="bea@beta.example", name="Bea", organisation_id=beta)
    return SimpleNamespace(
        ida=sign_in(app, ida), bea=sign_in(app, bea), mandate=mandate_id, other=other_id, outside=outside
    )


@pytest.mark.parametrize(
    "page", ["", "/open", "/open?step=late", "/sold", "/cashed", "/people", "/agencies"], ids=lambda page: page or "/"
)
def test_an_agency_sees_their_mandates_rows_alone(world: SimpleNamespace, page: str) -> None:
    world.ida.get(f"/c/figures{page}")
    assert world.ida.status == 200
    for word in ("Fuori", "OUT/26", "Bruno", "Beta", "7,777", "4,444", "3,333", "7.777"):
        assert word not in world.ida.text, word
    assert "€1" in world.ida.text or "IN/26" in world.ida.text


def test_an_agency_opens_no_other_group_and_takes_no_file(world: SimpleNamespace) -> None:
    for query in (f"mandate={ids.spell(world.other)}", f"with={ids.spell(world.outside.debtor_id)}"):
        world.ida.get(f"/c/figures/open?{query}")
        assert world.ida.status == 404, query
    world.ida.get(f"/c/figures/open?mandate={ids.spell(world.mandate)}")
    assert "IN/26" in world.ida.text
    for path in ("/c/figures.csv", "/c/figures.xlsx", f"{PEOPLE}.csv", f"{AGENCIES}.csv"):
        world.ida.get(path)
        assert world.ida.status == 403, path


def test_an_agency_with_a_mandate_for_everyone_sees_no_other_agency(world: SimpleNamespace) -> None:
    world.bea.get(AGENCIES)
    assert "Beta" in world.bea.text
    assert "Alfa" not in world.bea.text
    world.bea.get(f"/c/figures/open?mandate={ids.spell(world.mandate)}")
    assert world.bea.status == 404


def test_whose_customer_it_is_today_decides(creditor: Creditor) -> None:
    account = customer(creditor, "0", "Anna")
    account.add_invoice("1/26", "100.00")
    within(creditor, lambda: db.changed(update(Debtor).values(salesperson="Bruno")))
    assert list(by_name(people(creditor))) == ["Bruno"]
