"""What follows from a message: a rejected invoice rests until it is sent anew, and everybody reads why."""

from datetime import UTC, datetime, time
from itertools import permutations

import pytest
from sqlalchemy import select

from portal.cases import actions as cases
from portal.cases.states import CaseStatus
from portal.core import db, ids
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor as DebtorRow
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices.payable import payable_now
from portal.people.roles import Role
from portal.reminders import actions as reminders
from portal.sdi import queries
from portal.sdi.rules import At
from tests.factories.people import make_person
from tests.sdi import messages as m
from tests.sdi.conftest import FILE, VAT, World, bill

ANEW = f"{VAT}_00002.xml"


def heard(world: World) -> list[str]:
    wanted = select(EventRow.name).where(EventRow.name.like("sdi.invoice%")).order_by(EventRow.seq)
    return world.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]


def test_a_rejection_rests_it_with_a_case_that_has_an_owner_and_a_day(billed: World) -> None:
    owner = make_person(billed.creditor, Role.ADMIN)
    billed.taken(m.mt(FILE), m.ns(FILE))
    assert (billed.at(), billed.held()) == (At.REJECTED, {holds.SDI_REJECTED})
    (case,) = billed.cases()
    assert (case.cause, case.owner_id, case.desk) == ("rejected", owner.staff_id, "administration")
    assert case.act_by is not None
    assert billed.resting() == []
    assert heard(billed) == ["sdi.invoice_rejected"]
    data = billed.within(
        lambda: db.session().scalars(select(EventRow.data).where(EventRow.name == "sdi.invoice_rejected")).one()
    )
    assert data["codes"] == ["00305"]
    assert "IdFiscaleIVA" not in str(data)


def test_nothing_is_payable_on_it_and_nobody_chases_it(billed: World) -> None:
    when = billed.item().due_on

    def planned() -> int:
        one = creditors.by_id(billed.creditor.id)
        return reminders.plan(one, at=datetime.combine(when, time(9), UTC), any_hour=True).contacts

    billed.taken(m.ns(FILE))
    assert payable_now([billed.item()]).total.minor == 0
    assert billed.within(planned) == 0
    billed.bring((ANEW, bill()))
    assert payable_now([billed.item()]).total.minor == 122000
    assert billed.within(planned) <= 1


def test_a_corrected_file_ends_it_and_says_so(billed: World) -> None:
    billed.taken(m.ns(FILE))
    billed.bring((FILE, bill()))
    assert billed.held() == {holds.SDI_REJECTED}, "the same file again is not sent anew"
    billed.bring((ANEW, bill()))
    assert (billed.at(), billed.held(), billed.cases()) == (At.NOTHING, set(), [])
    (case,) = billed.cases(open_ones=False)
    assert case.outcome == "sent_anew"
    assert heard(billed) == ["sdi.invoice_rejected", "sdi.invoice_cleared"]
    billed.bring((ANEW, bill()))
    assert heard(billed) == ["sdi.invoice_rejected", "sdi.invoice_cleared"]
    billed.taken(m.rc(ANEW, "112"))
    assert (billed.at(), billed.receipt()) == (At.DELIVERED, "sdi_delivered")


def test_a_corrected_file_that_is_rejected_too_rests_it_again(billed: World) -> None:
    billed.taken(m.ns(FILE))
    billed.bring((ANEW, bill()))
    billed.taken(m.ns(ANEW, "112"))
    assert (billed.held(), len(billed.cases()), len(billed.cases(open_ones=False))) == ({holds.SDI_REJECTED}, 1, 2)


def test_word_of_the_first_file_that_comes_late_rests_nothing(billed: World) -> None:
    billed.bring((ANEW, bill()))
    billed.taken(m.ns(FILE))
    assert (billed.at(), billed.held(), billed.cases()) == (At.NOTHING, set(), [])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_copy_of_what_was_delivered_may_be_rejected_whatever_comes_first(
    billed: World, order: tuple[int, ...]
) -> None:
    billed.bring((ANEW, bill()))
    said = [m.rc(FILE), m.mt(FILE), m.ns(ANEW, "112", ("00404", "Fattura duplicata"))]
    for place in order:
        billed.taken(said[place])
    assert (billed.at(), billed.held(), billed.cases()) == (At.DELIVERED, set(), [])


