"""How figures are said wherever they are shown: a number, a share, and how it felt beside what it brought."""

from datetime import date
from decimal import Decimal

from flask import request

from portal.core import clock
from portal.core.text import Text, t
from portal.insights import kpis, summed
from portal.insights.relation import Relation
from portal.people.presenting import person
from portal.surveys import showing
from portal.web import i18n

EARLIEST = date(2000, 1, 1)
STEPS: dict[str, Text] = {
    kpis.NOT_DUE: t("Not due"),
    kpis.UP_TO_30: t("1 to 30 days"),
    kpis.UP_TO_60: t("31 to 60 days"),
    kpis.UP_TO_90: t("61 to 90 days"),
    kpis.UP_TO_120: t("91 to 120 days"),
    kpis.OVER_120: t("More than 120 days"),
}


def number(value: Decimal | None) -> str:
    return "–" if value is None else i18n.decimal(str(value.quantize(Decimal("0.1"))))


def percent(value: Decimal | None) -> str:
    return "–" if value is None else f"{number(value)} %"


def felt(held: Relation) -> dict[str, str]:
    """How it felt: the score with its interval, or why none is shown (the part insights/relation.html)."""
    score, month = held.felt.nps, held.last
    when = ""
    if held.first is not None and month is not None:
        ends = (i18n.month(date(year, number, 1)) for year, number in (held.first, month))
        when = " – ".join(dict.fromkeys(ends))
    if score is None:
        return {"score": "–", "note": i18n.say(showing.too_few(held.tally)).rstrip("."), "when": when,
                "complaints": str(held.complaints)}  # fmt: skip
    note = t("%(n)s answers, between %(low)s and %(high)s", n=score.n, low=round(score.low), high=round(score.high))
    return {"score": str(round(score.nps)), "note": i18n.say(note), "when": when, "complaints": str(held.complaints)}


def asked() -> tuple[date, str, list[str]]:
    """The day and the currency that the address names; today, and the euro, where it names none that can be."""
    today = clock.today(person().creditor.time_zone)
    try:
        day = date.fromisoformat(request.args.get("as_of", ""))
    except ValueError:
        day = today
    day = min(max(day, EARLIEST), today)
    known = summed.currencies(day) or ["EUR"]
    wanted = request.args.get("currency", "")
    return day, wanted if wanted in known else known[0], known
