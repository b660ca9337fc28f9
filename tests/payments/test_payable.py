"""The one function that says what is payable now, without a database (pain 5, decision 27)."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from portal.core.money import Money
from portal.invoices.payable import payable_now, why_not_payable
from portal.invoices.queries import Item

ITEM = Item(
    item_id=1,
    invoice_id=2,
    debtor_id=3,
    number="128/2026",
    issued_on=date(2026, 11, 1),
    due_on=date(2026, 12, 1),
    position=1,
    amount=Money(10000, "EUR"),
    open=Money(10000, "EUR"),
    reference="RF25A",
    iban=None,
    withdrawn=False,
    reserved_by=None,
)


def item(**changes: object) -> Item:
    return replace(ITEM, **changes)  # type: ignore[arg-type]


def test_what_is_open_is_what_is_payable() -> None:
    assert payable_now([ITEM]).total == Money(10000, "EUR")
    assert payable_now([item(open=Money(2550, "EUR"))]).total == Money(2550, "EUR")


def test_what_stands_in_the_way_is_said() -> None:
    for changes, word in (
        ({"withdrawn": True}, "withdrawn"),
        ({"open": Money(0, "EUR")}, "closed"),
        ({"open": Money(500, "USD"), "amount": Money(500, "USD")}, "USD"),
        ({"reserved_by": 7}, "open right now"),
    ):
        found = payable_now([item(**changes)])
        assert (found.total, found.payable_lines) == (Money(0, "EUR"), ())
        assert word in str(found.lines[0].why_not)
    assert why_not_payable(ITEM) is None


def test_a_reserved_item_names_who_reserves_it() -> None:
    assert payable_now([ITEM, item(item_id=4, reserved_by=7), item(item_id=5, reserved_by=7)]).reserved_by == {7}


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**9), st.sampled_from(["EUR", "USD", "JPY"]), st.booleans(), st.none() | st.just(9)
        )
    )
)
def test_the_total_is_the_sum_of_what_is_free_and_in_euro(rows: list[tuple[int, str, bool, int | None]]) -> None:
    items = [
        item(item_id=n, open=Money(minor, currency), withdrawn=withdrawn, reserved_by=reserved)
        for n, (minor, currency, withdrawn, reserved) in enumerate(rows)
    ]
    found = payable_now(items)
    free = [
        minor for minor, currency, withdrawn, reserved in rows if currency == "EUR" and not withdrawn and not reserved
    ]
    assert found.total == Money(sum(free), "EUR")
    assert len(found.lines) == len(rows)
    assert all((line.why_not is None) == bool(line.amount) for line in found.lines)
