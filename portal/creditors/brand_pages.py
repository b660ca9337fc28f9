"""A creditor's logo and colour, for pages and browsers: nothing in them says anything of a debtor."""

from flask import Response, request

from portal.core import db, ids, scope
from portal.creditors import colours
from portal.creditors.models import Creditor
from portal.documents import store
from portal.web.gates import only_own, open_blueprint

blueprint = open_blueprint("brand", __name__, why="a logo and a colour, which stand on pages before the gate too")

FOR_GOOD = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=300"


def _creditor(creditor_id: int) -> Creditor:
    creditor: Creditor = only_own(db.session().get(Creditor, creditor_id))
    return creditor


@blueprint.get("/brand/<id:creditor_id>/<colour>.css")
def show_colour(creditor_id: int, colour: str) -> Response:
    """The accent for light and for dark, each readable; only the colour that this creditor has."""
    creditor = _creditor(creditor_id)
    accent = only_own(creditor.accent if creditor.accent == f"#{colour}" else None)
    sheet = (
        f":root{{--accent:{colours.on_light(accent)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{--accent:{colours.on_dark(accent)}}}}}\n"
    )
    return _kept(sheet.encode(), "text/css; charset=utf-8", FOR_GOOD)


@blueprint.get("/brand/<id:creditor_id>/logo")
def show_logo(creditor_id: int) -> Response:
    """The logo as we made it anew from what was uploaded (portal.documents.logos)."""
    creditor = _creditor(creditor_id)
    file_id = only_own(creditor.logo_file_id)
    scope.enter(creditor.id)
    file = only_own(store.row(file_id))
    try:
        content = store.content(file)
    except OSError:
        content = only_own(None)
    named = request.args.get("v") == ids.spell(file_id)
    return _kept(content, "image/png", FOR_GOOD if named else FOR_NOW)


def _kept(content: bytes, media_type: str, how_long: str) -> Response:
    answer = Response(content, content_type=media_type)
    answer.headers["Cache-Control"] = how_long
    return answer
