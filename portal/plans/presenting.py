"""A plan in the words that its customer reads: what comes next, what is left, what may be done."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import url_for

from portal.cases import queries as cases
from portal.cases.models import Case
from portal.core import clock
from portal.core.money import Money, total
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.debtors.visits import Current
from portal.invoices import holds
from portal.invoices import presenting as invoices
from portal.invoices.queries import Item
from portal.payments import presenting as payments
from portal.plans import agreement, queries
from portal.plans.models import Instalment, Plan
from portal.plans.rules import Wish
from portal.plans.schedules import Schedule
from portal.plans.states import InstalmentStatus, PlanStatus
from portal.web import i18n

S, I = PlanStatus, InstalmentStatus  # noqa: E741

HEADINGS: dict[PlanStatus, Text] = {
    S.PROPOSED: t("Thank you. %(creditor)s answers by %(day)s."),
    S.COUNTERED: t("%(creditor)s proposes this to you."),
    S.OFFERED: t("This is your plan. Would you like to accept it?"),
    S.PENDING: t("%(creditor)s makes sure who may sign."),
    S.ACCEPTED: t("Thank you. Your plan stands."),
    S.ACTIVE: t("Your plan"),
    S.COMPLETED: t("Done: all of it is paid. Thank you."),
    S.DEFAULTED: t("This plan has ended."),
    S.RENEGOTIATED: t("Another plan took its place."),
    S.WITHDRAWN: t("You took this plan back."),
    S.CANCELLED: t("This plan is not needed any more."),
    S.REJECTED: t("Not this way, then. Let us talk."),
    S.EXPIRED: t("The time for this proposal is over."),
    S.VOID: t("What is open has changed since."),
}
_WHAT_NOW: dict[PlanStatus, tuple[Text, ...]] = {
    S.PROPOSED: (t("Until then nobody reminds you."), t("You can pay something at any time.")),
    S.COUNTERED: (
        t("You have until %(day)s to answer."),
        t("You can take it, propose something else, or talk to us."),
    ),
    S.OFFERED: (t("You can accept it until %(day)s."),),
    S.PENDING: (
        t("They call or write to whoever may sign, by %(day)s."),
        t("Until then nobody reminds you."),
    ),
    S.ACCEPTED: (
        t("Within 24 hours you can take it back, here, without a reason."),
        t("As long as you pay as agreed, nobody reminds you of these documents."),
        t("You get a copy of what you accepted."),
    ),
    S.DEFAULTED: (t("What is left is due. Talk to us: a new plan can often be found."),),
    S.WITHDRAWN: (t("What is open is due as before. What you have paid stays paid."),),
    S.REJECTED: (t("A person at %(creditor)s looks for another way with you."),),
    S.EXPIRED: (t("Nothing was agreed. You can choose again at any time: then its days begin anew."),),
    S.VOID: (t("Something was paid or credited meanwhile. Please choose again: it takes a minute."),),
}
DONE = frozenset({S.ACCEPTED, S.ACTIVE, S.COMPLETED})
AGAIN = frozenset({S.DEFAULTED, S.WITHDRAWN, S.CANCELLED, S.REJECTED, S.EXPIRED, S.VOID})


def heading(plan: Plan, creditor: Face) -> str:
    day = until(plan, creditor)
    return i18n.say(t(HEADINGS[plan.status].msgid, creditor=creditor.display_name, day=day))


def until(plan: Plan, creditor: Face) -> str:
    """The day by which whoever acts next has to; nothing where none is."""
    return i18n.day(clock.day_of(plan.answer_by, creditor.time_zone)) if plan.answer_by is not None else ""


def what_now(plan: Plan, creditor: Face) -> list[str]:
    known = {"creditor": creditor.display_name, "day": until(plan, creditor)}
    return [i18n.say(t(one.msgid, **known)) for one in _WHAT_NOW.get(plan.status, ()) if known["day"]
            or "%(day)s" not in one.msgid]  # fmt: skip


def answer(plan: Plan, case: Case | None) -> dict[str, str] | None:
    """What the creditor's people wrote with their answer, and who; None where nothing was written."""
    if case is None or plan.status not in {S.COUNTERED, S.OFFERED, S.REJECTED}:
        return None
    theirs = [one for one in cases.entries(case.id) if one.staff_id is not None]
    return {"name": theirs[-1].name or "", "words": theirs[-1].words} if theirs else None


def way(wish: Wish, schedule: Schedule) -> tuple[str, str]:
    """A choice in one line, and what else to know of it."""
    rows = schedule.instalments
    said = t("%(count)s instalments of %(amount)s", count=len(rows), amount=i18n.money(rows[0].amount))
    more = t("%(every)s, from %(first)s to %(last)s", every=i18n.say(agreement.EVERY[wish.every]),
             first=i18n.day(schedule.first_on), last=i18n.day(schedule.last_on))  # fmt: skip
    if schedule.down:
        first = t("at the beginning %(down)s, then %(rest)s", down=i18n.money(schedule.down), rest=i18n.say(more))
        return i18n.say(said), i18n.say(first)
    return i18n.say(said), i18n.say(more)


def schedule_rows(schedule: Schedule) -> list[tuple[str, str, bool]]:
    """Label, amount, whether it is the sum."""
    rows = [
        (i18n.say(t("At the beginning, by %(day)s", day=i18n.day(row.due_on))) if not row.number
         else i18n.say(t("%(number)s. by %(day)s", number=row.number, day=i18n.day(row.due_on))),
         i18n.money(row.amount), False)
        for row in schedule.rows
    ]  # fmt: skip
    return [*rows, (i18n.gettext("In all"), i18n.money(schedule.total), True)]


