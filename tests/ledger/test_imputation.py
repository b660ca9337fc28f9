"""What is open apart: interest and costs before capital, credit notes off capital, what went back as it was (B-11)."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.core.money import Money
from portal.ledger.rules import Line, fold, gathered, open_apart, open_apart_of_all

FIRST = date(2026, 1, 1)


def line(day: int, kind: str, minor: int) -> Line:
    return Line(FIRST + timedelta(days=day), kind, Money(minor, "EUR"))


def apart(*lines: Line) -> tuple[int, int, int]:
    found = open_apart(lines, "EUR")
    assert found.total == found.capital + found.interest + found.costs
    return found.capital.minor, found.interest.minor, found.costs.minor


CHARGE = line(0, "invoice", 1000_00)
LATE = (CHARGE, line(30, "interest", 9_00), line(30, "costs", 40_00))


def test_interest_and_costs_come_before_capital() -> None:
    assert apart(*LATE) == (1000_00, 9_00, 40_00)
    assert apart(*LATE, line(31, "payment", -5_00)) == (1000_00, 4_00, 40_00)
    assert apart(*LATE, line(31, "payment", -20_00)) == (1000_00, 0, 29_00)
    assert apart(*LATE, line(31, "payment", -100_00)) == (949_00, 0, 0)


def test_interest_of_the_day_of_payment_comes_first_whatever_was_booked_first() -> None:
    assert apart(CHARGE, line(30, "payment", -100_00), line(30, "interest", 9_00)) == (909_00, 0, 0)
    assert apart(CHARGE, line(29, "payment", -100_00), line(30, "interest", 9_00)) == (900_00, 9_00, 0)


def test_a_credit_note_lowers_capital_first() -> None:
    assert apart(*LATE, line(31, "credit_note", -300_00)) == (700_00, 9_00, 40_00)
    assert apart(*LATE, line(31, "credit_note", -1020_00)) == (0, 0, 29_00)


def test_what_is_taken_back_of_interest_was_paid_for_something_else() -> None:
    paid = (*LATE, line(31, "payment", -100_00))
    assert apart(*paid, line(40, "interest", -9_00)) == (940_00, 0, 0)
    assert apart(*LATE, line(40, "interest_waived", -4_00)) == (1000_00, 5_00, 40_00)
    assert apart(*LATE, line(40, "costs_waived", -40_00)) == (1000_00, 9_00, 0)


def test_a_payment_that_went_back_leaves_the_others() -> None:
    """D: a returned transfer reopens the item without wiping earlier payments."""
    two = (*LATE, line(31, "payment", -100_00), line(45, "payment", -200_00))
    assert apart(*two) == (749_00, 0, 0)
    assert apart(*two, line(50, "payment_bounced", 100_00)) == (800_00, 9_00, 40_00)
    assert apart(*two, line(50, "payment_bounced", 200_00)) == (949_00, 0, 0)
    assert apart(*two, line(50, "refund", 50_00)) == (799_00, 0, 0), "a part of the last one"
    assert apart(*two, line(50, "payment_bounced", 100_00), line(51, "payment_bounced", 200_00)) == (
        1000_00,
        9_00,
        40_00,
    )


def test_money_that_came_before_the_invoice() -> None:
    assert apart(line(-3, "payment", -400_00), CHARGE) == (600_00, 0, 0)
    assert apart(line(-3, "payment", -400_00), CHARGE, line(5, "payment_bounced", 400_00)) == (1000_00, 0, 0)


def test_money_that_was_too_much_pays_what_is_open_again() -> None:
    lines = [CHARGE, line(1, "payment", -1), line(1, "payment", -500_00), line(1, "payment", -500_00)]
    assert apart(*lines, line(2, "payment_bounced", 1)) == (0, 0, 0)


def test_several_due_items_each_for_itself() -> None:
    first, second = [CHARGE, line(5, "payment", -1000_00)], list(LATE)
    together = open_apart_of_all([first, second], "EUR")
    assert (together.capital.minor, together.interest.minor, together.costs.minor) == (1000_00, 9_00, 40_00)


def test_days_of_interest_are_one_line_for_a_reader() -> None:
    shown = gathered(
        [CHARGE, line(1, "interest", 1), line(2, "interest", 2), line(3, "payment", -5), line(4, "interest", 3)]
    )
    assert [(one.on.day, one.kind, one.amount.minor) for one in shown] == [
        (1, "invoice", 1000_00), (3, "interest", 3), (4, "payment", -5), (5, "interest", 3),
    ]  # fmt: skip
    assert gathered([CHARGE, line(1, "interest", 5), line(2, "interest", -5)]) == [CHARGE]


KINDS = st.sampled_from(
    ["interest", "costs", "payment", "settlement", "credit_note", "interest_waived", "payment_bounced"]
)


@given(st.lists(st.tuples(st.integers(-10, 90), KINDS, st.integers(1, 500_00))))
def test_the_parts_are_never_negative_and_always_sum_to_the_lines(drawn: list[tuple[int, str, int]]) -> None:
    raising = {"interest", "costs", "payment_bounced"}
    lines = [CHARGE] + [line(day, kind, minor if kind in raising else -minor) for day, kind, minor in drawn]
    balance = fold(lines)
    assert min(*balance.open.values(), balance.ahead) >= 0
    assert balance.total - balance.ahead == sum(one.amount.minor for one in lines)
    assert balance.total == 0 or balance.ahead == 0
