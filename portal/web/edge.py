"""The edge of the house: one request is one transaction, and every answer leaves with the same headers.

A changing request answered below 400 commits; GET, HEAD, OPTIONS and everything from 400 on roll back
(house.md §4). Nothing else in the web layer ends a transaction.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.core import db
from portal.settings import Settings

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PLAIN_BODY = 1024 * 1024  # bytes of a body without files: it is read and taken apart in one piece
FOR_SYSTEMS = "/api/"
SYSTEM_BODY = 4 * 1024 * 1024  # a thousand invoices with all that may stand in one


class PortalFlask(Flask):
    """Flask with the transaction around each dispatched request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What a changing request still writes when its answer is known (the answer of a command id).
        self.before_commit: list[Callable[[Response], None]] = []

    def dispatch_request(self) -> Response:
        response = self.make_response(super().dispatch_request())
        unit: db.Unit | None = g.get("unit")
        if unit is not None:
            if request.method in CHANGING and response.status_code < 400:
                for finish in self.before_commit:
                    finish(response)
                unit.commit()
            else:
                unit.rollback()
        return response

    def handle_user_exception(self, error: Exception) -> Any:
        unit: db.Unit | None = g.get("unit")
        if unit is not None:
            unit.outside = False
            unit.rollback()
        return super().handle_user_exception(error)


def install(app: Flask, settings: Settings, form_origins: Sequence[str] = ()) -> None:
    """Opens a unit of work per request, closes it whatever happens, and puts the headers on.

    A form may lead to ourselves and to `form_origins`: where the payment methods have their pages (decision 9).
    """
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    origins = " ".join(("'self'", *form_origins))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action {origins}; frame-ancestors 'none'; base-uri 'none'"
    )

    @app.before_request
    def open_unit() -> None:
        g.request_id = secrets.token_hex(8)
        if request.mimetype != "multipart/form-data":
            of_system = request.path.startswith(FOR_SYSTEMS)
            request.max_content_length = SYSTEM_BODY if of_system else PLAIN_BODY
        if request.endpoint != "static":
            g.unit = db.Unit(writes=request.method in CHANGING)

    @app.teardown_request
    def close_unit(_error: BaseException | None) -> None:
        unit: db.Unit | None = g.pop("unit", None)
        if unit is not None:
            unit.close()

    @app.after_request
    def put_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["X-Request-Id"] = g.get("request_id", "")
        holds_token = "token" in (request.view_args or ())  # rule A-21: the address itself must not travel on
        headers.setdefault("Referrer-Policy", "no-referrer" if holds_token else "same-origin")
        if settings.over_https:
            headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        kept_by_all = request.endpoint == "static" and response.status_code < 400
        if not kept_by_all and "public" not in headers.get("Cache-Control", ""):
            headers.setdefault("Cache-Control", "no-store")
            headers.setdefault("X-Robots-Tag", "noindex, nofollow, noarchive")
            response.vary.add("Cookie")
        return response
