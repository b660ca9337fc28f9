"""What comes late, to a closed due item too, ends as if it had been known: transfers, credit notes, what reopens."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from portal.already_paid.models import PaidClaim
from portal.already_paid.states import ClaimStatus
from portal.bank_statements import batches, taking_in
from portal.core import db, ids, jobs, scope
from portal.doubles.bank import BankDouble
from portal.imports.options import ReadOptions
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import DueItem
from portal.ledger import accounts, origins
from portal.ledger import queries as ledger
from portal.overpayments import giving_back
from portal.overpayments.models import Overpayment
from portal.promises import actions as promises
from portal.promises.models import Promise
from portal.promises.states import PromiseStatus
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import IBAN
from tests.interest.late_world import Late, eur, make_late, run_job

Travel = Callable[[date], None]
NOW, DUE = date(2024, 2, 16), date(2023, 5, 31)


@pytest.fixture
def on(house: Settings) -> Iterator[Travel]:
    """Takes the test to the noon of a day; it begins on the day on which vector I1 is asked."""
    with time_machine.travel(f"{NOW.isoformat()} 12:00:00+00:00", tick=False) as traveller:
        yield lambda day: traveller.move_to(f"{day.isoformat()} 12:00:00+00:00")


def credit(late: Late) -> int:
    """The debtor's credit; the books hold."""

    def read() -> int:
        assert ledger.unbalanced() == []
        assert origins.unbalanced() == []
        assert ledger.above_charges() == []
        return sum(one.minor for one in ledger.unallocated(late.account.debtor_id))

    return int(late.within(read))


def state(late: Late) -> tuple[str, str, str, int]:
    """Open, interest, costs, credit."""
    return late.item().open.plain, late.booked().plain, late.booked("costs").plain, credit(late)


def pay_all(late: Late, on: date) -> None:
    late.pay(late.item().open.plain, on)
    jobs.work_off()


def transfer(late: Late, amount: str, value_on: date, folder: Path) -> None:
    """The bank's statement tells of it today, with this value date and the item's reference."""
    with db.transaction(writes=False) as session:
        scope.enter(late.account.creditor_id)
        reference = session.scalars(select(DueItem.reference).where(DueItem.id == late.item_id)).one()
    bank, path = BankDouble(IBAN), folder / f"{late.item_id}-{value_on}.xml"
    bank.credit(eur(amount), value_on, reference=reference)
    path.write_bytes(bank.statement(value_on))
    with db.transaction():
        scope.enter(late.account.creditor_id)
        batch = batches.begin(ReadOptions(), [path])
    taking_in.run(late.account.creditor_id, batch, ReadOptions(), [(path.name, path)])
    jobs.work_off()


def test_a_credit_note_lowers_the_interest_at_once(on: Travel) -> None:
    """The page asks for less the moment the note is in, not on the next day."""
    late = make_late(costs_on=True)
    run_job()
    assert state(late) == ("10888.76", "848.76", "40.00", 0)
    late.credit("5000.00", NOW)
    jobs.work_off()
    assert late.item().open == eur("5000.00") + late.booked() + eur("40.00")
    assert late.booked().minor == 424_39, "of half the capital, each row rounded"


def test_a_promise_of_what_a_note_closed_but_for_its_interest_is_overtaken(on: Travel) -> None:
    """The note leaves the interest open for a moment; as that is taken back nothing is promised any more."""
    late = make_late()
    run_job()
    item = late.item()
    pay_on = NOW + timedelta(days=7)
    made = late.within(lambda: promises.make(late.account.debtor_id, [(item, item.open)], pay_on).id)
    late.credit("10000.00", NOW)
    assert late.item().open.minor > 0
    jobs.work_off()
    assert state(late)[0] == "0.00"
    assert late.within(lambda: db.session().get_one(Promise, made).status) is PromiseStatus.OVERTAKEN


@pytest.mark.parametrize(("how", "outcome"), [("transfer", ClaimStatus.FOUND), ("note", ClaimStatus.OTHERWISE)])
def test_a_search_ends_when_all_that_is_left_was_interest_and_is_gone(
    on: Travel, app: PortalFlask, tmp_path: Path, how: str, outcome: ClaimStatus
) -> None:
    """Found by the simulator: the money closed the capital, the interest went as its day became known."""
    late = make_late()
    run_job()
    debtor = Debtor(app)
    debtor.enter(late.account.link(), late.account.fact)
    debtor.get("/d/already-paid")
    debtor.submit("/d/already-paid", paid_on="2023-05-30")
    assert debtor.status == 200
    if how == "transfer":
        transfer(late, "10000.00", date(2023, 5, 30), tmp_path)
    else:
        late.credit("10000.00", NOW)
        jobs.work_off()
    assert late.item().open.minor == 0
    claim = late.within(lambda: db.session().scalars(select(PaidClaim)).one())
    assert claim.status is outcome
    assert late.within(lambda: invoice_queries.holds_now([late.item_id])) == {}


