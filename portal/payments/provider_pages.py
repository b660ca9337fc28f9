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
    method, mine = methods.online(code), accounts.kept(code)
    if method is None or not mine:
        raise methods.BadNotice("nobody here")
    signature, body = request.headers.get(method.signature_header, ""), request.get_data(cache=False)
    account_id, notice = _read(method, [accounts.open_row(one) for one in mine], body, signature)
    actions.take_notice(code, account_id, creditor_id, notice)


def _read(
    method: methods.Online, mine: list[methods.Account], body: bytes, signature: str
) -> tuple[int, methods.Notice]:
    """The notice, and the account that it is of: the one in use, or one that this took the place of.

    Raises NotOurs where it is genuine and of none of them, else BadNotice.
    """
    refused: Exception = methods.BadNotice("nobody here")
    for account in mine:
        try:
            return account.account_id, method.read_notice(account, body, signature)
        except methods.NotOurs as not_ours:
            refused = not_ours
        except methods.BadNotice as bad:
            refused = refused if isinstance(refused, methods.NotOurs) else bad
    raise refused
