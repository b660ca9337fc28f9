"""Agencies that work for the creditor: who they are, which customers they see, from when until when."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select

from portal.core import clock, db
from portal.core.text import Text, t
from portal.debtors.models import Debtor
from portal.people import agencies
from portal.people.models import Mandate
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("agencies_creditor", __name__, url_prefix="/c/agencies")

EVERYONE, NAMED = "everyone", "named"
MOST_CODES, LONGEST_LIST = 5000, 60_000
_BETWEEN = re.compile(r"[\s,;]+")
_VAT = re.compile(r"[A-Z]{0,2}[0-9A-Z]{8,14}", re.ASCII)


@blueprint.get("")
@allow(Permission.PEOPLE)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    names = ("name", "vat_number", "from_on", "until_on", "reach", "codes")
    page = render_template(
        "people/staff_agencies.html",
        title=i18n.gettext("Agencies"),
        mandates=[_row(one) for one in agencies.mandates()],
        reaches=[
            (EVERYONE, i18n.gettext("All customers"), ""),
            (NAMED, i18n.gettext("Only some"), i18n.gettext("You name them by their customer codes.")),
        ],
        typed={name: form.typed.get(name, "") for name in names},
        give_url=url_for(".give"),
        people_url=url_for("people_creditor.show_list"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _row(one: agencies.MandateRow) -> dict[str, Any]:
    mandate, now = one.mandate, clock.now()
    over = mandate.ended_at is not None or (mandate.until_at is not None and mandate.until_at <= now)
    state, kind = (t("over"), "plain") if over else (t("in force"), "good")
    if not over and mandate.from_at > now:
        state, kind = t("not yet"), "wait"
    customers = i18n.ngettext("%(count)s customer", "%(count)s customers", one.debtors) % {"count": one.debtors}
    people = i18n.ngettext("%(count)s person", "%(count)s people", one.people) % {"count": one.people}
    return {
        "name": mandate.shown_name,
        "vat_number": one.agency.vat_number,
        "reach": i18n.gettext("all customers") if mandate.everyone else customers,
        "people": people,
        "from": i18n.short_day(_day(mandate.from_at)),
        "until": i18n.short_day(_day(mandate.until_at) - timedelta(days=1)) if mandate.until_at is not None else "",
        "state": state,
        "kind": kind,
        "end_url": url_for(".end", mandate_id=mandate.id) if not over else None,
    }


def _day(at: datetime) -> date:
    return clock.day_of(at, person().creditor.time_zone)


@blueprint.post("")
@allow(Permission.PEOPLE)
@recently_proved
def give() -> Any:
    """From the first day to the last one included, on the creditor's clocks."""
    form = Form()
    name = form.text("name", longest=200, needed=t("Please write the agency's name."))
    vat_number = agencies.normalise_vat(form.text("vat_number", longest=30))
    if not _VAT.fullmatch(vat_number):
        form.wrong["vat_number"] = t("Please write the VAT number like this: IT01234567890.")
    from_on = form.day("from_on") or clock.today(person().creditor.time_zone)
    until_on = form.day("until_on")
    if until_on is not None and until_on < from_on and "from_on" not in form.wrong:
        form.wrong["until_on"] = t("The last day lies before the first one.")
    reach = form.choice("reach", {EVERYONE, NAMED}, t("Please choose which customers this agency sees."))
    debtor_ids = _named(form) if reach == NAMED else None
    if form.wrong:
        return _page(form)
    agencies.give(
        agencies.organisation(name, vat_number),
        name=name,
        from_at=_begins(from_on),
        until_at=_begins(until_on + timedelta(days=1)) if until_on is not None else None,
        debtor_ids=debtor_ids,
        by=person().staff_id,
    )
    return _done(t("Done. Now invite its people: they see what this mandate names, and no more."))


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(person().creditor.time_zone))


def _named(form: Form) -> list[int]:
    """The customers behind the typed codes; the form names those that nobody has."""
    typed = form.text("codes", longest=LONGEST_LIST, needed=t("Please write the codes of these customers."))
    codes = list(dict.fromkeys(code for code in _BETWEEN.split(typed) if code))
    if len(codes) > MOST_CODES:
        form.wrong["codes"] = t("Please name at most %(most)s customers.", most=MOST_CODES)
    if "codes" in form.wrong:
        return []
    rows = db.session().execute(select(Debtor.code, Debtor.id).where(Debtor.code.in_(codes)))
    found = {row[0]: row[1] for row in rows}
    unknown = [code for code in codes if code not in found]
    if unknown:
        form.wrong["codes"] = t("No customer has the code %(codes)s.", codes=", ".join(unknown[:10]))
    return list(found.values())


@blueprint.post("/<id:mandate_id>/end")
@allow(Permission.PEOPLE)
@recently_proved
def end(mandate_id: int) -> Any:
    mandate: Mandate = only_own(agencies.mandate_of_creditor(mandate_id))
    agencies.end(mandate)
    return _done(t("Done. Its people see nothing here any more."))


def _done(sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show"), 303)
