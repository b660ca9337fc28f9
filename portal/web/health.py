"""Is it alive, can it work, what may robots read: for machines, without a word about anybody."""

from flask import Response
from sqlalchemy import literal, select

from portal.core import db
from portal.web.gates import open_blueprint

blueprint = open_blueprint("health", __name__, why="machines ask whether the portal is alive; it says nothing else")


@blueprint.get("/health/live")
def live() -> Response:
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/health/ready")
def ready() -> Response:
    """200 when the database answers."""
    db.session().scalar(select(literal(1)))
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/robots.txt")
def robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")
