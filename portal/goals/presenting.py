"""Goals in words: where each began, where it stands, where it goes at this pace, and how it felt meanwhile."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import url_for

from portal.core.money import Money
from portal.core.text import t
from portal.goals import measures, rules
from portal.goals.models import Goal
from portal.goals.states import GoalStatus
from portal.insights.figures import Figures
from portal.insights.presenting import percent
from portal.insights.relation import Relation
from portal.web import i18n

BAR = 300  # as wide as parts/charts draws a whole bar


def said(row: Goal, value: int | None) -> str:
    """A value of this goal's figure, with its unit."""
    return say_value(row.figure, row.currency, value)


def say_value(figure: str, currency: str, value: int | None) -> str:
    if value is None:
        return "–"
    unit = measures.MEASURES[figure].unit
    if unit == rules.MONEY:
        return i18n.money(Money(value, currency))
    written = i18n.decimal(plain(figure, currency, value))
    return f"{written} %" if unit == rules.PER_CENT else i18n.say(t("%(days)s days", days=written))


def plain(figure: str, currency: str, value: int) -> str:
    """As it is typed into a field: `61.5`, `1200.00`."""
    if measures.MEASURES[figure].unit == rules.MONEY:
        return Money(value, currency).plain
    sign, whole = "-" if value < 0 else "", abs(value)
    return f"{sign}{whole // 100}" + (f".{whole % 100:02d}" if whole % 100 else "")


def label(row: Goal) -> str:
    return i18n.say(measures.MEASURES[row.figure].label)


def board(goals: list[Goal], found: Mapping[str, Figures], felt: Relation, today: date) -> list[dict[str, Any]]:
    """What is under way, as of `today`, with the figures of each currency."""
    score = felt.felt.nps
    nps = None if score is None else round(score.nps)
    return [_one(row, measures.value(row.figure, found[row.currency]), today, nps, felt.complaints) for row in goals]


def _one(row: Goal, now: int | None, today: date, nps: int | None, complaints: int) -> dict[str, Any]:
    done = None if now is None else rules.progress(row.baseline, row.target, now)
    reached = now is not None and rules.is_reached(row.baseline, row.target, now)
    return {
        "label": label(row),
        "href": url_for("goals_creditor.show_one", goal_id=row.id),
        "began": said(row, row.baseline),
        "began_on": i18n.short_day(row.baseline_on),
        "now": said(row, now),
        "target": said(row, row.target),
        "target_on": i18n.short_day(row.target_on),
        "done": "–" if done is None else percent(done),
        "width": 0 if done is None else min(max(int(done), 0), 100) * BAR // 100,
        "reached": reached,
        "pace": _pace(row, now, today, reached=reached),
        "felt": how_it_felt(row.baseline_nps, nps, row.baseline_complaints, complaints),
    }


def _pace(row: Goal, now: int | None, today: date, *, reached: bool) -> str:
    """Where it goes on a straight line, or why nothing is said."""
    if now is None:
        return i18n.gettext("It cannot be reckoned today.")
    unit = measures.MEASURES[row.figure].unit
    comes = rules.at_this_pace((row.baseline_on, row.baseline), (today, now), row.target_on, unit)
    if comes is None:
        known = rules.pace_known_from(row.baseline_on)
        return i18n.say(t("Too early to say; from %(day)s on.", day=i18n.short_day(known))) if known > today else "–"
    on, value = i18n.short_day(row.target_on), said(row, comes)
    if rules.is_reached(row.baseline, row.target, comes):
        sentence = t("At this pace on %(day)s: %(value)s. That is enough.", day=on, value=value)
    elif reached:
        sentence = t("Reached today. At this pace on %(day)s: %(value)s.", day=on, value=value)
    else:
        sentence = t("At this pace on %(day)s: %(value)s. That is not enough.", day=on, value=value)
    return i18n.say(sentence)


def how_it_felt(before: int | None, after: int | None, complaints: int, then: int) -> str:
    """The score and the complaints of the year, at the beginning and now."""
    scores = ["–" if one is None else str(one) for one in (before, after)]
    return i18n.say(
        t("NPS %(before)s, then %(after)s; complaints %(complaints)s, then %(then)s", before=scores[0],
          after=scores[1], complaints=complaints, then=then)
    )  # fmt: skip


def past(row: Goal) -> dict[str, Any]:
    """What became of one that is over."""
    if row.status is GoalStatus.ENDED:
        what = i18n.say(t("Given up on %(day)s", day=i18n.short_day(row.status_at.date())))
    elif row.result is None:
        what = i18n.gettext("On its day it could not be reckoned.")
    elif rules.is_reached(row.baseline, row.target, row.result):
        what = i18n.gettext("reached")
    else:
        what = i18n.gettext("not reached")
    felt = ""
    if row.result_complaints is not None:
        felt = how_it_felt(row.baseline_nps, row.result_nps, row.baseline_complaints, row.result_complaints)
    return {
        "label": label(row),
        "href": url_for("goals_creditor.show_one", goal_id=row.id),
        "began": said(row, row.baseline),
        "began_on": i18n.short_day(row.baseline_on),
        "target": said(row, row.target),
        "target_on": i18n.short_day(row.target_on),
        "result": said(row, row.result),
        "what": what,
        "felt": felt,
    }
