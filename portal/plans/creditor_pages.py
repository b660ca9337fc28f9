"""Plans before the creditor's people: the list with what is next and what may fail, its file, and one plan."""

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for

from portal.cases import kinds, numbers
from portal.cases import queries as case_queries
from portal.core import clock, ids, scope, spreadsheets
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.invoices import filters
from portal.invoices import queries as invoices
from portal.invoices.payable import ONLINE_CURRENCY
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.plans import actions, answering, keeping, list_file, queries, risk, staff_words, talking
from portal.plans import list_queries as listed
from portal.plans.models import Instalment, Plan
from portal.plans.states import AGREED, OPEN, TALKING, PlanStatus
from portal.web import i18n, lists
from portal.web.downloads import saved
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("plans_creditor", __name__)

GROUPS: dict[str, Text] = {
    listed.OPEN: t("Talked about or agreed"),
    listed.STANDING: t("Agreed"),
    listed.TALKED: t("Talked about"),
    listed.ENDED: t("Ended"),
    listed.ALL: t("All"),
}
NAMES = ("q", "state", "risk", "debtor", "sort", "down")
_COLUMNS = (("customer", t("Customer")), ("state", t("State")), ("next", t("Next")), ("left", t("Left")))
_STILL = (t("How far"), t("Risk"))


@blueprint.get("/plans")
@allow(Permission.READ)
def show_list() -> Any:
    wanted = _wanted()
    page, count, at_risk = listed.page(wanted, lists.asked("after")), listed.count(wanted), listed.by_risk(wanted)
    filtered = any(lists.asked(name) for name in ("q", "state", "risk", "debtor"))
    return render_template(
        "plans/staff_plans.html",
        title=i18n.gettext("Plans"),
        intro=i18n.ngettext("%(count)s plan", "%(count)s plans", count) % {"count": count},
        figures=_figures(wanted, at_risk),
        search=wanted.words,
        filter_url=url_for(".show_list"),
        fields=_fields(wanted),
        keep=[(name, lists.asked(name)) for name in ("debtor", "sort", "down") if lists.asked(name)],
        clear_url=url_for(".show_list") if filtered else None,
        filtered=filtered,
        columns=_columns(wanted),
        rows=[_row(row) for row in page.rows],
        shown=i18n.say(t("%(shown)s of %(count)s", shown=len(page.rows), count=count)),
        newer_url=_filtered() if lists.asked("after") else None,
        older_url=_filtered(after=page.next_cursor) if page.next_cursor else None,
        export_url=_export_url() if person().may(Permission.EXPORT) else None,
    )


def _filtered(**changes: str | None) -> str:
    """This page with other filters; only known names are carried on."""
    return lists.address(".show_list", NAMES, **changes)


def _export_url() -> str:
    return lists.address(".take_list", NAMES)


def _wanted() -> listed.Wanted:
    """What the address asks for; what cannot be read is not asked for."""
    try:
        debtor_id = ids.read(lists.asked("debtor"))
    except ValueError:
        debtor_id = None
    return listed.Wanted(
        today=clock.today(person().creditor.time_zone),
        state=lists.chosen("state", listed.STATES, listed.OPEN),
        risk=lists.chosen("risk", risk.REASONS),
        words=filters.searchable(lists.asked("q")),
        debtor_id=debtor_id,
        sort=lists.chosen("sort", listed.SORTS, "next"),
        down=lists.asked("down") == "1",
    )


def _figures(wanted: listed.Wanted, at_risk: dict[str, int]) -> list[dict[str, Any]]:
    """What was kept within a year, of the creditor's or of the one customer's, and what needs a look."""
    of: dict[str, Any] = {"debtor": ids.spell(wanted.debtor_id)} if wanted.debtor_id is not None else {}
    rates = (
        (t("Instalments kept"), keeping.instalments, listed.STANDING),
        (t("Plans kept"), keeping.plans, listed.ENDED),
    )
    found = []
    for label, rate, state in rates:
        kept = rate(ONLINE_CURRENCY, wanted.today, debtor_id=wanted.debtor_id)
        value = "–" if kept.by_count is None else f"{kept.by_count:.0f} %"
        href = url_for(".show_list", state=state, **of)
        found.append({"label": i18n.say(label), "value": value, "note": staff_words.rate(kept), "href": href})
    for one in (risk.NOTICE, risk.MISSING):
        href = url_for(".show_list", state=listed.STANDING, risk=one, **of)
        said = i18n.say(risk.REASONS[one])
        found.append({"label": said, "value": str(at_risk[one]), "note": "", "href": href})
    return found


