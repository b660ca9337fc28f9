"""Where providers' notices come in: verified on the raw bytes, kept once, answered at once, worked off later.

The address names the creditor: only its own secret can tell whether a notice is genuine (rules B-05, B-06).
"""

import logging

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from portal.core import scope
from portal.payments import accounts, actions, methods
from portal.web.gates import open_blueprint

log = logging.getLogger(__name__)

blueprint = open_blueprint(
    "payments_provider",
    __name__,
    why="a provider's notice proves itself by its signature",
    url_prefix=accounts.NOTICE_PATH,
)
csrf_exempt = [blueprint]  # no cookie counts here, so there is nothing to forge

LARGEST = 512 * 1024


@blueprint.post("/<code>/<id:creditor_id>")
def receive(code: str, creditor_id: int) -> Response:
    """204 for every genuine notice, known or not, new or repeated; 400 for all else, without a word why."""
    request.max_content_length = LARGEST
    scope.enter(creditor_id)
    try:
        _take(code, creditor_id)
    except methods.NotOurs:
        return Response(status=204)
    except (methods.BadNotice, RequestEntityTooLarge) as bad:
        log.warning("refused a notice", extra={"method": code, "why": str(bad)[:60]})
        return Response(status=400)
    return Response(status=204)


def _take(code: str, creditor_id: int) -> None:
    method, account = methods.online(code), accounts.opened(code)
    if method is None or account is None:
        raise methods.BadNotice("nobody here")
    signature = request.headers.get(method.signature_header, "")
    notice = method.read_notice(account, request.get_data(cache=False), signature)
    actions.take_notice(code, account.account_id, creditor_id, notice)
