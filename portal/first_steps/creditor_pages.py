"""The ten steps on a page, with what the creditor's own books say already: the first look at one's own figures."""

from typing import Any

from flask import render_template, url_for

from portal.core import clock
from portal.core.money import Money
from portal.core.text import t
from portal.first_steps import queries
from portal.first_steps.steps import STEPS, Step
from portal.insights import figures, kpis, relation
from portal.insights.figures import Figures
from portal.insights.presenting import asked, felt, number, percent
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("first_steps_creditor", __name__)


@blueprint.get("/first-steps")
@allow(Permission.READ)
def show() -> Any:
    face = person().creditor
    done = queries.done(face.id, face.iban)
    return render_template(
        "first_steps/staff_first_steps.html",
        title=i18n.gettext("First steps"),
        intro=i18n.say(t("%(done)s of %(all)s done. What you do ticks them.", done=len(done), all=len(STEPS))),
        steps=[_step(one, is_done=one.key in done) for one in STEPS],
        books=_books() if "history" in done and person().agency is None else None,
        figures_url=url_for("figures_creditor.show"),
        import_url=url_for("imports_creditor.show_upload") if person().may(Permission.IMPORT) else None,
    )


def _step(one: Step, *, is_done: bool) -> dict[str, Any]:
    return {
        "title": i18n.say(one.title),
        "why": i18n.say(one.why),
        "ticked_by": i18n.say(one.ticked_by),
        "done": is_done,
        "href": url_for(one.endpoint) if person().may(one.needs) else None,
    }


def _books() -> dict[str, Any]:
    """What a history says on the first day: how long money takes, how late it comes, what is old; never without how
    it felt."""
    day, currency, _known = asked()
    zone = person().creditor.time_zone
    found = figures.figures(day, currency, zone)
    old = sum(one.amount_minor for one in found.steps if one.name not in (kpis.NOT_DUE, kpis.UP_TO_30))
    return {
        "day": i18n.day(clock.today(zone)),
        "rows": [
            (i18n.gettext("DSO"), _days(found.dso), i18n.gettext("how long it takes until you have your money")),
            (
                i18n.gettext("Best possible DSO"),
                _days(found.bpdso),
                i18n.gettext("how long, if everybody paid in time"),
            ),
            (i18n.gettext("Days late"), _days(found.add_weighted), i18n.gettext("of what was paid in the period")),
            _part(i18n.gettext("Late"), found.books.late_minor, found, currency),
            _part(i18n.gettext("Older than 30 days"), old, found, currency),
        ],
        "relation": felt(relation.relation(day, zone)),
    }


def _part(label: str, minor: int, found: Figures, currency: str) -> tuple[str, str, str]:
    share = percent(kpis.share(minor, found.books.open_minor))
    return label, i18n.money(Money(minor, currency)), i18n.say(t("%(share)s of what is open", share=share))


def _days(value: Any) -> str:
    return i18n.say(t("%(days)s days", days=number(value))) if value is not None else "–"
