"""The figures as of a day, never without what customers felt, and what they felt by itself (rules E-01, E-02)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import Schema, fields

from portal.api import shapes
from portal.core import clock
from portal.creditors import queries as creditors
from portal.insights import figures, relation
from portal.people.roles import Permission
from portal.surveys import quality, showing
from portal.surveys.nps import Tally
from portal.web.gates import allow, api_blueprint

blueprint = api_blueprint("api_figures", __name__, "Figures and feedback")


class FiguresAsked(Schema):
    as_of = shapes.Day(metadata={"description": "what came after it does not count; without it today"})


class FeedbackOut(Schema):
    """Of as many months as bring enough answers: fewer than ten are not told, below thirty there is no score."""

    first = fields.String(required=True, allow_none=True, metadata={"description": "the month: 2026-01"})
    last = fields.String(required=True, allow_none=True)
    asked = fields.Integer(required=True, allow_none=True)
    n = fields.Integer(required=True, allow_none=True)
    promoters = fields.Integer(required=True, allow_none=True)
    passives = fields.Integer(required=True, allow_none=True)
    detractors = fields.Integer(required=True, allow_none=True)
    nps = fields.Float(required=True, allow_none=True)
    interval = fields.List(fields.Float(), required=True, allow_none=True)


class Feedback(Schema):
    items = fields.List(fields.Nested(FeedbackOut), required=True)


class FiguresOut(Schema):
    as_of = fields.String(required=True)
    currency = fields.String(required=True)
    figures = fields.Dict(
        required=True, metadata={"description": "as `portal kpi --json`; days and per cents to two places"}
    )
    currencies = fields.Dict(required=True, metadata={"description": "the same of each other currency"})
    feedback = fields.Nested(FeedbackOut, required=True)
    complaints = fields.Integer(required=True, metadata={"description": "of the same year"})


@blueprint.get("/figures")
@allow(Permission.READ)
@blueprint.arguments(FiguresAsked, location="query")
@blueprint.response(200, FiguresOut)
def show_figures(asked: Mapping[str, Any]) -> Any:
    """DSO, ADD, CEI, aging and what is kept, with the NPS and the complaints of the same year"""
    zone = creditors.in_scope().time_zone
    day: date = asked.get("as_of") or clock.today(zone)
    main, found = figures.by_currency(day, zone)
    felt = relation.relation(day, zone)
    return {
        "as_of": day.isoformat(),
        "currency": main,
        "figures": figures.as_json(found[main]),
        "currencies": {name: figures.as_json(one) for name, one in sorted(found.items()) if name != main},
        "feedback": _told(felt.first, felt.last, felt.tally),
        "complaints": felt.complaints,
    }


@blueprint.get("/feedback")
@allow(Permission.READ)
@blueprint.response(200, Feedback)
def show_feedback() -> Any:
    """What customers answered, by stretches of months with enough answers"""
    return {"items": [_told(*one) for one in quality.stretches(quality.Wanted())]}


def _told(first: showing.Month | None, last: showing.Month | None, tally: Tally) -> dict[str, Any]:
    shown = showing.shown(tally)
    counts = ("asked", "n", "promoters", "passives", "detractors")
    score = shown.nps
    return {
        "first": _month(first),
        "last": _month(last),
        **{name: getattr(shown.tally, name) if shown.tally is not None else None for name in counts},
        "nps": round(score.nps, 1) if score is not None else None,
        "interval": [round(score.low, 1), round(score.high, 1)] if score is not None else None,
    }


def _month(month: showing.Month | None) -> str | None:
    return f"{month[0]}-{month[1]:02}" if month is not None else None
