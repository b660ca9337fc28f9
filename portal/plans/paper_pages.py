"""The papers of an agreement to take along: the customer's own, and for the creditor's people after a fresh proof."""

from flask import Response

from portal.core import ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.debtors.visits import answering
from portal.documents import store
from portal.people.roles import Permission
from portal.plans import papers, queries
from portal.plans.models import Plan, PlanPaper
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.gates import allow, creditor_blueprint, debtor_blueprint, only_own, recently_proved

blueprint = debtor_blueprint("plan_papers_debtor", __name__)
staff_blueprint = creditor_blueprint("plan_papers_creditor", __name__)

NOT_YET = t("The papers are being made. They are here in a few minutes.")


def _own(plan_id: int) -> PlanPaper:
    """Of this customer; through a link to one document only where nothing else is in the plan (rule A-07)."""
    visit = answering()
    plan: Plan = only_own(queries.plan(plan_id))
    if visit.invoice_id is not None and not queries.is_about_only(plan.id, visit.invoice_id):
        only_own(None)
    return _made(plan)


def _made(plan: Plan) -> PlanPaper:
    paper: PlanPaper = only_own(papers.of_plan(plan.id))
    if paper.made_at is None:
        raise NotAllowedNow(NOT_YET)
    return paper


def _pdf(paper: PlanPaper) -> Response:
    content = store.content(only_own(papers.sealed_file_of(paper) or papers.file_of(paper)))
    return saved(content, f"{_name(paper)}.pdf", "application/pdf")


def _json(paper: PlanPaper) -> Response:
    """The very bytes whose hash stands in the chain."""
    return saved(paper.json.encode(), f"{_name(paper)}.json", "application/json")


def _name(paper: PlanPaper) -> str:
    """Neutral: a list of downloads is read over shoulders (rule C-21)."""
    return f"{i18n.file_word(i18n.gettext('agreement'))}-{ids.spell(paper.plan_id)}"


@blueprint.get("/plans/<id:plan_id>/agreement.pdf")
def download_pdf(plan_id: int) -> Response:
    return _pdf(_own(plan_id))


@blueprint.get("/plans/<id:plan_id>/agreement.json")
def download_json(plan_id: int) -> Response:
    return _json(_own(plan_id))


@staff_blueprint.get("/plans/<id:plan_id>/agreement.pdf")
@allow(Permission.EXPORT)
@recently_proved
def download_staff_pdf(plan_id: int) -> Response:
    return _pdf(_made(only_own(queries.plan(plan_id))))


@staff_blueprint.get("/plans/<id:plan_id>/agreement.json")
@allow(Permission.EXPORT)
@recently_proved
def download_staff_json(plan_id: int) -> Response:
    return _json(_made(only_own(queries.plan(plan_id))))
