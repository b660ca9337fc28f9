"""Results as CSV: what stands in each column, that a spreadsheet computes nothing of it, who may take it (A-64)."""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.commands import line
from portal.commands import results as command
from portal.confirmations.events import ReceiptConfirmed
from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.confirmations.states import MACHINE, ReceiptStatus
from portal.core import clock, db, ids, scope
from portal.core.money import Money
from portal.debtors.models import AccessLink, Visit
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.people.roles import Role
from portal.settings import Settings
from portal.sync import results
from portal.web.edge import PortalFlask
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor, today_plus

MORNING = "2027-03-01 09:00:00+00:00"


@pytest.fixture
def march(house: Settings) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def take(account: Account, since: date | None = None) -> list[dict[str, str]]:
    content = b"".join(results.lines(account.creditor_id, "Europe/Rome", since))
    return read(content)


def read(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def item_of(account: Account, invoice_id: int) -> invoice_queries.Item:
    return invoice_queries.items_of_debtor(account.debtor_id, invoice_id, only_open=False)[0]


def pay(account: Account, invoice_id: int, amount: str, by: str, on: date) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        invoices.settle_item(
            item_of(account, invoice_id), Money(round(float(amount) * 100), "EUR"), account=by, kind="payment",
            source=Source("test", ids.new_id()), value_on=on,
        )  # fmt: skip


def announce(account: Account, invoice_id: int) -> None:
    with db.transaction():
        scope.enter(account.creditor_id)
        invoices.hold(item_of(account, invoice_id), holds.TRANSFER_ON_ITS_WAY, ids.new_id(), today_plus(5))


def confirm(account: Account, invoice_id: int, will_pay_on: date) -> None:
    """The debtor answers that it arrived and says when they will pay."""
    account.link()
    with db.transaction():
        scope.enter(account.creditor_id)
        link = db.session().scalars(select(AccessLink.id)).first()
        visit = Visit(
            id=ids.new_id(), debtor_id=account.debtor_id, link_id=link, level=2, started_at=clock.now(),
            seen_at=clock.now(), ends_at=clock.now() + timedelta(hours=1),
        )  # fmt: skip
        db.session().add(visit)
        db.session().flush()
        answer = ReceiptAnswer(
            id=ids.new_id(), debtor_id=account.debtor_id, invoice_id=invoice_id, visit_id=visit.id,
            answer="confirmed", will_pay_on=will_pay_on, shown_text="…", language="it", at=clock.now(),
        )  # fmt: skip
        receipt = Receipt(id=invoice_id, debtor_id=account.debtor_id, answer_id=answer.id)
        told = ReceiptConfirmed(invoice_id=invoice_id, answer_id=answer.id, debtor_id=account.debtor_id)
        MACHINE.begin(receipt, ReceiptStatus.CONFIRMED, told)
        db.session().add_all([answer, receipt])


def test_every_column_says_what_it_means(march: time_machine.Traveller) -> None:
    account = make_account()
    quiet = account.add_invoice("1/2027", "1234.56", due_in=10)
    paid = account.add_invoice("2/2027", "100.00", due_in=-5)
    confirm(account, quiet, date(2027, 3, 30))
    announce(account, quiet)
    pay(account, paid, "40.00", accounts.CARD, date(2027, 3, 2))
    pay(account, paid, "60.00", accounts.BANK, date(2027, 3, 4))
    rows = take(account)
    assert rows == [
        {
            "number": "1/2027", "debtor_code": "0042", "issued_on": "2027-02-09", "due_on": "2027-03-11",
            "amount": "1234,56", "currency": "EUR", "open": "1234,56", "receipt": "confirmed",
            "receipt_on": "2027-03-01", "will_pay_on": "2027-03-30", "transfer_announced_on": "2027-03-01",
            "paid_on": "", "paid_by": "", "withdrawn_on": "", "interest": "0,00",
            "costs": "0,00",
        },
        {
            "number": "2/2027", "debtor_code": "0042", "issued_on": "2027-02-04", "due_on": "2027-02-24",
            "amount": "100,00", "currency": "EUR", "open": "0,00", "receipt": "", "receipt_on": "", "will_pay_on": "",
            "transfer_announced_on": "", "paid_on": "2027-03-04", "paid_by": "card+bank", "withdrawn_on": "", "interest": "0,00",
            "costs": "0,00",
        },
    ]  # fmt: skip
    assert list(rows[0]) == [column.name for column in results.COLUMNS]


def test_part_paid_is_not_paid_and_a_due_item_has_its_own_line(march: time_machine.Traveller) -> None:
    account = make_account()
    invoice_id = account.add_invoice("1/2027", "100.01", parts=2)
    pay(account, invoice_id, "20.00", accounts.ELSEWHERE, date(2027, 3, 1))
    first, second = take(account)
    assert (first["amount"], first["open"], first["paid_on"], first["paid_by"]) == ("50,01", "30,01", "", "elsewhere")
    assert (second["amount"], second["open"], second["paid_by"]) == ("50,00", "50,00", "")


def test_a_currency_without_cents_has_none(march: time_machine.Traveller) -> None:
    account = make_account()
    account.add_invoice("1/2027", "12.50", currency="JPY")
    (row,) = take(account)
    assert (row["amount"], row["currency"]) == ("1250", "JPY")


@pytest.mark.parametrize("opening", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_is_a_formula(march: time_machine.Traveller, opening: str) -> None:
    account = make_account(code=f"{opening}cmd|' /C calc'!A1")
    account.add_invoice(f'{opening}HYPERLINK("http://evil.example")')
    (row,) = take(account)
    assert row["number"].startswith("'")
    assert row["debtor_code"].startswith("'")


def test_separators_quotes_and_accents_survive(march: time_machine.Traveller) -> None:
    account = make_account(code='perché;"sì"\nno')
    account.add_invoice("A;B")
    (row,) = take(account)
    assert (row["number"], row["debtor_code"]) == ("A;B", 'perché;"sì"\nno')


def test_since_leaves_out_what_has_been_quiet(march: time_machine.Traveller) -> None:
    account = make_account()
    told = {name: account.add_invoice(name, due_in=20) for name in ("paid", "announced", "confirmed", "quiet")}
    march.shift(timedelta(days=3))
    account.add_invoice("new", due_in=20)
    pay(account, told["paid"], "1.00", accounts.BANK, date(2027, 3, 4))
    announce(account, told["announced"])
    confirm(account, told["confirmed"], date(2027, 3, 30))
    assert [row["number"] for row in take(account, date(2027, 3, 4))] == ["paid", "announced", "confirmed", "new"]
    assert len(take(account, date(2027, 3, 1))) == 5
    assert take(account, date(2027, 3, 5)) == []


def test_a_day_begins_at_the_creditors_midnight(march: time_machine.Traveller) -> None:
    account = make_account()
    march.move_to("2027-03-03 23:30:00+00:00")  # half past midnight on the fourth, in Rome
    account.add_invoice("1/2027")
    assert len(take(account, date(2027, 3, 4))) == 1
    assert b"".join(results.lines(account.creditor_id, "UTC", date(2027, 3, 4))).count(b"\r\n") == 1


def test_more_than_a_page_comes_in_pieces_and_none_is_lost(march: time_machine.Traveller) -> None:
    account = make_account()
    account.add_invoice("many", "50000.00", parts=results.PAGE + 7)
    pieces = list(results.lines(account.creditor_id, "Europe/Rome"))
    assert len(pieces) == 3
    rows = read(b"".join(pieces))
    assert len(rows) == results.PAGE + 7
    assert sum(round(float(row["amount"].replace(",", ".")) * 100) for row in rows) == 5_000_000


def test_a_creditor_takes_its_own_and_nobody_elses(march: time_machine.Traveller) -> None:
    mine = make_account()
    mine.add_invoice("mine")
    other = make_account(make_creditor("verdi"), "V1")
    other.add_invoice("theirs")
    assert [row["number"] for row in take(mine)] == ["mine"]
    assert [row["number"] for row in take(other)] == ["theirs"]


def test_staff_who_may_take_data_out_get_the_file(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice("1/2027")
    browser = signed_in(app, account.creditor_id, Role.MANAGER)
    answer = browser.get("/c/results.csv")
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="rossi-')
    assert answer.headers["Cache-Control"] == "no-store"
    assert [row["number"] for row in read(answer.get_data())] == ["1/2027"]
    assert read(browser.get(f"/c/results.csv?since={today_plus(1)}").get_data()) == []
    for wrong in ("1/3/2027", "2027-13-01", "20270301", "yesterday"):
        assert browser.get(f"/c/results.csv?since={wrong}").status_code == 422
    browser.get("/c/webhooks")
    assert "/c/results.csv" in browser.text, "the page about systems leads there"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
def test_who_may_not_take_data_out_gets_none(app: PortalFlask, role: Role) -> None:
    account = make_account()
    browser = signed_in(app, account.creditor_id, role)
    assert browser.get("/c/results.csv").status_code == 403


def run(app: PortalFlask, *arguments: str) -> Result:
    context = line.Context(create_app=lambda _settings: app)
    return CliRunner().invoke(command.results, list(arguments), obj=context)


def test_the_command_writes_the_same_file(app: PortalFlask, tmp_path: Path) -> None:
    account = make_account()
    account.add_invoice("1/2027")
    out = tmp_path / "results.csv"
    assert run(app, "rossi", "--out", str(out)).exit_code == 0
    assert (
        out.read_bytes()
        == run(app, "rossi").stdout_bytes
        == b"".join(results.lines(account.creditor_id, "Europe/Rome"))
    )
    assert read(run(app, "rossi", "--since", today_plus(1).isoformat()).stdout_bytes) == []
    assert run(app, "nobody").exit_code == 2
    assert run(app, "rossi", "--since", "1/3/2027").exit_code == 2
    assert run(app, "rossi", "--out", str(tmp_path / "none" / "x.csv")).exit_code == 2
    described = run(app, "--help").output
    assert all(column.name in described for column in results.COLUMNS)
