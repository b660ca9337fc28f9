"""A plan follows the books: what came pays its instalments in order; what goes back opens them again.

Nothing here takes or moves money. It is asked after every change of a due item in a plan, and once a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.core import banking, clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.interest.due_dates import last_day
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.ledger import accounts, origins
from portal.ledger import actions as ledger_actions
from portal.ledger import queries as ledger
from portal.ledger.sources import Source
from portal.plans import events as happened
from portal.plans import queries, schedules
from portal.plans.models import Instalment, Plan
from portal.plans.states import AGREED, INSTALMENT, PLAN, TALKING, InstalmentStatus, PlanStatus

I, S = InstalmentStatus, PlanStatus  # noqa: E741
SHORTER, LOWER = "shorter", "lower"  # what becomes of the rest when somebody pays ahead


@dataclass(frozen=True, slots=True)
class Sums:
    """What the books say of the whole plan, in minor units: come since it was made, and still to come."""

    came: int
    left: int

    @property
    def asked(self) -> int:
        return self.came + self.left


def sums(plan: Plan) -> Sums:
    """The discount is let go of at the end: until then it is no part of what is to come."""
    found = queries.facts(plan)
    came, open_now = sum(one.came for one in found), sum(one.open for one in found)
    waits = plan.discount_minor - queries.let_go(plan.id) if plan.discount_minor else 0
    return Sums(came, max(0, open_now - max(0, waits)))


def hear(item_id: int) -> None:
    """Something was booked on a due item: plans about it follow; what is only being talked about is void (B-73)."""
    for plan_id, status in queries.of_item(item_id):
        if status in TALKING:
            void(plan_id)
        else:
            follow(plan_id)


def void(plan_id: int) -> None:
    """What is open changed before the terms were accepted: they stand no more, and that is said.

    A proposal that the creditor still looks at stays: its terms are reckoned anew when it is answered. What they had
    proposed instead does not.
    """
    plan = queries.plan(plan_id, lock=True)
    if plan is None or plan.status not in {S.COUNTERED, S.OFFERED, S.PENDING} or _still_stands(plan):
        return
    end(plan, S.VOID, happened.PlanVoided)


def _still_stands(plan: Plan) -> bool:
    return sum(one.open.minor for one in items_of(plan) if not one.withdrawn) == plan.debt_minor


def follow(plan_id: int) -> None:
    """Makes of the plan and its instalments what the books say today; a second time changes nothing."""
    plan = queries.plan(plan_id, lock=True)
    if plan is None or plan.status not in {*AGREED, S.COMPLETED}:
        return
    said = sums(plan)
    if plan.status is S.COMPLETED and not said.left:
        return
    rows = queries.asked(plan.id)
    _fit(plan, rows, said.asked)
    _cover(plan, rows, said.came)
    if not any(row.status is I.OVERDUE for row in rows):
        plan.notice_on = None  # it came: a notice that was written is spent
    db.session().flush()
    _settle(plan, said)


def _fit(plan: Plan, rows: list[Instalment], asked: int) -> None:
    """The instalments add up to what came and what is left: a credit note takes from the last ones, and what is
    owed again is added to the last one."""
    over = sum(row.amount_minor for row in rows) - asked
    if over < 0 and rows:
        rows[-1].amount_minor -= over
        return
    for row in reversed(rows):
        cut = min(over, row.amount_minor)
        row.amount_minor -= cut
        over -= cut
        if cut and not row.amount_minor:
            _cancel(plan, row)
    rows[:] = [row for row in rows if row.status is not I.CANCELLED]


def _cover(plan: Plan, rows: Sequence[Instalment], came: int) -> None:
    today = clock.today(_zone())
    for row, paid in zip(rows, schedules.covered([row.amount_minor for row in rows], came), strict=True):
        row.paid_minor = paid
        to = judge(row.due_on, row.amount_minor, paid, today)
        if to is row.status:
            continue
        if row.status is I.PAID:
            row.missed_told_on = None  # its money went back: they hear of that before anything else
        INSTALMENT.move(row, to, _moved(plan, row, to))


def judge(due_on: date, amount: int, paid: int, today: date) -> InstalmentStatus:
    """What an instalment is on `today`: late after the working day on which its day falls (rule B-54)."""
    if paid >= amount:
        return I.PAID
    if today > last_day(due_on):
        return I.OVERDUE
    if paid:
        return I.PART_PAID
    return I.DUE if due_on <= today else I.SCHEDULED


def _moved(plan: Plan, row: Instalment, to: InstalmentStatus) -> happened.Event:
    """The event of this move of an instalment."""
    kinds = INSTALMENT.edges[row.status, to]
    kind = kinds[0] if isinstance(kinds, tuple) else kinds
    more = {} if kind in {happened.InstalmentDue, happened.InstalmentPaid, happened.InstalmentMoved} else {
        "paid_minor": row.paid_minor
    }  # fmt: skip
    if kind is happened.InstalmentCancelled:
        more = {}
    return kind(  # type: ignore[call-arg]
        plan_id=plan.id,
        debtor_id=plan.debtor_id,
        instalment_id=row.id,
        number=row.number,
        due_on=row.due_on,
        amount_minor=row.amount_minor,
        currency=plan.currency,
        **more,
    )


def _cancel(plan: Plan, row: Instalment) -> None:
    INSTALMENT.move(row, I.CANCELLED, _moved(plan, row, I.CANCELLED))


def _settle(plan: Plan, said: Sums) -> None:
    """Complete when nothing is left to come, open again when money went back, over when nothing was ever owed."""
    if said.left:
        if plan.status is S.COMPLETED:
            _go_on(plan)
        return
    if not said.came:
        end(plan, S.CANCELLED, happened.PlanCancelled)
        return
    if plan.status is S.ACCEPTED:
        activate(plan)
    for line in queries.lines(plan.id):
        line.is_open = False
        invoices.release(line.due_item_id, holds.PLAN)
    PLAN.move(plan, S.COMPLETED, about(happened.PlanCompleted, plan))
    db.session().flush()
    _let_go_of_the_rest(plan)


def _let_go_of_the_rest(plan: Plan) -> None:
    """All that was agreed is paid: the discount that was agreed with it is booked off (saldo e stralcio)."""
    left = plan.discount_minor - queries.let_go(plan.id) if plan.discount_minor else 0
    today, place = clock.today(_zone()), 0
    for item in invoice_queries.items(queries.item_ids(plan.id)):
        part = min(left, item.open.minor)
        if part <= 0 or item.withdrawn:
            continue
        place += 1
        source = Source(queries.DISCOUNT, plan.id)
        position = ledger.next_place(source)
        invoices.settle_item(item, Money(part, plan.currency), account=accounts.CREDIT_NOTES, kind="discount",
                             source=source, value_on=today, position=position)  # fmt: skip
        left -= part


def _go_on(plan: Plan) -> None:
    PLAN.move(plan, S.ACTIVE, about(happened.PlanReopened, plan))
    _take(plan)
    _ask_again_for_what_was_let_go(plan)


def _ask_again_for_what_was_let_go(plan: Plan) -> None:
    """Not all that was agreed is paid any more: the discount waits for the end as before, which may never come."""
    source, today = Source(queries.DISCOUNT, plan.id), clock.today(_zone())
    for item in invoice_queries.items(queries.item_ids(plan.id)):
        minor = sum(origins.taken_on(item.item_id, source).settled.values())
        if minor > 0 and not item.withdrawn:
            invoices.reopen_item(
                item, Money(minor, plan.currency), account=accounts.CREDIT_NOTES, kind="discount_back", source=source,
                value_on=today, origin=source, position=ledger.next_place(source),
            )  # fmt: skip


def _take(plan: Plan) -> None:
    """Its due items are the plan's, and nobody chases them."""
    zone = _zone()
    for line in queries.lines(plan.id):
        line.is_open = True
    db.session().flush()
    for item in invoice_queries.items(queries.item_ids(plan.id)):
        if item.is_open:
            invoices.hold(item, holds.PLAN, plan.id, None, zone)


