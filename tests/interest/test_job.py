"""The daily job: books what is due and no more, once, late or after an outage, on both engines."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import db, ids, jobs, scope
from portal.core.money import Money
from portal.core.outbox import OutboxRow
from portal.interest import actions, queries
from portal.interest import jobs as interest_jobs
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Reservation
from portal.invoices.payable import payable_now
from portal.ledger import accounts, origins
from portal.ledger import queries as ledger
from portal.overpayments.models import Overpayment
from portal.settings import Settings
from tests.interest.late_world import Late, add_late, choose, eur, make_late, run_job

Travel = Callable[[date], None]


@pytest.fixture
def on(house: Settings) -> Iterator[Travel]:
    """Takes the test to the morning of a day."""
    with time_machine.travel("2023-05-01 07:00:00+00:00", tick=False) as traveller:
        yield lambda day: traveller.move_to(f"{day.isoformat()} 07:00:00+00:00")


def day_by_day(on: Travel, first: date, last: date, step: int = 1) -> None:
    while first <= last:
        on(first)
        run_job()
        first += timedelta(days=step)
    on(last)
    run_job()


def test_nothing_unless_it_was_switched_on(on: Travel) -> None:
    late = make_late(interest_on=False)
    on(date(2023, 9, 1))
    run_job()
    assert late.books()[2:] == (eur("0.00"), eur("0.00"))
    choose(late.account.creditor_id, interest_on=True)
    run_job()
    assert late.booked() == eur("86.30") + eur("203.84"), "62 days at 12 per cent"
    assert late.booked("costs") == eur("0.00"), "costs are a choice of their own"


def test_nothing_before_due_and_nothing_on_the_due_date(on: Travel) -> None:
    late = make_late(costs_on=True)
    for day in (date(2023, 5, 20), date(2023, 5, 31), date(2023, 6, 1)):
        on(day)
        run_job()
        assert late.item().open == eur("10000.00"), day
    on(date(2023, 6, 2))
    run_job()
    assert late.lines()[1:] == [("2023-06-01", "costs", "40.00"), ("2023-06-01", "interest", "2.88")]


def test_the_vector_in_the_books(on: Travel) -> None:
    """I1, day by day through a winter: rows, total and what is payable are those of the rule."""
    late = make_late()
    day_by_day(on, date(2023, 6, 1), date(2024, 2, 16), step=7)
    assert late.booked() == eur("848.76")
    assert late.item().open == eur("10848.76")
    (line,) = late.within(lambda: payable_now(invoice_queries.items([late.item_id]))).lines
    assert line.amount == eur("10848.76"), "one function says what is payable, and it knows of interest"
    assert late.within(ledger.unbalanced) == []


def test_running_it_twice_late_or_after_an_outage_ends_in_the_same_books(on: Travel) -> None:
    """One is counted every day, one after two months of silence; a part is paid on the way, some of it told late."""

    def live(slug: str, *, daily: bool) -> Late:
        on(date(2023, 5, 1))
        late = make_late(slug=slug, costs_on=True)
        for day in (date(2023, 6, 20), date(2023, 7, 15)):
            if daily:
                day_by_day(on, date(2023, 6, 1) if day.month == 6 else date(2023, 6, 21), day)
            on(day)
            late.pay("2500.00", day)
        on(date(2023, 9, 1))
        late.pay("1000.00", date(2023, 8, 1))
        run_job()
        run_job()
        return late

    steady, silent = live("steady", daily=True), live("silent", daily=False)
    assert len(steady.lines()) > len(silent.lines())
    assert steady.books() == silent.books()
    assert steady.apart().capital > eur("4000.00")
    before = silent.lines()
    choose(silent.account.creditor_id, consumer_hundredths=1)
    run_job()
    assert silent.lines() == before, "counted anew, nothing to book"


def test_a_backdated_payment_ends_as_if_it_had_been_known(on: Travel) -> None:
    known, late = make_late(slug="known"), make_late(slug="late")
    on(date(2023, 6, 20))
    known.pay("6000.00", date(2023, 6, 20))
    day_by_day(on, date(2023, 6, 21), date(2023, 8, 20), step=5)
    late.pay("6000.00", date(2023, 6, 20))
    jobs.work_off()
    assert late.books() == known.books()
    (told,) = late.told("interest.reduced")
    assert told[1]["open_minor"] == late.item().open.minor
    assert late.booked() < eur("200.00")


def test_paid_in_time_but_told_late_takes_everything_back(on: Travel) -> None:
    late = make_late(costs_on=True)
    on(date(2023, 7, 1))
    run_job()
    assert late.booked("costs") == eur("40.00")
    late.pay("10000.00", date(2023, 5, 31))
    jobs.work_off()
    assert late.item().open == eur("0.00")
    assert late.books()[1:] == ([], eur("0.00"), eur("0.00"))
    assert [name for name, _ in late.told("costs.")] == ["costs.charged", "costs.reduced"]
    assert [name for name, _ in late.told("invoice.settled")] == ["invoice.settled"]
    with db.transaction() as session:
        scope.enter(late.account.creditor_id)
        receivable = session.get(queries.Receivable, late.item_id)
        assert receivable is not None
        assert receivable.closed_on == date(2023, 5, 31), (
            "the day on which it was paid, not on which we learned of it"
        )


def test_too_much_by_then_becomes_the_debtors_credit(on: Travel) -> None:
    late = make_late()
    on(date(2023, 8, 1))
    run_job()
    late.pay(late.item().open.plain, date(2023, 6, 30))  # all that stood there, a month earlier than we knew
    jobs.work_off()
    apart, credit, interest, _ = late.books()
    assert apart.total == eur("0.00")
    assert interest == eur("86.30")
    assert credit == [eur("10188.22") - eur("10086.30")], "31 days of July, less what was due by then"


@pytest.mark.parametrize("shown_on", [date(2023, 9, 14), date(2023, 9, 15)], ids=["the day before", "the same day"])
def test_who_pays_what_stood_on_the_page_owes_nothing_more(on: Travel, shown_on: date) -> None:
    """A Friday: paid by card at once, or a transfer ordered on Thursday."""
    late = make_late()
    day_by_day(on, date(2023, 9, 1), shown_on, step=4)
    late_amount = late.item().open.plain
    on(date(2023, 9, 15))
    run_job() if shown_on == date(2023, 9, 15) else None
    late.pay(late_amount, date(2023, 9, 15))
    for day in (date(2023, 9, 16), date(2023, 9, 30)):
        on(day)
        run_job()
        assert late.item().open == eur("0.00"), day


def test_who_pays_the_capital_alone_still_owes_what_interest_took(on: Travel) -> None:
    late = make_late()
    on(date(2023, 7, 1))
    late.pay("10000.00", date(2023, 6, 30))
    jobs.work_off()
    assert late.item().open == eur("86.30")
    assert late.apart().capital == eur("86.30"), "interest comes first (art. 1194 c.c.)"


def test_costs_once_for_an_invoice_of_several_parts(on: Travel) -> None:
    late = make_late(
        costs_on=True,
        parts=((date(2023, 5, 31), "100.00"), (date(2023, 6, 30), "100.00"), (date(2023, 7, 31), "100.00")),
    )
    day_by_day(on, date(2023, 5, 30), date(2023, 9, 1), step=10)
    booked = [data["amount_minor"] for name, data in late.told("costs.charged")]
    assert booked == [4000]
    assert late.booked("costs") == eur("40.00"), "on the part that was late first"


def test_a_consumer_pays_the_legal_rate_and_no_costs(on: Travel) -> None:
    late = make_late("850.00", date(2024, 12, 10), kind="consumer", costs_on=True)
    on(date(2025, 4, 1))
    run_job()
    assert late.booked() == eur("5.41"), "I3"
    assert late.booked("costs") == eur("0.00")
    choose(late.account.creditor_id, consumer_hundredths=100)
    run_job()
    assert late.booked() == eur("2.59"), "21 and 90 days at 1 per cent, as agreed"
    choose(late.account.creditor_id, consumer_hundredths=2000)
    run_job()
    assert late.booked() == eur("5.41"), "more than the law gives is not asked for"


def test_a_half_year_that_nobody_verified_is_waited_for(on: Travel) -> None:
    late = make_late("1000.00", date(2026, 5, 31), slug="waits")
    on(date(2026, 11, 21))
    run_job()
    assert late.booked() == eur("8.34"), "30 days of June at 10.15 per cent"
    assert late.item().interest_waits_from == date(2026, 7, 1)
    late.pay("1008.34", date(2026, 11, 20))
    jobs.work_off()
    assert late.item().open == eur("0.00"), "who paid all that could be asked is done"


def test_nothing_while_something_is_wrong_with_it(on: Travel) -> None:
    late = make_late(costs_on=True)
    on(date(2023, 5, 30))
    late.within(lambda: invoices.hold(invoice_queries.items([late.item_id])[0], holds.PROBLEM_REPORTED, 1, None))
    for day in (date(2023, 6, 5), date(2023, 6, 20)):
        on(day)
        run_job()
        assert late.item().open == eur("10000.00"), day
    late.within(lambda: invoices.release(late.item_id))
    on(date(2023, 6, 26))
    run_job()
    assert late.lines()[1:] == [("2023-06-21", "costs", "40.00"), ("2023-06-25", "interest", "14.38")], "five days"


def test_a_credit_note_lowers_capital_and_bears_no_interest(on: Travel) -> None:
    late = make_late()
    on(date(2023, 7, 1))
    run_job()
    late.credit("4000.00", date(2023, 6, 25))
    jobs.work_off()
    assert late.apart().capital == eur("6000.00")
    assert late.booked() == eur("51.78"), "30 days on what was owed in truth"
    late.credit("6000.00", date(2023, 6, 28))
    jobs.work_off()
    assert late.item().open == eur("0.00")
    assert late.books()[1:] == ([], eur("0.00"), eur("0.00"))


def test_a_payment_that_comes_back_is_owed_again_and_others_stay(on: Travel) -> None:
    late = make_late()
    on(date(2023, 6, 10))
    run_job()
    late.pay("3000.00", date(2023, 6, 10))
    late.pay("2000.00", date(2023, 6, 12))
    on(date(2023, 7, 1))
    late.bounce("3000.00", date(2023, 6, 20))
    run_job()
    apart = late.apart()
    assert apart.total == eur("8000.00") + late.booked()
    assert apart.capital == eur("8004.04"), (
        "what the second payment paid stays paid: 4.04 of interest, the rest of capital"
    )
    assert late.booked() < eur("86.30"), "no interest while the creditor had the money"


def test_what_the_creditor_called_settled_stays_settled(on: Travel) -> None:
    late = make_late()
    on(date(2023, 9, 1))
    late.pay("10000.00", date(2023, 8, 31), account=accounts.ELSEWHERE, kind="settlement")
    run_job()
    on(date(2023, 9, 5))
    run_job()
    assert late.item().open == eur("0.00")
    assert late.booked() == eur("0.00")


def test_other_currencies_and_withdrawn_invoices_are_left_alone(on: Travel) -> None:
    franc = make_late(slug="franc", currency="CHF", costs_on=True)
    gone = make_late(slug="gone", costs_on=True)
    gone.within(lambda: invoices.withdraw(invoice_queries.invoice(gone.invoice_id)))  # type: ignore[arg-type]
    early = make_late(slug="early", due_from=date(2023, 6, 1))
    on(date(2023, 9, 1))
    run_job()
    assert franc.item().open == Money(10000_00, "CHF")
    assert gone.item().open == early.item().open == eur("10000.00")


def test_it_works_once_a_day_and_one_creditors_trouble_is_its_own(
    on: Travel, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = make_late(slug="one"), make_late(slug="two")
    on(date(2023, 7, 1))
    asked: list[int] = []
    counting = actions.count_invoices

    def counted(chosen: queries.InterestPolicy, ids_: list[int], until: date, zone: str) -> None:
        asked.append(chosen.creditor_id)
        if chosen.creditor_id == one.account.creditor_id and len(asked) == 1:
            raise RuntimeError("planted")
        counting(chosen, ids_, until, zone)

    monkeypatch.setattr(actions, "count_invoices", counted)
    interest_jobs.count_interest()
    assert other.booked() == eur("86.30")
    assert one.booked() == eur("0.00")
    interest_jobs.count_interest()
    assert one.booked() == eur("86.30")
    assert asked.count(other.account.creditor_id) == 1
    interest_jobs.count_interest()
    assert len(asked) == 3


def test_more_invoices_than_one_transaction_takes(on: Travel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interest_jobs, "AT_ONCE", 2)
    late = make_late()
    others = [add_late(late.account, "10000.00", date(2023, 5, 31), number=f"n{n}") for n in range(4)]
    on(date(2023, 7, 1))
    run_job()
    assert {one.booked() for one in [late, *others]} == {eur("86.30")}


def test_an_open_card_page_closes_when_interest_is_booked(on: Travel) -> None:
    """What it asks for is no longer what is open: nobody shall pay the old amount there."""
    late, other = make_late(slug="one"), make_late(slug="two", interest_on=False)
    on(date(2023, 7, 1))
    for attempt_id, one in ((11, late), (12, other)):
        one.within(
            lambda attempt_id=attempt_id, one=one: db.session().add(
                Reservation(
                    id=ids.new_id(), debtor_id=one.account.debtor_id, attempt_id=attempt_id, due_item_id=one.item_id,
                    amount_minor=10000_00, is_open=True,
                )
            )
        )  # fmt: skip
    interest_jobs.count_interest()
    with db.transaction(writes=False) as session:
        expiring = session.execute(select(OutboxRow.subject_id).where(OutboxRow.kind == "payments.expire")).all()
    assert [row.subject_id for row in expiring] == [11]


def test_reading_never_books_interest(on: Travel) -> None:
    """Only the job does: reading what is due, however late, leaves the books as they are."""
    late = make_late()
    on(date(2023, 12, 1))
    before = late.lines()
    late.within(lambda: payable_now(invoice_queries.items([late.item_id])))
    late.within(lambda: queries.histories([late.invoice_id], "Europe/Rome"))
    assert late.lines() == before


def too_much(late: Late) -> list[tuple[str, str, int, int]]:
    """What its owner may decide about: where it comes from, how it stands, how much, of which document."""
    rows = late.within(lambda: db.session().scalars(select(Overpayment).order_by(Overpayment.id)).all())
    return [(one.came_by, one.status.value, one.left.minor, one.invoice_id) for one in rows]


def credit(late: Late) -> int:
    def books() -> int:
        assert ledger.unbalanced() == []
        assert origins.unbalanced() == []
        assert ledger.above_charges() == []
        return sum(one.minor for one in ledger.unallocated(late.account.debtor_id))

    return int(late.within(books))


def test_interest_that_was_paid_and_is_not_due_after_all_is_its_owners(on: Travel) -> None:
    """A payment comes to be known of that was made a month before: what was too much is nobody's secret."""
    late = make_late()
    on(date(2023, 7, 10))
    run_job()
    late.pay("10100.00", date(2023, 6, 10))
    run_job()
    assert [(found[0], found[1], found[3]) for found in too_much(late)] == [("interest", "open", late.invoice_id)]
    assert sum(found[2] for found in too_much(late)) == credit(late)
    run_job()
    assert len(too_much(late)) == 1, "counted again it is the same"
    [told] = [data for name, data in late.told("interest.credited")]
    assert (told["amount_minor"], told["what"]) == (credit(late), "interest")
    assert "overpayment.opened" in [name for name, _ in late.told("overpayment.")]


def test_a_credit_note_after_interest_was_paid_leaves_credit_of_two_kinds(on: Travel) -> None:
    late = make_late()
    on(date(2023, 7, 10))
    run_job()
    late.pay("9000.00", date(2023, 7, 9))
    run_job()
    late.credit("5000.00", date(2023, 7, 10))
    run_job()
    on(date(2023, 7, 12))
    run_job()
    found = too_much(late)
    assert {one[0] for one in found} <= {"credit_notes", "interest"}
    assert sum(one[2] for one in found) == credit(late) > 0
    assert late.apart().total == eur("0.00")


def test_a_credit_note_on_a_paid_invoice_is_its_owners(on: Travel) -> None:
    late = make_late(interest_on=False)
    on(date(2023, 5, 10))
    late.pay("10000.00", date(2023, 5, 9))
    late.credit("500.00", date(2023, 5, 10))
    run_job()
    assert too_much(late) == [("credit_notes", "open", 500_00, late.invoice_id)]
    assert credit(late) == 500_00
