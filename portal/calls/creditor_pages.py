"""The call before the creditor's people: whom, when, where, what came of it; and the hours in which they call."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.calls import actions, queries, rules
from portal.calls.models import Call
from portal.calls.states import CallStatus
from portal.cases import actions as cases
from portal.cases import creditor_pages as case_pages
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.channel_wishes import presenting as wishes
from portal.channel_wishes import queries as channel_wishes
from portal.channel_wishes import rules as channels
from portal.core.text import Text, t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("calls_creditor", __name__)

DAYS: tuple[Text, ...] = (
    t("Monday"), t("Tuesday"), t("Wednesday"), t("Thursday"), t("Friday"), t("Saturday"),
)  # fmt: skip
PARTS = ("first", "second")


def panel(case: Case) -> Panel | None:
    """When to call and where; what came of it. The customer's card, one click away, tells every act of theirs."""
    call = queries.one(case.subject_id or 0)
    if call is None:
        return None
    zone = person().creditor.time_zone
    unwanted = wishes.not_wanted(channel_wishes.stopped(call.debtor_id), channels.PHONE, zone)
    open_ = call.status is CallStatus.BOOKED and person().may(Permission.ANSWER)
    return Panel(
        "calls/staff_panel.html",
        {
            "when": i18n.moment(call.starts_at, zone),
            "unwanted": unwanted,
            "phone": call.phone,
            "state": call.status.label,
            "sheet_url": url_for("debtors_creditor.show", debtor_id=call.debtor_id),
            "made_url": url_for("calls_creditor.made", call_id=call.id) if open_ else None,
            "missed_url": url_for("calls_creditor.missed", call_id=call.id) if open_ else None,
            "off_url": url_for("calls_creditor.call_off", call_id=call.id) if open_ else None,
            "version": case.version,
        },
        leaves_closing=call.status is not CallStatus.BOOKED,
    )


def _own(call_id: int) -> tuple[Call, Case]:
    """The call with its case, as whoever acts on it saw them. Raises NotAllowedNow where something has changed."""
    call: Call = only_own(queries.one(call_id))
    case: Case = only_own(case_queries.about(kinds.CALL, call.id))
    case_pages.unchanged(case, Form())
    cases.see(case, person().staff_id)
    return call, case


def _done(case: Case, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for("cases_creditor.show", case_id=case.id), 303)


@blueprint.post("/calls/<id:call_id>/made")
@allow(Permission.ANSWER)
def made(call_id: int) -> Any:
    call, case = _own(call_id)
    actions.made(call, reached=True)
    return _done(case, t("Done. You have spoken."))


@blueprint.post("/calls/<id:call_id>/missed")
@allow(Permission.ANSWER)
def missed(call_id: int) -> Any:
    call, case = _own(call_id)
    actions.made(call, reached=False)
    return _done(case, t("Done. They can book another call."))


@blueprint.post("/calls/<id:call_id>/off")
@allow(Permission.ANSWER)
def call_off(call_id: int) -> Any:
    call, case = _own(call_id)
    actions.call_off(call, "staff")
    return _done(case, t("Done. The customer is told."))


@blueprint.get("/settings/calls")
@allow(Permission.SETTINGS)
def show_hours() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    hours = queries.hours()
    page = render_template(
        "calls/staff_hours.html",
        title=i18n.gettext("Hours for calls"),
        save_url=url_for(".save_hours"),
        days=[
            (i18n.say(name), [(_field(day, part), _shown(form, hours, day, part)) for part in PARTS])
            for day, name in enumerate(DAYS)
        ],
        lengths=[(str(minutes), str(minutes)) for minutes in rules.MINUTES],
        minutes=form.typed.get("minutes", str(hours.minutes if hours is not None else 20)),
        at_once=form.typed.get("at_once", str(hours.at_once if hours is not None else 1)),
        back_url=url_for("settings_creditor.show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _field(day: int, part: str) -> str:
    return f"{part}_{day}"


def _shown(form: Form, hours: rules.Hours | None, day: int, part: str) -> str:
    typed = form.typed.get(_field(day, part))
    if typed is not None or hours is None:
        return typed or ""
    found = [f"{rules.spelled(begins)}-{rules.spelled(ends)}" for at, begins, ends in hours.spans if at == day]
    place = PARTS.index(part)
    return found[place] if place < len(found) else ""


@blueprint.post("/settings/calls")
@allow(Permission.SETTINGS)
def save_hours() -> Any:
    form = Form()
    spans = []
    for day in range(len(DAYS)):
        for part in PARTS:
            try:
                span = rules.read_span(form.text(_field(day, part), longest=20))
            except ValueError:
                form.wrong[_field(day, part)] = t("Please write the hours like this: 9:00-13:00")
                continue
            if span is not None:
                spans.append((day, *span))
    minutes = form.choice("minutes", {str(one) for one in rules.MINUTES}, t("Please choose how long a call takes."))
    typed = form.text("at_once", longest=2)
    at_once = int(typed) if typed.isascii() and typed.isdigit() else 0
    if not 1 <= at_once <= rules.MOST_AT_ONCE:
        form.wrong["at_once"] = t("Please write a number from 1 to %(most)s.", most=rules.MOST_AT_ONCE)
    if form.wrong or minutes is None:
        return _page(form)
    actions.set_hours(rules.Hours(tuple(sorted(spans)), int(minutes), at_once))
    flash(i18n.say(t("Done. Customers can book a call in these hours.")), "done")
    return redirect(url_for(".show_hours"), 303)
