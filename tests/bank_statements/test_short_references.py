"""A bank that begins again with its references swallows no payment: what else differs tells two movements apart."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from portal.bank_statements import booking, twins
from portal.doubles.bank import BankDouble, Booked
from tests.bank_statements.test_known import decide
from tests.bank_statements.world import Treasury, euro

FORMATS = ["camt", "mt940"]
Tell = Callable[[date], bytes]


def telling(bank: BankDouble, kind: str) -> Tell:
    """The bank's statements, every reference in them as short as it gets."""
    tell = bank.statement if kind == "camt" else bank.mt940

    def short(day: date) -> bytes:
        content = tell(day)
        for one in bank.booked:
            content = content.replace(one.bank_reference.encode(), b"1")
        return content

    return short


def longer_ago(treasury: Treasury, days: int) -> date:
    """The treasury's day lies so long before what comes next."""
    later = treasury.day
    treasury.day = later - timedelta(days=days)
    return later


def two(treasury: Treasury, later: date, **values: str) -> tuple[Booked, Booked, int, int]:
    """Two credits of one amount, the second of another day; what each pays."""
    items = treasury.due("100.00", "1"), treasury.due("100.00", "2")
    first = treasury.bank.credit(
        euro("100.00"), treasury.day, reference=treasury.reference(items[0]), name="Rossi", iban=None
    )
    second = treasury.bank.credit(euro("100.00"), later, name=values.get("name", "Verdi"), iban=None,
                                  reference=values.get("reference", treasury.reference(items[1])),
                                  end_to_end_id=values.get("end_to_end_id"))  # fmt: skip
    return first, second, *items


@pytest.mark.parametrize("kind", FORMATS)
def test_a_reference_used_again_for_another_payment_is_another(treasury: Treasury, kind: str) -> None:
    later = longer_ago(treasury, 35)
    *_, one, other = two(treasury, later)
    tell = telling(treasury.bank, kind)
    counts = [treasury.bring(tell(day)) for day in (treasury.day, later)]
    assert [(found.new, found.known, found.booked) for found in counts] == [(1, 0, 1), (1, 0, 1)]
    assert (treasury.open(one), treasury.open(other)) == (0, 0)
    for again in FORMATS:
        tell = telling(treasury.bank, again)
        assert [treasury.bring(tell(day) + b"\n").new for day in (treasury.day, later)] == [0, 0], (
            "once, in any format"
        )


@pytest.mark.parametrize("kind", FORMATS)
def test_where_nothing_but_the_day_differs_a_person_says_so(treasury: Treasury, kind: str) -> None:
    later = longer_ago(treasury, 7)
    one = treasury.due("200.00")
    for day in (treasury.day, later):
        treasury.bank.credit(euro("100.00"), day, reference=treasury.reference(one), end_to_end_id="RATA")
    treasury.bank.debit(euro("1.00"), treasury.day + timedelta(days=1))  # on a statement that nobody brings
    tell = telling(treasury.bank, kind)
    counts = [treasury.bring(tell(day)) for day in (treasury.day, later)]
    assert [(found.new, found.booked, found.waiting) for found in counts] == [(1, 1, 0), (1, 0, 1)]
    first, second = treasury.movements()
    assert (second.why, second.same_as_id, treasury.open(one)) == (booking.MAY_BE_KNOWN, first.id, 10000)
    decide(treasury, twins.another)
    assert treasury.open(one) == 0
    assert [treasury.bring(tell(day)).new for day in (treasury.day, later)] == [0, 0]


@pytest.mark.parametrize("differs", ["purpose", "payer", "end to end"])
def test_on_one_day_too_what_differs_is_asked_about(treasury: Treasury, differs: str) -> None:
    """Two notifications of one day: the bank counts anew in each."""
    same = {"reference": "", "name": "Rossi", "end_to_end_id": "E2E-1"}
    same.pop({"purpose": "reference", "payer": "name", "end to end": "end_to_end_id"}[differs])
    first, second, _, other = two(treasury, treasury.day, **same)
    files = [
        treasury.bank.notification(treasury.day, [one]).replace(one.bank_reference.encode(), b"1")
        for one in (first, second)
    ]
    if differs == "payer":  # nothing else names either
        files = [content.replace(b"E2E-1", b"NOTPROVIDED") for content in files]
    counts = [treasury.bring(content) for content in files]
    assert [(found.new, found.waiting) for found in counts] == [(1, 0), (1, 1)]
    assert (treasury.movements()[1].why, treasury.open(other)) == (booking.MAY_BE_KNOWN, 10000)
    assert [treasury.bring(content + b"\n").new for content in files] == [0, 0]


def test_a_batch_under_a_reference_used_again_comes_in_whole(treasury: Treasury) -> None:
    items = [treasury.due("10.00", str(number)) for number in range(1, 5)]
    later = longer_ago(treasury, 35)
    for day, of_it in ((treasury.day, items[:2]), (later, items[2:])):
        treasury.bank.batch([(euro("10.00"), treasury.reference(item)) for item in of_it], day)
    counts = []
    for day in (treasury.day, later):
        content = treasury.bank.notification(day)
        for one in treasury.bank.booked:
            content = content.replace(one.bank_reference.encode(), b"1")
        counts.append(treasury.bring(content))
        assert treasury.bring(content + b"\n").new == 0
    assert [(found.new, found.booked) for found in counts] == [(2, 2), (2, 2)]
    assert [treasury.open(item) for item in items] == [0, 0, 0, 0]


def test_a_sum_that_waits_stays_when_its_reference_is_used_again(treasury: Treasury) -> None:
    later = longer_ago(treasury, 35)
    item = treasury.due("10.00")
    for day in (treasury.day, later):
        treasury.bank.batch([(euro("10.00"), treasury.reference(item)), (euro("5.00"), None)], day)
    contents = [treasury.bank.statement(treasury.day), treasury.bank.notification(later)]
    for place in (0, 1):
        for one in treasury.bank.booked:
            contents[place] = contents[place].replace(one.bank_reference.encode(), b"1")
        treasury.bring(contents[place])
    assert treasury.statuses()[0] == "waiting", "it is still for somebody to look at"
    assert len(treasury.movements()) == 3
