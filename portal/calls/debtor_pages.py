"""Booking a call instead of receiving it: choose a moment, move it, call it off, put it into one's own calendar."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.calls import actions, queries, rules
from portal.calls.models import Call
from portal.calls.states import CallStatus
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.core import calendars, clock, ids
from portal.core.text import Text, t
from portal.debtors.visits import Current, answering, current
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint, only_own
from portal.web.offers import Offer

blueprint = debtor_blueprint("calls_debtor", __name__)

KIND = "call"
LONGEST_ABOUT = 400
COUNTRY = "IT"
# Besides the creditor's own: one of each clock on which customers of a European firm live.
# Babel's own names of cities run from one language into another: whichever is read first stays.
ZONES: dict[str, Text] = {
    "Europe/Rome": t("Rome"),
    "Europe/London": t("London"),
    "Europe/Athens": t("Athens"),
    "Europe/Istanbul": t("Istanbul"),
    "America/New_York": t("New York"),
    "America/Los_Angeles": t("Los Angeles"),
    "America/Sao_Paulo": t("São Paulo"),
    "Asia/Dubai": t("Dubai"),
    "Asia/Kolkata": t("Kolkata"),
    "Asia/Shanghai": t("Shanghai"),
    "Asia/Tokyo": t("Tokyo"),
    "Australia/Sydney": t("Sydney"),
}


def offer(visit: Current, _items: Sequence[Any]) -> list[Offer]:
    if not visit.may_answer or not queries.is_offered():
        return []
    return [Offer(t("Have us call you"), t("You choose when"), url_for("calls_debtor.show"), 8, KIND)]


def _zone() -> str:
    return current().creditor.time_zone


def _city(zone: str) -> str:
    """By which city a zone is called; one that is not listed by its own name."""
    return i18n.say(ZONES[zone]) if zone in ZONES else zone.rpartition("/")[2].replace("_", " ")


def _their_zone() -> str:
    """On whose clocks the customer reads: the zone that they chose on this page, else the creditor's."""
    asked = request.values.get("zone", "")
    return asked if asked in ZONES else _zone()


@blueprint.get("/call")
def show() -> Any:
    """The booked call, or the moments that are free."""
    answering()
    return _page(Form())


def _page(form: Form) -> Any:
    zone, booked = _their_zone(), _booked()
    elsewhere = _booked_elsewhere() if booked is None else None
    page = render_template(
        "calls/debtor_call.html",
        title=i18n.gettext("Have us call you"),
        booked=i18n.moment(booked.starts_at, zone) if booked is not None else "",
        phone=form.typed.get("phone", booked.phone if booked is not None else ""),
        about=form.typed.get("about", ""),
        chosen=form.typed.get("at", ""),
        days=_days(actions.free(), zone),
        zone=_city(zone),
        zone_chosen=zone if zone != _zone() else "",
        zones=[(one, _city(one)) for one in dict.fromkeys((_zone(), *ZONES))],
        zone_url=url_for(".show"),
        book_url=url_for(".book"),
        elsewhere=i18n.say(elsewhere) if elsewhere is not None else "",
        off_url=url_for(".call_off", call_id=booked.id) if booked is not None else None,
        calendar_url=url_for(".take_calendar", call_id=booked.id) if booked is not None else None,
        help_url=url_for("cases_debtor.show_help"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _booked_elsewhere() -> Text | None:
    """A call that another link booked cannot be moved with this one: then the telephone helps. None for no call."""
    visit = current()
    phone, found = visit.creditor.phone, queries.next_of(visit.debtor_id)
    if found is None or _reached(found) is not None:
        return None
    if not phone:
        return t("A call is booked already, through another link of yours. To change it, please write to us.")
    return t("A call is booked already, through another link of yours. To change it, call %(phone)s.", phone=phone)


def _days(free: Sequence[datetime], zone: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """(day, its moments as (value, time)), as the select's groups want them."""
    return [
        (i18n.day(day), [(clock.iso(at), i18n.clock_time(at, zone)) for at in moments])
        for day, moments in groupby(free, key=lambda at: clock.day_of(at, zone))
    ]


@blueprint.post("/call")
def book() -> Any:
    visit, form = answering(), Form()
    free = {clock.iso(at): at for at in actions.free()}
    booked = _booked()
    if booked is not None:
        free.setdefault(clock.iso(booked.starts_at), booked.starts_at)
    at = form.choice("at", set(free), t("Please choose a moment that is still free."))
    phone = rules.phone(form.text("phone", longest=40, needed=t("Please write the number to call.")), COUNTRY)
    about = form.text("about", longest=LONGEST_ABOUT)
    if phone is None:
        form.wrong.setdefault("phone", t("Please write the number like this: 333 123 4567"))
    elsewhere = _booked_elsewhere() if booked is None else None
    if elsewhere is not None:
        form.wrong = {"at": elsewhere}
    if form.wrong or at is None or phone is None:
        return _page(form)
    if booked is None:
        actions.book(visit, free[at], phone, about or None)
    else:
        actions.move(booked, free[at], phone)
    zone = _their_zone()
    return redirect(url_for(".show", zone=zone) if zone != _zone() else url_for(".show"), 303)


def _own(call_id: int) -> Call:
    answering()
    call: Call = only_own(_reached(queries.one(call_id)))
    return call


def _booked() -> Call | None:
    return _reached(queries.next_of(current().debtor_id))


def _reached(found: Call | None) -> Call | None:
    """The call, if it is this customer's and this link reaches it (rule A-07)."""
    visit = current()
    if found is None or found.debtor_id != visit.debtor_id:
        return None
    return found if visit.reaches(found.visit_id) else None


@blueprint.post("/calls/<id:call_id>/off")
def call_off(call_id: int) -> Any:
    actions.call_off(_own(call_id), "customer")
    flash(i18n.say(t("Done. Nobody calls you.")), "done")
    return redirect(url_for(".show"), 303)


@blueprint.get("/calls/<id:call_id>/calendar.ics")
def take_calendar(call_id: int) -> Any:
    """The call for one's own calendar; it says with whom and when, nothing about what."""
    call = _own(call_id)
    creditor = current().creditor
    entry = calendars.Entry(
        uid=f"{ids.spell(call.id)}@{ids.spell(call.creditor_id)}",
        begins=call.starts_at,
        ends=call.ends_at,
        summary=i18n.say(t("%(creditor)s calls you", creditor=creditor.display_name)),
        description=i18n.say(t("At %(phone)s. To move it, open the page again.", phone=call.phone)),
        sequence=call.moves,
        alarm_before=timedelta(minutes=15),
        is_cancelled=call.status is CallStatus.CALLED_OFF,
    )
    return saved(calendars.write(entry, clock.now()).encode(), "call.ics", calendars.MIME)


def panel(case: Case) -> Panel | None:
    """On the customer's page of the case: when, and where to change it."""
    call = queries.one(case.subject_id or 0)
    if call is None:
        return None
    values = {
        "when": i18n.moment(call.starts_at, _zone()),
        "phone": call.phone,
        "change_url": url_for("calls_debtor.show") if call.status is CallStatus.BOOKED else None,
    }
    return Panel("calls/debtor_panel.html", values)
