"""Credit of several sources: taking one back touches what its own money did, and nothing of any other's (B-12, B-13)."""

from datetime import timedelta
from pathlib import Path

import pytest

from portal.core import db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.doubles.bank import Booked
from portal.ledger import actions as ledger
from portal.ledger.sources import Source
from portal.overpayments import actions, giving_back
from tests.overpayments.conftest import Twice
from tests.overpayments.mixed import Mixed
from tests.payments.conftest import Shop

CARD = 123456  # what was paid twice


@pytest.fixture
def mixed(twice: Twice, tmp_path: Path) -> Mixed:
    """A card payment that was all too much is open."""
    return Mixed(twice.shop, tmp_path)


def bank_brings_fifty_too_much(mixed: Mixed) -> Booked:
    """A transfer brings 50.00 too much, used on Y; the card's excess is used on the rest of Y and on Z."""
    first = mixed.invoice("300/2026", "10.00")
    movement = mixed.transfer(60_00, first)
    mixed.invoice("Y/2026", "100.00", due_in=10)
    mixed.keep("bank")
    assert mixed.open()["Y/2026"] == 50_00
    mixed.invoice("Z/2026", "50.00", due_in=20)
    mixed.keep("card")
    return movement


def test_both_are_taken_back_the_transfer_first(mixed: Mixed) -> None:
    movement = bank_brings_fifty_too_much(mixed)
    mixed.invoice("W/2026", "5000.00", due_in=30)
    assert mixed.open() == {"128/2026": 0, "300/2026": 0, "Y/2026": 0, "Z/2026": 0, "W/2026": 5000_00 - 1134_56}
    mixed.take_back(movement, mixed.day + timedelta(days=1))
    assert mixed.open() == {"128/2026": 0, "300/2026": 10_00, "Y/2026": 50_00, "Z/2026": 0, "W/2026": 3865_44}
    assert mixed.standing("bank") == ("withdrawn", 0, 0, 50_00)
    mixed.refund_at_stripe()
    assert mixed.open() == {"128/2026": 0, "300/2026": 10_00, "Y/2026": 100_00, "Z/2026": 50_00, "W/2026": 5000_00}
    assert mixed.credit() == 0
    assert mixed.standing("card") == ("withdrawn", 0, 0, CARD)


def test_both_are_taken_back_a_part_of_the_card_first(mixed: Mixed) -> None:
    movement = bank_brings_fifty_too_much(mixed)
    mixed.invoice("W/2026", "1134.56", due_in=30)
    assert set(mixed.open().values()) == {0}
    mixed.refund_at_stripe(1134_56)
    assert mixed.open() == {"128/2026": 0, "300/2026": 0, "Y/2026": 0, "Z/2026": 0, "W/2026": 1134_56}
    assert mixed.standing("card") == ("applied", 0, 100_00, 1134_56)
    mixed.take_back(movement, mixed.day + timedelta(days=1))
    assert mixed.open() == {"128/2026": 0, "300/2026": 10_00, "Y/2026": 50_00, "Z/2026": 0, "W/2026": 1134_56}
    assert (mixed.standing("bank"), mixed.credit()) == (("withdrawn", 0, 0, 50_00), 0)


def test_a_refund_does_not_eat_what_came_by_bank(mixed: Mixed, twice: Twice) -> None:
    """The card's excess was used on Y, the bank's is still to decide: the refund opens Y, the other stays as it is."""
    mixed.invoice("Y/2026", "1234.56", due_in=10)
    mixed.keep("card")
    mixed.transfer(CARD + 10_00, mixed.invoice("300/2026", "10.00"))
    assert (mixed.open(), mixed.credit()) == ({"128/2026": 0, "Y/2026": 0, "300/2026": 0}, CARD)
    mixed.refund_at_stripe()
    assert (mixed.open()["Y/2026"], mixed.credit()) == (CARD, CARD)
    assert mixed.standing("card") == ("withdrawn", 0, 0, CARD)
    assert mixed.standing("bank") == ("open", CARD, 0, 0)
    twice.payer.get("/d/")
    assert "€1,234.56 of yours is here" in twice.payer.text
    one = mixed.too_much("bank")
    twice.act(lambda: giving_back.note_return(one.id, by="staff:1", returned_on=mixed.day))
    twice.act(lambda: giving_back.agree_return(one.id, by="staff:2"))
    assert (mixed.standing("bank")[0], mixed.credit()) == ("refunded", 0)


def test_a_refund_that_staff_ask_for_undoes_nothing_by_itself(mixed: Mixed, twice: Twice) -> None:
    """What the excess was used on is not opened by a request: they say so, though other credit is there."""
    mixed.invoice("Y/2026", "1234.56", due_in=10)
    mixed.keep("card")
    mixed.transfer(CARD + 10_00, mixed.invoice("300/2026", "10.00"))
    one = mixed.too_much("card")
    with pytest.raises(NotAllowedNow):
        twice.act(lambda: giving_back.ask_refund(one.id, by="staff:1", reason="twice"))
    assert mixed.credit() == CARD


def test_a_waiting_credit_note_is_not_spent_by_a_returned_transfer(shop: Shop, tmp_path: Path) -> None:
    mixed = Mixed(shop, tmp_path)
    mixed.credit_note("NC1", 100_00, related="LATE/2026")
    movement = mixed.transfer(110_00, mixed.invoice("300/2026", "10.00"))
    mixed.invoice("Y/2026", "100.00", due_in=-10)
    mixed.keep("bank")
    assert (mixed.open()["Y/2026"], mixed.credit()) == (0, 100_00)
    mixed.take_back(movement, mixed.day + timedelta(days=1))
    assert (mixed.open()["Y/2026"], mixed.credit()) == (100_00, 100_00), "the note still waits for its invoice"
    late = mixed.invoice("LATE/2026", "100.00", due_in=20)
    assert mixed.its_invoice_comes(late) is True
    assert mixed.open() == {"128/2026": CARD, "300/2026": 10_00, "Y/2026": 100_00, "LATE/2026": 0}
    assert mixed.credit() == 0


def test_given_back_by_transfer_and_once_more(mixed: Mixed, twice: Twice) -> None:
    """The same overpayment may be opened again, by a refund that failed, and be given back again."""
    one = mixed.too_much("card")
    for _ in range(2):
        twice.act(lambda: giving_back.note_return(one.id, by="staff:1", returned_on=mixed.day))
        twice.act(lambda: giving_back.decline_return(one.id, by="staff:2"))
    twice.act(lambda: giving_back.note_return(one.id, by="staff:1", returned_on=mixed.day))
    twice.act(lambda: giving_back.agree_return(one.id, by="staff:2"))
    assert (mixed.standing("card")[0], mixed.credit()) == ("refunded", 0)


def test_credit_in_another_currency_is_used_for_documents_in_it_alone(mixed: Mixed) -> None:
    account = mixed.shop.account
    source, much = Source("bank_movement", ids.new_id()), Money(130_00, "USD")
    with db.transaction():
        scope.enter(mixed.shop.creditor_id)
        ledger.keep_as_credit(account.debtor_id, much, account="bank", kind="bank_transfer", source=source,
                              value_on=mixed.day)  # fmt: skip
        actions.open_from(account.debtor_id, source, much, came_by="bank")
    account.add_invoice("U1", "100.00", due_in=20, currency="USD")
    account.add_invoice("U2", "50.00", due_in=30, currency="USD")
    mixed.keep("bank")
    assert mixed.open() == {"128/2026": 0, "U1": 0, "U2": 20_00}
    assert mixed.standing("bank") == ("applied", 0, 130_00, 0)
