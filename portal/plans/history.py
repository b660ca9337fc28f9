"""What is known of a customer who proposes a plan: plans before and how they ended, promises, instalments, delays."""

from datetime import date
from typing import Any

from flask import url_for

from portal.core.text import t
from portal.plans import keeping, list_queries, queries, staff_words
from portal.plans.models import Plan
from portal.plans.states import TALKING
from portal.promises import queries as promises
from portal.web import i18n

MOST = 5


def facts(plan: Plan, today: date) -> list[tuple[str, str]]:
    """The customer's record in rows, for whoever answers."""
    late = list_queries.days_late(plan.debtor_id, today)
    kept = keeping.instalments(plan.currency, today, debtor_id=plan.debtor_id)
    promised = promises.kept_rate(plan.currency, debtor_id=plan.debtor_id, last=today)
    rows = [
        (t("Their promises so far"), staff_words.rate(promised)),
        (t("Their instalments of a year"), staff_words.rate(kept)),
        (t("Settled on average"), _late(late)),
    ]
    return [(i18n.say(label), value) for label, value in rows]


def _late(found: tuple[int, int] | None) -> str:
    if found is None:
        return i18n.gettext("nothing was settled yet")
    days, count = found
    said = i18n.ngettext("%(days)s day after the date", "%(days)s days after the date", days) % {"days": days}
    of = i18n.ngettext("of %(count)s amount", "of %(count)s amounts", count) % {"count": count}
    return f"{said} ({of})"


def before(plan: Plan, zone: str) -> list[dict[str, Any]]:
    """The customer's other plans, the newest first, and how each ended; what was only talked about now is none."""
    found = [one for one in queries.of_debtor(plan.debtor_id) if one.id != plan.id and one.status not in TALKING]
    return [
        {
            "what": i18n.say(t("%(total)s: %(state)s", total=i18n.money(one.total), state=one.status.label)),
            "when": i18n.moment(one.status_at, zone),
            "href": url_for("plans_creditor.show", plan_id=one.id),
        }
        for one in found[:MOST]
    ]
