"""How the stand-ins' own pages look: one small style sheet, and headers that let nothing else in."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, Response
from jinja2 import StrictUndefined
from markupsafe import Markup

_STYLE = (Path(__file__).parent / "looks.css").read_text(encoding="utf-8")

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def dress(app: Flask, zone: str = "Europe/Rome") -> Flask:
    """Gives `app`'s templates the style and a clock, and its answers closed headers; returns the app."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["style"] = Markup(_STYLE)

    def local_time(instant: datetime) -> str:
        return instant.astimezone(ZoneInfo(zone)).strftime("%d/%m/%Y %H:%M:%S")

    app.jinja_env.filters["local_time"] = local_time

    @app.after_request
    def close(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Not "no-referrer": browsers then send `Origin: null` with forms, and those could not be told apart.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def refreshing(page: str, seconds: int, paused: bool) -> Response:
    """`page` as an answer that the browser asks for again by itself, without a script, unless `paused`."""
    response = Response(page, mimetype="text/html")
    if not paused:
        response.headers["Refresh"] = str(seconds)
    return response
