"""Offering terms, proposing and freezing them, moving a day: what is said before it is paid.

A plan is talked about as PROPOSED (the creditor answers), COUNTERED (the customer answers) or OFFERED (frozen, ready
to be accepted, which is `portal.plans.accepting`). From the acceptance on `portal.plans.following` makes of it what
the books say.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from portal.cases import actions as cases
from portal.cases import kinds
from portal.core import banking, clock, db, events, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money, total
from portal.core.text import t
from portal.core.working_days import working_day_after
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.payable import ONLINE_CURRENCY
from portal.invoices.queries import Item
from portal.plans import events as happened
from portal.plans import following, policies, queries, rules
from portal.plans.models import Instalment, Plan, PlanLine, PlanRound
from portal.plans.policies import Policy, Version
from portal.plans.rules import Standing, Wish
from portal.plans.schedules import Schedule
from portal.plans.states import INSTALMENT, PLAN, InstalmentStatus, PlanStatus
from portal.silence import queries as silence
from portal.silence import rules as silence_rules

S = PlanStatus
CUSTOMER, CREDITOR, POLICY = "customer", "creditor", "policy"

# Contested, or being looked into: no plan before that is settled (rule C-45).
CONTESTED = frozenset(
    {holds.DISPUTED, holds.DISPUTE, holds.CREDIT_EXPECTED, holds.CONTESTED, holds.PROBLEM_REPORTED,
     holds.NOT_RECEIVED, holds.ALREADY_PAID}
)  # fmt: skip
# Whether a customer has said that it is hard just now (portal.hardship); filled by reactions.
is_resting: list[Callable[[int], bool]] = []


@dataclass(frozen=True, slots=True)
class Room:
    """What may be agreed about some due items: the policy that decides, what is known, and today."""

    version: Version
    segment: str
    items: Sequence[Item]
    standing: Standing
    today: date

    @property
    def policy(self) -> Policy:
        return self.version.segments[self.segment]

    @property
    def debt(self) -> Money:
        return self.standing.debt

    def choices(self) -> list[Wish]:
        """What the portal may agree at once; nothing where a person has to decide."""
        if rules.why_not_here(self.policy, self.standing) or rules.why_a_person(self.policy, self.standing):
            return []
        return rules.choices(self.policy, self.debt, self.today)

    def schedule(self, wish: Wish) -> tuple[Schedule, Money]:
        """The wish with agreed interest in it, and how much that is."""
        plain = rules.made(self.debt, wish, self.today, None)
        percent = self.version.interest_of(self.segment)
        interest = rules.interest(self.debt, plain, percent, self.today) if percent else Money(0, self.debt.currency)
        return (rules.made(self.debt + interest, wish, self.today, None) if interest else plain), interest


def eligible(items: Sequence[Item]) -> list[Item]:
    """What a plan can be about: open, in the currency that is paid here."""
    return [item for item in items if item.is_open and item.open.currency == ONLINE_CURRENCY]


def untaken(debtor_id: int, invoice_id: int | None = None) -> list[Item]:
    """What a plan may be about: open, and in no other plan but one that is only looked at."""
    items = eligible(invoice_queries.items_of_debtor(debtor_id, invoice_id))
    taken = queries.open_of_items([item.item_id for item in items])
    return [item for item in items if item.item_id not in taken or taken[item.item_id].status is S.OFFERED]


def room(debtor: Debtor, items: Sequence[Item], replaces: Plan | None = None, version: Version | None = None) -> Room:
    """What this customer may agree about these due items, as far as `version`, else the policy in force, decides it;
    `replaces` is the plan that they would like to change, whose interest goes with it."""
    face = creditors.face(scope.current().creditor_id)
    today = clock.today(face.time_zone)
    found = eligible(following.without(items, replaces))
    debt = total([item.open for item in found], ONLINE_CURRENCY)
    version = version or policies.current()
    standing = queries.open_of_items([item.item_id for item in found])
    others = [one for one in standing.values() if replaces is None or one.id != replaces.id]
    held = invoice_queries.holds_now([item.item_id for item in found])
    return Room(
        version,
        version.segment(debtor.kind, debt),
        found,
        Standing(
            debt=debt,
            broken=queries.broken(debtor.id),
            contested=any(one.reason in CONTESTED for several in held.values() for one in several),
            time_barred=silence.any_barred(found),
            represented=silence_rules.REPRESENTED in silence.set_for(debtor.id),
            resting=any(asked(debtor.id) for asked in is_resting),
            asked=any(one.status in {S.PROPOSED, S.COUNTERED, S.PENDING} for one in others)
            or (replaces is not None and queries.is_being_changed(replaces.id)),
            agreed=any(one.status in {S.ACCEPTED, S.ACTIVE} for one in others),
            paying=any(item.reserved_by is not None for item in found),
            other_currency=len(found) < len([item for item in items if item.is_open]),
            changes=replaces is not None,
        ),
        today,
    )


def offer(
    debtor: Debtor,
    found: Room,
    wish: Wish,
    *,
    visit_id: int | None,
    invoice_id: int | None = None,
    replaces: Plan | None = None,
    by_phone: bool = False,
) -> Plan:
    """Terms inside the policy, frozen; or, outside it, a proposal for a person. Raises NotAllowedNow for neither.

    What the same customer was only looking at before is let go of. What they said on the phone (`by_phone`) is a
    proposal in any case: whoever spoke with them answers it.
    """
    why_not = (
        rules.why_not_here(found.policy, found.standing)
        or rules.why_no_schedule(found.debt, wish, found.today)
    )  # fmt: skip
    if why_not is not None:
        raise NotAllowedNow(why_not)
    invoices.lock(found.items)
    _let_go_of_offers(found.items)
    inside = (
        not by_phone
        and rules.why_a_person(found.policy, found.standing) is None
        and (rules.why_outside(found.policy, found.debt, wish, found.today) is None)
    )
    plan = _begin(debtor, found, wish, visit_id=visit_id, invoice_id=invoice_id, replaces=replaces)
    schedule, interest = found.schedule(wish)
    freeze(plan, found.items, schedule, interest)
    put(plan, wish, POLICY if inside else CUSTOMER, None)
    if inside:
        plan.answer_by = stands_until(plan)
        PLAN.begin(plan, S.OFFERED, terms(happened.PlanOffered, plan, schedule, found.items))
    else:
        _propose(plan, schedule, found.items)
    db.session().flush()
    return plan


def _begin(
    debtor: Debtor, found: Room, wish: Wish, *, visit_id: int | None, invoice_id: int | None, replaces: Plan | None
) -> Plan:
    plan = Plan(
        id=ids.new_id(),
        debtor_id=debtor.id,
        visit_id=visit_id,
        invoice_id=invoice_id,
        policy_number=found.version.number,
        segment=found.segment,
        currency=found.debt.currency,
        debt_minor=found.debt.minor,
        interest_minor=0,
        discount_minor=0,
        total_minor=found.debt.minor,
        every=wish.every,
        snapshot_sha256="",
        made_at=clock.now(),
        grace_days=found.policy.grace_days,
        acknowledged=False,
        replaces_id=replaces.id if replaces is not None else None,
        status=S.OFFERED,
        status_at=clock.now(),
    )
    db.session().add(plan)
    db.session().flush()
    for item in found.items:
        db.session().add(
            PlanLine(
                id=ids.new_id(),
                debtor_id=debtor.id,
                plan_id=plan.id,
                due_item_id=item.item_id,
                amount_minor=item.open.minor,
                is_open=replaces is None,  # the plan that stands has them until this one is accepted
            )
        )
    db.session().flush()
    return plan


def _propose(plan: Plan, schedule: Schedule, items: Sequence[Item]) -> None:
    """A person answers within some working days; until then nobody chases."""
    zone = zone_now()
    last = working_day_after(clock.today(zone), rules.ANSWER_DAYS)
    plan.answer_by = datetime.combine(last, time(23, 59), ZoneInfo(zone))
    PLAN.begin(plan, S.PROPOSED, terms(happened.PlanProposed, plan, schedule, items))
    for item in items:
        invoices.hold(item, holds.PLAN_ASKED, plan.id, last, zone)
    cases.open_case(
        kinds.PLAN,
        plan.debtor_id,
        visit_id=plan.visit_id,
        invoice_id=items[0].invoice_id,
        subject_id=plan.id,
        act_by=plan.answer_by,
    )


def stands_until(plan: Plan) -> datetime:
    """Until when frozen terms may be accepted: a week, and never beyond the day of their first instalment."""
    first = queries.asked(plan.id)[0].due_on
    return min(clock.now() + rules.ANSWER, datetime.combine(first, time(23, 59), ZoneInfo(zone_now())))


def _let_go_of_offers(items: Sequence[Item]) -> None:
    """What was only looked at gives way to what is wanted now."""
    for plan in {one.id: one for one in queries.open_of_items([item.item_id for item in items]).values()}.values():
        if plan.status is S.OFFERED and plan.replaces_id is None:
            following.end(plan, S.CANCELLED, happened.PlanCancelled)


def freeze(
    plan: Plan, items: Sequence[Item], schedule: Schedule, interest: Money, discount: Money | None = None
) -> None:
    """The terms as they stand: amounts of today, each instalment with its own reference, and their hash (B-73)."""
    debt = total([item.open for item in items], plan.currency)
    plan.debt_minor, plan.interest_minor = debt.minor, interest.minor
    plan.discount_minor = discount.minor if discount is not None else 0
    plan.total_minor = debt.minor + interest.minor - plan.discount_minor
    plan.every = schedule.every
    for line, item in zip(queries.lines(plan.id), sorted(items, key=_as_kept(plan)), strict=True):
        line.amount_minor = item.open.minor
    for former in queries.instalments(plan.id):
        db.session().delete(former)
    db.session().flush()
    for row in schedule.rows:
        new_id = ids.new_id()
        one = Instalment(
            id=new_id,
            debtor_id=plan.debtor_id,
            plan_id=plan.id,
            number=row.number,
            due_on=row.due_on,
            amount_minor=row.amount.minor,
            paid_minor=0,
            reference=banking.payment_reference(new_id),
        )
        INSTALMENT.begin(one, InstalmentStatus.SCHEDULED, None)
        db.session().add(one)
    plan.snapshot_sha256 = snapshot(items, schedule)
    db.session().flush()


def _as_kept(plan: Plan) -> Callable[[Item], int]:
    places = {line.due_item_id: place for place, line in enumerate(queries.lines(plan.id))}
    return lambda item: places[item.item_id]


def snapshot(items: Sequence[Item], schedule: Schedule) -> str:
    """SHA-256 over what is open and what is asked when: any change of the books gives another (rule B-73)."""
    said = {
        "open": sorted((ids.spell(item.item_id), item.open.plain, item.open.currency) for item in items),
        "asked": [(row.number, row.due_on.isoformat(), row.amount.plain) for row in schedule.rows],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def put(plan: Plan, wish: Wish, side: str, by: int | None) -> None:
    db.session().add(
        PlanRound(
            id=ids.new_id(),
            debtor_id=plan.debtor_id,
            plan_id=plan.id,
            side=side,
            terms={
                "instalments": wish.instalments,
                "first_on": wish.first_on.isoformat(),
                "every": wish.every,
                "down_minor": wish.down.minor if wish.down else 0,
                "discount_minor": wish.discount.minor if wish.discount else 0,
                "policy": plan.policy_number,
            },
            by=by,
            said_at=clock.now(),
        )
    )


def wish_of(plan: Plan) -> Wish:
    """The terms that were put forward last."""
    terms = queries.rounds(plan.id)[-1].terms
    down = Money(terms["down_minor"], plan.currency) if terms["down_minor"] else None
    let_go = Money(terms["discount_minor"], plan.currency) if terms.get("discount_minor") else None
    return Wish(terms["instalments"], date.fromisoformat(terms["first_on"]), terms["every"], down, let_go)


def move_instalment(plan: Plan, row: Instalment, to: date) -> None:
    """One instalment, once, to a later day within what the plan allows. Raises NotAllowedNow."""
    policy = policies.version(plan.policy_number).segments[plan.segment]
    today = clock.today(zone_now())
    why_not = rules.why_not_move(policy, row.due_on, row.moved_from, to, today, last_day_of(plan, policy))
    if plan.status not in {S.ACCEPTED, S.ACTIVE} or row.status is InstalmentStatus.PAID:
        why_not = t("This cannot be done any more: it is %(now)s.", now=row.status.label)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    row.moved_from, row.due_on, row.reminded_on = row.due_on, to, None
    moved = happened.InstalmentMoved(
        plan_id=plan.id, debtor_id=plan.debtor_id, instalment_id=row.id, number=row.number, due_on=to,
        amount_minor=row.amount_minor, currency=plan.currency,
    )  # fmt: skip
    events.record(moved)
    db.session().flush()
    following.follow(plan.id)


def last_day_of(plan: Plan, policy: Policy) -> date:
    """Beyond this day none of its instalments may be moved."""
    made_on = clock.day_of(plan.accepted_at or plan.made_at, zone_now())
    return rules.ends_on(policy, made_on, queries.asked(plan.id)[-1].due_on)


def terms(kind: Any, plan: Plan, schedule: Schedule, items: Sequence[Item]) -> Any:
    return kind(
        plan_id=plan.id,
        debtor_id=plan.debtor_id,
        item_ids=tuple(item.item_id for item in items),
        total_minor=plan.total_minor,
        currency=plan.currency,
        policy_version=plan.policy_number,
        instalments=len(schedule.instalments),
        first_on=schedule.first_on,
        last_on=schedule.last_on,
    )


def zone_now() -> str:
    """The creditor's."""
    return creditors.face(scope.current().creditor_id).time_zone
