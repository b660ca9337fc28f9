"""Every way that a request ends badly, as a page in the reader's language with a road and a human."""

import logging
from typing import Any

from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateNotFound
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from portal.core.errors import PortalError
from portal.core.text import t
from portal.web import i18n

log = logging.getLogger(__name__)

# The same bytes for every unknown, malformed or revoked link (rule A-11): no request number on these pages.
UNIFORM = frozenset({404})


def install(app: Flask) -> None:
    app.register_error_handler(PortalError, _from_portal)
    app.register_error_handler(CSRFError, _from_csrf)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(StaleDataError, _from_stale)
    app.register_error_handler(IntegrityError, _from_stale)
    app.register_error_handler(Exception, _from_bug)


def answer(status: int, detail: str = "") -> Response:
    """The error page of `status`; asks nothing of the database."""
    known = status if status in {400, 403, 404, 405, 409, 413, 422, 429, 500, 503} else 500
    try:
        page = render_template(
            f"errors/{known}.html",
            title=i18n.gettext("This page"),
            detail=detail,
            back_url=_way_back(),
            request_id=None if status in UNIFORM else g.get("request_id"),
        )
    except TemplateNotFound:  # a broken installation still says something
        page = detail or str(status)
    return Response(page, status, content_type="text/html; charset=utf-8")


def _way_back() -> str | None:
    if request.path.startswith("/d/") or request.path == "/d":
        return "/d/"
    return "/c/" if request.path.startswith("/c/") else None


def _from_portal(error: PortalError) -> Response:
    return answer(error.status, i18n.say(error.text))


def _from_csrf(_error: CSRFError) -> Response:
    return answer(400, i18n.say(t("This page had been open for too long. Please open it again.")))


def _from_http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error.get_response()
    page = answer(error.code)
    for name, value in error.get_response().headers:
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            page.headers[name] = value
    page.status_code = error.code
    return page


def _from_stale(error: Exception) -> Response:
    log.warning("two at once", extra={"kind": type(error).__name__, "path": request.endpoint})
    return answer(409, i18n.say(t("Somebody else changed this at the same moment. Please look again.")))


def _from_bug(error: Exception) -> Response:
    # The path may hold a token: the endpoint's name is what the log needs (rule A-20).
    log.error("unexpected", exc_info=error, extra={"endpoint": request.endpoint, "request": g.get("request_id")})
    return answer(500)
