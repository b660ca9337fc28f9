"""“Hard to pay just now?”: what would help, said without a why, and then nobody writes for a while (C-31, C-32)."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.cases import kinds
from portal.cases.debtor_pages import advice, may_see
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.core import clock
from portal.core.text import t
from portal.debtors.visits import Current, answering, current
from portal.hardship import actions, queries, rules
from portal.hardship.models import Rest
from portal.hardship.states import RestStatus
from portal.people import queries as people
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("hardship_debtor", __name__)

CONSUMER = "consumer"


def _reached(visit: Current) -> Rest | None:
    """The running rest; through a link to one document only what was said in this visit (rules A-07, C-26)."""
    rest = queries.running(visit.debtor_id)
    return rest if rest is not None and visit.reaches(rest.visit_id) else None


def panel(case: Case) -> Panel | None:
    """On the customer's page of the case: that nobody writes, and where to change it."""
    rest = queries.one(case.subject_id or 0)
    if rest is None or rest.status is not RestStatus.RUNNING:
        return None
    until = i18n.day(clock.day_of(rest.until, current().creditor.time_zone))
    return Panel("hardship/debtor_panel.html", {"until": until, "change_url": url_for("hardship_debtor.show")})


@blueprint.get("/difficulty")
def show() -> Any:
    visit = answering()
    rest = _reached(visit)
    return render_template(
        "hardship/debtor_difficulty.html",
        title=i18n.gettext("Hard to pay just now?"),
        until=i18n.day(clock.day_of(rest.until, visit.creditor.time_zone)) if rest is not None else "",
        helps=[(key, i18n.say(label)) for key, label in rules.HELPS.items()],
        chosen=Form().listed("help[]") or (rest.helps.split() if rest is not None else []),
        say_url=url_for(".say"),
        end_url=url_for(".hear_again") if rest is not None else None,
        days=rules.REST.days,
        advice=advice(visit.debtor_kind),
        help_url=url_for("cases_debtor.show_help"),
    )


@blueprint.post("/difficulty")
def say() -> Any:
    visit = answering()
    case = actions.say(visit, Form().listed("help[]"))
    who = people.names([case.owner_id]).get(case.owner_id or 0, "")
    thanks = t("Thank you for telling us. %(who)s takes care of it.", who=who or visit.creditor.display_name)
    flash(i18n.say(thanks), "done")
    # What was said before through another link is not this one's to read: then its own page says what holds.
    seen = url_for("cases_debtor.show_case", case_id=case.id) if may_see(visit, case) else url_for(".show")
    return redirect(seen, 303)


@blueprint.post("/difficulty/end")
def hear_again() -> Any:
    """The customer wants to hear from us again."""
    rest = only_own(_reached(answering()))
    actions.end(rest, kinds.TAKEN_BACK)
    flash(i18n.say(t("Done. We write to you again.")), "done")
    return redirect(url_for(".show"), 303)
