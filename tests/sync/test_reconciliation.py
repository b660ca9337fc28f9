"""The day's sheet: each day begins with what the one before ended with, and ties with what is open."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from portal.core import clock, db, ids, installation, scope
from portal.core.money import Money
from portal.invoices import actions as invoices
from portal.invoices import queries
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.ledger.models import Receivable
from portal.people.roles import Role
from portal.sync import actions, jobs, reconciliation
from portal.sync.reconciliation import LINES, Sheet
from portal.web.edge import PortalFlask
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor

ROME = "Europe/Rome"


@pytest.fixture
def clocks(app: PortalFlask) -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2027-03-01 09:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def account(clocks: Any) -> Account:
    return make_account(make_creditor())


def pay(account: Account, invoice_id: int, minor: int, way: str = accounts.BANK) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        (item,) = queries.items_of_debtor(account.debtor_id, invoice_id)
        part, source = Money(minor, item.open.currency), Source("test", ids.new_id())
        invoices.settle_item(item, part, account=way, kind="payment", source=source, value_on=date(2020, 1, 1))


def sheets(account: Account, day: date) -> dict[str, Sheet]:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return {one.currency: one for one in reconciliation.sheets(day, ROME)}


def test_days_hang_together_and_never_change(account: Account, clocks: time_machine.Traveller) -> None:
    first = account.add_invoice("1/27", "100.00")
    swiss = account.add_invoice("2/27", "50.00", currency="CHF")
    days = [clock.today(ROME)]
    clocks.shift(timedelta(days=1))
    pay(account, first, 3_000)
    pay(account, swiss, 5_000, accounts.CARD)
    days.append(clock.today(ROME))
    clocks.shift(timedelta(days=1))
    account.add_invoice("3/27", "7.00")
    pay(account, first, 7_000, accounts.ELSEWHERE)
    days.append(clock.today(ROME))
    clocks.shift(timedelta(days=1))
    told = [sheets(account, day) for day in days]
    assert [(one["EUR"].opening_minor, one["EUR"].closing_minor) for one in told] == [
        (0, 10_000),
        (10_000, 7_000),
        (7_000, 700),
    ]
    assert [(one["CHF"].opening_minor, one["CHF"].closing_minor) for one in told] == [(0, 5_000), (5_000, 0), (0, 0)]
    assert all(one.ties for each in told for one in each.values())
    assert [(one.account, one.bookings, one.minor) for one in told[2]["EUR"].lines] == [
        (accounts.SALES, 1, 700), (accounts.ELSEWHERE, 1, -7_000),
    ]  # fmt: skip
    clocks.shift(timedelta(days=9))
    account.add_invoice("9/27", "1.00")
    assert [sheets(account, day) for day in days] == told


def test_every_account_of_the_books_has_a_line() -> None:
    words = {value for name, value in vars(accounts).items() if name.isupper() and isinstance(value, str)}
    assert set(LINES) == words - {accounts.RECEIVABLE}


def test_what_does_not_tie_is_said(account: Account, app: PortalFlask, clocks: time_machine.Traveller) -> None:
    account.add_invoice("1/27", "100.00")
    clocks.shift(timedelta(days=1))
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        session.query(Receivable).one().open_minor = 9_000
    clerk = signed_in(app, account.creditor_id, Role.ADMIN)
    clerk.get("/c/reconciliation")
    assert "This does not tie" in clerk.text
    assert "€90.00" in clerk.text


def test_the_page_and_the_file(account: Account, app: PortalFlask, clocks: time_machine.Traveller) -> None:
    clerk = signed_in(app, account.creditor_id, Role.ADMIN)
    clerk.get("/c/reconciliation?day=nonsense")
    assert "Nothing was open" in clerk.text
    account.add_invoice("1/27", "100.00")
    clocks.shift(timedelta(days=1))
    clerk = signed_in(app, make_creditor("verdi").id, Role.ADMIN)
    clerk.get("/c/reconciliation")
    assert "€100.00" not in clerk.text
    day = (clock.today(ROME) - timedelta(days=1)).isoformat()
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        rows = list(reconciliation.cells(reconciliation.sheets(date.fromisoformat(day), ROME)))
    assert rows[1:] == [
        [day, "EUR", "opening", "", "0.00"], [day, "EUR", "sales", "1", "100.00"], [day, "EUR", "closing", "", "100.00"],
        [day, "EUR", "books", "", "100.00"],
    ]  # fmt: skip
    answer = clerk.get(f"/c/reconciliation.csv?day={day}")
    assert answer.status_code == 200
    assert next(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")), delimiter=";"))[0] == "day"


def test_a_sheet_falls_for_every_day_that_is_over(
    account: Account, clocks: time_machine.Traveller, tmp_path: Path
) -> None:
    installation.install(replace(installation.settings(), exchange_dir=tmp_path), installation.keys())
    with db.transaction():
        scope.enter(account.creditor_id)
        actions.add("csv")
    account.add_invoice("1/27", "100.00")
    for _ in range(2):
        jobs.write_files()
    folder = tmp_path / "rossi" / "out"

    def there() -> set[str]:
        return {one.name for one in folder.iterdir()}

    assert there() == {"reconciliation-2027-02-28.csv"}
    (folder / "reconciliation-2027-02-28.csv").unlink()
    jobs.write_files()
    assert there() == set(), "whoever took it away has read it"
    clocks.shift(timedelta(days=3))
    jobs.write_files()
    assert there() == {f"reconciliation-2027-03-0{day}.csv" for day in (1, 2, 3)}
    assert "sales;1;100.00" in (folder / "reconciliation-2027-03-01.csv").read_text()
