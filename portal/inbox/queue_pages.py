"""The queue: what customers said that waits for a person, what is promised first on top; many at once."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.cases import actions, desks, forms, kinds
from portal.cases import creditor_pages as case_pages
from portal.cases import presenting as cases
from portal.core import clock, ids
from portal.core.errors import Invalid, NotAllowedNow
from portal.core.text import Text, t
from portal.inbox import presenting
from portal.inbox import queue_queries as queries
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("queue_creditor", __name__)

STATES: dict[str, Text] = {
    queries.TODO: t("To do"),
    queries.LATE: t("Late"),
    queries.WAITING: t("Waiting for the customer"),
    queries.LATER: t("Put off"),
    queries.CLOSED: t("Closed"),
}
NAMES = ("q", "state", "kind", "desk", "owner")
MOST_AT_ONCE = 50
SEE, ASSIGN, PUT_OFF = "see", "assign", "put_off"
ACTS: dict[str, Text] = {
    SEE: t("I have seen them"),
    ASSIGN: t("Hand them over"),
    PUT_OFF: t("Put them off"),
}


@blueprint.get("/queue")
@allow(Permission.READ)
def show() -> Any:
    return _page(Form())


def _page(form: Form) -> Any:
    who = person()
    private, may = who.may(Permission.HARDSHIP), who.may(Permission.ANSWER)
    own, owners = desks.desks(), people.answerers(who.creditor.id)
    wanted = _wanted(own, dict(owners), private=private)
    page = queries.page(wanted, request.args.get("after"))
    counts = queries.counts(who.staff_id, private=private)
    filtered = any(request.args.get(name) for name in NAMES)
    body = render_template(
        "cases/staff_queue.html",
        title=i18n.say(t("Queue (%(count)s)", count=counts.todo)),
        intro=_intro(counts),
        excuses_url=url_for("excuses_creditor.show"),
        search=wanted.words,
        filter_url=url_for(".show"),
        fields=_fields(wanted, own, owners, private=private),
        clear_url=url_for(".show") if filtered else None,
        filtered=filtered,
        rows=[_row(row) for row in page.rows],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=presenting.filtered_url(NAMES) if request.args.get("after") else None,
        older_url=presenting.filtered_url(NAMES, after=page.next_cursor) if page.next_cursor else None,
        bulk_url=url_for(".act") if may and page.rows and wanted.state != queries.CLOSED else None,
        acts=[(key, i18n.say(label)) for key, label in ACTS.items()],
        owners=[(str(staff_id), name) for staff_id, name in owners],
        typed=form.typed,
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return body, 422 if form.wrong else 200


def _wanted(own: dict[str, Any], owners: dict[int, str], *, private: bool) -> queries.Wanted:
    return queries.Wanted(
        state=presenting.chosen("state", STATES, queries.TODO),
        kind=presenting.chosen("kind", _kinds(private=private)),
        desk=presenting.chosen("desk", {*desks.DEFAULTS, *own}),
        owner=presenting.chosen("owner", {queries.MINE, queries.NOBODY, *map(str, owners)}),
        me=person().staff_id,
        words=presenting.searched(),
        private=private,
    )


def _kinds(*, private: bool) -> list[str]:
    return [key for key in kinds.KINDS if private or key not in kinds.PRIVATE]


def _intro(counts: queries.Counts) -> str:
    """How much there is to see to, and what of it is late or the reader's."""
    count = i18n.ngettext("%(count)s case to see to", "%(count)s cases to see to", counts.todo)
    return ", ".join(one for one in (count % {"count": counts.todo}, said(counts)) if one)


def said(counts: queries.Counts) -> str:
    """What of it is late, and what is the reader's; nothing where neither is."""
    found = []
    if counts.late:
        found.append(i18n.ngettext("%(late)s of them late", "%(late)s of them late", counts.late))
    if counts.mine:
        found.append(i18n.ngettext("%(mine)s yours", "%(mine)s yours", counts.mine))
    return ", ".join(found) % {"late": counts.late, "mine": counts.mine}


