"""All debtors: searched by whatever is known of them, each with what they owe."""

from datetime import date
from typing import Any

from flask import render_template, request, url_for

from portal.core import clock
from portal.core.text import Text, t
from portal.inbox import debtor_list_queries as queries
from portal.inbox import presenting
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("debtor_list_creditor", __name__)

SHOW: dict[str, Text] = {
    "": t("All"),
    queries.OPEN: t("With something open"),
    queries.NO_ADDRESS: t("Without an address"),
}
NAMES = ("q", "show")


@blueprint.get("/debtors")
@allow(Permission.READ)
def show() -> Any:
    words, which = presenting.searched(), presenting.chosen("show", SHOW)
    page = queries.page(words, which, request.args.get("after"))
    today = clock.today(person().creditor.time_zone)
    owed = queries.owed([row.debtor_id for row in page.rows], today) if page.rows else {}
    count = queries.count(words, which)
    options = [(value, i18n.say(label)) for value, label in SHOW.items()]
    return render_template(
        "debtors/staff_debtors.html",
        title=i18n.gettext("Customers"),
        intro=i18n.ngettext("%(count)s customer", "%(count)s customers", count) % {"count": count},
        search=words,
        filter_url=url_for(".show"),
        fields=[
            {"id": "q", "label": i18n.gettext("Name, code, tax number, address or document"), "value": words},
            {"id": "show", "label": i18n.gettext("Show"), "value": which, "options": options},
        ],
        clear_url=url_for(".show") if words or which else None,
        filtered=bool(words or which),
        rows=[_row(row, owed.get(row.debtor_id, []), today) for row in page.rows],
        shown=i18n.say(t("%(shown)s of %(count)s", shown=len(page.rows), count=count)),
        newer_url=presenting.filtered_url(NAMES) if request.args.get("after") else None,
        older_url=presenting.filtered_url(NAMES, after=page.next_cursor) if page.next_cursor else None,
        import_url=presenting.road("imports_creditor.show_upload") if person().may(Permission.IMPORT) else None,
    )


def _row(row: queries.Found, owed: list[queries.Owes], today: date) -> dict[str, Any]:
    first = min((one.first_due_on for one in owed), default=None)
    count = sum(one.items for one in owed)
    return {
        "name": row.name,
        "code": row.code,
        "href": url_for("debtors_creditor.show", debtor_id=row.debtor_id),
        "open": presenting.sums(one.open for one in owed) or "–",
        "open_note": i18n.ngettext("%(count)s due item", "%(count)s due items", count) % {"count": count}
        if count
        else "",
        "overdue": presenting.sums(one.overdue for one in owed if one.overdue) or "–",
        "first": i18n.short_day(first) if first else "–",
        "first_note": presenting.distance(first, today) if first else "",
    }
