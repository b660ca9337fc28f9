"""The papers of the months: the list, each as a PDF, and one's own wish to hear of the next."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from portal.core import clock
from portal.core.text import t
from portal.documents import store
from portal.months import actions, queries
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n, lists
from portal.web.downloads import saved
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("months_creditor", __name__)


@blueprint.get("/figures/months")
@allow(Permission.READ)
def show() -> Any:
    page = queries.listing(lists.asked("after") or None)
    zone = person().creditor.time_zone
    return render_template(
        "months/staff_months.html",
        title=i18n.gettext("The months on paper"),
        rows=[
            {
                "month": i18n.whole_month(one.month),
                "href": url_for(".take_pdf", month_paper_id=one.id),
                "made_on": i18n.short_day(clock.day_of(one.made_at, zone)),
            }
            for one in page.rows
        ],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=url_for(".show") if lists.asked("after") else None,
        older_url=url_for(".show", after=page.next_cursor) if page.next_cursor else None,
        wanted=queries.reader(person().staff_id) is not None,
        want_url=url_for(".want"),
        figures_url=url_for("figures_creditor.show"),
    )


@blueprint.post("/figures/months/mine")
@allow(Permission.READ)
def want() -> Any:
    """One's own choice, at once; asking for what holds already changes nothing."""
    wanted = Form().choice("wanted", frozenset({"yes", "no"}), None) == "yes"
    actions.want(person().staff_id, wanted=wanted)
    said = (
        t("Done. We write to you when the next one is there.") if wanted else t("Done. No such mail comes any more.")
    )
    flash(i18n.say(said), "done")
    return redirect(url_for(".show"), 303)


@blueprint.get("/figures/months/<id:month_paper_id>.pdf")
@allow(Permission.READ)
def take_pdf(month_paper_id: int) -> Any:
    """The very bytes that were made then."""
    paper, file = only_own(queries.paper(month_paper_id))
    return saved(store.content(file), f"{person().creditor.slug}-{paper.month:%Y-%m}.pdf", "application/pdf")
