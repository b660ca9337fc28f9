"""The calendar: what customers hear in the next days and why, who hears nothing and why, and pauses."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core import clock
from portal.core.text import Text, t
from portal.debtors import queries as debtors
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.reminders import actions, policies, presenting, queries, reading
from portal.reminders.deciding import REASONS, Moment
from portal.reminders.levels import LABELS
from portal.reminders.models import Pause
from portal.web import i18n, lists
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("calendar_creditor", __name__)


@blueprint.get("/calendar")
@allow(Permission.READ)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    face, version = person().creditor, policies.current()
    today = clock.today(face.time_zone)
    days = _days(queries.coming(today, today + timedelta(days=reading.AHEAD)))
    resting = [(why, count) for why, count in queries.resting() if why in REASONS]
    reason = lists.chosen("why", [why for why, _count in resting])
    day = _day_asked(days)
    found = (
        queries.of_reason(reason, lists.asked("after") or None)
        if reason
        else queries.of_day(day, lists.asked("after") or None)
        if day is not None
        else None
    )
    moment = Moment(clock.now(), face.time_zone)
    names = ("day", "why")
    page = render_template(
        "reminders/staff_calendar.html",
        title=i18n.gettext("What comes next"),
        settings_url=url_for("cadence_settings.show") if person().may(Permission.PLANS) else None,
        pause=_pause(queries.pause(None)),
        pause_url=url_for(".pause") if person().may(Permission.PLANS) else None,
        until=form.typed.get("until", ""),
        days=[
            {"label": i18n.day(one), "href": url_for(".show", day=one.isoformat()),
             "current": one == day and not reason,
             "levels": [(i18n.say(LABELS[level]), str(count)) for level, count in levels]}
            for one, levels in days.items()
        ],
        resting=[
            {"label": i18n.say(REASONS[why]), "href": url_for(".show", why=why), "count": str(count),
             "current": why == reason}
            for why, count in resting
        ],
        chosen=i18n.say(REASONS[reason]) if reason else i18n.day(day) if day is not None else "",
        rows=_rows(found.rows, version, moment) if found is not None else [],
        shown=i18n.say(t("%(count)s shown", count=len(found.rows))) if found is not None else "",
        newer_url=lists.address(".show", names) if lists.asked("after") else None,
        older_url=lists.address(".show", names, after=found.next_cursor) if found and found.next_cursor else None,
        errors=form.errors,
        error_of=dict(form.errors),
    )  # fmt: skip
    return page, 422 if form.wrong else 200


def _days(coming: Sequence[tuple[date, str, int]]) -> dict[date, list[tuple[str, int]]]:
    found: dict[date, list[tuple[str, int]]] = {}
    for day, level, count in coming:
        found.setdefault(day, []).append((level, count))
    return found


def _day_asked(days: dict[date, list[tuple[str, int]]]) -> date | None:
    """The day in the address where something is to come, else the first such day."""
    by_name = {day.isoformat(): day for day in days}
    return by_name.get(lists.asked("day"), next(iter(days), None))


def _rows(
    customers: Sequence[tuple[int, str, str]], version: policies.Version, moment: Moment
) -> list[dict[str, Any]]:
    found = presenting.read([debtor_id for debtor_id, _name, _code in customers], version, moment)
    by_id = {one.debtor_id: presenting.next_of(one, version, moment) for one in found}
    return [
        {
            "name": name,
            "code": code,
            "href": url_for("debtors_creditor.show", debtor_id=debtor_id),
            "why_url": url_for(".show_customer", debtor_id=debtor_id),
            **by_id.get(debtor_id, presenting.NOTHING_OPEN),
        }
        for debtor_id, name, code in customers
    ]


@blueprint.get("/debtors/<id:debtor_id>/cadence")
@allow(Permission.READ)
def show_customer(debtor_id: int) -> Any:
    return _customer(debtor_id, Form())


def _customer(debtor_id: int, form: Form) -> Any:
    debtor = only_own(debtors.debtor(debtor_id))
    face = person().creditor
    moment = Moment(clock.now(), face.time_zone)
    said = queries.said(debtor_id)
    version, pauses = policies.current(), queries.pauses(debtor_id)
    found = presenting.read([debtor_id], version, moment)
    page = render_template(
        "reminders/staff_customer.html",
        title=i18n.gettext("When this customer hears from you"),
        name=debtor.name,
        next=presenting.next_of(found[0], version, moment) if found else presenting.NOTHING_OPEN,
        items=presenting.items(found[0], version, moment) if found else [],
        said=[presenting.touch(one, number, status, face.time_zone) for one, number, status in said],
        pause=_pause(pauses.get(debtor_id)),
        everybody=_pause(pauses.get(None)),
        pause_url=url_for(".pause_customer", debtor_id=debtor_id) if person().may(Permission.ANSWER) else None,
        until=form.typed.get("until", ""),
        back_url=url_for("debtors_creditor.show", debtor_id=debtor_id),
        calendar_url=url_for(".show"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _pause(row: Pause | None) -> dict[str, str] | None:
    if row is None:
        return None
    return {
        "since": i18n.moment(row.since, person().creditor.time_zone),
        "until": i18n.day(row.until) if row.until is not None else "",
        "by": people.names([row.paused_by]).get(row.paused_by or 0, ""),
    }


@blueprint.post("/calendar/pause")
@allow(Permission.PLANS)
def pause() -> Any:
    """For everybody: begins, moves or ends."""
    form = Form()
    if not _changed(None, form):
        return _page(form)
    return redirect(url_for(".show"), 303)


@blueprint.post("/debtors/<id:debtor_id>/cadence/pause")
@allow(Permission.ANSWER)
def pause_customer(debtor_id: int) -> Any:
    form = Form()
    only_own(debtors.debtor(debtor_id))
    if not _changed(debtor_id, form):
        return _customer(debtor_id, form)
    return redirect(url_for(".show_customer", debtor_id=debtor_id), 303)


def _changed(debtor_id: int | None, form: Form) -> bool:
    """Whether what was asked for could be done; else `form.wrong` says why not."""
    if form.choice("act", {"resume"}, None) == "resume":
        row = queries.pause(debtor_id)
        if row is not None:
            actions.resume(row, person().staff_id)
        return _say(t("Done. It goes on, and takes up what was missed."))
    until = form.day("until")
    if until is not None and until < clock.today(person().creditor.time_zone):
        form.wrong["until"] = t("Please choose today or a later day.")
    if form.wrong:
        return False
    actions.pause(debtor_id, until, person().staff_id)
    return _say(t("Done. Nothing goes out by itself until it goes on."))


def _say(sentence: Text) -> bool:
    flash(i18n.say(sentence), "done")
    return True
