"""The account on any day is the fold of the books up to that day, however strange the order of value dates."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.account_papers import queries, statements
from portal.account_papers.statements import Account, Due, Entry, Note
from portal.core import clock, db, ids, scope
from portal.core.money import Money, total
from portal.invoices import actions as invoices
from portal.invoices import credit_notes
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger.actions import Source
from portal.ledger.models import Receivable, Transfer
from portal.settings import Settings
from tests.factories.world import make_account, make_creditor

START = date(2026, 1, 1)
R, U = accounts.RECEIVABLE, accounts.UNALLOCATED
# kind, debit, credit, whether it names a due item: what may stand in the books, and what nobody has thought of yet
LINES = (
    ("payment", accounts.CARD, R, True),
    ("payment", accounts.BANK, R, True),
    ("payment", accounts.BANK, U, False),
    ("settlement", accounts.ELSEWHERE, R, True),
    ("credit_note", accounts.CREDIT_NOTES, R, True),
    ("credit_note", accounts.CREDIT_NOTES, U, False),
    ("credit_note", U, R, True),
    ("refund", R, accounts.REFUNDS, True),
    ("refund", U, accounts.REFUNDS, False),
    ("interest", R, "interest", True),
    ("interest_waived", "interest", R, True),
    ("costs", R, "costs", True),
    ("something_new", R, "elsewhere_new", True),
    ("something_new", "elsewhere_new", R, True),
)


def on(day: int) -> date:
    return START + timedelta(days=day)


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Due], list[Note], list[Entry]]:
    """Due items in two currencies and lines of every kind, in any order of value dates."""
    dues, entries = [], []
    for number in range(draw(st.integers(0, 4))):
        issued, currency = draw(st.integers(0, 20)), draw(st.sampled_from(["EUR", "JPY"]))
        gone = on(issued + draw(st.integers(0, 30))) if draw(st.booleans()) else None
        dues.append(Due(number, number, f"{number}/2026", on(issued), on(issued + 10), 1, 1, gone))
        amount = Money(draw(st.integers(1, 10_000)), currency)
        entries.append(Entry(len(entries), on(issued), "invoice", R, accounts.SALES, number, amount))
    currencies = {entry.item_id: entry.amount.currency for entry in entries}
    for kind, debit, credit, named in draw(st.lists(st.sampled_from(LINES), max_size=12)):
        if named and not dues:
            continue
        item_id = draw(st.sampled_from(dues)).item_id if named else None
        amount = Money(draw(st.integers(1, 12_000)), currencies.get(item_id, "EUR"))
        day = on(draw(st.integers(0, 60)))
        entries.append(Entry(len(entries), day, kind, debit, credit, item_id, amount, "credit_note", 77))
    notes = [Note(77, "NC 1", on(3), Money(500, "EUR"))] if draw(st.booleans()) else []
    return dues, notes, entries


def folded(entries: list[Entry], day: date, currency: str) -> int:
    """What the books say is owed, less what they keep for the debtor: written as plainly as one can."""
    owed = 0
    for entry in entries:
        if entry.on <= day and entry.amount.currency == currency:
            for account in (R, U):
                owed += entry.amount.minor * ((entry.debit == account) - (entry.credit == account))
    return owed


def consistent(account: Account) -> None:
    """Every sum of the paper is the sum of what it shows."""
    for line in account.lines:
        assert line.amount + line.interest + line.costs - line.settled == line.open
        assert (line.days_late > 0) <= (line.open.minor > 0)
        assert line.apart.total.minor == max(0, line.open.minor)
        assert not (line.withdrawn and line.open.minor > 0)
    assert account.documents + account.interest + account.costs - account.settled == account.open
    assert total([one.settled for one in account.movements], account.currency) == account.settled
    assert total([one.kept for one in account.movements], account.currency) == account.credit
    assert total([one.amount for one in account.extras], account.currency) == account.interest + account.costs
    days = [one.on for one in account.movements]
    assert days == sorted(days)
    assert all(one <= account.day for one in days)
    left = total([note.left for note in account.notes], account.currency)
    assert left.minor <= max(0, account.credit.minor)


@given(books(), st.integers(-1, 70))
def test_the_account_is_the_fold_of_the_books_up_to_that_day(
    made: tuple[list[Due], list[Note], list[Entry]], at: int
) -> None:
    dues, notes, entries = made
    day = on(at)
    found = statements.fold(day, dues, notes, entries)
    for account in found:
        consistent(account)
        withdrawn = [one.settled.minor for one in account.movements if one.kind == statements.WITHDRAWN]
        assert account.balance.minor == folded(entries, day, account.currency) - sum(withdrawn)
    told = {account.currency for account in found}
    assert told >= {entry.amount.currency for entry in entries if entry.on <= day}


@given(books(), st.integers(0, 70))
def test_what_is_booked_later_changes_no_earlier_day(
    made: tuple[list[Due], list[Note], list[Entry]], at: int
) -> None:
    dues, notes, entries = made
    later = Entry(999, on(at + 1), "payment", accounts.BANK, U, None, Money(5, "EUR"))
    assert statements.fold(on(at), dues, notes, entries) == statements.fold(on(at), dues, notes, [*entries, later])


def due(number: int = 1, issued: int = 0, due_in: int = 30) -> Due:
    return Due(number, number, f"{number}/2026", on(issued), on(issued + due_in), 1, 1)


def charge(number: int, minor: int, issued: int = 0) -> Entry:
    return Entry(number, on(issued), "invoice", R, accounts.SALES, number, Money(minor, "EUR"))


def paid(number: int, minor: int, at: int, item: int | None = 1) -> Entry:
    return Entry(number, on(at), "payment", accounts.BANK, R if item else U, item, Money(minor, "EUR"))


def test_days_are_counted_from_the_last_day_in_time() -> None:
    books = ([due()], [], [charge(1, 1000)])
    for at, late in ((29, 0), (30, 0), (31, 1), (45, 15)):
        [account] = statements.fold(on(at), *books)
        assert account.lines[0].days_late == late
        assert account.late.minor == (1000 if late else 0)
    [account] = statements.fold(on(32), *books, last_day=lambda due_on: due_on + timedelta(days=1))
    assert account.lines[0].days_late == 1
    [account] = statements.fold(on(45), books[0], [], [*books[2], paid(2, 1000, 44)])
    assert account.lines[0].days_late == 0, "what is settled is not late"


def test_money_that_came_before_its_document_is_credit_until_then() -> None:
    books = ([due(1, issued=10)], [], [charge(1, 1000, 10), paid(2, 1000, 5)])
    [before] = statements.fold(on(7), *books)
    assert (before.lines, before.credit.minor, before.balance.minor) == ((), 1000, -1000)
    [after] = statements.fold(on(10), *books)
    assert (after.open.minor, after.credit.minor, after.settled.minor) == (0, 0, 1000)


def test_an_unknown_kind_is_neither_lost_nor_an_error() -> None:
    odd = Entry(2, on(1), "write_off", "losses", R, 1, Money(400, "EUR"))
    [account] = statements.fold(on(2), [due()], [], [charge(1, 1000), odd])
    assert (account.settled.minor, account.open.minor) == (400, 600)
    consistent(account)


def test_interest_and_costs_stand_apart_from_the_document() -> None:
    extras = [
        Entry(2, on(31), "interest", R, "interest", 1, Money(12, "EUR")),
        Entry(3, on(31), "costs", R, "costs", 1, Money(4000, "EUR")),
    ]
    [account] = statements.fold(on(31), [due()], [], [charge(1, 1000), *extras, paid(4, 1500, 31)])
    [line] = account.lines
    assert (line.amount.minor, line.interest.minor, line.costs.minor, line.settled.minor) == (1000, 12, 4000, 1500)
    assert line.open.minor == 3512
    assert (line.apart.capital.minor, line.apart.interest.minor, line.apart.costs.minor) == (1000, 0, 2512)
    assert [(one.kind, one.amount.minor) for one in account.extras] == [("interest", 12), ("costs", 4000)]
    assert [one.kind for one in account.movements] == ["payment"]


def test_a_withdrawn_invoice_is_open_until_its_day_and_never_after() -> None:
    gone = replace(due(), withdrawn_on=on(20))
    books = ([gone], [], [charge(1, 1000), paid(2, 300, 5)])
    [before], [after] = statements.fold(on(19), *books), statements.fold(on(20), *books)
    assert (before.open.minor, after.open.minor) == (700, 0)
    assert [(one.kind, one.settled.minor) for one in after.movements][-1] == (statements.WITHDRAWN, 700)
    consistent(after)


def test_credit_notes_say_what_was_used_and_what_is_left() -> None:
    note = Note(9, "NC 1", on(3), Money(500, "EUR"), "1/2026")
    used = Entry(2, on(3), "credit_note", accounts.CREDIT_NOTES, R, 1, Money(300, "EUR"), "credit_note", 9)
    kept = Entry(3, on(3), "credit_note", accounts.CREDIT_NOTES, U, None, Money(200, "EUR"), "credit_note", 9)
    later = Entry(4, on(8), "credit_note", U, R, 1, Money(150, "EUR"), "late_credit", 9)
    books = ([due()], [note], [charge(1, 1000), used, kept, later])
    assert statements.fold(on(2), *books)[0].notes == ()
    for at, left in ((3, 200), (8, 50)):
        [account] = statements.fold(on(at), *books)
        assert [one.left.minor for one in account.notes] == [left] == [account.credit.minor]
        consistent(account)
    back = Entry(5, on(9), "refund", U, accounts.REFUNDS, None, Money(50, "EUR"))
    [account] = statements.fold(on(9), *books[:2], [*books[2], back])
    assert account.notes[0].left.minor == 0, "what was paid back is nobody's credit any more"


@pytest.mark.parametrize("seed", range(4))
def test_the_same_through_the_books_themselves(house: Settings, seed: int) -> None:
    """Invoices, part payments, too much, credit notes, money taken back: by the product's own actions, on any day."""
    chance, today = random.Random(seed), clock.today()
    creditor = make_creditor()
    account, other = make_account(creditor), make_account(creditor, "0043", vat_number="IT98765432109")
    for number in range(6):
        account.add_invoice(f"{number}/2026", f"{chance.randint(10, 900)}.00", chance.randint(-60, 20), parts=2)
        other.add_invoice(f"9{number}/2026", "77.00", -5)
    with db.transaction():
        scope.enter(creditor.id)
        items = invoice_queries.items_of_debtor(account.debtor_id)
        for step in range(14):
            item = invoice_queries.items([chance.choice(items).item_id])[0]
            value_on = today - timedelta(days=chance.randint(0, 90))
            amount, source = Money(chance.randint(1, 60_000), "EUR"), Source("test", 1000 + step)
            if item.open and chance.random() < 0.75:
                invoices.settle_item(
                    item, amount, account=accounts.BANK, kind="payment", source=source, value_on=value_on
                )
            elif item.amount - item.open:
                back = Money(chance.randint(1, (item.amount - item.open).minor), "EUR")
                ledger.reopen(
                    item.item_id, back, account=accounts.REFUNDS, kind="refund", source=source, value_on=value_on
                )
        note = ids.new_id()
        new = invoices.NewInvoice(
            note, account.debtor_id, "credit_note", "NC 1", today, Money(12_345, "EUR"), (), "1/2026"
        )
        invoices.add_invoices([new])
        credit_notes.apply_credit_note(db.session().get_one(Invoice, note))
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        lines = session.scalars(select(Transfer).where(Transfer.debtor_id == account.debtor_id)).all()
        for back in range(0, 120, 7):
            day = today - timedelta(days=back)
            plain = sum(
                one.amount_minor * ((one.debit == side) - (one.credit == side))
                for one in lines
                for side in (R, U)
                if one.value_on <= day
            )
            found = queries.account(account.debtor_id, day, "Europe/Rome")
            assert sum(one.balance.minor for one in found) == plain
            for one in found:
                consistent(one)
        [now] = queries.account(account.debtor_id, today, "Europe/Rome")
        opens = select(Receivable.open_minor).where(Receivable.debtor_id == account.debtor_id)
        assert now.open.minor == sum(session.scalars(opens)), "today's is what every other page says"