def test_a_refusal_of_the_office_rests_it_until_it_is_sent_anew(billed: World) -> None:
    billed.taken(m.rc(FILE), m.ne(FILE, "EC02"))
    assert (billed.at(), billed.held()) == (At.REFUSED, {holds.SDI_REFUSED})
    (case,) = billed.cases()
    assert case.cause == "refused"
    item = billed.item()
    assert not item.not_issued
    assert item.free.minor == 0, "nobody is asked for it beforehand"
    billed.bring((ANEW, bill()))
    assert (billed.held(), billed.cases()) == (set(), [])
    billed.taken(m.ns(ANEW, "112"))
    assert billed.held() == {holds.SDI_REJECTED}
    assert [one.cause for one in billed.cases()] == ["rejected"]


def test_an_acceptance_or_the_time_that_passed_rests_nothing(billed: World) -> None:
    billed.taken(m.rc(FILE), m.ec("EC02"), m.se(), m.dt(FILE))
    assert (billed.at(), billed.held(), heard(billed)) == (At.EXPIRED, set(), [])
    billed.taken(m.ne(FILE, "EC01"))
    assert (billed.at(), billed.held()) == (At.ACCEPTED, set())


def test_what_was_not_delivered_goes_on_and_a_colleague_points_it_out(billed: World) -> None:
    billed.taken(m.mc(FILE))
    assert (billed.at(), billed.held(), billed.receipt()) == (At.AVAILABLE, set(), None)
    assert [one.cause for one in billed.cases()] == ["not_delivered"]
    assert heard(billed) == ["sdi.invoice_undelivered"]
    billed.taken(m.rc(FILE))
    assert [(one.outcome, one.status) for one in billed.cases(open_ones=False)] == [
        ("has_arrived", CaseStatus.CLOSED)
    ]


def test_a_consumers_lies_there_always_so_nobody_is_called(billed: World) -> None:
    def change() -> None:
        db.session().scalars(select(DebtorRow)).one().kind = "consumer"

    billed.within(change)
    billed.taken(m.mc(FILE))
    assert (billed.at(), list(billed.cases())) == (At.AVAILABLE, [])


def test_the_sdi_tries_again_at_offices_by_itself(billed: World) -> None:
    billed.taken(m.mc_office(FILE))
    assert (billed.at(), list(billed.cases())) == (At.TRYING, [])
    billed.taken(m.at(FILE))
    assert billed.at() is At.TRANSMITTED
    assert [one.cause for one in billed.cases()] == ["not_delivered"]


def test_a_withdrawn_invoice_keeps_the_fact_alone(billed: World) -> None:
    billed.within(lambda: invoices.withdraw(db.session().merge(billed.invoice())))
    billed.taken(m.ns(FILE))
    assert (billed.said(), billed.held(), list(billed.cases())) == (["NS"], set(), [])


def test_withdrawing_it_ends_the_case(billed: World) -> None:
    billed.taken(m.ns(FILE))
    billed.within(lambda: invoices.withdraw(db.session().merge(billed.invoice())))
    assert list(billed.cases()) == []


@pytest.mark.parametrize(("outcome", "left"), [("sent_anew", set()), ("answered", {holds.SDI_REJECTED})])
def test_closing_the_case_does_not_issue_the_invoice(billed: World, outcome: str, left: set[str]) -> None:
    billed.taken(m.ns(FILE))
    (case,) = billed.cases()
    billed.within(lambda: cases.close(db.session().merge(case), outcome))
    assert billed.held() == left
    assert billed.resting() == (["7"] if left else [])


def test_ending_the_hold_by_hand_ends_the_case_and_old_word_does_not_bring_it_back(billed: World) -> None:
    billed.taken(m.ns(FILE))
    billed.within(lambda: invoices.release_by_hand(billed.item(), holds.SDI_REJECTED, "cleared_up"))
    assert (billed.held(), list(billed.cases())) == (set(), [])
    billed.taken(m.ns(FILE))
    billed.taken(m.ns(FILE, "111", ("00400", "Altro")))
    assert billed.held() == set(), "the same sending"


def test_receipt_comes_from_delivery_alone_and_an_answer_outranks_it(billed: World) -> None:
    billed.taken(m.mt(FILE), m.mc(FILE), m.dt(FILE), m.at(FILE))
    assert billed.receipt() is None
    billed.taken(m.rc(FILE))
    assert billed.receipt() == "sdi_delivered"


def test_numbers_of_what_counts_as_not_issued(billed: World) -> None:
    debtor_id = billed.invoice().debtor_id
    assert billed.within(lambda: list(queries.not_issued(debtor_id))) == []
    billed.taken(m.ns(FILE))
    assert billed.within(lambda: list(queries.not_issued(debtor_id))) == ["7"]
    assert billed.within(lambda: list(queries.not_issued(ids.new_id()))) == []
