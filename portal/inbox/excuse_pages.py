"""The register of excuses as a page: figures by cause, and every one with what was done about it."""

from datetime import timedelta
from typing import Any

from flask import render_template, request, url_for

from portal.cases import causes, kinds, numbers
from portal.cases import presenting as cases
from portal.core import clock
from portal.core.text import Text, t
from portal.inbox import excuse_queries as queries
from portal.inbox import presenting
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.reasons import rules as reasons
from portal.web import i18n
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("excuses_creditor", __name__)

PERIODS: dict[str, Text] = {"30": t("The last 30 days"), "90": t("The last 90 days"), "365": t("The last year")}
NAMES = ("days", "kind")
_IN_TIME: dict[bool | None, tuple[Text, str]] = {
    True: (t("before the due date"), "good"),
    False: (t("after the due date"), "problem"),
    None: (t("still there"), "wait"),
}


@blueprint.get("/excuses")
@allow(Permission.READ)
def show() -> Any:
    private = person().may(Permission.HARDSHIP)
    days = presenting.chosen("days", PERIODS, "90")
    known = [kind for kind in queries.EXCUSES if private or kind not in kinds.PRIVATE]
    said = [f"{queries.SAID}.{one}" for one in reasons.REASONS if private or one not in reasons.PRIVATE]
    kind, _, cause = presenting.chosen("kind", [*known, *said]).partition(".")
    since = clock.now() - timedelta(days=int(days))
    page = queries.page(since, request.args.get("after"), kind=kind, cause=cause, private=private)
    options = [("", i18n.gettext("All")), *((key, i18n.say(kinds.KINDS[key].label)) for key in known)]
    options += [(key, _reason(*key.split(".", 1))) for key in said]
    return render_template(
        "cases/staff_excuses.html",
        title=i18n.gettext("Why customers did not pay"),
        filter_url=url_for(".show"),
        fields=[
            {
                "id": "days",
                "label": i18n.gettext("Since"),
                "value": days,
                "options": [(key, i18n.say(label)) for key, label in PERIODS.items()],
            },
            {
                "id": "kind",
                "label": i18n.gettext("Reason"),
                "value": request.args.get("kind", ""),
                "options": options,
            },
        ],
        clear_url=url_for(".show") if kind or days != "90" else None,
        figures=[_figure(one) for one in queries.figures(since, private=private)],
        rows=[_row(row) for row in page.rows],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=presenting.filtered_url(NAMES) if request.args.get("after") else None,
        older_url=presenting.filtered_url(NAMES, after=page.next_cursor) if page.next_cursor else None,
    )


def _reason(kind: str, cause: str | None) -> str:
    if kind == queries.SAID:
        return i18n.say(t("They said: %(reason)s", reason=i18n.say(reasons.REASONS[cause or ""])))
    said = causes.label(kind, cause)
    label = i18n.say(kinds.KINDS[kind].label)
    return f"{label}: {i18n.say(said)}" if said is not None else label


def _figure(one: queries.Figure) -> dict[str, Any]:
    return {
        "reason": _reason(one.kind, one.cause),
        "said": str(one.said),
        "gone": str(one.gone),
        "in_time": str(one.in_time),
        "share": f"{100 * one.in_time // one.said} %",
    }


def _done(row: queries.Row) -> str:
    """What became of it: as its case stands, or that the document was settled."""
    standing = cases.standing(row.case) if row.case is not None else t("settled") if row.gone_on else Text("–")
    on = f", {i18n.short_day(row.gone_on)}" if row.gone_on is not None else ""
    return f"{i18n.say(standing)}{on}"


def _row(row: queries.Row) -> dict[str, Any]:
    case, zone = row.case, person().creditor.time_zone
    when, tint = _IN_TIME[row.in_time]
    return {
        "debtor": row.debtor,
        "href": url_for("cases_creditor.show", case_id=case.id)
        if case is not None
        else url_for("debtors_creditor.show", debtor_id=row.debtor_id),
        "number": numbers.spoken(case.number) if case is not None else "",
        "said_on": i18n.short_day(clock.day_of(row.said_at, zone)),
        "about": i18n.say(t("Invoice %(number)s", number=row.number)) if row.number else "",
        "due_on": i18n.short_day(row.due_on) if row.due_on is not None else "–",
        "reason": _reason(row.kind, row.cause),
        "done": _done(row),
        "gone": when,
        "tint": tint,
    }
