"""A promise on its case's page before the creditor's people, and what they may do about it."""

from typing import Any

from flask import flash, redirect, url_for

from portal.cases import actions as cases
from portal.cases import creditor_pages as case_pages
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.cases.states import CaseStatus
from portal.core import clock
from portal.core.money import Money
from portal.core.text import Text, t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.promises import actions, presenting, queries, rules
from portal.promises.models import Promise
from portal.promises.states import PromiseStatus
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("promises_creditor", __name__)


def panel(case: Case) -> Panel | None:
    """The day, the days before it, how many promises this customer has kept; acts for who may answer."""
    values = presenting.panel_values(case)
    if values is None:
        return None
    promise: Promise = values["promise"]
    zone = person().creditor.time_zone
    rate = presenting.rate(queries.kept_rate(promise.currency, debtor_id=promise.debtor_id, last=clock.today(zone)))
    facts = [*values["facts"], (i18n.gettext("Where it stands"), i18n.say(promise.status.label))]
    if promise.paid_minor and promise.status is PromiseStatus.BROKEN:
        came = Money(promise.paid_minor, promise.currency)
        facts.append((i18n.gettext("Came in time"), i18n.money(came)))
    facts.append((i18n.gettext("Their promises so far"), rate or i18n.gettext("none was due yet")))
    may = person().may(Permission.ANSWER)
    over = promise.status is PromiseStatus.BROKEN and case.status is not CaseStatus.CLOSED
    return Panel(
        "promises/staff_panel.html",
        {
            "facts": facts,
            "earlier": presenting.earlier(queries.terms(promise.id), zone),
            "cancel_url": url_for("promises_creditor.cancel", promise_id=promise.id)
            if may and rules.why_not_amend(promise.status, promise.pay_on, clock.today(zone)) is None
            else None,
            "close_url": url_for("promises_creditor.close", promise_id=promise.id) if may and over else None,
            "version": case.version,
        },
        leaves_closing=promise.status not in {PromiseStatus.OPEN, PromiseStatus.BROKEN},
    )


def _own(promise_id: int) -> tuple[Promise, Case]:
    promise: Promise = only_own(queries.promise(promise_id, lock=True))
    case: Case = only_own(case_queries.about(kinds.PROMISE, promise.id))
    return promise, case


def _done(case: Case, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for("cases_creditor.show", case_id=case.id), 303)


@blueprint.post("/promises/<id:promise_id>/cancel")
@allow(Permission.ANSWER)
def cancel(promise_id: int) -> Any:
    """The customer asked on the phone to take it back."""
    promise, case = _own(promise_id)
    case_pages.unchanged(case, Form())
    cases.see(case, person().staff_id)
    actions.cancel(promise, by_staff=True)
    return _done(case, t("Done. The promise is taken back."))


@blueprint.post("/promises/<id:promise_id>/close")
@allow(Permission.ANSWER)
def close(promise_id: int) -> Any:
    """Somebody has seen to a day that passed: nothing waits for it any more."""
    promise, case = _own(promise_id)
    if promise.status is not PromiseStatus.BROKEN or case.status is CaseStatus.CLOSED:
        only_own(None)
    case_pages.unchanged(case, Form())
    cases.see(case, person().staff_id)
    cases.close(case, "broken")
    return _done(case, t("Done. The case is closed."))
