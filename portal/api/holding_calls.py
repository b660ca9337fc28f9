"""Chasing of one due item stopped and taken up again, with the reason."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields

from portal.api import shapes
from portal.api.key_calls import caller
from portal.core import clock, ids
from portal.core.errors import Invalid
from portal.creditors import queries as creditors
from portal.invoices import queries as invoices
from portal.people.roles import Permission
from portal.silence import actions, queries, rules
from portal.web.gates import allow, api_blueprint, only_own

blueprint = api_blueprint("api_holding", __name__, "Stopping and resuming")


class BlockIn(Schema):
    words = shapes.words(required=True, metadata={"description": "why: your colleagues read it"})
    until = shapes.Day(metadata={"description": "its last day; without it until you resume"})


class BlockOut(Schema):
    item_id = fields.String(required=True)
    blocked = fields.Boolean(required=True)
    until = fields.String(required=True, allow_none=True)


def _item(item_id: int) -> invoices.Item:
    found: invoices.Item = only_own(next(iter(invoices.items([item_id])), None))
    return found


@blueprint.post("/items/<id:item_id>/block")
@allow(Permission.SEND)
@blueprint.arguments(BlockIn)
@blueprint.response(200, BlockOut)
def block(sent: Mapping[str, Any], item_id: int) -> Any:
    """Nobody writes about this due item from now on; what waits to leave is held back"""
    item, until, zone = _item(item_id), sent.get("until"), creditors.in_scope().time_zone
    wrong_day = rules.why_not_until(until, clock.today(zone))
    if wrong_day is not None:
        raise Invalid(wrong_day)
    end = datetime.combine(until + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC) if until else None
    wanted = actions.Wanted(rules.BY_US, until=end, item_id=item_id, words=sent["words"])
    actions.begin(item.debtor_id, wanted, caller().staff_id)
    return {"item_id": ids.spell(item_id), "blocked": True, "until": until.isoformat() if until else None}


@blueprint.post("/items/<id:item_id>/resume")
@allow(Permission.SEND)
@blueprint.response(200, BlockOut)
def resume(item_id: int) -> Any:
    """Ends what was blocked here or by your colleagues for the same reason; 404 where nothing is

    What rests for another reason (a dispute, a plan, a wish of the customer's) goes on resting.
    """
    item = _item(item_id)
    row = only_own(queries.standing(item.debtor_id, item_id, rules.BY_US))
    actions.end(row, actions.BY_HAND, caller().staff_id)
    return {"item_id": ids.spell(item_id), "blocked": False, "until": None}
