"""One movement in two formats, kinds or spellings counts once; where that is not sure, a person says so."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from portal.bank_statements import booking, queries, twins
from portal.bank_statements.models import BankMovement
from portal.core import db, scope
from portal.core.errors import NotAllowedNow
from portal.doubles.bank import BankDouble, Booked
from tests.bank_statements.world import IBAN, Treasury, euro


def table(*rows: tuple[date, str, str]) -> bytes:
    """A CSV of a bank's website: day, amount, words."""
    lines = [f"{day:%d/%m/%Y};{day:%d/%m/%Y};{amount};{words}" for day, amount, words in rows]
    return "\n".join(["Data contabile;Data valuta;Importo;Descrizione", *lines, ""]).encode()


def decide(treasury: Treasury, say: Callable[[BankMovement], object], place: int = -1) -> None:
    with db.transaction():
        scope.enter(treasury.creditor_id)
        movement = queries.locked(treasury.movements()[place].id)
        assert movement is not None
        say(movement)


def without(content: bytes, *parts: bytes) -> bytes:
    for part in parts:
        assert part in content
        content = content.replace(part, b"")
    return content


def test_a_table_after_a_statement_books_nothing_twice(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    reference = treasury.reference(item)
    treasury.bank.credit(euro("60.00"), treasury.day, reference=reference)
    treasury.bring(treasury.bank.statement(treasury.day))
    csv = table((treasury.day, "60,00", f"BONIFICO BIANCHI {reference}"))
    counts = treasury.bring(csv, name="x.csv")
    assert (counts.booked, counts.waiting, treasury.open(item), treasury.credit()) == (0, 1, 4000, 0)
    first, second = treasury.movements()
    assert (second.why, second.same_as_id) == (booking.MAY_BE_KNOWN, first.id)
    decide(treasury, twins.same)
    assert treasury.statuses() == ["booked", "ignored"]
    again = treasury.bring(csv, name="y.csv")
    assert (again.new, again.known, treasury.open(item)) == (0, 1, 4000), "nobody is asked twice"


def test_another_one_is_booked_as_if_it_had_just_come(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    reference = treasury.reference(item)
    treasury.bank.credit(euro("60.00"), treasury.day, reference=reference)
    treasury.bring(treasury.bank.statement(treasury.day))
    treasury.bring(table((treasury.day, "60,00", f"BONIFICO {reference}")), name="x.csv")
    decide(treasury, twins.another)
    assert (treasury.statuses(), treasury.open(item), treasury.credit()) == (["booked", "booked"], 0, 2000)
    assert len(treasury.events("bank_movement.told_apart")) == 1
    with db.transaction():
        scope.enter(treasury.creditor_id)
        decided = queries.locked(treasury.movements()[1].id)
        assert decided is not None
        for say in (twins.same, twins.another):
            with pytest.raises(NotAllowedNow):
                say(decided)


def test_nobody_books_what_may_be_known_without_saying_so(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    reference = treasury.reference(item)
    treasury.bank.credit(euro("60.00"), treasury.day, reference=reference)
    treasury.bring(treasury.bank.statement(treasury.day))
    treasury.bring(table((treasury.day, "60,00", reference)), name="x.csv")
    with db.transaction():
        scope.enter(treasury.creditor_id)
        waiting = queries.locked(treasury.movements()[1].id)
        assert waiting is not None
        with pytest.raises(NotAllowedNow):
            booking.accept(waiting, {item: euro("40.00")})
        with pytest.raises(NotAllowedNow):
            booking.credit(waiting, treasury.account.debtor_id)
    assert treasury.open(item) == 4000


def test_said_the_same_by_mistake_is_asked_again(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    reference = treasury.reference(item)
    treasury.bank.credit(euro("60.00"), treasury.day, reference=reference)
    treasury.bring(treasury.bank.statement(treasury.day))
    treasury.bring(table((treasury.day, "60,00", reference)), name="x.csv")
    for say in (twins.same, booking.look_again, twins.another):
        decide(treasury, say)
    assert (treasury.statuses(), treasury.open(item)) == (["booked", "booked"], 0)


def test_what_the_poorer_file_did_not_say_is_learnt_from_the_richer(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    treasury.bring(table((treasury.day, "100,00", "BONIFICO A VOSTRO FAVORE")), name="x.csv")
    assert treasury.statuses() == ["waiting"]
    treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.statuses(), treasury.open(item)) == (["waiting", "waiting"], 10000)
    decide(treasury, twins.same)
    assert (treasury.statuses(), treasury.open(item)) == (["booked", "ignored"], 0)


def test_what_says_something_else_is_booked(treasury: Treasury) -> None:
    """Two customers, one day, one amount: their references tell them apart."""
    one, other = treasury.due("60.00", "1"), treasury.due("60.00", "2")
    treasury.bank.credit(euro("60.00"), treasury.day, reference=treasury.reference(one))
    treasury.bring(treasury.bank.statement(treasury.day))
    counts = treasury.bring(table((treasury.day, "60,00", treasury.reference(other))), name="x.csv")
    assert (counts.booked, treasury.open(one), treasury.open(other)) == (1, 0, 0)


@pytest.mark.parametrize("extra", ["60,01", "another day", "the other sign"])
def test_another_amount_or_day_is_another_movement(treasury: Treasury, extra: str) -> None:
    item = treasury.due("200.00")
    reference = treasury.reference(item)
    treasury.bank.credit(euro("60.00"), treasury.day, reference=reference)
    treasury.bring(treasury.bank.statement(treasury.day))
    day = treasury.day - timedelta(days=1) if extra == "another day" else treasury.day
    amount = {"60,01": "60,01", "the other sign": "-60,00"}.get(extra, "60,00")
    treasury.bring(table((day, amount, reference)), name="x.csv")
    assert treasury.movements()[1].why != booking.MAY_BE_KNOWN


def test_a_shared_end_to_end_reference_is_proof(treasury: Treasury) -> None:
    """The table leaves out who paid, so that its words are others; the payer's reference names the transfer."""
    item = treasury.due("100.00")
    reference = treasury.reference(item)
    treasury.bank.credit(euro("60.00"), treasury.day, reference=reference, end_to_end_id="SALDO-77")
    treasury.bring(treasury.bank.statement(treasury.day))
    day = f"{treasury.day:%d/%m/%Y}"
    csv = f"Data;Importo;Descrizione;EndToEnd\n{day};60,00;{reference};SALDO-77\n".encode()
    counts = treasury.bring(csv, name="x.csv")
    assert (counts.new, counts.known, treasury.open(item)) == (0, 1, 4000)


def test_two_of_one_file_are_not_both_taken_for_one(treasury: Treasury) -> None:
    item = treasury.due("200.00")
    reference = treasury.reference(item)
    treasury.bank.credit(euro("60.00"), treasury.day, reference=reference)
    treasury.bring(treasury.bank.statement(treasury.day))
    csv = table((treasury.day, "60,00", f"uno {reference}"), (treasury.day, "60,00", f"due {reference}"))
    counts = treasury.bring(csv, name="x.csv")
    assert (counts.new, counts.booked, counts.waiting) == (2, 1, 1), "one of them is surely new"


SPELLINGS = [
    "0542811101/000000123456",
    "05428/11101/000000123456",
    "X0542811101000000123456",
    "0542811101000000123456",
    "000000123456",
    "IT60 X054 2811 1010 0000 0123 456",
]


@pytest.mark.parametrize("spelled", SPELLINGS)
@pytest.mark.parametrize("with_references", [True, False])
def test_the_account_is_the_same_however_it_is_spelled(
    treasury: Treasury, spelled: str, *, with_references: bool
) -> None:
    treasury.bank.with_references = with_references
    item = treasury.due("100.00")
    treasury.bank.credit(euro("60.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.statement(treasury.day))
    other = treasury.bank.mt940(treasury.day).replace(IBAN.encode(), spelled.encode())
    counts = treasury.bring(other, name="x.sta")
    assert (counts.new, counts.known, counts.refused, treasury.open(item)) == (0, 1, 0, 4000)


@pytest.mark.parametrize("with_references", [True, False])
def test_two_that_are_alike_stay_two_over_all_formats(treasury: Treasury, *, with_references: bool) -> None:
    treasury.bank.with_references = with_references
    item = treasury.due("100.00")
    for _ in range(2):
        treasury.bank.credit(euro("10.00"), treasury.day, reference=treasury.reference(item), end_to_end_id="X")
    bank = treasury.bank
    counts = [
        treasury.bring(tell(treasury.day)) for tell in (bank.report, bank.notification, bank.statement, bank.mt940)
    ]
    assert [(one.new, one.booked) for one in counts] == [(2, 2), (0, 0), (0, 0), (0, 0)]
    assert treasury.open(item) == 8000


def test_a_statement_without_the_booking_date_tells_of_the_same(treasury: Treasury) -> None:
    treasury.bank.with_references = False
    item = treasury.due("100.00")
    treasury.bank.credit(euro("10.00"), treasury.day, reference=treasury.reference(item))
    treasury.bring(treasury.bank.report(treasury.day))
    day = f"<BookgDt><Dt>{treasury.day}</Dt></BookgDt>".encode()
    assert treasury.bring(without(treasury.bank.statement(treasury.day), day)).new == 0
    assert treasury.open(item) == 9000


def nameless(bank: BankDouble, day: date, reference: str) -> Booked:
    """A credit to which neither the bank nor the payer gives a reference of its own."""
    bank.with_references = False
    return bank.credit(euro("10.00"), day, reference=reference, end_to_end_id="NOTPROVIDED")


@pytest.mark.parametrize("kind", ["053", "054", "csv"])
def test_two_files_that_say_the_same_of_perhaps_two_movements_are_asked_about(treasury: Treasury, kind: str) -> None:
    item = treasury.due("100.00")
    bank, reference = treasury.bank, treasury.reference(item)
    one, two = (nameless(bank, treasury.day, reference) for _ in range(2))
    if kind == "csv":
        files = [table((treasury.day, "10,00", reference)), table((treasury.day, "10,00", reference)) + b"\n"]
    else:
        tell = bank.statement if kind == "053" else bank.notification
        files = [tell(treasury.day, [one]), tell(treasury.day, [two])]
    name = "x.csv" if kind == "csv" else "x.xml"
    counts = [treasury.bring(content, name=name) for content in files]
    assert [(c.new, c.booked, c.waiting) for c in counts] == [(1, 1, 0), (1, 0, 1)]
    assert treasury.open(item) == 9000
    assert [treasury.bring(content, name=name).new for content in files] == [0, 0], "the same file twice is once"
    decide(treasury, twins.another)
    assert treasury.open(item) == 8000
    assert [treasury.bring(content, name=name).new for content in files] == [0, 0]
    whole = bank.mt940(treasury.day) if kind == "csv" else bank.report(treasury.day)
    assert treasury.bring(whole).booked == 0


def test_said_to_be_the_same_it_does_not_hide_a_second_one(treasury: Treasury) -> None:
    """Two notifications tell of one movement; the statement then tells of two."""
    item = treasury.due("100.00")
    bank, reference = treasury.bank, treasury.reference(item)
    first = nameless(bank, treasury.day, reference)
    treasury.bring(bank.notification(treasury.day, [first]))
    second = nameless(bank, treasury.day, reference)
    treasury.bring(bank.notification(treasury.day, [second]))
    decide(treasury, twins.same)
    assert treasury.open(item) == 9000
    counts = treasury.bring(bank.statement(treasury.day))
    assert (counts.known, counts.new, treasury.open(item)) == (1, 1, 8000)


def test_statements_that_follow_upon_each_other_have_nothing_in_common(treasury: Treasury) -> None:
    """The bank closes twice a day: the second begins with the balance of the first."""
    item = treasury.due("100.00")
    bank, reference = treasury.bank, treasury.reference(item)
    nameless(bank, treasury.day, reference)
    morning = bank.statement(treasury.day)
    afternoon = BankDouble(IBAN, opening=euro("10.00"), with_references=False)
    nameless(afternoon, treasury.day, reference)
    files = [morning, afternoon.statement(treasury.day).replace(b"053-", b"053-2-")]
    assert [treasury.bring(content).booked for content in files] == [1, 1]
    assert treasury.open(item) == 8000
    assert [treasury.bring(content).new for content in files] == [0, 0]


def test_tables_that_overlap_ask_nobody(treasury: Treasury) -> None:
    item = treasury.due("500.00")
    reference = treasury.reference(item)
    days = [treasury.day - timedelta(days=back) for back in (4, 3, 2, 1)]
    rows = [(day, f"{number}0,00", reference) for number, day in enumerate(days, start=1)]
    assert treasury.bring(table(*rows[:3]), name="a.csv").booked == 3
    counts = treasury.bring(table(*rows[1:]), name="b.csv")
    assert (counts.known, counts.booked, counts.waiting) == (2, 1, 0)
    assert treasury.open(item) == 50000 - 10000
