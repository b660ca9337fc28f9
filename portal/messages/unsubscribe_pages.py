"""The address in a mail's List-Unsubscribe: GET shows a page, POST acts, without cookies (rule A-36, RFC 8058)."""

from typing import Any

from flask import render_template, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import NotFound

from portal.core import events, scope
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.messages import courtesy
from portal.web import i18n, language_pages, limits
from portal.web.gates import open_blueprint

blueprint = open_blueprint(
    "unsubscribe", __name__, why="the signed address is all that a mail program has; it toggles one preference"
)
AGAIN = "again"


@blueprint.record_once
def _without_csrf(state: BlueprintSetupState) -> None:
    # A mail program has no cookie and no form of ours; the signature in the address is what it has (RFC 8058).
    state.app.extensions["csrf"].exempt(blueprint)


@blueprint.get("/u/<token>")
def show(token: str) -> Any:
    """Says what pressing the button does; changes nothing."""
    wish = _wish(token)
    return _page(wish, stopped=courtesy.is_stopped(wish.contact_id, wish.kind))


@blueprint.post("/u/<token>")
def act(token: str) -> Any:
    """Stops these messages; with `wish=again` lets them come again. Answers 200: one-click follows no redirect."""
    wish = _wish(token)
    events.act_as(events.Actor("debtor"))
    again = request.form.get("wish") == AGAIN
    if again:
        courtesy.resume(wish)
    else:
        courtesy.stop(wish)
    return _page(wish, stopped=not again)


def _wish(token: str) -> courtesy.Wish:
    limits.check(limits.BAD_TOKENS, "unsubscribe")
    wish = courtesy.read_address(token)
    if wish is None:
        limits.count_bad_token("unsubscribe")
        raise NotFound
    scope.enter(wish.creditor_id)
    language_pages.prefer(wish.language)
    return wish


def _page(wish: courtesy.Wish, *, stopped: bool) -> Any:
    face = creditors.face(wish.creditor_id)
    page = render_template(
        "messages/unsubscribe.html",
        title=i18n.say(t("Messages to you")),
        creditor=face,
        brand_css_url=face.brand_css_url,
        genuine_url=None,
        privacy_url=None,
        languages=[],  # in the mail's language: no referrer leaves this address, so a switch would not find back
        stopped=stopped,
        surveys=wish.kind == courtesy.SURVEY,
        again=AGAIN,
    )
    return page, {"Referrer-Policy": "no-referrer"}
