"""Choosing a plan: computed ways or an own one; inside the policy an offer at once, outside it a proposal."""

from typing import Any

from flask import redirect, render_template, request, url_for

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.core import db, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.debtors.models import Debtor
from portal.debtors.visits import Current, answering, current
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.plans import actions, agreement, presenting, queries, rules
from portal.plans.debtor_pages import own, reaches
from portal.plans.forms import OWN, WishForm, spelled
from portal.plans.models import Plan
from portal.plans.states import AGREED, PlanStatus
from portal.web import i18n
from portal.web.forms import MAX_WORDS, Form, chosen_ids
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("plan_choice_debtor", __name__)

S = PlanStatus


@blueprint.get("/plan")
def show() -> Any:
    """The plan that stands, or the page to choose one."""
    visit = answering()
    named = chosen_ids(request.args.getlist("items[]"))
    changed = _changed(request.args.get("of", ""))
    standing = _standing(visit)
    if standing is not None and not named and changed is None and "again" not in request.args:
        return redirect(url_for("plans_debtor.show_plan", plan_id=standing.id), 303)
    return _choose(visit, named, WishForm.blank(), changed)


def _changed(spelled_id: str) -> Plan | None:
    """The plan that is to be changed, where the address or the form names one. It has to be theirs, and stand."""
    if not spelled_id:
        return None
    plan = own(chosen_ids([spelled_id])[0])
    if plan.status not in AGREED:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=plan.status.label))
    return plan


def _standing(visit: Current) -> Plan | None:
    """What this customer has agreed, or talks about, as far as this link reaches."""
    found = [
        plan
        for plan in queries.of_debtor(visit.debtor_id, visit.invoice_id)
        if (plan.status in {*AGREED, S.PROPOSED, S.COUNTERED, S.PENDING} or _said_yes(plan)) and reaches(visit, plan)
    ]
    return found[0] if found else None


def _said_yes(plan: Plan) -> bool:
    """A colleague has agreed to it, and it waits for the customer's yes: it is no choice among others any more."""
    if plan.status is not S.OFFERED:
        return False
    return any(one.side == actions.CREDITOR for one in queries.rounds(plan.id))


def _may_choose(visit: Current, changed: Plan | None) -> list[Item]:
    """What a plan may be about: open, and in no other plan; of a plan that is to be changed what it is about."""
    if changed is not None:
        return actions.eligible(invoice_queries.items(queries.item_ids(changed.id)))
    return actions.untaken(visit.debtor_id, visit.invoice_id)


def _chosen(items: list[Item], named: list[int]) -> list[Item]:
    """What was ticked; all where nothing was. Another's is not there (404)."""
    if not all(one in {item.item_id for item in items} for one in named):
        only_own(None)
    return [item for item in items if not named or item.item_id in named]


def _choose(visit: Current, named: list[int], read: WishForm, changed: Plan | None) -> Any:
    items = _may_choose(visit, changed)
    chosen = _chosen(items, named)
    room = actions.room(_debtor(visit), chosen, changed)
    refused = rules.why_not_here(room.policy, room.standing) if chosen else t("There is nothing open for a plan.")
    person = rules.why_a_person(room.policy, room.standing)
    wishes = [] if refused else room.choices()
    typed = read.form.typed
    first = rules.choices(room.policy, room.debt, room.today)[:1] if not refused else []
    page = render_template(
        "plans/debtor_choose.html",
        title=i18n.gettext("Pay in instalments"),
        refused=i18n.say(refused) if refused else "",
        person=i18n.say(person) if person else "",
        whole=presenting.chosen_total(chosen, room.debt.currency),
        of=ids.spell(changed.id) if changed is not None else "",
        items=[
            {
                "id": ids.spell(item.item_id),
                "title": i18n.say(t("Invoice %(number)s", number=item.number)),
                "open": i18n.money(item.open),
                "chosen": item in chosen,
            }
            for item in items
        ],
        ways=[(spelled(wish), *presenting.way(wish, room.schedule(wish)[0]),
               presenting.schedule_rows(room.schedule(wish)[0])) for wish in wishes],
        own=OWN,
        rhythms=[(key, i18n.say(label)) for key, label in agreement.EVERY.items()],
        way=typed.get("way", "" if wishes else OWN),
        each=typed.get("each", ""),
        every=typed.get("every", "month"),
        first_on=typed.get("first_on", (first[0].first_on if first else room.today).isoformat()),
        down=typed.get("down", ""),
        warning=i18n.say(agreement.ASKING),
        look_url=url_for(".look"),
        recount_url=url_for(".show"),
        help_url=url_for("cases_debtor.show_help"),
        dispute_url=url_for("disputes_debtor.choose"),
        errors=read.form.errors,
        error_of=dict(read.form.errors),
    )  # fmt: skip
    return page, 422 if read.form.wrong else 200


def _debtor(visit: Current) -> Debtor:
    return db.session().get_one(Debtor, visit.debtor_id)


@blueprint.post("/plan")
def look() -> Any:
    """Inside what the creditor lets agree it becomes an offer, shown whole before anybody is bound; outside it the
    schedule is shown with why, and only a second press sends it to a person, with a word if wanted."""
    visit = answering()
    named = chosen_ids(Form().listed("items[]"))
    changed = _changed(request.form.get("of", ""))
    items = _chosen(_may_choose(visit, changed), named)
    room = actions.room(_debtor(visit), items, changed)
    read = WishForm.read(room.debt, lambda wish: room.schedule(wish)[0])
    words = read.form.text("words", longest=MAX_WORDS)
    wish = read.wish
    if not items or wish is None or read.form.wrong:
        return _choose(visit, named, read, changed)
    why_not = rules.why_not_here(room.policy, room.standing)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    wrong = rules.why_no_schedule(room.debt, wish, room.today)
    if wrong is not None:
        read.form.wrong["first_on" if read.form.typed["way"] == OWN else "way"] = wrong
        return _choose(visit, named, read, changed)
    outside = rules.why_a_person(room.policy, room.standing) or rules.why_outside(
        room.policy, room.debt, wish, room.today
    )
    if outside is not None and request.form.get("send") != "yes":
        return _preview(room, wish, outside, words, changed)
    plan = actions.offer(_debtor(visit), room, wish, visit_id=visit.id, invoice_id=visit.invoice_id, replaces=changed)
    case = case_queries.about(kinds.PLAN, plan.id)
    if case is not None and words:
        cases.write(visit, case, words)
    return redirect(url_for("plans_debtor.show_plan", plan_id=plan.id), 303)


def _preview(room: actions.Room, wish: rules.Wish, outside: Text, words: str, changed: Plan | None) -> Any:
    schedule, interest = room.schedule(wish)
    return render_template(
        "plans/debtor_proposal.html",
        title=i18n.gettext("Your proposal"),
        outside=i18n.say(outside),
        rows=presenting.schedule_rows(schedule),
        interest=i18n.money(interest) if interest else "",
        items=[ids.spell(item.item_id) for item in room.items],
        of=ids.spell(changed.id) if changed is not None else "",
        way=spelled(wish),
        words=words,
        warning=i18n.say(agreement.ASKING),
        send_url=url_for(".look"),
        back_url=url_for(".show"),
        name=current().creditor.contact_name or current().creditor.display_name,
    )
