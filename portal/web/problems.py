"""What a system reads when a call ends badly: RFC 9457 in the language that it asks for, mistakes by field."""

import json
from collections.abc import Iterator
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from portal.core.text import Text, t
from portal.web import i18n

MEDIA_TYPE = "application/problem+json"
TITLES: dict[int, Text] = {
    400: t("This could not be read"),
    401: t("A key is needed, and this is none that holds"),
    403: t("This key is not allowed to do that"),
    404: t("There is nothing here."),
    405: t("This address takes another method"),
    409: t("That is not possible as things stand"),
    412: t("It has changed since you read it"),
    413: t("That is too much for one call"),
    415: t("This wants application/json"),
    422: t("Something in it needs a second look"),
    428: t("Say which state you have read: send If-Match"),
    429: t("That was a little too fast"),
    500: t("This one is our fault"),
    503: t("We will be back in a moment"),
}
# What marshmallow says of a field, so that it is translated as every other sentence.
_OF_FIELDS = (
    t("Missing data for required field."), t("Field may not be null."), t("Unknown field."), t("Not a valid string."),
    t("Not a valid integer."), t("Not a valid boolean."), t("Not a valid date."), t("Not a valid list."),
    t("Invalid input type."), t("Not valid UTF-8 string."), t("Not a valid mapping type."), t("Invalid JSON body."),
)  # fmt: skip
_NO_PLACES = frozenset({"json", "query", "headers", "_schema"})
KNOWN_SENTENCES = frozenset(one.msgid for one in _OF_FIELDS)


def answer(status: int, detail: str, request_id: str | None) -> Response:
    """The problem as its answer; a 404 carries no number, so that another's row and none are the same bytes."""
    known = status if status in TITLES else 500 if status >= 500 else 400
    said: dict[str, Any] = {
        "type": f"/api/v1/docs#problem-{known}",
        "title": i18n.say(TITLES[known]),
        "status": status,
    }
    if detail:
        said["detail"] = detail
    if request_id:
        said["request_id"] = request_id
    return _made(said, status)


def _made(said: dict[str, Any], status: int) -> Response:
    response = Response(json.dumps(said, ensure_ascii=False), status, content_type=MEDIA_TYPE)
    response.headers["Content-Language"] = i18n.language().code
    response.vary.add("Accept-Language")
    return response


def add_fields(response: Response, error: HTTPException) -> None:
    """What is wrong with which field, where the error knows (webargs keeps marshmallow's messages in `data`)."""
    kept: Any = getattr(error, "data", None)
    messages = kept.get("messages") if isinstance(kept, dict) else None
    if not messages:
        return
    said = json.loads(response.get_data())
    said["errors"] = list(of_fields(messages))
    response.set_data(json.dumps(said, ensure_ascii=False))


def of_fields(messages: Any, place: str = "") -> Iterator[dict[str, str]]:
    """Each sentence of marshmallow's nested messages with its place as a JSON pointer: `/invoices/3/number`."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from of_fields(
                inner, place if name in {"json", "query", "headers", "_schema"} else f"{place}/{name}"
            )
    elif isinstance(messages, (list, tuple)):
        for inner in messages:
            yield from of_fields(inner, place)
    else:
        sentence = str(messages)
        yield {"field": place, "message": i18n.gettext(sentence) if sentence in KNOWN_SENTENCES else sentence}