def row(one: Instalment, plan: Plan) -> dict[str, Any]:
    """One instalment of a plan that stands: its day, its amount and how it stands."""
    left = Money(one.amount_minor - one.paid_minor, plan.currency)
    note = one.status.label
    if one.status is I.PART_PAID or (one.status is I.OVERDUE and one.paid_minor):
        note = t("%(left)s of it is left", left=i18n.money(left))
    label = t("%(number)s. by %(day)s", number=one.number, day=i18n.day(one.due_on))
    if not one.number:
        label = t("At the beginning, by %(day)s", day=i18n.day(one.due_on))
    return {
        "label": i18n.say(label),
        "amount": i18n.money(Money(one.amount_minor, plan.currency)),
        "note": i18n.say(note),
        "done": one.status is I.PAID,
        "late": one.status is I.OVERDUE,
    }


def progress(plan: Plan, rows: Sequence[Instalment]) -> dict[str, Any]:
    """How far along it is: what is paid, what is left, and per cent for the bar."""
    paid, all_of_it = sum(one.paid_minor for one in rows), sum(one.amount_minor for one in rows)
    percent = int(Decimal(paid) * 100 / all_of_it) if all_of_it else 100
    return {
        "percent": percent,
        "paid": i18n.money(Money(paid, plan.currency)),
        "left": i18n.money(Money(all_of_it - paid, plan.currency)),
        "said": i18n.say(t("%(paid)s of %(all)s is paid", paid=i18n.money(Money(paid, plan.currency)),
                           all=i18n.money(Money(all_of_it, plan.currency)))),
    }  # fmt: skip


def next_card(plan: Plan, rows: Sequence[Instalment], items: Sequence[Item], today: date) -> dict[str, Any] | None:
    """What is asked for next, with the roads to pay it; None when nothing is left."""
    found = queries.next_one(rows, plan.currency)
    if found is None:
        return None
    open_items = [item for item in items if item.is_open]
    due = found.instalment.due_on
    late = found.instalment.status is I.OVERDUE
    return {
        "title": i18n.gettext("The next instalment"),
        "about": i18n.say(t("%(number)s of %(count)s", number=found.instalment.number, count=rows[-1].number))
        if found.instalment.number
        else "",
        "due": i18n.say(t("To pay by %(day)s", day=i18n.day(due)) if not late
                        else t("Its day was %(day)s", day=i18n.day(due))),
        "open": i18n.money(found.left),
        "pay_url": payments.naming(url_for("payments_debtor.show_part"), open_items, amount=found.left.plain),
        "transfer_url": url_for("plans_debtor.show_transfer", plan_id=plan.id, instalment_id=found.instalment.id),
        "waits": any(item.reserved_by is not None for item in open_items),
        "today": due <= today,
    }  # fmt: skip


def early_url(plan: Plan, rows: Sequence[Instalment], items: Sequence[Item]) -> str | None:
    """To paying all that is left of the instalments at once: where a discount was agreed, without it."""
    open_items = [item for item in items if item.is_open]
    left = [one for one in rows if one.status not in {I.PAID, I.CANCELLED}]
    if not open_items or len(left) < 2:
        return None
    rest = Money(sum(one.amount_minor - one.paid_minor for one in left), plan.currency)
    if not plan.discount_minor:
        return payments.naming(url_for("payments_debtor.show_choices"), open_items)
    return payments.naming(url_for("payments_debtor.show_part"), open_items, amount=rest.plain)


def documents(items: Sequence[Item]) -> str:
    return ", ".join(dict.fromkeys(invoices.title(item) for item in items))


def facts(plan: Plan, items: Sequence[Item]) -> list[tuple[str, str]]:
    rows: list[tuple[Text, str]] = [
        (t("Documents"), documents(items)),
        (t("In all"), i18n.money(plan.total)),
    ]
    if plan.interest_minor:
        rows.append((t("of which agreed interest"), i18n.money(Money(plan.interest_minor, plan.currency))))
    if plan.discount_minor:
        rows.append((t("let go of when all of it is paid"), i18n.money(Money(plan.discount_minor, plan.currency))))
    return [(i18n.say(label), value) for label, value in rows]


def chosen_total(items: Sequence[Item], currency: str) -> str:
    return i18n.money(total([item.open for item in items], currency))


def first_screen(visit: Current, items: Sequence[Item]) -> dict[str, Any] | None:
    """The plan as the first page shows it: what comes next, how much is left; None where none stands."""
    if not any(item.held_for == holds.PLAN or item.resting_minor for item in items):
        return None
    standing = [
        plan
        for plan in queries.standing(visit.debtor_id)
        if visit.invoice_id is None or queries.is_about_only(plan.id, visit.invoice_id)
    ]
    if not standing:
        return None
    plan = standing[0]
    rows = queries.asked(plan.id)
    about = set(queries.item_ids(plan.id))
    mine = [item for item in items if item.item_id in about]
    today = clock.today(visit.creditor.time_zone)
    return {
        "next": next_card(plan, rows, mine, today),
        "progress": progress(plan, rows),
        "url": url_for("plans_debtor.show_plan", plan_id=plan.id),
        "items": about,
    }