def test_a_note_before_and_after_the_payment_ends_in_the_same_interest(on: Travel) -> None:
    before, after = make_late(costs_on=True, slug="before"), make_late(costs_on=True, slug="after")
    run_job()
    before.credit("5000.00", NOW)
    jobs.work_off()
    before.pay("10888.76", NOW)
    pay_all(after, NOW)
    after.credit("5000.00", NOW)
    jobs.work_off()
    assert before.booked() < eur("430.00")
    assert state(after) == state(before)
    on(date(2024, 2, 20))
    run_job()
    assert state(after) == state(before)
    assert state(after)[0] == "0.00"


@pytest.mark.parametrize("told_late", [True, False])
def test_a_transfer_of_an_early_value_date_that_finds_the_item_closed(
    on: Travel, tmp_path: Path, told_late: bool
) -> None:
    """Paid in time by transfer, which nobody knew, and once more by card with interest and costs: neither was due."""
    late = make_late(costs_on=True)
    run_job()
    if told_late:
        late.pay("10888.76", NOW, account=accounts.CARD)
        jobs.work_off()
        assert state(late) == ("0.00", "848.76", "40.00", 0)
    transfer(late, "10000.00", date(2023, 5, 30), tmp_path)
    if not told_late:
        settle_again(late, "10888.76")
    assert state(late) == ("0.00", "0.00", "0.00", 10888_76)
    before = late.lines()
    on(date(2024, 3, 1))
    run_job()
    assert late.lines() == before


def settle_again(late: Late, amount: str) -> None:
    late.pay(amount, NOW, account=accounts.CARD)
    jobs.work_off()


def test_what_came_for_it_and_went_elsewhere_was_there_until_then(on: Travel, tmp_path: Path) -> None:
    """The early transfer goes back to its payer: while it was here nothing was late, and the card's money is there."""
    late = make_late(costs_on=True)
    run_job()
    pay_all(late, NOW)
    transfer(late, "10000.00", date(2023, 5, 30), tmp_path)

    def give_back() -> None:
        one = db.session().scalars(select(Overpayment).where(Overpayment.came_by == accounts.BANK)).one()
        one_id = one.id
        giving_back.note_return(one_id, by="staff:1", returned_on=NOW)
        giving_back.agree_return(one_id, by="staff:2")

    late.within(give_back)
    run_job()
    assert state(late) == ("0.00", "0.00", "0.00", 888_76)


def test_a_document_that_reopens_asks_for_nothing_that_was_never_due(on: Travel) -> None:
    """Paid whole, corrected by a note, and then the money goes back: note and recount are used before it is asked."""
    late = make_late(costs_on=True)
    run_job()
    pay_all(late, NOW)
    late.credit("5000.00", NOW)
    jobs.work_off()
    interest = late.booked()
    late.bounce("10888.76", NOW)
    jobs.work_off()
    assert late.item().open == eur("5000.00") + interest + eur("40.00")
    assert (late.apart().capital, late.apart().interest, late.apart().costs) == (
        eur("5000.00"), interest, eur("40.00")
    )  # fmt: skip
    assert credit(late) == 0
    statuses = late.within(lambda: {one.status.value for one in db.session().scalars(select(Overpayment))})
    assert statuses == {"applied"}
    on(date(2024, 2, 17))
    run_job()
    assert late.booked() - interest < eur("3.00"), "one more day of 5,000.00"


@pytest.mark.parametrize(("said", "reason"), [("missing", holds.NOT_RECEIVED), ("wrong", holds.PROBLEM_REPORTED)])
def test_what_the_delay_costs_rests_too_while_somebody_looks_into_the_document(
    on: Travel, app: PortalFlask, said: str, reason: str
) -> None:
    """Found by the simulator: paid in full, then “it never came”, then the interest of the delay was asked for."""
    late, debtor = make_late(costs_on=True), Debtor(app)
    late.pay("10000.00", NOW)
    jobs.work_off()
    assert not late.item().is_open
    debtor.enter(late.account.link(), late.account.fact)
    debtor.get(f"/d/invoices/{ids.spell(late.invoice_id)}/receipt")
    debtor.submit(
        "/receipt", answer=said, **({"category": "amount", "words": "Il prezzo non torna"} if said == "wrong" else {})
    )
    assert debtor.status == 200, debtor.text
    on(NOW + timedelta(days=1))
    run_job()
    item = late.item()
    assert item.is_open
    held = late.within(lambda: invoice_queries.holds_now([item.item_id]))
    assert {one.reason for one in held[item.item_id]} == {reason}
