"""What a system asks first: whether its key holds, and what it may do."""

from typing import Any

from flask import Response, g
from marshmallow import Schema, fields

from portal.api.gate import Caller
from portal.api.rules import ANY_KEY
from portal.core import ids
from portal.creditors import queries as creditors
from portal.web import limits
from portal.web.gates import allow, api_blueprint

blueprint = api_blueprint("api_keys", __name__, "The key itself")


def caller() -> Caller:
    """Who is behind this request; only calls behind a key ask."""
    found: Caller = g.system
    return found


@blueprint.after_app_request
def say_what_is_left(response: Response) -> Response:
    """How many calls are left, on every answer to a key that holds."""
    if isinstance(g.get("system"), Caller):
        response.headers.update(limits.call_headers(caller().who))
    return response


class KeySchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)
    creditor = fields.String(required=True)


@blueprint.get("/key")
@allow(ANY_KEY)
@blueprint.response(200, KeySchema)
def show_key() -> Any:
    """Whether this key holds, whose it is and what it may do"""
    who = caller()
    return {
        "id": ids.spell(who.key_id),
        "name": who.name,
        "permissions": sorted(one.value for one in who.permissions),
        "creditor": creditors.in_scope().display_name,
    }