def _fields(wanted: listed.Wanted) -> list[dict[str, Any]]:
    states = {**GROUPS, **{one.value: one.label for one in PlanStatus}}
    risks = {"": t("All"), **risk.REASONS}
    return [
        {"id": "q", "label": i18n.gettext("Customer or code"), "value": wanted.words},
        lists.choice("state", t("State"), states, wanted.state),
        lists.choice("risk", t("Risk"), risks, wanted.risk),
    ]


def _columns(wanted: listed.Wanted) -> list[dict[str, Any]]:
    """The heads of the table; a click on the one in use turns the order round."""
    found = []
    for key, label in _COLUMNS:
        here = wanted.sort == key
        turned = "1" if (here and not wanted.down) or (key == "left" and not here) else None
        order = ("descending" if wanted.down else "ascending") if here else ""
        href = _filtered(sort=key, down=turned)
        found.append({"label": i18n.say(label), "href": href, "sorted": order, "numeric": key == "left"})
    still = [{"label": i18n.say(label), "href": None, "sorted": "", "numeric": False} for label in _STILL]
    return found + still


def _row(row: listed.Row) -> dict[str, Any]:
    plan, stands = row.plan, row.plan.status in {*TALKING, *AGREED}
    far, of = staff_words.along(row.paid, row.asked, row.count_paid, row.count)
    level = risk.level(row.facts) if row.facts is not None else ""
    return {
        "debtor": row.debtor,
        "debtor_code": row.debtor_code,
        "href": url_for(".show", plan_id=plan.id),
        "state": plan.status.label,
        "kind": staff_words.TINTS.get(plan.status, staff_words.PLAIN),
        "next": i18n.short_day(row.next_on) if row.next_on is not None else "–",
        "next_amount": i18n.money(row.next) if row.next is not None else "",
        "left": i18n.money(row.left) if stands else "–",
        "left_note": i18n.say(t("of %(amount)s", amount=i18n.money(row.asked))) if stands else "",
        "far": far if plan.status not in TALKING else "–",
        "far_note": of if plan.status not in TALKING else "",
        "risk": risk.REASONS[level] if level else "",
        "risk_kind": risk.TINTS.get(level, ""),
        "why": i18n.say(risk.why(row.facts)) if row.facts is not None else "",
    }


@blueprint.get("/plans.csv")
@allow(Permission.EXPORT)
@recently_proved
def take_list() -> Any:
    """What the list shows, all pages of it."""
    face, wanted = person().creditor, _wanted()
    pieces = list_file.lines(face.id, wanted, reach=scope.current().reach)
    return saved(pieces, f"{face.slug}-plans-{wanted.today.isoformat()}.csv", spreadsheets.MEDIA_TYPE)


@blueprint.get("/plans/<id:plan_id>")
@allow(Permission.READ)
def show(plan_id: int) -> Any:
    return _page(plan_id, Form())


