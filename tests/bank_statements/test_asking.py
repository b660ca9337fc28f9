"""What the pages ask of a person: whose account it is, which column is which, the same or another, what goes back."""

from datetime import timedelta
from pathlib import Path

import pytest

from portal.core import jobs
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.bank_statements.test_known import table
from tests.bank_statements.test_pages import Desk
from tests.bank_statements.world import IBAN, euro, make_treasury
from tests.factories.people import signed_in

OTHER = "DE89370400440532013000"


@pytest.fixture
def desk(app: PortalFlask, tmp_path: Path) -> Desk:
    folder = tmp_path / "statements"
    folder.mkdir()
    treasury = make_treasury(folder)
    return Desk(treasury, signed_in(app, treasury.creditor_id, Role.MANAGER))


def foreign(desk: Desk, item: int) -> bytes:
    treasury = desk.treasury
    treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    return treasury.bank.statement(treasury.day).replace(IBAN.encode(), OTHER.encode())


def test_an_account_of_nobody_known_is_booked_after_a_tick(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    item = treasury.due("100.00")
    desk.upload(foreign(desk, item))
    assert "Not one of your accounts?" in browser.text
    assert "DE89 3704 0044 0532 0130 00" in browser.text
    browser.submit("/confirm")
    assert browser.status == 422, "neither ticked nor discarded"
    assert "Tick the account" in browser.text
    browser.submit("/confirm", **{"accounts[]": "IT00SOMETHINGELSE"})
    assert treasury.open(item) == 10000, "only what the files name can be said"
    desk.upload(foreign(desk, item))
    browser.submit("/confirm", **{"accounts[]": OTHER})
    jobs.work_off()
    assert treasury.open(item) == 0
    desk.upload(foreign(desk, item))
    assert "Not one of your accounts?" not in browser.text, "it is remembered"


def test_what_was_left_out_is_booked_from_the_report(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    item = treasury.due("100.00")
    other = foreign(desk, item)
    treasury.bank.credit(euro("1.00"), treasury.day, text="x")
    both = treasury.bank.statement(treasury.day)
    pieces = other.split(b"<Stmt>")[1].split(b"</Stmt>")[0]
    where = desk.upload(both.replace(b"</Stmt>", b"</Stmt><Stmt>" + pieces.replace(b"053-", b"053-9-") + b"</Stmt>"))
    assert "not one of yours?" in browser.text
    browser.submit("/confirm")
    jobs.work_off()
    browser.get(where)
    assert "account_unknown" in browser.text
    before = len(treasury.movements())
    browser.submit("/accounts", **{"accounts[]": OTHER})
    jobs.work_off()
    assert len(treasury.movements()) == before + 1, "only what had been left out is new"
    browser.get(where)
    assert "/accounts" not in browser.text


def test_the_columns_of_a_table_are_named_on_the_page(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    item = treasury.due("100.00")
    csv = f"Quando;Quanto;Chi;Perché\n{treasury.day:%d/%m/%Y};100,00;Bianchi;{treasury.reference(item)}\n".encode()
    where = desk.upload(csv, "x.csv")
    assert "We do not know all these headers" in browser.text
    assert "--columns" not in browser.text
    named = {"booked_on": "Quando", "amount": "Quanto", "counterparty_name": "Chi", "text": "Perché"}
    browser.submit("/options", **{f"column-{ours}": f"={theirs}" for ours, theirs in named.items()})
    assert browser.path == where
    assert "Bianchi" in browser.text
    browser.submit("/confirm")
    jobs.work_off()
    assert (treasury.open(item), treasury.movement.counterparty_name) == (0, "Bianchi")
    browser.get(where)
    assert "/options" not in browser.text


def test_a_wrong_choice_of_columns_is_said(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    desk.upload(table((treasury.day, "1,00", "x")), "x.csv")
    browser.submit("/options", **{"column-amount": "nonsense"})
    assert browser.status == 422
    browser.submit("/options", **{"column-amount": "=Nirgends"})
    assert browser.status == 200
    assert "column_missing" in browser.text


def test_a_yes_is_a_yes_to_what_was_shown(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    where = desk.upload(table((treasury.day, "1,00", "x")), "x.csv")
    shown = browser.form("/confirm").fields["fingerprint"]
    browser.submit("/options", decimal=",")
    browser.submit("/confirm", fingerprint=shown)
    assert browser.status == 409
    browser.get(where)
    browser.submit("/confirm")
    assert browser.status == 200


def test_an_opening_balance_of_nought_is_shown(desk: Desk) -> None:
    treasury = desk.treasury
    treasury.bank.credit(euro("1.00"), treasury.day, text="x")
    desk.upload(treasury.bank.statement(treasury.day))
    assert "€0.00" in desk.browser.text


@pytest.mark.parametrize("answer", ["/same", "/another"])
def test_the_same_or_another_is_one_click(desk: Desk, answer: str) -> None:
    treasury, browser = desk.treasury, desk.browser
    item = treasury.due("100.00")
    reference = treasury.reference(item)
    treasury.bank.credit(euro("60.00"), treasury.day, reference=reference)
    desk.bring(treasury.bank.statement(treasury.day))
    desk.upload(table((treasury.day, "60,00", reference)), "x.csv")
    assert "and 1 perhaps" in browser.text
    browser.submit("/confirm")
    jobs.work_off()
    browser.get("/c/bank")
    assert "It may be known already" in browser.text
    assert desk.movement(0) in browser.text, "which one, with the way to it"
    browser.get(desk.movement(1))
    assert "/accept" not in browser.text
    browser.submit(answer)
    assert browser.status == 200, browser.text
    assert treasury.open(item) == (4000 if answer == "/same" else 0)
    assert ("What it is known as" in browser.text) == (answer == "/same")


def test_a_part_that_goes_back_is_one_click(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    item = treasury.due("100.00")
    credit = treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    desk.bring(treasury.bank.statement(treasury.day))
    later = treasury.day + timedelta(days=1)
    treasury.bank.return_(credit, later)
    desk.bring(treasury.bank.statement(later).replace(b">100.00<", b">97.00<"))
    browser.get(desk.movement(1))
    assert "€97.00 go back, €3.00 stay paid" in browser.text
    browser.submit("/return")
    assert (browser.status, treasury.open(item)) == (200, 9700)


def test_whose_account_it_is_needs_the_permission(app: PortalFlask, desk: Desk) -> None:
    treasury = desk.treasury
    item = treasury.due("100.00")
    where = desk.upload(foreign(desk, item))
    viewer = signed_in(app, treasury.creditor_id, Role.VIEWER)
    viewer.get(where)
    assert "/confirm" not in viewer.text
    for action in ("confirm", "options", "accounts"):
        fields = {"csrf_token": desk.browser.csrf(), "command_id": "z" * 12, "accounts[]": OTHER}
        viewer.post(f"{where}/{action}", fields)
        assert viewer.status in {400, 403}
    assert treasury.open(item) == 10000
