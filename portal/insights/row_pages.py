"""The postings behind what was sold and what was cashed in the month of the figures."""

from typing import Any

from flask import render_template, url_for

from portal.core.money import Money
from portal.core.text import t
from portal.insights import reading
from portal.insights.presenting import asked
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n, lists
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("figure_rows_creditor", __name__)


@blueprint.get("/figures/sold")
@allow(Permission.READ)
def show_sold() -> Any:
    """Invoices, and credit notes with a minus."""
    return _page(sold=True)


@blueprint.get("/figures/cashed")
@allow(Permission.READ)
def show_cashed() -> Any:
    """Money that came for documents, and with a minus what went back."""
    return _page(sold=False)


def _page(*, sold: bool) -> Any:
    day, currency, _known = asked()
    page = reading.bookings(day, currency, person().creditor.time_zone, sold=sold, after=lists.asked("after") or None)
    endpoint, names = ".show_sold" if sold else ".show_cashed", ("as_of", "currency")
    first, last = i18n.day(day.replace(day=1)), i18n.day(day)
    said = t("From %(first)s to %(last)s, in %(currency)s", first=first, last=last, currency=currency)
    return render_template(
        "insights/staff_bookings.html",
        title=i18n.gettext("Sold") if sold else i18n.gettext("Cashed"),
        intro=i18n.say(said),
        rows=[
            {
                "number": one.number,
                "customer": one.debtor,
                "href": url_for("debtors_creditor.show", debtor_id=one.debtor_id),
                "day": i18n.short_day(one.on),
                "amount": i18n.money(Money(one.amount_minor, currency)),
            }
            for one in page.rows
        ],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=lists.address(endpoint, names) if lists.asked("after") else None,
        older_url=lists.address(endpoint, names, after=page.next_cursor) if page.next_cursor else None,
        back_url=url_for("figures_creditor.show", as_of=day.isoformat(), currency=currency),
    )
