"""Text messages through any HTTP gateway: one POST, JSON or a form, and what its answer means.

Neither the text nor the number is ever logged. The gateway is the installation's (PORTAL_SMS_*, portal.settings).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import phonenumbers

from portal.core import ids, installation, outgoing
from portal.core.addresses import check_url
from portal.core.errors import Misconfigured
from portal.core.relay import Answer, Verdict
from portal.core.text import Text, t
from portal.messages import gsm7
from portal.messages.channels import Sent
from portal.messages.letters import Letter
from portal.messages.sender_alias import why_not_alias
from portal.settings import Settings, Sms

CODE = "sms"
LABEL = t("Text message")
MOST_SEGMENTS = 3

_ACCEPTED = t("accepted")
_NOT_SET = t("no gateway for text messages is set up")
_REFUSED = t("the gateway refused the text message")
_LATER = t("the gateway asks us to come back later")
_LOCKED_OUT = t("the gateway did not let us in")
_UNREACHABLE = t("there is no safe connection to the gateway")
_UNKNOWN = t("no answer after the text was handed over: it may have arrived")
_COME_BACK = frozenset({408, 425, 429, 503})


def check(settings: Settings) -> None:
    """Refuses a gateway that could not be used, at start; raises Misconfigured with what to change."""
    sms = settings.sms
    if not sms.url:
        return
    wrong = check_url(sms.url, settings.allowed_loopback)
    if wrong is not None:
        raise Misconfigured(f"PORTAL_SMS_URL: {wrong}")
    alias = why_not_alias(sms.sender)
    if alias is not None:
        raise Misconfigured(f"PORTAL_SMS_SENDER: {alias}")
    if "{token}" not in sms.header or ": " not in sms.header or not sms.token:
        raise Misconfigured("PORTAL_SMS_TOKEN is needed, and PORTAL_SMS_HEADER like `Authorization: Bearer {token}`")
    if not all(f"{{{name}}}" in sms.body for name in ("to", "text")):
        raise Misconfigured("PORTAL_SMS_BODY: {to} and {text} must stand in it")
    try:
        _body(sms, {"id": "", "to": "", "text": "", "sender": ""})
    except ValueError as error:
        raise Misconfigured(f"PORTAL_SMS_BODY: {error}") from error


def send(letter: Letter) -> Sent:
    """One text message. The same letter again carries the same id, so that a gateway which looks knows it.

    Raises ValueError for a number that cannot take texts, and for a text of more than three segments.
    """
    settings = installation.settings()
    body, kind = compose(letter, settings.sms)
    kept = compose(letter.without_code(), settings.sms)[0] if letter.code else body
    sha256 = hashlib.sha256(kept).hexdigest()
    if not settings.sms.url:
        return Sent(Answer(Verdict.REFUSED, _NOT_SET.msgid), sha256)
    name, _, value = settings.sms.header.partition(": ")
    headers = {
        name: value.replace("{token}", settings.sms.token),
        "Content-Type": kind,
        "Accept": "application/json",
        "Idempotency-Key": ids.spell(letter.message_id),
    }
    came = outgoing.post(settings.sms.url, body, headers, settings.sms.timeout_seconds, settings.allowed_loopback)
    return Sent(meaning(came), sha256)


def compose(letter: Letter, sms: Sms) -> tuple[bytes, str]:
    """The bytes that leave and their media type; raises ValueError as `send` does."""
    text = gsm7.normalise(letter.opened(letter.text).strip())
    if not text or gsm7.size(text).segments > MOST_SEGMENTS:
        raise ValueError("a text message has one to three segments")
    values = {
        "id": ids.spell(letter.message_id),
        "to": checked_number(letter.to_address),
        "text": text,
        "sender": sms.sender,
    }
    return _body(sms, values)


def checked_number(number: str) -> str:
    """The number as `+393331234567`; raises ValueError for one that cannot take text messages."""
    try:
        parsed = phonenumbers.parse(number, "IT")
    except phonenumbers.NumberParseException as error:
        raise ValueError("not a telephone number") from error
    kind = phonenumbers.number_type(parsed)
    mobile = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
    if not phonenumbers.is_valid_number(parsed) or kind not in mobile:
        raise ValueError("not the number of a mobile phone")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _body(sms: Sms, values: Mapping[str, str]) -> tuple[bytes, str]:
    """The gateway's body with our values in it: put into parsed values, none can break out of its place."""

    def put(template: str) -> str:
        # In one pass: what stands in a text is no placeholder.
        return "".join(values.get(part[1:-1], part) if part[:1] == "{" else part for part in _parts(template))

    if sms.body.lstrip().startswith("{"):
        return json.dumps(_filled(json.loads(sms.body), put), ensure_ascii=False).encode(), "application/json"
    pairs = [(name, put(value)) for name, value in parse_qsl(sms.body, strict_parsing=True)]
    return urlencode(pairs).encode(), "application/x-www-form-urlencoded"


def _parts(template: str) -> list[str]:
    parts, rest = [], template
    while "{" in rest and "}" in rest[rest.index("{") :]:
        start = rest.index("{")
        end = rest.index("}", start) + 1
        parts += [rest[:start], rest[start:end]]
        rest = rest[end:]
    return [*parts, rest]


def _filled(value: Any, put: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return put(value)
    if isinstance(value, dict):
        return {name: _filled(inner, put) for name, inner in value.items()}
    return [_filled(inner, put) for inner in value] if isinstance(value, list) else value


def meaning(came: outgoing.Outcome) -> Answer:
    """What came of it: sent, to be tried again, refused, or unknown. A 5xx after the text is no "no"."""
    if came.accepted:
        return Answer(Verdict.ACCEPTED, _ACCEPTED.msgid)
    if came.error is not None:
        nothing_left = came.error in {outgoing.Failure.BLOCKED, outgoing.Failure.TLS}
        return Answer(Verdict.LATER, _UNREACHABLE.msgid) if nothing_left else Answer(Verdict.UNKNOWN, _UNKNOWN.msgid)
    status = came.status or 0
    if status in _COME_BACK:
        return _answer(Verdict.LATER, status, _LATER)
    if status in {401, 403, 407}:
        return _answer(Verdict.LATER, status, _LOCKED_OUT)
    if status >= 500:
        return _answer(Verdict.UNKNOWN, status, _UNKNOWN)
    return _answer(Verdict.REFUSED, status, _REFUSED)


def _answer(verdict: Verdict, status: int, said: Text) -> Answer:
    return Answer(verdict, f"{status}: {said.msgid}")
