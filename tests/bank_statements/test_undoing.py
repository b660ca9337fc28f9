"""A transfer given to the wrong document or customer is taken off there with four eyes, and finds its own."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from portal.bank_statements import booking, queries, undoing
from portal.bank_statements.models import BankMovement, PayerAccount
from portal.core import db, ids, jobs, scope
from portal.core.errors import NotAllowedNow
from portal.creditors.models import Creditor
from portal.ledger import origins
from portal.ledger import queries as ledger
from portal.overpayments import actions as overpayments
from portal.overpayments.models import Overpayment
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.bank_statements.world import Treasury, euro
from tests.factories.people import make_person, sign_in
from tests.factories.world import Account, make_account

VERDI = {"name": "Verdi S.r.l.", "iban": "IT25O0306909606100000099999"}


def act(treasury: Treasury, say: Callable[[BankMovement], object], place: int = 0) -> None:
    with db.transaction():
        scope.enter(treasury.creditor_id)
        movement = queries.locked(treasury.movements()[place].id)
        assert movement is not None
        say(movement)
    jobs.work_off()


def undo(treasury: Treasury) -> None:
    act(treasury, lambda one: undoing.ask(one, by="staff:1", reason="It is Verdi's."))
    act(treasury, lambda one: undoing.agree(one, by="staff:2"))


def given_to_the_wrong_one(treasury: Treasury, amount: str = "100.00") -> int:
    """Verdi paid; a colleague gave it to the treasury's customer. The due item that it settled."""
    item = treasury.due("100.00")
    treasury.bank.credit(euro(amount), treasury.day, text="fattura 1", **VERDI)
    treasury.bring(treasury.bank.statement(treasury.day))
    act(treasury, lambda one: booking.accept(one, {item: euro("100.00")}))
    return item


def other_customer(treasury: Treasury) -> Account:
    with db.transaction(writes=False) as session:
        creditor = session.get_one(Creditor, treasury.creditor_id)
    return make_account(creditor, code="V-1")


def books_hold(treasury: Treasury) -> None:
    with db.transaction(writes=False):
        scope.enter(treasury.creditor_id)
        assert (ledger.unbalanced(), origins.unbalanced(), ledger.above_charges()) == ([], [], [])


def test_it_waits_once_more_and_finds_its_own(treasury: Treasury) -> None:
    wrong = given_to_the_wrong_one(treasury, "120.00")
    assert (treasury.open(wrong), treasury.credit()) == (0, 2000)
    undo(treasury)
    assert (treasury.open(wrong), treasury.credit()) == (10000, 0)
    assert treasury.statuses() == ["undone", "waiting"]
    before, again = treasury.movements()
    assert (again.why, again.counterparty_name, again.note) == (booking.UNDONE, "Verdi S.r.l.", "It is Verdi's.")
    assert (before.counterparty_name, before.counterparty_iban, before.text) == (None, None, None), "it is another's"
    other = other_customer(treasury)
    right = other.item_ids(other.add_invoice("7/2026", "100.00"))[0]
    act(treasury, lambda one: booking.accept(one, {right: euro("100.00")}), place=1)
    assert (treasury.open(right), treasury.open(wrong), treasury.credit()) == (0, 10000, 0)
    with db.transaction(writes=False) as session:
        scope.enter(treasury.creditor_id)
        found = session.scalars(select(Overpayment).order_by(Overpayment.id)).all()
        assert [(one.debtor_id, one.status.value, one.left.minor) for one in found] == [
            (treasury.account.debtor_id, "withdrawn", 0),
            (other.debtor_id, "open", 2000),
        ]
        assert list(session.scalars(select(PayerAccount.debtor_id))) == [other.debtor_id]
    books_hold(treasury)


