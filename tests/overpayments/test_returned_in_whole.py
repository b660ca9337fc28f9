"""The bank takes back a transfer of which a part has gone back to the customer: nothing stays paid, and staff know."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.account_papers import queries as papers
from portal.bank_statements import queries, returning
from portal.bank_statements.models import BankMovement
from portal.core import db, ids, scope
from portal.doubles.bank import Booked
from portal.ledger.models import Transfer
from portal.overpayments import giving_back
from tests.overpayments.conftest import Twice
from tests.overpayments.mixed import Mixed

CARD = 123456  # what was paid twice: other credit, which is nobody else's


@pytest.fixture
def mixed(twice: Twice, tmp_path: Path) -> Mixed:
    return Mixed(twice.shop, tmp_path)


def sixty_for_ten(mixed: Mixed, twice: Twice) -> Booked:
    """60.00 pay 10.00, and 50.00 are transferred back with four eyes."""
    movement = mixed.transfer(60_00, mixed.invoice("300/2026", "10.00"))
    one = mixed.too_much("bank")
    twice.act(lambda: giving_back.note_return(one.id, by="staff:1", returned_on=mixed.day))
    twice.act(lambda: giving_back.agree_return(one.id, by="staff:2"))
    return movement


def movements(twice: Twice) -> list[BankMovement]:
    with db.transaction(writes=False) as session:
        scope.enter(twice.shop.creditor_id)
        return list(session.scalars(select(BankMovement).order_by(BankMovement.id)))


def has_letter(twice: Twice, number: str) -> bool:
    with db.transaction(writes=False):
        scope.enter(twice.shop.creditor_id)
        debtor_id = twice.shop.account.debtor_id
        (invoice_id,) = {due.invoice_id for due in papers.dues(debtor_id, "Europe/Rome") if due.number == number}
        return papers.is_settled(debtor_id, invoice_id)


def test_what_is_held_is_open_again_and_the_rest_stands_apart(mixed: Mixed, twice: Twice) -> None:
    movement = sixty_for_ten(mixed, twice)
    assert has_letter(twice, "300/2026")
    mixed.take_back(movement, mixed.day + timedelta(days=1))
    assert (mixed.open()["300/2026"], mixed.credit()) == (10_00, CARD)
    assert mixed.standing("card") == ("open", CARD, 0, 0), "other credit is not taken for it"
    assert mixed.standing("bank")[0] == "refunded"
    assert not has_letter(twice, "300/2026")
    *_, credit, debit = movements(twice)
    assert (credit.status.value, debit.status.value) == ("returned", "booked")
    with db.transaction(writes=False) as session:
        scope.enter(twice.shop.creditor_id)
        assert queries.missing(debit).minor == 50_00
        lines = session.execute(
            select(Transfer.debit, Transfer.credit, Transfer.amount_minor).where(Transfer.source_id == debit.id)
        )
        assert sorted(tuple(row) for row in lines) == [("receivable", "bank", 10_00), ("withheld", "bank", 50_00)]


def test_staff_are_told_what_the_customer_has_twice(mixed: Mixed, twice: Twice) -> None:
    movement = sixty_for_ten(mixed, twice)
    mixed.take_back(movement, mixed.day + timedelta(days=1))
    page = f"/c/bank/movements/{ids.spell(movements(twice)[-1].id)}"
    browser = twice.staff()
    browser.get("/c/")
    assert "of which €50.00 had gone back to them already" in browser.text
    assert page in browser.text
    browser.get(page)
    assert "€50.00 of this had gone back to the customer before" in browser.text


def test_no_letter_while_a_return_waits_on_that_payment(mixed: Mixed, twice: Twice) -> None:
    """The bank takes something back and does not say that it does: a person looks first."""
    movement = mixed.transfer(10_00, mixed.invoice("300/2026", "10.00"))
    mixed.transfer(20_00, mixed.invoice("301/2026", "20.00"))
    later = mixed.day + timedelta(days=1)
    mixed.bank.return_(movement, later)
    path = mixed.folder / "later.xml"
    path.write_bytes(mixed.bank.statement(later).replace(b"<RvslInd>true</RvslInd>", b""))
    mixed.bring_file(path)
    credit, debit = movements(twice)[-3], movements(twice)[-1]
    assert debit.status.value == "waiting"
    assert [has_letter(twice, number) for number in ("300/2026", "301/2026")] == [False, True]

    def accept() -> None:
        one, original = queries.locked(debit.id), queries.locked(credit.id)
        assert one is not None
        assert original is not None
        returning.accept(one, original)

    twice.act(accept)
    assert [has_letter(twice, number) for number in ("300/2026", "301/2026")] == [False, True]
