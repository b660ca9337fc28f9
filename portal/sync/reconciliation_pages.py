"""The day's sheet on a page and as a file: to tick against one's own books."""

from datetime import date, timedelta
from typing import Any

from flask import Response, render_template, request, url_for

from portal.core import clock, spreadsheets
from portal.core.money import Money
from portal.core.text import t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.sync import reconciliation
from portal.sync.reconciliation import LINES, Sheet
from portal.web import i18n
from portal.web.downloads import saved
from portal.web.gates import allow, creditor_blueprint, recently_proved

blueprint = creditor_blueprint("reconciliation_creditor", __name__)


def _asked() -> date:
    """The day asked for, until yesterday: today is not over. What is no day is yesterday."""
    last = clock.today(person().creditor.time_zone) - timedelta(days=1)
    try:
        wanted = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return last
    return min(max(wanted, date(2000, 1, 1)), last)


@blueprint.get("/reconciliation")
@allow(Permission.READ)
def show() -> Any:
    day, zone = _asked(), person().creditor.time_zone
    last = clock.today(zone) - timedelta(days=1)
    found = reconciliation.sheets(day, zone)
    return render_template(
        "sync/staff_reconciliation.html",
        title=i18n.gettext("Sheet of the day"),
        filter_url=url_for(".show"),
        day=day.isoformat(),
        last=last.isoformat(),
        said=i18n.day(day),
        sheets=[_sheet(one) for one in found],
        before_url=url_for(".show", day=(day - timedelta(days=1)).isoformat()),
        after_url=url_for(".show", day=(day + timedelta(days=1)).isoformat()) if day < last else None,
        csv_url=url_for(".take", day=day.isoformat()) if person().may(Permission.EXPORT) else None,
        back_url=url_for("connectors_creditor.show_list") if person().may(Permission.WEBHOOKS) else None,
    )


def _sheet(one: Sheet) -> dict[str, Any]:
    def money(minor: int) -> str:
        return i18n.money(Money(minor, one.currency))

    rows = [(i18n.gettext("Open when the day began"), "", money(one.opening_minor))]
    for line in one.lines:
        label = LINES.get(line.account)
        name = i18n.say(label) if label is not None else line.account
        rows.append((name, str(line.bookings), money(line.minor)))
    rows.append((i18n.gettext("Open when the day ended"), "", money(one.closing_minor)))
    differs = t("The due items say %(money)s. Please tell whoever runs the portal.", money=money(one.books_minor))
    return {"currency": one.currency, "rows": rows, "differs": None if one.ties else i18n.say(differs)}


@blueprint.get("/reconciliation.csv")
@allow(Permission.EXPORT)
@recently_proved
def take() -> Response:
    day, face = _asked(), person().creditor
    content = spreadsheets.file(reconciliation.cells(reconciliation.sheets(day, face.time_zone)))
    return saved(content, f"{face.slug}-reconciliation-{day.isoformat()}.csv", spreadsheets.MEDIA_TYPE)
