"""The figures against the books: any day, any order of money, and a real ledger of 2,466 invoices (IBM)."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner

from portal.commands.import_invoices import group as taking_in
from portal.commands.kpi import explain, kpi
from portal.commands.line import Context
from portal.core import clock, db, ids, scope
from portal.insights import figures, kpis, reading
from portal.interest.due_dates import last_day
from portal.invoices import actions as invoices
from portal.invoices import queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.web.edge import PortalFlask
from tests.factories.world import Account, make_account, make_creditor

ROME = "Europe/Rome"
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
IBM = (
    Path(__file__).parents[3]
    / "shared"
    / "corpus"
    / "receivables-datasets"
    / "ibm_WA_Fn-UseC_-Accounts-Receivable.csv"
)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(NOON, tick=False) as clocks:
        yield clocks


def within(account: Account, act: Callable[[], Any]) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def pay(account: Account, invoice_id: int, minor: int, on: date) -> None:
    def book() -> None:
        (item,) = queries.items_of_debtor(account.debtor_id, invoice_id, only_open=False)
        part = type(item.open)(min(minor, item.open.minor), item.open.currency)
        if part:
            source = ledger.Source("test", ids.new_id())
            invoices.settle_item(item, part, account=accounts.BANK, kind="payment", source=source, value_on=on)

    within(account, book)


def as_of(account: Account, day: date, currency: str = "EUR") -> figures.Figures:
    return within(account, lambda: figures.figures(day, currency, ROME))  # type: ignore[no-any-return]


def test_what_comes_after_the_day_does_not_count(app: PortalFlask) -> None:
    account = make_account()
    late = account.add_invoice("1/2026", "100.00", due_in=-40)
    account.add_invoice("2/2026", "50.00", due_in=10)
    today = clock.today()
    pay(account, late, 4_000, today - timedelta(days=3))
    before, after = as_of(account, today - timedelta(days=4)), as_of(account, today)
    assert (before.books.open_minor, after.books.open_minor) == (15_000, 11_000)
    amounts = {one.name: (one.amount_minor, one.count) for one in after.steps}
    assert amounts[kpis.NOT_DUE] == (5_000, 1)
    assert amounts["31-60"] == (6_000, 1)
    assert after.books.late_minor == 6_000
    assert (
        figures.rounded(after.add_weighted) == (today - timedelta(days=3) - last_day(today - timedelta(days=40))).days
    )


def test_an_invoice_taken_back_is_there_until_that_day(app: PortalFlask, monday: Any) -> None:
    account = make_account()
    invoice_id = account.add_invoice("1/2026", "100.00", due_in=-40)
    within(account, lambda: invoices.withdraw(db.session().get_one(Invoice, invoice_id)))
    today = clock.today()
    assert as_of(account, today - timedelta(days=1)).books.open_minor == 10_000
    assert as_of(account, today).books.open_minor == 0
    assert as_of(account, today).books.sales_minor == 0


def test_other_currencies_stand_apart(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice("1/2026", "100.00", due_in=-40)
    account.add_invoice("2/2026", "70.00", due_in=-40, currency="USD")
    today = clock.today()
    assert within(account, lambda: reading.currencies(today)) == ["EUR", "USD"]
    assert as_of(account, today).books.open_minor == 10_000
    assert as_of(account, today, "USD").books.open_minor == 7_000


def test_any_history_sums_up_on_any_day(app: PortalFlask) -> None:
    """Σ aging = open = what the books say, whatever was paid when."""
    dice, account = Random(11), make_account()
    told: list[tuple[date, int]] = []
    today = clock.today()
    for n in range(30):
        due_in = dice.randrange(-300, 40)
        amount = dice.randrange(100, 90_000)
        invoice_id = account.add_invoice(f"{n}/2026", f"{amount / 100:.2f}", due_in=due_in)
        issued = within(account, lambda one=invoice_id: db.session().get_one(Invoice, one).issued_on)
        told.append((issued, amount))
        rest = amount
        for _ in range(dice.randrange(3)):
            part = min(rest, dice.randrange(1, amount + 1))
            on = issued + timedelta(days=dice.randrange(max(1, (today - issued).days)))
            pay(account, invoice_id, part, on)
            if part:
                told.append((on, -part))
            rest -= part
    for back in (0, 1, 30, 77, 200, 400):
        day = today - timedelta(days=back)
        found = as_of(account, day).books
        assert sum(one.amount_minor for one in found.steps) == found.open_minor
        assert found.open_minor - found.apart_minor == sum(amount for on, amount in told if on <= day)


def test_the_trend_ends_where_the_figures_are(app: PortalFlask) -> None:
    account = make_account()
    paid = account.add_invoice("1/2026", "100.00", due_in=-100)
    account.add_invoice("2/2026", "50.00", due_in=-30)
    pay(account, paid, 10_000, clock.today() - timedelta(days=50))
    today = clock.today()
    points = within(account, lambda: reading.trend(today, "EUR", ROME))
    assert len(points) == 12
    held = as_of(account, today).books
    assert points[-1] == (today, held.open_minor, held.sales_minor)
    for day, was_open, sold in points:
        then = as_of(account, day).books
        assert (then.open_minor, then.sales_minor) == (was_open, sold)


def test_the_command_says_it_all(app: PortalFlask) -> None:
    account = make_account(make_creditor("acme"))
    account.add_invoice("1/2026", "100.00", due_in=-40)
    obj = Context(create_app=lambda _settings: app)
    said = CliRunner().invoke(kpi, ["--creditor", "acme", "--as-of", "2026-11-23", "--json"], obj=obj)
    assert said.exit_code == 0, said.output
    found = json.loads(said.output)
    wanted = {"dso", "dso_countback", "bpdso", "add", "add_weighted", "cei", "aging", "open_minor"}
    assert wanted <= found.keys()
    assert [one["bucket"] for one in found["aging"]] == list(kpis.BUCKETS)
    assert sum(one["amount_minor"] for one in found["aging"]) == found["open_minor"] == 10_000
    plain = CliRunner().invoke(kpi, ["--creditor", "acme"], obj=obj)
    assert plain.exit_code == 0
    assert "open in all ÷ sales" in plain.output
    assert "open in all" in CliRunner().invoke(explain, ["dso"]).output
    assert CliRunner().invoke(kpi, ["--creditor", "nobody"], obj=obj).exit_code == 2


def test_a_creditor_without_anything_has_no_figures_and_no_error(app: PortalFlask) -> None:
    account = make_account(make_creditor("neu"))
    found = json.loads(
        CliRunner().invoke(kpi, ["--creditor", "neu", "--json"], obj=Context(create_app=lambda _settings: app)).output
    )
    assert account.creditor_id
    assert (found["dso"], found["cei"], found["add_weighted"], found["open_minor"]) == (None, None, None, 0)


def day_of(written: str) -> date:
    month, day, year = map(int, written.split("/"))
    return date(year, month, day)


@pytest.mark.skipif(not IBM.exists(), reason="the shared corpus is not beside the checkout: ../shared/corpus")
def test_the_ibm_ledger_on_any_day(app: PortalFlask) -> None:
    """Imported with its settled dates: Σ aging = open, counted a second time from the file alone."""
    creditor = make_creditor("ibm")
    answer = CliRunner().invoke(
        taking_in, ["invoices", str(IBM), "--creditor", "ibm"], obj=Context(create_app=lambda _s: app)
    )
    assert answer.exit_code == 0, answer.output[-2000:]
    with IBM.open(encoding="utf-8-sig") as file:
        rows = [
            (day_of(row["InvoiceDate"]), day_of(row["DueDate"]), day_of(row["SettledDate"]),
             round(float(row["InvoiceAmount"]) * 100))
            for row in csv.DictReader(file)
        ]  # fmt: skip
    account = Account(creditor.id, 0, 0, "")
    for day in (date(2012, 3, 31), date(2012, 12, 1), date(2013, 6, 30), date(2013, 12, 31), date(2020, 1, 1)):
        found = as_of(account, day).books
        open_then = [(due, amount) for issued, due, settled, amount in rows if issued <= day < settled]
        assert found.open_minor == sum(amount for _due, amount in open_then), day
        assert found.items == len(open_then)
        for step in found.steps:
            mine = [amount for due, amount in open_then if kpis.bucket((day - last_day(due)).days) == step.name]
            assert (step.amount_minor, step.count) == (sum(mine), len(mine)), (day, step.name)
