"""Twilio's status callbacks: a form, signed over the address and its sorted fields (X-Twilio-Signature, HMAC-SHA1).

The address that is given with a text carries our id: `StatusCallback=https://…/in/messages/twilio?message={id}`.
"""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

from portal.core import ids
from portal.messages import rules
from portal.messages.reports import BadReport, Heard, Notice

CODE = "twilio"
MOST_FIELDS = 100
_SAID = {"delivered": rules.DELIVERED, "read": rules.DELIVERED, "undelivered": rules.FAILED, "failed": rules.FAILED}
# Twilio's dictionary of errors: an unknown handset, and a landline or a carrier that cannot be reached at all.
_GONE = frozenset({"30005", "30006"})


def check_secret(secret: str) -> None:
    if len(secret) < 16:
        raise ValueError("the account's auth token, which is longer")


def read(secret: str, notice: Notice) -> list[Heard]:
    if not notice.fields or len(notice.fields) > MOST_FIELDS:
        raise BadReport("shape")
    signed = notice.url + "".join(name + value for name, value in sorted(notice.fields))
    expected = base64.b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest())
    given = next((value for name, value in notice.headers.items() if name.lower() == "x-twilio-signature"), "")
    if not hmac.compare_digest(expected, given.encode()):
        raise BadReport("signature")
    said = dict(notice.fields)
    kind = _SAID.get(said.get("MessageStatus", ""))
    try:
        message_id = ids.read(parse_qs(urlsplit(notice.url).query).get("message", [""])[0])
    except ValueError:
        return []
    if kind is None:  # queued, sent to the carrier: nothing is known yet
        return []
    code = said.get("ErrorCode", "")
    code = code if code.isascii() and code.isdigit() and len(code) <= 8 else ""
    return [Heard(message_id, rules.BOUNCED if kind == rules.FAILED and code in _GONE else kind, None, code)]