def activate(plan: Plan) -> None:
    """The day in which it could be taken back is over."""
    PLAN.move(plan, S.ACTIVE, about(happened.PlanActivated, plan))
    db.session().flush()


def end(plan: Plan, to: PlanStatus, event: type[happened.Event], **more: object) -> None:
    """It is over: its due items are as they would be without it, what was paid stays paid."""
    for line in queries.lines(plan.id):
        invoices.release(line.due_item_id, holds.PLAN, holds.PLAN_ASKED, source_id=plan.id)
        line.is_open = False
    for row in queries.asked(plan.id):
        if row.status is not I.PAID:
            _cancel(plan, row)
    interest = _interest_left(plan)
    PLAN.move(plan, to, about(event, plan, **more))
    plan.answer_by = None
    db.session().flush()
    _take_interest_back(plan, interest)


def book_interest(plan: Plan, minor: int | None = None) -> None:
    """Agreed interest is owed from the acceptance on, on the oldest due item; no other interest counts on it."""
    item, source = invoice_queries.items(queries.item_ids(plan.id))[0], Source(queries.INTEREST, plan.id)
    amount = Money(plan.interest_minor if minor is None else minor, plan.currency)
    extra = ledger_actions.Extra(amount, clock.today(_zone()), ledger.next_place(source))
    ledger_actions.charge_more(item.item_id, plan.debtor_id, [extra], account=accounts.INTEREST,
                               kind="interest_agreed", source=source)  # fmt: skip


def _interest_left(plan: Plan | None) -> dict[int, int]:
    """What is still open of the interest of a plan that stands, by due item: with the plan it goes."""
    found: dict[int, int] = {}
    if plan is None or plan.status not in AGREED or not plan.interest_minor:
        return found
    left = plan.interest_minor
    for item in invoice_queries.items(queries.item_ids(plan.id)):
        part = min(left, item.open.minor)
        if part > 0 and not item.withdrawn:
            found[item.item_id] = part
            left -= part
    return found


