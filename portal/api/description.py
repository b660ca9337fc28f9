"""The API as OpenAPI 3.1, made from what the calls themselves take and give (flask-smorest)."""

from collections.abc import Iterable
from typing import Any

import flask_smorest
from flask import Flask
from marshmallow import Schema, fields
from werkzeug.routing import BaseConverter

from portal.core.ids import spell
from portal.web.gates import IDEMPOTENCY_KEY

TITLE = "Debtor Portal"
_INTRO = """\
JSON over HTTPS for the creditor's own systems. Every call carries `Authorization: Bearer <key>`; an administrator
makes keys on the page Your systems, Keys.

Every call that changes something carries an `Idempotency-Key`: sent again with the same body it is answered as
before and does nothing twice; with another body it is refused (409). An answer from 400 on means that nothing was
done, and frees the key.

Amounts are text with a point (`1234.50`) and a currency; days are `2026-11-30`; moments are in UTC. Our ids are
thirteen letters and digits. Lists come page by page: `next` is the `cursor` of the page that follows.

What two can change has an `ETag`, and the calls that change it want it back in `If-Match`. What goes wrong is
`application/problem+json` in the language of `Accept-Language`. Each answer says in `RateLimit` how many calls
are left of this minute."""
_COMMON = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429)


class ProblemField(Schema):
    field = fields.String(required=True, metadata={"description": "JSON pointer into what was sent"})
    message = fields.String(required=True)


class Problem(Schema):
    """RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    request_id = fields.String(metadata={"description": "names this request in our log; none where nothing is found"})
    errors = fields.List(fields.Nested(ProblemField))


class PortalApi(flask_smorest.Api):
    """The description alone: errors and addresses are the portal's own."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Nothing: portal.web.errors answers."""

    def _register_doc_blueprint(self) -> None:
        """Nothing: portal.api.docs_pages serves it."""


def install(app: Flask, ids: type[BaseConverter], blueprints: Iterable[Any]) -> None:
    """Registers the calls and describes them; `ids` is the converter of `<id:…>` in addresses."""
    spec: dict[str, Any] = {
        "title": TITLE,
        "version": "1",
        "openapi_version": "3.1.0",
        "info": {"description": _INTRO},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
    }
    api = PortalApi(app, spec_kwargs=spec)
    api.register_converter(
        ids, lambda _converter: {"type": "string", "pattern": f"^{ids.regex}$", "example": spell(1)}
    )
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    app.extensions["portal.api"] = _whole(api.spec.to_dict())


def _whole(spec: dict[str, Any]) -> dict[str, Any]:
    """With what holds for every call: how it is refused, and the header of those that change something."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    spec["components"].setdefault("schemas", {})
    for path in spec["paths"].values():
        for method, call in path.items():
            if method == "parameters":
                continue
            for status in _COMMON:
                call["responses"][str(status)] = {"description": "Nothing was done", "content": problem}
            call["responses"].pop("default", None)
            if method != "get":
                call.setdefault("parameters", []).append(_IDEMPOTENCY)
    return spec


_IDEMPOTENCY = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": True,
    "description": "New for each new call, the same when a call is sent again; kept for thirty days.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 255, "pattern": "^[!-~]{8,255}$"},
}


def described(app: Flask) -> dict[str, Any]:
    """The description of the running application."""
    found: dict[str, Any] = app.extensions["portal.api"]
    return found
