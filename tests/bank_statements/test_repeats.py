"""Import twice is once: by the bank's reference, by content, over files, formats, splits and crashes."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.bank_statements import own_accounts, taking_in
from portal.core import db, scope
from portal.core.money import Money
from portal.doubles.bank import BankDouble, Booked
from portal.settings import Settings
from tests.bank_statements.world import IBAN, Treasury, euro, make_treasury
from tests.databases import Prepared

OTHER = "DE89370400440532013000"


def test_the_same_file_twice_is_once(treasury: Treasury) -> None:
    item = treasury.due("100.00")
    treasury.bank.credit(euro("40.00"), treasury.day, reference=treasury.reference(item))
    content = treasury.bank.statement(treasury.day)
    first, second = treasury.bring(content), treasury.bring(content)
    assert (first.new, first.known, second.new, second.known) == (1, 0, 0, 1)
    assert treasury.open(item) == 6000
    assert treasury.mails() == ["transfer_partial"]


@pytest.mark.parametrize("with_references", [True, False])
def test_two_that_say_the_same_are_two_and_stay_two(treasury: Treasury, *, with_references: bool) -> None:
    treasury.bank.with_references = with_references
    item = treasury.due("100.00")
    for _ in range(2):
        treasury.bank.credit(
            euro("40.00"), treasury.day, reference=treasury.reference(item), end_to_end_id="the same"
        )
    content = treasury.bank.statement(treasury.day)
    counts = [treasury.bring(content), treasury.bring(content)]
    assert [(one.new, one.known) for one in counts] == [(2, 0), (0, 2)]
    assert treasury.open(item) == 2000


@pytest.mark.parametrize("order", ["052 053 054", "054 053 052", "053 054 mt940", "mt940 052 053"])
@pytest.mark.parametrize("with_references", [True, False])
def test_report_statement_and_notification_tell_of_one_movement(
    treasury: Treasury, order: str, *, with_references: bool
) -> None:
    treasury.bank.with_references = with_references
    item = treasury.due("100.00")
    treasury.bank.credit(euro("40.00"), treasury.day, reference=treasury.reference(item))
    made = {
        "052": treasury.bank.report,
        "053": treasury.bank.statement,
        "054": treasury.bank.notification,
        "mt940": treasury.bank.mt940,
    }
    counts = [treasury.bring(made[kind](treasury.day)) for kind in order.split()]
    assert [one.new for one in counts] == [1, 0, 0]
    assert treasury.open(item) == 6000


def test_a_report_of_the_day_so_far_is_no_second_movement(treasury: Treasury) -> None:
    """CAMT.052 repeats what it said an hour ago, and one file may hold two of them."""
    treasury.bank.with_references = False
    first = treasury.bank.credit(euro("10.00"), treasury.day, text="uno", end_to_end_id="NOTPROVIDED")
    morning = treasury.bank.report(treasury.day, [first])
    treasury.bank.credit(euro("10.00"), treasury.day, text="uno", end_to_end_id="NOTPROVIDED")
    assert [treasury.bring(morning).new, treasury.bring(treasury.bank.report(treasury.day)).new] == [1, 1]
    assert treasury.bring(treasury.bank.statement(treasury.day)).new == 0


@pytest.mark.parametrize("notification_first", [True, False])
def test_a_batch_is_taken_apart_and_not_doubled(treasury: Treasury, *, notification_first: bool) -> None:
    """The statement books the sum, the notification says the parts."""
    one, two = treasury.due("10.00", "1"), treasury.due("20.00", "2")
    parts = [(euro("10.00"), treasury.reference(one)), (euro("20.00"), treasury.reference(two))]
    treasury.bank.batch(parts, treasury.day)
    statement, notification = treasury.bank.statement(treasury.day), treasury.bank.notification(treasury.day)
    for content in (notification, statement) if notification_first else (statement, notification):
        treasury.bring(content)
        treasury.bring(content)
    assert (treasury.open(one), treasury.open(two)) == (0, 0)
    booked = [movement for movement in treasury.movements() if movement.status.value == "booked"]
    assert sum(movement.amount_minor for movement in booked) == 3000
    assert [m.why for m in treasury.movements() if m.part is None] == ([] if notification_first else ["taken_apart"])


def test_a_crash_between_chunks_loses_nothing(treasury: Treasury, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [treasury.due("10.00", str(number)) for number in range(6)]
    for item in items:
        treasury.bank.credit(euro("10.00"), treasury.day, reference=treasury.reference(item))
    treasury.bank.batch([(euro("1.00"), None), (euro("2.00"), None), (euro("3.00"), None)], treasury.day)
    content = treasury.bank.notification(treasury.day)
    monkeypatch.setattr(taking_in, "CHUNK", 3)
    keep, calls = taking_in._take_chunk, []

    def dies(*args: object) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        keep(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(taking_in, "_take_chunk", dies)
    with pytest.raises(KeyboardInterrupt):
        treasury.bring(content)
    assert 0 < len(treasury.movements()) < 9
    counts = treasury.go_on()
    assert (counts.new, counts.known, counts.booked, len(treasury.movements())) == (9, 0, 6, 9)
    assert [treasury.open(item) for item in items] == [0] * 6


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), with_references=st.booleans())
def test_any_split_over_files_and_repeats_gives_the_same_ledger(
    prepared: Prepared, house: Settings, tmp_path: Path, seed: int, *, with_references: bool
) -> None:
    """Whatever the files, their order and their repetitions: the ledger is that of each movement once."""
    chance = random.Random(seed)
    prepared.reset()
    folder = tmp_path / str(seed) / str(with_references)
    folder.mkdir(parents=True)
    treasury = make_treasury(folder)
    items = [treasury.due(f"{chance.randint(20, 90)}.00", str(number)) for number in range(3)]
    references = [treasury.reference(item) for item in items]
    bank = BankDouble(IBAN, with_references=with_references)
    expected = dict.fromkeys(items, 0)
    for number in range(chance.randint(1, 8)):
        place, amount = chance.randrange(3), euro(chance.randint(1, 6))
        bank.credit(
            amount,
            treasury.day + timedelta(days=chance.randrange(2)),
            reference=references[place],
            end_to_end_id=f"E{number}" if chance.random() < 0.7 else None,
        )
        expected[items[place]] += amount.minor
    opened = {item: treasury.open(item) for item in items}
    for content in _files(bank, chance):
        treasury.bring(content)
    assert {item: opened[item] - treasury.open(item) for item in items} == expected
    assert len(treasury.movements()) == len(bank.booked)
    assert treasury.books() == treasury.books()


def _files(bank: BankDouble, chance: random.Random) -> list[bytes]:
    """Every movement at least once, in pieces of some kind, some of them twice, in any order."""
    files = []
    for day in {one.booked_on for one in bank.booked}:
        moved = [one for one in bank.booked if one.booked_on == day]
        chance.shuffle(moved)
        pieces = _pieces(moved, chance)
        tell = (bank.report, bank.notification, bank.statement)
        files += [chance.choice(tell)(day, piece) for piece in pieces]
        files += [chance.choice(tell)(day, chance.choice(pieces)) for _ in range(chance.randrange(3))]
        if chance.random() < 0.5:
            files.append(bank.statement(day))
    chance.shuffle(files)
    return files


def _pieces(moved: list[Booked], chance: random.Random) -> list[list[Booked]]:
    cuts = sorted(chance.sample(range(1, len(moved)), chance.randrange(len(moved)))) if len(moved) > 1 else []
    return [moved[start:end] for start, end in zip([0, *cuts], [*cuts, len(moved)], strict=True)]


def test_money_of_another_account_is_another_movement(treasury: Treasury) -> None:
    other = BankDouble(OTHER)
    for bank in (treasury.bank, other):
        bank.credit(Money(1000, "EUR"), treasury.day, text="uno")
    with db.transaction():
        scope.enter(treasury.creditor_id)
        own_accounts.confirm([OTHER], known_by=own_accounts.BY_PERSON)
    assert treasury.bring(treasury.bank.statement(treasury.day), other.statement(treasury.day)).new == 2