def test_who_was_told_is_told_again(treasury: Treasury) -> None:
    given_to_the_wrong_one(treasury)
    undo(treasury)
    assert treasury.mails() == ["transfer_received", "transfer_corrected"]
    (undone,) = treasury.events("bank_movement.undone")
    assert (undone["amount_minor"], undone["again_id"]) == (10000, ids.spell(treasury.movements()[1].id))
    assert [one["by"] for one in treasury.events("item.reopened")] == ["bank_undone"]


def test_the_bank_tells_it_again_and_it_is_once(treasury: Treasury) -> None:
    given_to_the_wrong_one(treasury)
    undo(treasury)
    for tell in (treasury.bank.statement, treasury.bank.mt940, treasury.bank.report):
        assert treasury.bring(tell(treasury.day) + b"\n").new == 0
    assert treasury.statuses() == ["undone", "waiting"]


def test_credit_that_was_used_since_comes_back_too(treasury: Treasury) -> None:
    item = treasury.due("100.00", "1")
    treasury.bank.credit(euro("100.00"), treasury.day, text="x", **VERDI)
    treasury.bring(treasury.bank.statement(treasury.day))
    act(treasury, lambda one: booking.credit(one, treasury.account.debtor_id))
    with db.transaction() as session:
        scope.enter(treasury.creditor_id)
        overpayments.keep(session.scalars(select(Overpayment)).one())
    jobs.work_off()
    assert treasury.open(item) == 0
    undo(treasury)
    assert (treasury.statuses(), treasury.open(item), treasury.credit()) == (["undone", "waiting"], 10000, 0)
    books_hold(treasury)


def test_nobody_agrees_to_their_own_word(treasury: Treasury) -> None:
    item = given_to_the_wrong_one(treasury)
    with pytest.raises(NotAllowedNow):
        act(treasury, lambda one: undoing.agree(one, by="staff:2"))
    act(treasury, lambda one: undoing.ask(one, by="staff:1", reason="x"))
    for say in (
        lambda one: undoing.agree(one, by="staff:1"),
        lambda one: undoing.ask(one, by="staff:2", reason="y"),
    ):
        with pytest.raises(NotAllowedNow):
            act(treasury, say)
    assert treasury.open(item) == 0
    act(treasury, undoing.decline)
    with pytest.raises(NotAllowedNow):
        act(treasury, lambda one: undoing.agree(one, by="staff:2"))
    assert (treasury.statuses(), treasury.open(item)) == (["booked"], 0)


def test_what_the_bank_took_back_is_not_undone_as_well(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    credit = treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    act(treasury, lambda one: undoing.ask(one, by="staff:1", reason="x"))
    treasury.bank.return_(credit, treasury.day)
    treasury.bring(treasury.bank.statement(treasury.day))
    assert treasury.statuses() == ["returned", "booked"]
    for place in (0, 1):
        with pytest.raises(NotAllowedNow):
            act(treasury, lambda one: undoing.agree(one, by="staff:2"), place=place)
    assert treasury.open(item) == 10000


def test_two_people_undo_it_on_its_page(treasury: Treasury, app: PortalFlask) -> None:
    item = given_to_the_wrong_one(treasury)
    page = f"/c/bank/movements/{ids.spell(treasury.movements()[0].id)}"
    first, second = (
        sign_in(app, make_person(treasury.creditor_id, Role.MANAGER, f"{name}@rossi.example", name))
        for name in ("giulia", "marco")
    )
    first.get(page)
    first.submit("/undo")
    assert "Please say why" in first.text
    first.submit("/undo", reason="It is Verdi's.")
    assert "Now a colleague has to agree." in first.text
    assert "/undo/agree" not in first.text
    second.get("/c/")
    assert page in second.text
    second.get(page)
    assert "It is Verdi&#39;s." in second.text
    second.submit("/undo/agree")
    assert "waits here for where it belongs" in second.text
    assert (treasury.statuses(), treasury.open(item)) == (["undone", "waiting"], 10000)
    second.get(page)
    assert "It goes on as" in second.text
    second.get("/c/")
    assert page not in second.text
