"""Choosing the language: kept in the cookie, nowhere else."""

from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request, session

from portal.web import i18n
from portal.web.gates import open_blueprint

blueprint = open_blueprint("language", __name__, why="a reader's language is theirs to choose")


@blueprint.get("/language/<code>")
def choose(code: str) -> Response:
    """Speaks `code` from now on in this browser, and leads back to the page it was asked on."""
    if i18n.known(code):
        session["lang"] = i18n.known(code)
    return redirect(_same_site_path(request.referrer), 303)  # type: ignore[return-value]


def _same_site_path(referrer: str | None) -> str:
    try:
        parts = urlsplit(referrer or "")
    except ValueError:  # http://[
        return "/"
    if parts.netloc != request.host or not parts.path.startswith("/") or parts.path.startswith("//"):
        return "/"
    if parts.path.startswith("/language/"):
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")


def install(app: Flask) -> None:
    """Before each request: the chosen language, else what the browser asks for; a visit may say better."""

    @app.before_request
    def speak() -> None:
        if request.endpoint == "static":
            return
        chosen = i18n.known(session.get("lang")) or i18n.known(session.get("spoken"))
        i18n.use(chosen or _from_browser() or i18n.DEFAULT)

    app.register_blueprint(blueprint)


def prefer(code: str | None) -> None:
    """What the creditor knows of the reader's language counts unless they chose one themselves."""
    if code and "lang" not in session:
        i18n.use(code)


def _from_browser() -> str | None:
    best = request.accept_languages.best_match(list(i18n.languages()))
    return i18n.known(best)
