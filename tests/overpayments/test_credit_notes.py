"""A credit note over more than is open: its owner decides about the rest; one that waits for its invoice waits."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.invoices import queries as invoice_queries
from portal.messages.models import Message
from portal.overpayments import giving_back, queries
from portal.overpayments.states import OverpaymentStatus
from tests.actors import Debtor
from tests.overpayments.mixed import Mixed
from tests.payments.conftest import Shop
from tests.payments.test_refunds import pay


@pytest.fixture
def mixed(shop: Shop, tmp_path: Path) -> Mixed:
    return Mixed(shop, tmp_path)


def messages(mixed: Mixed) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(mixed.shop.creditor_id)
        return list(session.scalars(select(Message.key).order_by(Message.id)))


def none_is_open(mixed: Mixed) -> bool:
    with db.transaction(writes=False):
        scope.enter(mixed.shop.creditor_id)
        return queries.listed(tuple(OverpaymentStatus)) == []


def test_a_note_on_a_paid_invoice_is_its_owners(mixed: Mixed, payer: Debtor) -> None:
    paid = mixed.invoice("300/2026", "500.00")
    mixed.transfer(500_00, paid)
    mixed.credit_note("NC1", 500_00, related="300/2026")
    one = mixed.too_much("credit_notes")
    assert (mixed.standing("credit_notes"), mixed.credit()) == (("open", 500_00, 0, 0), 500_00)
    assert (one.invoice_id, one.attempt_id) == (paid, None)
    assert "overpayment_found" in messages(mixed)
    assert [told["came_by"] for told in mixed.shop.event_data("overpayment.opened")] == ["credit_notes"]
    payer.get("/d/")
    assert "€500.00 of yours is here" in payer.text
    payer.get(f"/d/credit/{ids.spell(one.id)}")
    assert "The credit note was more than was open" in payer.text
    assert "By bank transfer, by" in payer.text
    payer.submit(f"/d/credit/{ids.spell(one.id)}", wish="keep")
    mixed.invoice("301/2026", "800.00", due_in=30)
    assert mixed.open() == {"128/2026": 1234_56 - 500_00, "300/2026": 0, "301/2026": 800_00}, "the oldest first"
    assert mixed.standing("credit_notes") == ("applied", 0, 500_00, 0)


def test_what_is_beyond_a_part_of_it_is_its_owners(mixed: Mixed) -> None:
    mixed.invoice("300/2026", "100.00")
    mixed.credit_note("NC1", 130_00, related="300/2026")
    assert (mixed.open()["300/2026"], mixed.standing("credit_notes")) == (0, ("open", 30_00, 0, 0))


def test_it_goes_back_by_transfer_and_not_by_card(mixed: Mixed) -> None:
    mixed.credit_note("NC1", 500_00)
    one = mixed.too_much("credit_notes")
    with db.transaction():
        scope.enter(mixed.shop.creditor_id)
        assert giving_back.goes_by_card(one) is False
        with pytest.raises(NotAllowedNow):
            giving_back.ask_refund(one.id, by="staff:1", reason="x")
        giving_back.note_return(one.id, by="staff:1", returned_on=mixed.day)
    with db.transaction():
        scope.enter(mixed.shop.creditor_id)
        giving_back.agree_return(one.id, by="staff:2")
    assert (mixed.standing("credit_notes")[0], mixed.credit()) == ("refunded", 0)


def test_a_note_that_fits_opens_nothing(mixed: Mixed) -> None:
    mixed.invoice("300/2026", "100.00")
    mixed.credit_note("NC1", 100_00, related="300/2026")
    assert (mixed.open()["300/2026"], none_is_open(mixed)) == (0, True)


def test_a_note_that_waits_is_nobodys_yet_and_its_rest_is_then(mixed: Mixed) -> None:
    mixed.credit_note("NC1", 130_00, related="LATE/2026")
    assert (none_is_open(mixed), mixed.credit()) == (True, 130_00)
    late = mixed.invoice("LATE/2026", "100.00")
    assert mixed.its_invoice_comes(late) is True
    assert (mixed.open()["LATE/2026"], mixed.standing("credit_notes")) == (0, ("open", 30_00, 0, 0))
    assert mixed.its_invoice_comes(late) is False
    assert mixed.credit() == 30_00
    applied = mixed.shop.event_data("credit_note.applied")
    assert [(one["applied_minor"], one["unallocated_minor"]) for one in applied] == [(0, 130_00), (100_00, 30_00)]


def test_an_invoice_of_another_year_takes_nothing_of_what_is_its_owners(mixed: Mixed) -> None:
    """Numbers start again each year; a late import of an older invoice finds nothing that waits for it."""
    mixed.invoice("300/2026", "100.00")
    mixed.credit_note("NC1", 130_00, related="300/2026")
    [first] = [one for one in mixed.shop.account.invoice_ids if one != mixed.shop.account.invoice_ids[0]]
    with db.transaction(writes=False):
        scope.enter(mixed.shop.creditor_id)
        assert invoice_queries.invoice(first) is not None
    assert mixed.its_invoice_comes(first) is False
    assert mixed.standing("credit_notes") == ("open", 30_00, 0, 0)


def lost(mixed: Mixed) -> None:
    """The cardholder's bank takes the card payment back for good."""
    bank = mixed.shop.double.bank
    dispute = bank.dispute(mixed.shop.double.all("charge")[-1]["id"])["id"]
    mixed.shop.deliver()
    bank.close_dispute(dispute, won=False)
    mixed.shop.deliver()


@pytest.mark.parametrize("note_first", [True, False])
def test_a_document_that_reopens_asks_for_it_less_its_note(mixed: Mixed, payer: Debtor, note_first: bool) -> None:
    """Paid by card, corrected by 300.00, the payment lost: 934.56 is asked for, whichever came first."""
    pay(mixed.shop, payer)
    steps = [lambda: mixed.credit_note("NC1", 300_00, related="128/2026"), lambda: lost(mixed)]
    for step in steps if note_first else reversed(steps):
        step()
    assert (mixed.open(), mixed.credit()) == ({"128/2026": 934_56}, 0)
    if note_first:
        assert mixed.standing("credit_notes") == ("applied", 0, 300_00, 0)


def test_a_note_that_is_on_its_way_to_its_owner_stays_on_its_way(mixed: Mixed, payer: Debtor) -> None:
    pay(mixed.shop, payer)
    mixed.credit_note("NC1", 300_00, related="128/2026")
    one = mixed.too_much("credit_notes")
    with db.transaction():
        scope.enter(mixed.shop.creditor_id)
        giving_back.note_return(one.id, by="staff:1", returned_on=clock.today())
    lost(mixed)
    assert (mixed.open(), mixed.credit()) == ({"128/2026": 1234_56}, 300_00)
    with db.transaction():
        scope.enter(mixed.shop.creditor_id)
        giving_back.agree_return(one.id, by="staff:2")
    assert (mixed.standing("credit_notes")[0], mixed.credit()) == ("refunded", 0)
