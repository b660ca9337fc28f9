"""A transfer that names an instalment pays the documents of its plan, the oldest first; what is too much is credit."""

from datetime import timedelta

from portal.core import db, scope
from portal.debtors.models import Debtor
from portal.invoices import queries as invoice_queries
from portal.plans import accepting, actions, queries
from portal.plans.models import Instalment
from portal.plans.rules import Wish
from tests.bank_statements.world import Treasury, euro


def agreed(treasury: Treasury) -> list[Instalment]:
    with db.transaction() as session:
        scope.enter(treasury.creditor_id)
        debtor = session.get_one(Debtor, treasury.account.debtor_id)
        found = actions.room(debtor, invoice_queries.items_of_debtor(debtor.id))
        plan = actions.offer(debtor, found, Wish(3, treasury.day + timedelta(days=10), "month"), visit_id=None)
        accepting.accept(plan, acknowledged=False, step_up_id=1, terms_sha256="0" * 64)
        return queries.asked(plan.id)


def rows(treasury: Treasury, plan_id: int) -> list[tuple[int, int, str]]:
    with db.transaction(writes=False):
        scope.enter(treasury.creditor_id)
        return [(one.amount_minor, one.paid_minor, one.status.value) for one in queries.asked(plan_id)]


def test_its_reference_pays_the_plan_and_no_more_than_is_there_stays_credit(treasury: Treasury) -> None:
    first, second = treasury.due("200.00", "1/2026"), treasury.due("400.00", "2/2026")
    plan = agreed(treasury)
    treasury.bank.credit(euro("250.00"), treasury.day, reference=plan[0].reference)
    counts = treasury.bring(treasury.bank.statement(treasury.day))
    assert (counts.booked, counts.waiting) == (1, 0)
    assert (treasury.open(first), treasury.open(second)) == (0, 35000)
    assert rows(treasury, plan[0].plan_id) == [
        (20000, 20000, "paid"),
        (20000, 5000, "part_paid"),
        (20000, 0, "scheduled"),
    ]
    treasury.bank.credit(euro("400.00"), treasury.day, reference=plan[2].reference)
    treasury.bring(treasury.bank.statement(treasury.day))
    assert (treasury.open(second), treasury.credit()) == (0, 5000)
    assert {one[2] for one in rows(treasury, plan[0].plan_id)} == {"paid"}
