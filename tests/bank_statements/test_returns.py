"""A transfer that the bank takes back opens exactly what it had settled; other payments stay."""

from datetime import timedelta

import pytest

from portal.bank_statements import booking, queries, returning
from portal.core import db, jobs, scope
from portal.core.errors import NotAllowedNow
from portal.overpayments import actions as overpayments
from portal.overpayments.models import Overpayment
from tests.bank_statements.world import Treasury, euro


def test_only_what_was_given_back_is_open_again(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    treasury.bank.credit(euro("30.00"), treasury.day, reference=treasury.reference(item))
    second = treasury.bank.credit(euro("70.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    assert treasury.open(item) == 0
    later = treasury.day + timedelta(days=3)
    treasury.bank.return_(second, later)
    counts = treasury.bring(treasury.bank.statement(later))
    assert (counts.booked, treasury.open(item)) == (1, 7000), "the thirty stay paid"
    assert treasury.statuses() == ["booked", "returned", "booked"]
    (reopened,) = treasury.events("item.reopened")
    assert (reopened["amount_minor"], reopened["by"]) == (7000, "bank_return")
    assert treasury.mails()[-1] == "transfer_returned"


@pytest.mark.parametrize("kind", ["camt", "mt940"])
def test_a_return_that_comes_before_its_credit_finds_it_later(treasury: Treasury, kind: str) -> None:
    item = treasury.due("100.00")
    credit = treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    later = treasury.day + timedelta(days=1)
    treasury.bank.return_(credit, later)
    tell = treasury.bank.statement if kind == "camt" else treasury.bank.mt940
    treasury.bring(tell(later))
    assert treasury.statuses() == ["waiting"]
    treasury.bring(tell(treasury.day))
    assert treasury.statuses() == ["booked", "returned"]
    assert treasury.open(item) == 10000


def test_the_same_return_twice_is_once(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    credit = treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bank.return_(credit, treasury.day)
    for _ in range(2):
        treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.open(item), treasury.statuses()) == (10000, ["returned", "booked"])


def test_excess_goes_back_too(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    credit = treasury.bank.credit(euro("130.00"), treasury.day, reference=treasury.reference(item))
    treasury.bank.return_(credit, treasury.day)
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.open(item), treasury.credit()) == (10000, 0)
    with db.transaction(writes=False) as session:
        scope.enter(treasury.creditor_id)
        (one,) = session.query(Overpayment).all()
        assert one.status.value == "withdrawn"


def test_excess_that_was_used_opens_what_it_had_settled(treasury: Treasury) -> None:
    item = treasury.due("100.00", "1")
    credit = treasury.bank.credit(euro("130.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    other = treasury.due("50.00", "2")
    with db.transaction() as session:
        scope.enter(treasury.creditor_id)
        overpayments.keep(session.query(Overpayment).one())
    jobs.work_off()
    assert (treasury.open(other), treasury.credit()) == (2000, 0)
    treasury.bank.return_(credit, treasury.day + timedelta(days=1))
    treasury.bring(treasury.bank.statement(treasury.day + timedelta(days=1)))
    assert (treasury.open(item), treasury.open(other), treasury.credit()) == (10000, 5000, 0)


def test_a_plain_debit_with_a_known_end_to_end_waits_for_a_person(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    credit = treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bank.return_(credit, treasury.day)
    content = treasury.bank.statement(treasury.day).replace(b"<RvslInd>true</RvslInd>", b"")
    treasury.bring(content)
    waiting = treasury.movements()[1]
    assert (waiting.status.value, waiting.why, treasury.open(item)) == ("waiting", booking.MAY_BE_RETURN, 0)
    with db.transaction():
        scope.enter(treasury.creditor_id)
        debit, original = queries.locked(waiting.id), queries.locked(treasury.movements()[0].id)
        assert debit is not None
        assert original is not None
        returning.accept(debit, original)
        with pytest.raises(NotAllowedNow):
            returning.accept(debit, original)
    assert treasury.open(item) == 10000


def test_two_that_could_be_meant_are_not_chosen_between(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    credits_ = [
        treasury.bank.credit(euro("20.00"), treasury.day, reference=treasury.reference(item), end_to_end_id="RATA")
        for _ in range(2)
    ]
    treasury.bank.return_(credits_[0], treasury.day)
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.statuses()[-1], treasury.movements()[-1].why) == ("waiting", booking.SEVERAL_ORIGINALS)
    assert treasury.open(item) == 6000


def give_back(treasury: Treasury, amount: str, days: int) -> None:
    """A return of `amount` of the first credit comes on a later day; a person accepts it."""
    later = treasury.day + timedelta(days=days)
    treasury.bank.return_(treasury.bank.booked[0], later)
    whole = treasury.bank.booked[0].amount.plain
    treasury.bring(treasury.bank.statement(later).replace(f">{whole}<".encode(), f">{amount}<".encode()))
    with db.transaction():
        scope.enter(treasury.creditor_id)
        debit, original = queries.locked(treasury.movements()[-1].id), queries.locked(treasury.movements()[0].id)
        assert debit is not None
        assert original is not None
        assert debit.status.value == "waiting", "never by itself"
        assert returning.larger_originals(debit) == [original]
        returning.accept(debit, original)


def test_a_return_of_a_part_opens_that_part(treasury: Treasury) -> None:
    """The bank kept three euro for its trouble."""
    item = treasury.due("100.00")
    treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    give_back(treasury, "97.00", 1)
    assert (treasury.open(item), treasury.statuses()) == (9700, ["booked", "booked"])
    (returned,) = treasury.events("bank_movement.returned")
    assert (returned["amount_minor"], returned["left_minor"]) == (9700, 300)
    assert treasury.mails()[-1] == "transfer_returned"


def test_what_goes_back_in_parts_is_given_back_in_the_end(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    treasury.bank.credit(euro("130.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    give_back(treasury, "20.00", 1)
    assert (treasury.open(item), treasury.credit()) == (0, 1000), "what was too much goes first"
    give_back(treasury, "110.00", 2)
    assert (treasury.open(item), treasury.credit()) == (10000, 0)
    assert treasury.statuses() == ["returned", "booked", "booked"]


def test_no_more_goes_back_than_came(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    credit = treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    give_back(treasury, "97.00", 1)
    later = treasury.day + timedelta(days=2)
    treasury.bank.return_(credit, later)
    counts = treasury.bring(treasury.bank.statement(later))
    assert (counts.booked, counts.waiting, treasury.open(item)) == (0, 1, 9700)
    with db.transaction():
        scope.enter(treasury.creditor_id)
        debit, original = queries.locked(treasury.movements()[-1].id), queries.locked(treasury.movements()[0].id)
        assert debit is not None
        assert original is not None
        assert returning.originals(debit) == ([], False)
        assert returning.larger_originals(debit) == []
        with pytest.raises(NotAllowedNow):
            returning.accept(debit, original)
    assert treasury.open(item) == 9700
