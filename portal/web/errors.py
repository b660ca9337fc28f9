"""Every way that a request ends badly, as a page in the reader's language with a road and a human."""

import logging
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateNotFound
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from portal.core.errors import PortalError
from portal.core.text import Text, t
from portal.web import gates, i18n, limits, problems
from portal.web.edge import FOR_SYSTEMS

log = logging.getLogger(__name__)

# The same bytes for every unknown, malformed or revoked link (rule A-11): no request number on these pages.
UNIFORM = frozenset({404})
KNOWN = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 500, 503})
NOTED = frozenset({401, 403, 429})
STAFF, DEBTOR = "/c/", "/d/"
BEFORE_THE_GATE = frozenset({404, 405, 413})  # refused before any gate could say whose visit this is

# What the creditor's own people read: short, and nothing of links in mails. Debtors' words are in templates/errors/.
_TO_STAFF: dict[int, tuple[Text, Text]] = {
    400: (t("We could not read that"), t("Perhaps the page was open for long. Open it again and send it once more.")),
    403: (t("Your role does not include this"), t("An administrator of yours can change your role.")),
    404: (t("We cannot find this page"), t("The address is not whole, or what stood here is gone.")),
    405: (t("This page opens another way"), t("Nothing was changed. Use the button on the page.")),
    409: (t("Something has changed since"), t("Somebody was faster. Look at it as it is now.")),
    413: (t("That file is too large"), t("Send a smaller one, or split it.")),
    422: (t("Something needs a second look"), t("Nothing was saved. Go back and look at what you wrote.")),
    429: (t("That was a little too fast"), t("Wait a few minutes, then try again.")),
    500: (t("This one is our fault"), t("Nothing was saved. Try again in a moment.")),
    503: (t("We will be back in a moment"), t("The portal is being looked after. Try again in a few minutes.")),
}


def install(app: Flask) -> None:
    app.register_error_handler(PortalError, _from_portal)
    app.register_error_handler(CSRFError, _from_csrf)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(StaleDataError, _from_stale)
    app.register_error_handler(IntegrityError, _from_stale)
    app.register_error_handler(Exception, _from_bug)


def _note(why: str) -> None:
    """A refusal in the log: by whom and from where, without a name or an address (ASVS 16.3.2, 16.3.3)."""
    guest = g.get("person") or g.get("visit") or g.get("system")
    seen = {"why": why, "endpoint": request.endpoint, "method": request.method, "request": g.get("request_id")}
    log.warning("refused", extra={**seen, "network": limits.network_mark(), "who": guest.who if guest else None})


def answer(status: int, detail: str = "") -> Response:
    """The error page of `status`; asks the database for the visit at most. A refusal is written down."""
    if status in NOTED:
        _note(str(status))
    if request.path.startswith(FOR_SYSTEMS):
        return problems.answer(status, detail, None if status in UNIFORM else g.get("request_id"))
    if status in BEFORE_THE_GATE and request.path.startswith(DEBTOR) and "visit" not in g and "unit" in g:
        g.visit = gates.loaders().visit()  # whom to call is theirs all the same
    known = status if status in KNOWN else 500
    to_staff = request.path.startswith(STAFF) or request.path == STAFF.rstrip("/")
    heading, explain = _TO_STAFF[known]
    try:
        page = render_template(
            "errors/staff.html" if to_staff else f"errors/{known}.html",
            heading=heading,
            explain=explain,
            title=i18n.gettext("This page"),
            most=f"{(current_app.config['MAX_CONTENT_LENGTH'] or 0) // 1024**2} MB",
            detail=detail,
            back_url=_way_back(),
            genuine_url=None if to_staff else "/genuine",
            request_id=None if status in UNIFORM else g.get("request_id"),
        )
    except TemplateNotFound:  # a broken installation still says something
        page = detail or str(status)
    return Response(page, status, content_type="text/html; charset=utf-8")


def _way_back() -> str | None:
    if request.path.startswith(DEBTOR) or request.path == DEBTOR.rstrip("/"):
        return DEBTOR
    return STAFF if request.path.startswith(STAFF) else None


def _from_portal(error: PortalError) -> Response:
    return answer(error.status, i18n.say(error.text))


def _from_csrf(_error: CSRFError) -> Response:
    _note("csrf")
    return answer(400, i18n.say(t("This page had been open for too long. Please open it again.")))


def _from_http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error.get_response()
    page = answer(error.code)
    if request.path.startswith(FOR_SYSTEMS):
        problems.add_fields(page, error)
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
