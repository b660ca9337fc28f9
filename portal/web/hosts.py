"""With PORTAL_STAFF_HOST set each side has its own host, and the other side's pages are not there (rule A-66)."""

from urllib.parse import urlsplit

from flask import Flask, abort, request

from portal.settings import Settings

SHARED = frozenset({"static", "health.live", "health.ready", "health.robots", "health.security"})


def install(app: Flask, settings: Settings) -> None:
    public = urlsplit(settings.public_url).hostname or ""
    if not settings.staff_host or settings.staff_host == public:
        return

    @app.before_request
    def each_side_on_its_host() -> None:
        if request.endpoint in SHARED or (request.endpoint or "").startswith("brand."):
            return
        for_staff = request.path == "/c" or request.path.startswith("/c/")
        on_staff_host = request.host.partition(":")[0].lower() == settings.staff_host.lower()
        if for_staff != on_staff_host:
            abort(404)
