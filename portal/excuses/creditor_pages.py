"""The register of excuses as a page: figures by cause, and every one with what was done about it."""

from datetime import date, timedelta
from typing import Any

from flask import render_template, request, url_for

from portal.cases import kinds, numbers
from portal.cases import presenting as cases
from portal.core import clock
from portal.core.text import Text, t
from portal.excuses import presenting, queries
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.reasons import rules as reasons
from portal.web import i18n, lists
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("excuses_creditor", __name__)

PERIODS: dict[str, Text] = {"30": t("The last 30 days"), "90": t("The last 90 days"), "365": t("The last year")}
NAMES = ("days", "kind", "from", "to")
_IN_TIME: dict[bool | None, tuple[Text, str]] = {
    True: (t("before the due date"), "good"),
    False: (t("after the due date"), "problem"),
    None: (t("still there"), "wait"),
}


@blueprint.get("/excuses")
@allow(Permission.READ)
def show() -> Any:
    private = person().may(Permission.HARDSHIP)
    days = lists.chosen("days", PERIODS, "90")
    known = [kind for kind in queries.EXCUSES if private or kind not in kinds.PRIVATE]
    said = [f"{queries.SAID}.{one}" for one in reasons.REASONS if private or one not in reasons.PRIVATE]
    kind, _, cause = lists.chosen("kind", [*known, *said]).partition(".")
    between = _between()
    period = _period(between, int(days))
    page = queries.page(period, request.args.get("after"), kind=kind, cause=cause, private=private)
    options = [("", i18n.gettext("All")), *((key, i18n.say(kinds.KINDS[key].label)) for key in known)]
    options += [(key, presenting.reason(*key.split(".", 1))) for key in said]
    return render_template(
        "excuses/staff_excuses.html",
        title=i18n.gettext("Why customers did not pay"),
        filter_url=url_for(".show"),
        between=i18n.say(t("Said from %(first)s to %(last)s.", first=i18n.day(between[0]), last=i18n.day(between[1])))
        if between
        else "",
        fields=[
            *([] if between else [lists.choice("days", t("Since"), PERIODS, days)]),
            {"id": "kind", "label": i18n.gettext("Reason"), "value": lists.asked("kind"), "options": options},
        ],
        keep=[(name, lists.asked(name)) for name in ("from", "to")] if between else [],
        clear_url=url_for(".show") if kind or days != "90" or between else None,
        figures=[_figure(one) for one in queries.figures(period, private=private)],
        rows=[_row(row) for row in page.rows],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=lists.address(".show", NAMES) if request.args.get("after") else None,
        older_url=lists.address(".show", NAMES, after=page.next_cursor) if page.next_cursor else None,
    )


def _between() -> tuple[date, date] | None:
    """The days that the address names, in their order; None where it names none."""
    try:
        first, last = (date.fromisoformat(lists.asked(name)) for name in ("from", "to"))
    except ValueError:
        return None
    return (first, last) if date(2000, 1, 1) <= first <= last <= date(2100, 1, 1) else None


def _period(between: tuple[date, date] | None, days: int) -> queries.Period:
    if between is None:
        return queries.Period(clock.now() - timedelta(days=days))
    return queries.Period.of_days(*between, person().creditor.time_zone)


def _figure(one: queries.Figure) -> dict[str, Any]:
    return {
        "reason": presenting.reason(one.kind, one.cause),
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
        "reason": presenting.reason(row.kind, row.cause),
        "done": _done(row),
        "gone": when,
        "tint": tint,
    }
