"""Listening: the score with how sure one may be, its months, and the Credit Quality Check. Never a single number."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import render_template, url_for

from portal.core import clock, db, spreadsheets
from portal.core.text import Text, t
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.surveys import nps, outcomes, presenting, quality, queries, questions, showing
from portal.surveys.quality import Wanted
from portal.surveys.showing import Shown
from portal.web import i18n, lists
from portal.web.downloads import saved
from portal.web.gates import allow, creditor_blueprint, recently_proved

blueprint = creditor_blueprint("feedback_creditor", __name__)

PERIODS: dict[str, Text] = {"90": t("The last 90 days"), "365": t("The last year"), "730": t("The last two years")}
NAMES = ("days", "by", "outcome", "channel", "phase", "segment")
_ALL = {"": t("All")}
MONTHS = 12


def _wanted() -> tuple[Wanted, Wanted]:
    """What the address asks for, and the same length of time before it."""
    today = clock.today(person().creditor.time_zone)
    days = int(lists.chosen("days", PERIODS, "365"))
    since = today - timedelta(days=days)
    narrowed = {
        "outcome": lists.chosen("outcome", outcomes.OUTCOMES),
        "channel": lists.chosen("channel", quality.CHANNELS),
        "phase": lists.chosen("phase", outcomes.PHASES),
        "segment": lists.chosen("segment", quality.SEGMENTS),
    }
    before = Wanted(since - timedelta(days=days), since - timedelta(days=1), **narrowed)
    return Wanted(since, today, **narrowed), before


@blueprint.get("/feedback")
@allow(Permission.READ)
def show() -> Any:
    wanted, before = _wanted()
    tally, is_near = quality.total(wanted), quality.leaves_out_few(wanted)
    dimension = lists.chosen("by", quality.DIMENSIONS, quality.OUTCOME)
    return render_template(
        "surveys/staff_feedback.html",
        title=i18n.gettext("Listening"),
        filter_url=url_for(".show"),
        fields=_fields(dimension),
        clear_url=url_for(".show") if any(lists.asked(name) for name in NAMES) else None,
        head=_head(tally, is_near=is_near),
        change=showing.change(quality.total(before), tally) if not is_near else None,
        months=_months(wanted) if not is_near else [],
        seconds=_seconds(wanted) if not is_near else [],
        dimension=i18n.say(quality.DIMENSIONS[dimension]),
        parts=_parts(dimension, wanted) if not is_near else [],
        waiting=db.session().scalar(queries.to_look_after()) or 0,
        comments_url=url_for("comments_creditor.show"),
        to_see_url=url_for("comments_creditor.show", see="1"),
        changes_url=url_for("improvements_creditor.show"),
        settings_url=url_for("survey_settings.show") if person().may(Permission.PLANS) else None,
        export_url=lists.address(".take", NAMES) if person().may(Permission.EXPORT) else None,
    )


def _fields(dimension: str) -> list[dict[str, Any]]:
    return [
        lists.choice("days", t("Since"), PERIODS, lists.chosen("days", PERIODS, "365")),
        lists.choice("by", t("Compare"), quality.DIMENSIONS, dimension),
        lists.choice("outcome", t("What had happened"), _ALL | dict(outcomes.OUTCOMES), lists.asked("outcome")),
        lists.choice("phase", t("Phase"), _ALL | dict(outcomes.PHASES), lists.asked("phase")),
        lists.choice("channel", t("Asked by"), _ALL | dict(quality.CHANNELS), lists.asked("channel")),
        lists.choice("segment", t("Customers"), _ALL | dict(quality.SEGMENTS), lists.asked("segment")),
    ]


def _head(tally: nps.Tally, *, is_near: bool) -> dict[str, Any]:
    found = showing.shown(tally) if not is_near else Shown(None, None)
    too_few = showing.LEAVES_OUT_FEW if is_near else showing.too_few(tally)
    return {
        **presenting.score(found),
        "too_few": too_few if found.nps is None else None,
        "n": str(tally.n) if found.tally is not None else "",
        "asked": str(tally.asked),
        "rate": presenting.rate(tally) if found.tally is not None else "–",
        "worse": presenting.wide_words(found),
    }


def _months(wanted: Wanted) -> list[dict[str, Any]]:
    """Month by month in the order of time; where few answered, several months are one."""
    found = showing.stretches(quality.by_month(wanted))[-MONTHS:]
    return [
        {"label": _month(first) if first == last else f"{_month(first)}–{_month(last)}", **_part(showing.shown(one))}
        for first, last, one in found
    ]


def _month(one: showing.Month) -> str:
    return f"{one[1]:02d}/{one[0] % 100:02d}"


def _part(one: Shown) -> dict[str, Any]:
    return {
        **presenting.score(one),
        "n": str(one.tally.n) if one.tally is not None else i18n.say(presenting.FEW),
        "asked": str(one.tally.asked) if one.tally is not None else "–",
        "rate": presenting.rate(one.tally) if one.tally is not None else "–",
    }


def _parts(dimension: str, wanted: Wanted) -> list[dict[str, Any]]:
    parts = quality.shown_by(dimension, wanted)
    names = quality.names(dimension, list(parts))
    found = sorted(parts.items(), key=lambda row: -row[1].tally.n if row[1].tally is not None else 0)
    return [{"label": i18n.say(names[key]), **_part(one)} for key, one in found]


def _seconds(wanted: Wanted) -> list[tuple[str, str]]:
    """What the second question says, where enough answered it."""
    return [
        (i18n.say(questions.KINDS[kind]), presenting.second_figure(kind, counts))
        for kind, counts in quality.shown_second(wanted).items()
        if kind in questions.SCALES
    ]


@blueprint.get("/feedback.csv")
@allow(Permission.EXPORT)
@recently_proved
def take() -> Any:
    """Every comparison as a file: with the same gaps as on the page."""
    wanted, _before = _wanted()
    head = ["by", "part", "asked", "answered", "nps", "low", "high"]
    gap = [["all", "", *presenting.cells(Shown(None, None))]]
    rows = gap if quality.leaves_out_few(wanted) else _rows(wanted)
    face = person().creditor
    name = f"{face.slug}-feedback-{clock.today(face.time_zone).isoformat()}.csv"
    return saved(spreadsheets.file([head, *rows]), name, spreadsheets.MEDIA_TYPE)


def _rows(wanted: Wanted) -> Iterator[list[str]]:
    yield ["all", "", *presenting.cells(showing.shown(quality.total(wanted)))]
    for first, last, one in quality.stretches(wanted):
        said = f"{first[0]}-{first[1]:02d}/{last[0]}-{last[1]:02d}"
        yield ["months", said, *presenting.cells(showing.shown(one))]
    for dimension in quality.DIMENSIONS:
        parts = quality.shown_by(dimension, wanted)
        names = quality.names(dimension, list(parts))
        for key, part in parts.items():
            yield [dimension, i18n.say(names[key]), *presenting.cells(part)]