def items_of(plan: Plan) -> list[Item]:
    """What a plan that is talked about would be about: what is open once the plan that it changes is given up."""
    former = queries.plan(plan.replaces_id) if plan.replaces_id is not None else None
    return without(invoice_queries.items(queries.item_ids(plan.id)), former)


def without(items: Sequence[Item], former: Plan | None) -> list[Item]:
    """Due items as they are once `former` is given up: its interest is not asked for then."""
    goes = _interest_left(former)
    return [
        replace(one, open=one.open - Money(goes[one.item_id], one.open.currency)) if one.item_id in goes else one
        for one in items
    ]


def _take_interest_back(plan: Plan, shares: dict[int, int]) -> None:
    """The plan ended without being kept to its end: what is still open of its interest is not asked for."""
    source, today = Source(queries.INTEREST, plan.id), clock.today(_zone())
    for item in invoice_queries.items(list(shares)):
        invoices.settle_item(
            item, Money(shares[item.item_id], plan.currency), account=accounts.INTEREST,
            kind="interest_agreed_back", source=source, value_on=today, position=ledger.next_place(source),
        )  # fmt: skip


def resume(plan_id: int) -> None:
    """The plan that had taken its place was taken back within the day: it stands as if that had never been, with its
    interest, its days and what was saved to pay it (rule C-44). One that had ended unkept before stays ended."""
    plan = queries.plan(plan_id, lock=True)
    if plan is None or plan.status is not S.RENEGOTIATED or queries.was_unkept(plan.id):
        return
    still_open = plan.active_from is not None and clock.now() < plan.active_from
    PLAN.move(plan, S.ACCEPTED if still_open else S.ACTIVE, about(happened.PlanResumed, plan))
    _take(plan)
    for row in queries.instalments(plan.id):
        if row.status is I.CANCELLED and row.amount_minor:  # what a credit note had taken is nought
            INSTALMENT.move(row, I.SCHEDULED, _moved(plan, row, I.SCHEDULED))
    gone = queries.interest_gone(plan.id)
    if gone:
        book_interest(plan, gone)
    follow(plan.id)


def about(event: type[happened.Event], plan: Plan, **more: object) -> happened.Event:
    """An event of the plan with what every one of them says."""
    return event(  # type: ignore[call-arg]
        plan_id=plan.id,
        debtor_id=plan.debtor_id,
        item_ids=queries.item_ids(plan.id),
        total_minor=plan.total_minor,
        currency=plan.currency,
        policy_version=plan.policy_number,
        **more,
    )


def recut(plan: Plan, how: str) -> None:
    """Somebody paid ahead and chose: the plan ends sooner (SHORTER), or each further instalment is lower (LOWER).

    What came ahead becomes an instalment of its own, paid. Raises NotAllowedNow where nothing came ahead.
    """
    rows, today = queries.asked(plan.id), clock.today(_zone())
    ahead, later = ahead_of(rows, today), _behind_the_next(rows, today)
    if not ahead or how not in {SHORTER, LOWER}:
        raise NotAllowedNow(t("Nothing was paid ahead that could be used for it."))
    left = sum(row.amount_minor - row.paid_minor for row in later)
    new_id = ids.new_id()
    extra = Instalment(
        id=new_id,
        debtor_id=plan.debtor_id,
        plan_id=plan.id,
        number=max(row.number for row in queries.instalments(plan.id)) + 1,
        due_on=today,
        amount_minor=ahead,
        paid_minor=ahead,
        reference=banking.payment_reference(new_id),
    )
    INSTALMENT.begin(extra, I.SCHEDULED, None)
    db.session().add(extra)
    db.session().flush()
    INSTALMENT.move(extra, I.PAID, _moved(plan, extra, I.PAID))
    amounts = _lower(left, len(later)) if how == LOWER else _shorter(left, [row.amount_minor for row in later])
    for row, amount in zip(later, amounts, strict=True):
        row.amount_minor, row.paid_minor = amount, 0
    db.session().flush()
    follow(plan.id)
    for row in later:
        if not row.amount_minor and row.status is not I.CANCELLED:
            _cancel(plan, row)
    db.session().flush()


def ahead_of(rows: Sequence[Instalment], today: date) -> int:
    """What came, in minor units, for instalments behind the next one: who pays that before its day, pays it."""
    return sum(row.paid_minor for row in _behind_the_next(rows, today))


def _behind_the_next(rows: Sequence[Instalment], today: date) -> list[Instalment]:
    return [row for row in rows if row.due_on > today][1:]


def _lower(left: int, count: int) -> list[int]:
    return [part.minor for part in Money(left, "EUR").split([1] * count)]


def _shorter(left: int, amounts: Sequence[int]) -> list[int]:
    return schedules.covered(amounts, left)


def _zone() -> str:
    return creditors.face(scope.current().creditor_id).time_zone
