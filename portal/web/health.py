"""Is it alive, can it work, what may robots read, whom to tell of a hole: without a word about anybody."""

from datetime import timedelta

from flask import Response
from sqlalchemy import literal, select
from werkzeug.exceptions import NotFound

from portal.core import clock, db, installation
from portal.web import limits
from portal.web.gates import open_blueprint

SECURITY_TXT_DAYS = timedelta(days=90)  # well below a year, as the RFC asks

blueprint = open_blueprint("health", __name__, why="machines ask whether the portal is alive; it says nothing else")


@blueprint.get("/health/live")
def live() -> Response:
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/health/ready")
def ready() -> Response:
    """200 when the database answers; says so where the limits are counted by this process alone."""
    db.session().scalar(select(literal(1)))
    told = "ok\nlimits: counted by this process alone\n" if limits.count_alone() else "ok\n"
    return Response(told, content_type="text/plain; charset=utf-8")


@blueprint.get("/robots.txt")
def robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/.well-known/security.txt")
def security() -> Response:
    """Whom to tell of a weakness (RFC 9116); 404 where the operator has named no address."""
    settings = installation.settings()
    if not settings.operator.email:
        raise NotFound
    until = (clock.now() + SECURITY_TXT_DAYS).replace(microsecond=0)
    lines = (
        f"Contact: mailto:{settings.operator.email}",
        f"Expires: {until.strftime('%Y-%m-%dT%H:%M:%SZ')}",
        "Preferred-Languages: it, en",
        f"Canonical: {settings.public_url}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
