"""What was transferred back is looked for on the bank's statements; what none shows is shown to staff (rule B-10)."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.bank_statements.models import BankMovement
from portal.core import db, ids, scope
from portal.core.money import Money
from portal.doubles.bank import Booked
from portal.overpayments import giving_back
from portal.overpayments.models import Overpayment
from tests.overpayments.conftest import Twice
from tests.overpayments.mixed import Mixed


@pytest.fixture
def mixed(twice: Twice, tmp_path: Path) -> Mixed:
    """60.00 came for 10.00, ten days ago."""
    made = Mixed(twice.shop, tmp_path)
    made.day -= timedelta(days=10)
    return made


def fifty_too_much(mixed: Mixed) -> Booked:
    return mixed.transfer(60_00, mixed.invoice("300/2026", "10.00"))


def transferred_back(mixed: Mixed, twice: Twice, on: date) -> None:
    one = mixed.too_much("bank")
    twice.act(lambda: giving_back.note_return(one.id, by="staff:1", returned_on=on))
    twice.act(lambda: giving_back.agree_return(one.id, by="staff:2"))


def seen(mixed: Mixed) -> tuple[date | None, bool]:
    one = mixed.too_much("bank")
    return one.seen_on, one.seen_as_id is not None


def last(twice: Twice) -> BankMovement:
    with db.transaction(writes=False) as session:
        scope.enter(twice.shop.creditor_id)
        return session.scalars(select(BankMovement).order_by(BankMovement.id.desc()).limit(1)).one()


@pytest.mark.parametrize("agreed", ["before", "after"])
def test_the_debit_confirms_it(mixed: Mixed, twice: Twice, agreed: str) -> None:
    came = fifty_too_much(mixed)
    on = mixed.day + timedelta(days=2)
    if agreed == "before":
        transferred_back(mixed, twice, on)
    mixed.bank.debit(Money(50_00, "EUR"), on, iban=came.iban or "", name=came.name, text="restituzione")
    mixed.bring(on)
    if agreed == "after":
        transferred_back(mixed, twice, on)
    assert (seen(mixed), mixed.too_much("bank").status.value) == ((on, True), "refunded")
    debit = last(twice)
    assert (debit.status.value, debit.why, debit.debtor_id) == ("ignored", "given_back", twice.shop.account.debtor_id)
    assert (debit.counterparty_iban, debit.counterparty_name, debit.text) == (None, None, None)
    assert mixed.open()["300/2026"] == 0
    browser = twice.staff()
    browser.get("/c/overpayments?state=settled")
    assert "not seen at the bank" not in browser.text


@pytest.mark.parametrize("other", ["amount", "account"])
def test_another_debit_confirms_nothing(mixed: Mixed, twice: Twice, other: str) -> None:
    came = fifty_too_much(mixed)
    on = mixed.day + timedelta(days=2)
    transferred_back(mixed, twice, on)
    where = {} if other == "account" else {"iban": came.iban or ""}
    mixed.bank.debit(Money(49_99 if other == "amount" else 50_00, "EUR"), on, **where)
    mixed.bring(on)
    assert seen(mixed) == (None, False)
    assert (last(twice).why, last(twice).debtor_id) == ("outgoing", None)


def test_what_no_statement_shows_is_shown_until_somebody_looks(mixed: Mixed, twice: Twice) -> None:
    fifty_too_much(mixed)
    transferred_back(mixed, twice, mixed.day + timedelta(days=1))
    browser, page = twice.staff(), f"/c/overpayments/{ids.spell(mixed.too_much('bank').id)}"
    mixed.bank.debit(Money(1_00, "EUR"), mixed.day + timedelta(days=5))
    mixed.bring(mixed.day + timedelta(days=5))
    browser.get("/c/overpayments")
    assert page not in browser.text, "it may be on its way"
    mixed.bank.debit(Money(1_00, "EUR"), mixed.day + timedelta(days=8))
    mixed.bring(mixed.day + timedelta(days=8))
    browser.get("/c/overpayments")
    assert page in browser.text
    assert "given back, not seen at the bank yet" in browser.text
    browser.get(page)
    assert "no bank statement shows it yet" in browser.text
    browser.submit("/seen")
    assert "it left your account" in browser.text
    browser.get("/c/overpayments")
    assert page not in browser.text
    with db.transaction(writes=False) as session:
        scope.enter(twice.shop.creditor_id)
        assert session.scalars(select(Overpayment.seen_by).where(Overpayment.seen_by.is_not(None))).one()
