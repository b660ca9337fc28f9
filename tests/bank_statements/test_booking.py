"""What a bank statement does: booked by reference, waiting without one, each outcome with its message."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.bank_statements import booking, candidates, queries, returning
from portal.core import db, scope
from portal.core.errors import NotAllowedNow
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices.models import Hold, Invoice
from portal.ledger.models import Receivable
from tests.bank_statements.world import Treasury, euro


def spaced(reference: str) -> str:
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4)).lower()


def test_a_reference_books_at_once_with_the_banks_value_date(treasury: Treasury) -> None:
    item = treasury.due("1234.56")
    sunday = treasury.day - timedelta(days=treasury.day.weekday() + 1)
    treasury.bank.credit(euro("1234.56"), treasury.day, reference=treasury.reference(item), value_on=sunday)
    counts = treasury.bring(treasury.bank.statement(treasury.day))
    assert (counts.new, counts.booked, counts.waiting, counts.refused) == (1, 1, 0, 0)
    assert (treasury.open(item), treasury.statuses(), treasury.movement.outcome) == (0, ["booked"], "paid")
    with db.transaction(writes=False) as session:
        scope.enter(treasury.creditor_id)
        assert session.get_one(Receivable, item).closed_on == sunday, "value date is the credit date (rule B-45)"
    (settled,) = treasury.events("item.settled")
    assert (settled["by"], settled["value_on"]) == ("bank_transfer", sunday.isoformat())
    assert treasury.mails() == ["transfer_received"]


@pytest.mark.parametrize("how", ["structured", "free text", "in groups", "torn by hyphens", "in lower case"])
def test_a_reference_is_found_however_it_is_written(treasury: Treasury, how: str) -> None:
    item = treasury.due("50.00")
    reference = treasury.reference(item)
    written = {
        "structured": {"reference": reference},
        "free text": {"text": f"saldo fattura 1/2026 {reference} grazie"},
        "in groups": {"text": f"RIF {spaced(reference)}"},
        "torn by hyphens": {"text": f"causale {reference[:4]}-{reference[4:9]}-{reference[9:]} fine"},
        "in lower case": {"text": f"pagamento {reference.lower()}"},
    }[how]
    treasury.bank.credit(euro("50.00"), treasury.day, **written)
    assert treasury.bring(treasury.bank.statement(treasury.day)).booked == 1
    assert treasury.open(item) == 0


def test_a_wrong_check_digit_is_no_reference(treasury: Treasury) -> None:
    item = treasury.due("50.00")
    reference = treasury.reference(item)
    wrong = f"RF{(int(reference[2:4]) % 90) + 7:02d}{reference[4:]}"
    treasury.bank.credit(euro("50.00"), treasury.day, reference=wrong)
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.statuses(), treasury.open(item)) == (["waiting"], 5000)


def test_less_than_open_is_partial_and_says_so(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    treasury.bank.credit(euro("60.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.open(item), treasury.movement.outcome) == (4000, "partial")
    assert treasury.mails() == ["transfer_partial"]
    (booked,) = treasury.events("bank_movement.booked")
    assert (booked["applied_minor"], booked["open_minor"], booked["excess_minor"]) == (6000, 4000, 0)


def test_more_than_open_becomes_credit_and_opens_an_overpayment(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    treasury.bank.credit(euro("130.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.open(item), treasury.credit(), treasury.movement.outcome) == (0, 3000, "over")
    (opened,) = treasury.events("overpayment.opened")
    assert (opened["amount_minor"], opened["came_by"]) == (3000, "bank")
    assert sorted(treasury.mails()) == ["overpayment_found", "transfer_received"]


def test_a_second_payment_of_a_closed_item_is_all_credit(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    for _ in range(2):
        treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    counts = treasury.bring(treasury.bank.statement(treasury.day))
    assert (counts.new, counts.booked) == (2, 2)
    assert (treasury.statuses(), treasury.credit()) == (["booked", "credited"], 10000)
    assert [one["amount_minor"] for one in treasury.events("overpayment.opened")] == [10000]


def test_a_late_payment_is_told_gently(treasury: Treasury) -> None:
    item = treasury.due("100.00", due_in=-30)
    treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.movement.outcome, treasury.mails()) == ("late", ["transfer_late"])


def test_two_references_in_one_transfer(treasury: Treasury) -> None:
    first, second = treasury.due("40.00", "1", due_in=20), treasury.due("60.00", "2", due_in=5)
    text = f"fatture {treasury.reference(first)} e {treasury.reference(second)}"
    treasury.bank.credit(euro("70.00"), treasury.day, text=text)
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.open(second), treasury.open(first)) == (0, 3000), "the oldest due date first"
    assert treasury.movement.outcome == "partial"


def test_a_transfer_that_was_announced_no_longer_holds(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    with db.transaction():
        scope.enter(treasury.creditor_id)
        until = treasury.day + timedelta(days=5)
        invoices.hold(treasury.item_now(item), holds.TRANSFER_ON_ITS_WAY, 1, until)
    treasury.bank.credit(euro("10.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    with db.transaction(writes=False) as session:
        scope.enter(treasury.creditor_id)
        (hold,) = session.query(Hold).all()
        assert hold.ended_at is not None


def test_money_is_never_matched_across_currencies(treasury: Treasury) -> None:
    item = treasury.due("100.00", currency="CHF")
    treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.statuses(), treasury.movement.why) == (["waiting"], booking.OTHER_CURRENCY)
    assert treasury.open(item) == 10000


def test_outgoing_payments_leave_nothing_but_their_amount(treasury: Treasury) -> None:
    treasury.bank.debit(euro("2000.00"), treasury.day, text="stipendio marzo", name="Maria Verdi")
    treasury.bring(treasury.bank.statement(treasury.day))
    one = treasury.movement
    assert (one.status.value, one.why, one.amount_minor) == ("ignored", booking.OUTGOING, -200000)
    assert (one.text, one.counterparty_name, one.counterparty_iban, one.end_to_end_id) == (None,) * 4


def test_nothing_is_booked_on_its_amount_alone(treasury: Treasury) -> None:
    item = treasury.due("100.00", "77/2026")
    treasury.bank.credit(euro("100.00"), treasury.day, name="Sconosciuto", iban=None, text="pagamento")
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.statuses(), treasury.open(item)) == (["waiting"], 10000)
    with db.transaction(writes=False):
        scope.enter(treasury.creditor_id)
        found = candidates.find([queries.queue(None).rows[0]])
    ((candidate,),) = found.values()
    assert candidate.amount_alone
    assert candidate.score <= 20
    assert "Nothing but the amount" in str(candidate.reasons[-1])


def test_candidates_say_why_and_the_best_comes_first(treasury: Treasury) -> None:
    named, other = treasury.due("100.00", "77/2026"), treasury.due("100.00", "78/2026")
    treasury.bank.credit(
        euro("100.00"), treasury.day, name="BIANCHI COSTRUZIONI SNC", text="Saldo fattura n. 77/2026 grazie"
    )
    treasury.bring(treasury.bank.statement(treasury.day))
    with db.transaction(writes=False):
        scope.enter(treasury.creditor_id)
        ((first, second),) = candidates.find(queries.queue(None).rows).values()
    assert (first.item.item_id, second.item.item_id) == (named, other)
    assert first.score > second.score > 40
    said = [str(reason) for reason in first.reasons]
    assert said == ["The text names 77/2026.", "The name is the same.", "The amount fits to the cent."]


@pytest.mark.parametrize(("reference", "text"), [("RF45 TRT7 9001", ""), (None, "Payment RF45TRT79001 thank you")])
def test_the_reference_that_an_invoice_itself_asks_for_finds_it(
    treasury: Treasury, reference: str | None, text: str
) -> None:
    """Its issuer printed another reference than ours: it finds the invoice, and a person says yes."""
    named, other = treasury.due("100.00", "77/2026"), treasury.due("100.00", "78/2026")
    with db.transaction() as session:
        scope.enter(treasury.creditor_id)
        session.scalars(select(Invoice).where(Invoice.number == "77/2026")).one().remittance = "RF45TRT79001"
    treasury.bank.credit(euro("100.00"), treasury.day, name="Nobody We Know", text=text, reference=reference)
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.statuses(), treasury.open(named)) == (["waiting"], 10000)
    with db.transaction(writes=False):
        scope.enter(treasury.creditor_id)
        ((first, *others),) = candidates.find(queries.queue(None).rows).values()
    assert first.item.item_id == named
    assert "The text names RF45TRT79001." in [str(reason) for reason in first.reasons]
    assert all(one.amount_alone for one in others if one.item.item_id == other)


def test_a_person_accepts_with_a_split_and_the_account_is_remembered(treasury: Treasury) -> None:
    first, second = treasury.due("100.00", "1"), treasury.due("50.00", "2")
    treasury.bank.credit(euro("120.00"), treasury.day, text="acconto")
    treasury.bring(treasury.bank.statement(treasury.day))
    with db.transaction():
        scope.enter(treasury.creditor_id)
        movement = queries.locked(treasury.movements()[0].id)
        assert movement is not None
        booking.accept(movement, {first: euro("100.00"), second: euro("15.00")})
    assert (treasury.open(first), treasury.open(second), treasury.credit()) == (0, 3500, 500)
    treasury.bank.credit(euro("35.00"), treasury.day + timedelta(days=1), text="saldo", name="?")
    treasury.bring(treasury.bank.statement(treasury.day + timedelta(days=1)))
    with db.transaction(writes=False):
        scope.enter(treasury.creditor_id)
        ((best, *_),) = candidates.find(queries.queue(None).rows).values()
    assert "This account has paid for this customer before." in [str(reason) for reason in best.reasons]


def test_who_comes_second_finds_it_done(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    treasury.bank.credit(euro("100.00"), treasury.day, text="?")
    treasury.bring(treasury.bank.statement(treasury.day))
    for refused in (False, True):
        with db.transaction():
            scope.enter(treasury.creditor_id)
            movement = queries.locked(treasury.movements()[0].id)
            assert movement is not None
            if refused:
                with pytest.raises(NotAllowedNow):
                    booking.accept(movement, {item: euro("100.00")})
            else:
                booking.accept(movement, {item: euro("100.00")})
    assert treasury.open(item) == 0


def test_more_than_is_open_is_not_accepted(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    treasury.bank.credit(euro("300.00"), treasury.day, text="?")
    treasury.bring(treasury.bank.statement(treasury.day))
    with db.transaction():
        scope.enter(treasury.creditor_id)
        movement = queries.locked(treasury.movements()[0].id)
        assert movement is not None
        for chosen in ({item: euro("100.01")}, {}, {item + 1: euro("1.00")}, {item: euro("0")}):
            with pytest.raises(NotAllowedNow):
                booking.accept(movement, chosen)
    assert (treasury.open(item), treasury.statuses()) == (10000, ["waiting"])


def test_put_aside_and_looked_at_again_and_credited(treasury: Treasury) -> None:
    treasury.bank.credit(euro("10.00"), treasury.day, text="?")
    treasury.bring(treasury.bank.statement(treasury.day))
    with db.transaction():
        scope.enter(treasury.creditor_id)
        movement = queries.locked(treasury.movements()[0].id)
        assert movement is not None
        booking.put_aside(movement, "own_transfer", "giroconto")
        booking.look_again(movement)
        booking.credit(movement, treasury.account.debtor_id)
    assert (treasury.statuses(), treasury.credit()) == (["credited"], 1000)


@pytest.mark.parametrize("road", ["accept", "credit"])
def test_a_value_date_far_ahead_waits_and_the_day_of_booking_counts(treasury: Treasury, road: str) -> None:
    item = treasury.due("100.00")
    far = treasury.day.replace(year=2099)
    treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item), value_on=far)
    treasury.bring(treasury.bank.statement(treasury.day))
    waiting = treasury.movement
    assert (waiting.status.value, waiting.why, treasury.open(item)) == ("waiting", booking.VALUE_AHEAD, 10000)
    with db.transaction():
        scope.enter(treasury.creditor_id)
        one = queries.locked(waiting.id)
        assert one is not None
        if road == "accept":
            booking.accept(one, {item: euro("100.00")})
        else:
            booking.credit(one, treasury.account.debtor_id)
    assert treasury.movement.value_on == treasury.day
    assert treasury.bring(treasury.bank.statement(treasury.day) + b"\n").new == 0


def test_a_value_date_some_days_ahead_is_the_banks_to_say(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    ahead = treasury.day + timedelta(days=4)
    treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item), value_on=ahead)
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.movement.value_on, treasury.open(item)) == (ahead, 0)


def test_a_return_with_a_value_date_far_ahead_waits(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    credit = treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    treasury.bank.return_(credit, treasury.day)
    day = f"<ValDt><Dt>{treasury.day}</Dt></ValDt>".encode()
    content = treasury.bank.statement(treasury.day)
    first, debit = content[: content.index(b"DBIT")], content[content.index(b"DBIT") :]
    assert day in debit
    treasury.bring(first + debit.replace(day, b"<ValDt><Dt>2099-01-01</Dt></ValDt>"))
    assert (treasury.movements()[1].why, treasury.open(item)) == (booking.VALUE_AHEAD, 0)
    with db.transaction():
        scope.enter(treasury.creditor_id)
        one, original = queries.locked(treasury.movements()[1].id), queries.locked(treasury.movements()[0].id)
        assert one is not None
        assert original is not None
        returning.accept(one, original)
    assert (treasury.movements()[1].value_on, treasury.open(item)) == (treasury.day, 10000)
