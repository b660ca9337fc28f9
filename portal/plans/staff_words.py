"""A plan in the words that the creditor's people read: terms, rounds, instalments, and what happened to it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from portal.core.events import EventRow
from portal.core.money import Money
from portal.core.text import Text, t
from portal.people import queries as people
from portal.plans import agreement
from portal.plans.models import Instalment, Plan, PlanRound
from portal.plans.rules import Wish
from portal.plans.schedules import Schedule
from portal.plans.states import InstalmentStatus, PlanStatus
from portal.promises import presenting as promises
from portal.promises.rules import KeptRate
from portal.web import i18n

I, S = InstalmentStatus, PlanStatus  # noqa: E741
GOOD, WAIT, PROBLEM, PLAIN = "good", "wait", "problem", "plain"
TINTS: Mapping[PlanStatus, str] = {
    S.PROPOSED: WAIT, S.COUNTERED: WAIT, S.OFFERED: WAIT, S.PENDING: WAIT, S.ACCEPTED: GOOD, S.ACTIVE: GOOD,
    S.COMPLETED: GOOD, S.DEFAULTED: PROBLEM,
}  # fmt: skip
ROW_TINTS: Mapping[InstalmentStatus, str] = {I.PAID: GOOD, I.PART_PAID: WAIT, I.DUE: WAIT, I.OVERDUE: PROBLEM}
SIDES: Mapping[str, Text] = {
    "customer": t("the customer"),
    "creditor": t("we"),
    "policy": t("the portal, inside the policy"),
}
# Each event as a sentence, with its tint. Stories (portal.inbox) read the same.
SAID: Mapping[str, tuple[Text, str]] = {
    "plan.proposed": (t("They propose to pay %(total)s in %(instalments)s instalments"), WAIT),
    "plan.offered": (t("%(total)s in %(instalments)s instalments can be accepted"), PLAIN),
    "plan.countered": (t("We proposed %(total)s in %(instalments)s instalments instead"), WAIT),
    "plan.rejected": (t("A plan for %(total)s was not agreed"), WAIT),
    "plan.pending": (t("A plan for %(total)s waits for who may sign"), WAIT),
    "plan.accepted": (t("They accepted a plan: %(total)s in %(instalments)s instalments"), GOOD),
    "plan.withdrawn": (t("They took a plan for %(total)s back within a day"), WAIT),
    "plan.activated": (t("A plan for %(total)s stands now"), GOOD),
    "plan.completed": (t("A plan for %(total)s is paid in full"), GOOD),
    "plan.reopened": (t("Money of a plan went back: it goes on"), PROBLEM),
    "plan.resumed": (t("A plan for %(total)s stands again: the one in its place was taken back"), WAIT),
    "plan.defaulted": (t("A plan for %(total)s ended: %(open)s are open and due again"), PROBLEM),
    "plan.renegotiated": (t("Another plan took the place of one for %(total)s"), PLAIN),
    "plan.cancelled": (t("A plan for %(total)s ended before it was kept or missed"), PLAIN),
    "plan.expired": (t("Nobody answered about a plan for %(total)s in time"), WAIT),
    "plan.voided": (t("What is open has changed: the offered plan for %(total)s is void"), WAIT),
    "plan.evidence_kept": (t("What was accepted is kept as evidence, and they have a copy"), GOOD),
    "plan.evidence_sealed": (t("The evidence of what was accepted is sealed"), GOOD),
    "instalment.due": (t("The instalment of %(due_on)s is due: %(amount)s"), PLAIN),
    "instalment.paid": (t("The instalment of %(due_on)s is paid: %(amount)s"), GOOD),
    "instalment.part_paid": (t("A part of the instalment of %(due_on)s has come"), WAIT),
    "instalment.missed": (t("The instalment of %(due_on)s is missing"), PROBLEM),
    "instalment.moved": (t("An instalment was moved to %(due_on)s"), PLAIN),
    "instalment.reopened": (t("The instalment of %(due_on)s is open again"), PROBLEM),
    "instalment.cancelled": (t("The instalment of %(due_on)s is not asked for any more"), PLAIN),
}


def terms(wish: Wish) -> str:
    """`6 instalments, every month, from 30 November 2026; 100,00 € at the beginning`; and what is let go of."""
    count = i18n.ngettext("%(count)s instalment", "%(count)s instalments", wish.instalments)
    every = i18n.say(agreement.EVERY[wish.every])
    said = t("%(count)s, %(every)s, from %(day)s", count=count % {"count": wish.instalments}, every=every,
             day=i18n.day(wish.first_on))  # fmt: skip
    found = i18n.say(said)
    if wish.down is not None:
        found += f"; {i18n.say(t('%(amount)s at the beginning', amount=i18n.money(wish.down)))}"
    if wish.discount is not None:
        found += f"; {i18n.say(t('%(amount)s are let go of at the end', amount=i18n.money(wish.discount)))}"
    return found


def schedule(found: Schedule) -> list[tuple[str, str]]:
    """Day and amount of each instalment, for a list of facts."""
    return [(_place(row.number, row.due_on), i18n.money(row.amount)) for row in found.rows]


def _place(number: int, due_on: date) -> str:
    if not number:
        return i18n.say(t("At the beginning, by %(day)s", day=i18n.short_day(due_on)))
    return f"{number}. {i18n.short_day(due_on)}"


def rows(instalments: Sequence[Instalment], currency: str) -> list[dict[str, Any]]:
    """The instalments of a plan, for its table."""
    return [
        {
            "number": str(row.number) if row.number else i18n.gettext("beginning"),
            "on": i18n.short_day(row.due_on),
            "on_note": i18n.say(t("moved from %(day)s", day=i18n.short_day(row.moved_from)))
            if row.moved_from
            else "",
            "amount": i18n.money(Money(row.amount_minor, currency)),
            "paid": i18n.money(Money(row.paid_minor, currency)) if row.paid_minor else "–",
            "state": row.status.label,
            "tint": ROW_TINTS.get(row.status, PLAIN),
            "reference": row.reference,
        }
        for row in instalments
    ]


def rounds(plan: Plan, found: Sequence[PlanRound], zone: str) -> list[dict[str, str]]:
    """Who put which terms forward, when, under which version of the policy."""
    names = people.names([one.by for one in found])
    return [
        {
            "who": names.get(one.by or 0) or i18n.say(SIDES[one.side]),
            "when": i18n.moment(one.said_at, zone),
            "terms": terms(wish_of(one, plan.currency)),
            "version": i18n.say(t("policy version %(number)s", number=one.terms.get("policy", plan.policy_number))),
        }
        for one in found
    ]


def wish_of(one: PlanRound, currency: str) -> Wish:
    said = one.terms
    down, let_go = (
        Money(said[name], currency) if said.get(name) else None for name in ("down_minor", "discount_minor")
    )
    return Wish(said["instalments"], date.fromisoformat(said["first_on"]), said["every"], down, let_go)


def happened(found: Sequence[tuple[EventRow, str | None]], zone: str) -> list[dict[str, Any]]:
    """What happened, as a timeline wants it."""
    return [
        {
            "when": i18n.moment(row.at, zone),
            "what": _sentence(row),
            "who": name or (i18n.gettext("the customer, by their link") if row.actor_kind == "debtor" else None),
            "note": None,
            "href": None,
        }
        for row, name in found
    ]


def _sentence(row: EventRow) -> str:
    text, _ = SAID.get(row.name, (Text(row.name), PLAIN))
    currency, said = row.data.get("currency", "EUR"), {}
    for name, value in row.data.items():
        if name.endswith("_minor") and isinstance(value, int):
            said[name.removesuffix("_minor")] = i18n.money(Money(value, currency))
        elif name.endswith("_on") and isinstance(value, str):
            said[name] = i18n.day(date.fromisoformat(value))
        else:
            said[name] = value
    return i18n.say(Text(text.msgid, said))


def rate(found: KeptRate) -> str:
    """«6 of 10 kept (60 %), 63.33 % by amount», or that none was due."""
    return promises.rate(found) or i18n.gettext("none was due yet")


def along(paid: Money, asked: Money, count_paid: int, count: int) -> tuple[str, str]:
    """How far along it is: per cent of the money, and how many instalments."""
    percent = 100 * paid.minor // asked.minor if asked.minor else 0
    said = t("%(paid)s of %(count)s paid", paid=count_paid, count=count)
    return f"{percent} %", i18n.say(said)
