"""A customer's rest before the few who may know of it (rule C-26): a way was found, or it is prolonged."""

from typing import Any

from flask import flash, redirect, url_for

from portal.cases import actions as cases
from portal.cases import creditor_pages as case_pages
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.core import clock
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.hardship import actions, queries, rules
from portal.hardship.models import Rest
from portal.hardship.states import RestStatus
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("hardship_creditor", __name__)


def panel(case: Case) -> Panel | None:
    """What would help, until when nobody writes, and what may be done."""
    rest = queries.one(case.subject_id or 0)
    if rest is None:
        return None
    runs = rest.status is RestStatus.RUNNING and person().may(Permission.HARDSHIP)
    return Panel(
        "hardship/staff_panel.html",
        {
            "helps": [i18n.say(rules.HELPS[key]) for key in rest.helps.split()],
            "until": i18n.day(clock.day_of(rest.until, person().creditor.time_zone)),
            "agree_url": url_for("hardship_creditor.agree", rest_id=rest.id) if runs else None,
            "prolong_url": url_for("hardship_creditor.prolong", rest_id=rest.id) if runs else None,
            "version": case.version,
        },
        leaves_closing=rest.status is not RestStatus.RUNNING,
    )


def _running(rest_id: int) -> tuple[Rest, Case]:
    """The rest with its case, as whoever acts on it saw them. Raises NotAllowedNow where either has changed."""
    rest: Rest = only_own(queries.one(rest_id))
    case: Case = only_own(case_queries.about(kinds.DIFFICULTY, rest.id))
    if rest.status is not RestStatus.RUNNING:
        raise NotAllowedNow(t("This rest is over already."))
    case_pages.unchanged(case, Form())
    cases.see(case, person().staff_id)
    return rest, case


def _done(case: Case, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for("cases_creditor.show", case_id=case.id), 303)


@blueprint.post("/rests/<id:rest_id>/agree")
@allow(Permission.HARDSHIP)
def agree(rest_id: int) -> Any:
    rest, case = _running(rest_id)
    actions.end(rest, rules.AGREED)
    return _done(case, t("Done. Messages go out again as agreed."))


@blueprint.post("/rests/<id:rest_id>/prolong")
@allow(Permission.HARDSHIP)
def prolong(rest_id: int) -> Any:
    rest, case = _running(rest_id)
    actions.prolong(rest)
    return _done(case, t("Done. Nobody writes for another %(days)s days.", days=rules.REST.days))
