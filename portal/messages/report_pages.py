"""Where gateways and mail providers report what became of messages: signed, replayed at will, answered alike."""

import logging

from flask import Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import RequestEntityTooLarge

from portal.core import installation
from portal.messages import hearing, reports
from portal.web.gates import open_blueprint

log = logging.getLogger(__name__)

blueprint = open_blueprint(
    "message_reports", __name__, why="a provider's report proves itself by its signature", url_prefix="/in/messages"
)


@blueprint.record_once
def _without_csrf(state: BlueprintSetupState) -> None:
    state.app.extensions["csrf"].exempt(blueprint)  # no cookie counts here, so there is nothing to forge


@blueprint.post("/<code>")
def receive(code: str) -> Response:
    """204 for every genuine report, of a message of ours or not, new or repeated; 400 for all else."""
    request.max_content_length = reports.LARGEST
    shape, secret = reports.all_shapes().get(code), dict(installation.settings().report_secrets).get(code)
    if shape is None or not secret:
        return Response(status=400)
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    url = f"{installation.settings().public_url}{request.path}{query}"
    try:
        fields = tuple(request.form.items(multi=True))
        body = request.get_data(cache=False)
        heard = shape.read(secret, reports.Notice(url, dict(request.headers), body, fields))
    except (reports.BadReport, RequestEntityTooLarge) as bad:
        log.warning("refused a report", extra={"shape": shape.CODE, "why": str(bad)[:20]})
        return Response(status=400)
    hearing.hear_all(heard, shape.CODE)
    return Response(status=204)