def _page(plan_id: int, form: Form) -> Any:
    """One plan: how it stands, its instalments, who put what forward, its documents, its case, what happened."""
    face = person().creditor
    zone, today = face.time_zone, clock.today(face.time_zone)
    row: listed.Row = only_own(listed.one(plan_id, today))
    plan, instalments = row.plan, queries.instalments(plan_id)
    may, case = person().may(Permission.ANSWER), case_queries.about(kinds.PLAN, plan_id)
    movable = _movable(plan, instalments) if may and plan.status in AGREED else []
    items = invoices.items(queries.item_ids(plan_id))
    body = render_template(
        "plans/staff_plan.html",
        title=i18n.say(t("Plan of %(customer)s", customer=row.debtor)),
        debtor=row.debtor,
        debtor_url=url_for("debtors_creditor.show", debtor_id=plan.debtor_id),
        state=plan.status.label,
        kind=staff_words.TINTS.get(plan.status, staff_words.PLAIN),
        risk=risk.REASONS[risk.level(row.facts)] if row.facts is not None else "",
        risk_kind=risk.TINTS[risk.level(row.facts)] if row.facts is not None else "",
        why=i18n.say(risk.why(row.facts)) if row.facts is not None else "",
        facts=_facts(row, zone),
        instalments=staff_words.rows(instalments, plan.currency),
        rounds=staff_words.rounds(plan, queries.rounds(plan_id), zone),
        documents=[
            (
                i18n.say(t("Invoice %(number)s", number=item.number)),
                url_for("invoices_creditor.show", invoice_id=item.invoice_id),
                i18n.money(item.open),
            )
            for item in items
        ],
        case_url=url_for("cases_creditor.show", case_id=case.id) if case is not None else None,
        case_number=numbers.spoken(case.number) if case is not None else "",
        answers_here=case is not None and may and plan.status is PlanStatus.PROPOSED,
        move_url=url_for(".move", plan_id=plan_id) if movable else None,
        movable=movable,
        cancel_url=url_for(".cancel", plan_id=plan_id) if may and plan.status in TALKING else None,
        version=plan.version,
        typed={name: form.typed.get(name, "") for name in ("instalment", "day")},
        entries=staff_words.happened(listed.events(plan_id), zone),
        pack_url=_pack_url(plan),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return body, 422 if form.wrong else 200


def _pack_url(plan: Plan) -> str | None:
    """The evidence of its acceptance, where this installation has it."""
    endpoint = "plan_papers_creditor.download_staff_pdf"
    may = person().may(Permission.EXPORT)
    there = may and plan.accepted_at is not None and endpoint in current_app.view_functions
    return url_for(endpoint, plan_id=plan.id) if there else None


def _facts(row: listed.Row, zone: str) -> list[tuple[str, str]]:
    plan = row.plan
    stands = plan.status in {*TALKING, *AGREED}
    far, of = staff_words.along(row.paid, row.asked, row.count_paid, row.count)
    found: list[tuple[Text, str]] = [(t("In all"), i18n.money(plan.total))]
    if plan.interest_minor:
        found.append((t("Interest in it"), i18n.money(plan.total - plan.debt)))
    found.append((t("Paid"), f"{i18n.money(row.paid)} · {far} · {of}"))
    if stands:
        found.append((t("Left"), i18n.money(row.left)))
    if row.next_on is not None and row.next is not None:
        found.append((t("Next"), f"{i18n.day(row.next_on)} · {i18n.money(row.next)}"))
    if plan.answer_by is not None:
        found.append((t("Answer by"), i18n.moment(plan.answer_by, zone)))
    if plan.accepted_at is not None:
        found.append((t("Accepted"), i18n.moment(plan.accepted_at, zone)))
        acknowledged = t("yes, as an act of its own") if plan.acknowledged else t("no")
        found.append((t("The debt was acknowledged"), i18n.say(acknowledged)))
    if plan.notice_on is not None:
        found.append((t("Notice written"), i18n.day(plan.notice_on)))
    found.append((t("Policy"), i18n.say(t("version %(number)s", number=plan.policy_number))))
    return [(i18n.say(label), value) for label, value in found]


def _movable(plan: Plan, instalments: list[Instalment]) -> list[tuple[str, str]]:
    """The instalments that may still be moved, for a choice: each once, before its day is over."""
    today = clock.today(person().creditor.time_zone)
    return [
        (str(row.number), f"{row.number} · {i18n.short_day(row.due_on)}")
        for row in instalments
        if row.status in OPEN and row.moved_from is None and row.due_on >= today and row.plan_id == plan.id
    ]


def _unchanged(plan: Plan, form: Form) -> None:
    """409 with who and when, where the plan was changed after this page had been opened."""
    if form.text("version", longest=12) == str(plan.version):
        return
    last = listed.events(plan.id)[:1]
    name = last[0][1] if last else None
    if name is None:
        raise NotAllowedNow(t("This plan changed after you had opened it. Please look at it again."))
    when = i18n.moment(last[0][0].at, person().creditor.time_zone)
    raise NotAllowedNow(
        t("%(who)s changed this plan on %(when)s, after you had opened it. Please look at it again.",
          who=name, when=when)
    )  # fmt: skip


def _done(plan: Plan, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", plan_id=plan.id), 303)


@blueprint.post("/plans/<id:plan_id>/move")
@allow(Permission.ANSWER)
def move(plan_id: int) -> Any:
    """The customer asked on the telephone: one instalment, once, within what the plan allows."""
    plan, form = only_own(answering.locked(plan_id)), Form()
    rows = {str(row.number): row for row in queries.asked(plan.id)}
    which = form.choice("instalment", set(rows), t("Please choose an instalment."))
    day = form.day("day")
    if day is None:
        form.wrong.setdefault("day", t("Please choose the new day."))
    if form.wrong or which is None or day is None:
        return _page(plan_id, form)
    _unchanged(plan, form)
    actions.move_instalment(plan, rows[which], day)
    return _done(plan, t("Done. The instalment has its new day."))


@blueprint.post("/plans/<id:plan_id>/cancel")
@allow(Permission.ANSWER)
def cancel(plan_id: int) -> Any:
    """The customer told us that they do not want it any more, before it was accepted."""
    plan = only_own(answering.locked(plan_id))
    _unchanged(plan, Form())
    if plan.status not in TALKING:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=plan.status.label))
    talking.cancel(plan)
    return _done(plan, t("Done. Nothing of it is asked for any more."))