def _fields(
    wanted: queries.Wanted, own: dict[str, Any], owners: list[tuple[int, str]], *, private: bool
) -> list[dict[str, Any]]:
    every = ("", i18n.gettext("All"))
    named = [(key, i18n.say(desks.name(key, own))) for key in (*desks.DEFAULTS, *(set(own) - set(desks.DEFAULTS)))]
    about = [(key, i18n.say(kinds.KINDS[key].label)) for key in _kinds(private=private)]
    people_ = [(str(staff_id), name) for staff_id, name in owners]
    return [
        {"id": "q", "label": i18n.gettext("Customer or number"), "value": wanted.words},
        _choice("state", t("State"), [(key, i18n.say(label)) for key, label in STATES.items()], wanted.state),
        _choice("kind", t("What it is"), [every, *about], wanted.kind),
        _choice("desk", t("Desk"), [every, *named], wanted.desk),
        _choice("owner", t("Owner"), [every, *_whose(), *people_], wanted.owner),
    ]


def _whose() -> list[tuple[str, str]]:
    return [(queries.MINE, i18n.gettext("Mine")), (queries.NOBODY, i18n.gettext("Nobody"))]


def _choice(name: str, label: Text, options: list[tuple[str, str]], value: str) -> dict[str, Any]:
    return {"id": name, "label": i18n.say(label), "value": value, "options": options}


def _row(row: queries.Row) -> dict[str, Any]:
    case, zone = row.case, person().creditor.time_zone
    late = queries.is_late(case, clock.now())
    return cases.summary(case, zone) | {
        "id": f"{ids.spell(case.id)}.{case.version}",
        "href": url_for("cases_creditor.show", case_id=case.id),
        "debtor": row.debtor,
        "about": i18n.say(t("Invoice %(number)s", number=row.number)) if row.number else "",
        "words": case.words or "",
        "next": cases.next_step(case, person().creditor.display_name, row.debtor, zone),
        "late": i18n.gettext("late") if late else "",
        "owner": row.owner or "–",
        "is_new": case.seen_at is None,
    }


@blueprint.post("/queue")
@allow(Permission.ANSWER)
def act() -> Any:
    """One act for all that were ticked; none is done where one of them is not there."""
    form, private = Form(), person().may(Permission.HARDSHIP)
    which = form.choice("act", set(ACTS), t("Please choose what to do with them."))
    picked = _ticked()
    if not picked:
        form.wrong.setdefault("act", t("Please tick at least one."))
    owner = forms.owner(form, people.answerers(person().creditor.id)) if which == ASSIGN else None
    until = forms.until(form, person().creditor.time_zone) if which == PUT_OFF else None
    if form.wrong:
        return _page(form)
    found = queries.chosen(sorted(picked), private=private)
    if len(found) != len(picked):
        only_own(None)
    for case in found:
        if str(case.version) != picked[case.id]:
            raise NotAllowedNow(case_pages.who_was_faster(case))
    for case in found:
        actions.see(case, person().staff_id)
        if owner is not None:
            actions.assign(case, owner)
        if until is not None:
            actions.put_off(case, until)
    said = i18n.ngettext("Done, for %(count)s case.", "Done, for %(count)s cases.", len(found))
    flash(said % {"count": len(found)}, "done")
    return redirect(url_for(".show"), 303)


def _ticked() -> dict[int, str]:
    """The cases that were ticked, each with the state in which it was shown."""
    typed = [one.partition(".") for one in request.form.getlist("case[]")]
    if len(typed) > MOST_AT_ONCE:
        raise Invalid(t("At most %(most)s at once.", most=MOST_AT_ONCE))
    try:
        return {ids.read(spelled): version for spelled, _, version in typed}
    except ValueError:
        only_own(None)
    return {}
