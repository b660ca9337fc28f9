"""The board of goals: everybody sees it; who may set goals sets, changes and ends them."""

from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core import clock
from portal.core.errors import NotAllowedNow, StaleWrite
from portal.core.text import t
from portal.goals import actions, forms, measures, presenting, queries
from portal.goals.models import Goal
from portal.goals.states import GoalStatus
from portal.insights import figures, relation, summed
from portal.insights.presenting import felt
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("goals_creditor", __name__)


def _today() -> date:
    return clock.today(person().creditor.time_zone)


@blueprint.get("/figures/goals")
@allow(Permission.READ)
def show() -> Any:
    zone, today = person().creditor.time_zone, _today()
    goals = queries.under_way()
    found = {one: figures.figures(today, one, zone) for one in sorted({row.currency for row in goals})}
    how = relation.relation(today, zone)
    may_set = person().may(Permission.GOALS)
    return render_template(
        "goals/staff_board.html",
        title=i18n.gettext("Goals"),
        day=i18n.day(today),
        relation=felt(how),
        goals=presenting.board(goals, found, how, today),
        earlier=[presenting.past(row) for row in queries.earlier()],
        presets=[
            (
                i18n.say(t("%(label)s %(change)s %%", label=measures.MEASURES[code].label, change=f"{change:+}")),
                url_for(".show_new", preset=code),
            )
            for code, change in measures.PRESETS.items()
        ]
        if may_set
        else [],
        new_url=url_for(".show_new") if may_set else None,
        figures_url=url_for("figures_creditor.show"),
    )


@blueprint.get("/figures/goals/new")
@allow(Permission.GOALS)
def show_new() -> Any:
    form, today = Form(), _today()
    preset = request.args.get("preset", "")
    change = measures.PRESETS.get(preset)
    first = {
        "figure": preset if change is not None else "",
        "target": f"{change:+}" if change is not None else "",
        "how": forms.CHANGE,
        "baseline_on": (today.replace(day=1) - timedelta(days=1)).isoformat(),
        "target_on": today.replace(month=12, day=31).isoformat(),
    }
    form.typed = first | form.typed
    return _new_page(form)


@blueprint.post("/figures/goals")
@allow(Permission.GOALS)
def set_goal() -> Any:
    """Where it begins is read now, as of the day that was chosen, and stays as it is."""
    form, zone, today = Form(), person().creditor.time_zone, _today()
    begun = forms.read_new(form, _currencies(today), today)
    if begun is None:
        return _new_page(form)
    begins = actions.standing(begun.figure, begun.currency, begun.baseline_on, zone)
    if begins.value is None:
        form.wrong["baseline_on"] = t("On that day this figure cannot be reckoned. Please choose another day.")
        return _new_page(form)
    target = forms.read_target(form, begun.figure, begun.currency, begun.how, begins.value)
    if target is None:
        return _new_page(form)
    try:
        row = actions.set_goal(
            begun.figure, begun.currency, begins, target, begun.target_on, today=today, by=person().staff_id
        )
    except NotAllowedNow as no:
        form.wrong["figure"] = no.text
        return _new_page(form, 409)
    flash(
        i18n.say(
            t("Done. It begins at %(began)s and shall be %(target)s.", began=presenting.said(row, row.baseline),
              target=presenting.said(row, row.target))
        ),
        "done",
    )  # fmt: skip
    return redirect(url_for(".show"), 303)


def _currencies(today: date) -> list[str]:
    return summed.currencies(today) or ["EUR"]


def _new_page(form: Form, status: int = 422) -> Any:
    today = _today()
    known = _currencies(today)
    page = render_template(
        "goals/staff_new.html",
        title=i18n.gettext("A new goal"),
        save_url=url_for(".set_goal"),
        figures=[(code, i18n.say(one.label)) for code, one in measures.MEASURES.items()],
        currencies=[(one, one) for one in known],
        how=[(code, i18n.say(label), "") for code, label in forms.HOW.items()],
        typed=form.typed,
        last=today.isoformat(),
        first=(today + timedelta(days=1)).isoformat(),
        back_url=url_for(".show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, status if form.wrong else 200


@blueprint.get("/figures/goals/<id:goal_id>")
@allow(Permission.READ)
def show_one(goal_id: int) -> Any:
    return _page(only_own(queries.goal(goal_id)), Form())


@blueprint.post("/figures/goals/<id:goal_id>")
@allow(Permission.GOALS)
def change(goal_id: int) -> Any:
    row, form, today = only_own(queries.goal(goal_id)), Form(), _today()
    target_on = forms.read_target_on(form, today)
    target = forms.read_target(form, row.figure, row.currency, forms.VALUE, row.baseline)
    after = form.text("after", longest=9)
    if target is None or target_on is None or form.wrong:
        return _page(row, form)
    number = int(after) if after.isascii() and after.isdigit() else -1
    try:
        actions.change(row, target, target_on, after=number, today=today)
    except (NotAllowedNow, StaleWrite) as no:
        form.wrong["target"] = no.text
        form.typed["after"] = str(row.version)
        return _page(row, form, 409)
    flash(i18n.say(t("Done. From now on this is what it aims at.")), "done")
    return redirect(url_for(".show"), 303)


@blueprint.post("/figures/goals/<id:goal_id>/end")
@allow(Permission.GOALS)
def end(goal_id: int) -> Any:
    actions.end(only_own(queries.goal(goal_id)))
    flash(i18n.say(t("Done. The goal was given up; it stays on the list.")), "done")
    return redirect(url_for(".show"), 303)


def _page(row: Goal, form: Form, status: int = 422) -> Any:
    """The goal as it was set, and, for who may, another target or its end."""
    measure = measures.MEASURES[row.figure]
    may_change = person().may(Permission.GOALS) and row.status is GoalStatus.OPEN
    moved = (row.target, row.target_on) != (row.first_target, row.first_target_on)
    unit = {"money": row.currency, "days": i18n.gettext("days"), "per_cent": "%"}[measure.unit]
    page = render_template(
        "goals/staff_goal.html",
        title=presenting.label(row),
        status=i18n.say(row.status.label),
        formula=i18n.say(measure.formula),
        began=presenting.said(row, row.baseline),
        began_on=i18n.day(row.baseline_on),
        began_url=url_for("figures_creditor.show", as_of=row.baseline_on.isoformat(), currency=row.currency),
        felt=presenting.past(row)["felt"],
        began_felt={
            "score": "–" if row.baseline_nps is None else str(row.baseline_nps),
            "complaints": row.baseline_complaints,
        },
        target=presenting.said(row, row.target),
        target_on=i18n.day(row.target_on),
        at_first=i18n.say(
            t("At first it was %(target)s by %(day)s.", target=presenting.said(row, row.first_target),
              day=i18n.day(row.first_target_on))
        )
        if moved
        else "",
        result=presenting.said(row, row.result) if row.status is GoalStatus.OVER else "",
        save_url=url_for(".change", goal_id=row.id) if may_change else None,
        end_url=url_for(".end", goal_id=row.id) if may_change else None,
        unit=unit,
        typed={
            "target": presenting.plain(row.figure, row.currency, row.target).replace(".", i18n.decimal("0.5")[1]),
            "target_on": row.target_on.isoformat(), "after": str(row.version),
        } | form.typed,
        first=(_today() + timedelta(days=1)).isoformat(),
        back_url=url_for(".show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )  # fmt: skip
    return page, status if form.wrong else 200
