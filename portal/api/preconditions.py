"""`ETag` on what two can change, `If-Match` on the calls that change it: who has not read it changes nothing."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import PreconditionFailed, PreconditionRequired

HEADER = "If-Match"
# Beside a call that needs it (flask-smorest's `doc`).
MATCH: dict[str, Any] = {
    "parameters": [
        {
            "name": HEADER,
            "in": "header",
            "required": True,
            "description": "The `ETag` of the state that you have read; `*` where any will do.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
        }
    ],
    "responses": {
        "412": {"description": "It has changed since you read it: read it again"},
        "428": {"description": "Say which state you have read: `If-Match`"},
    },
}


def tag(said: Mapping[str, Any]) -> str:
    """The same as long as what is said of it is the same."""
    written = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def with_tag(said: Mapping[str, Any], status: int = 200) -> tuple[Mapping[str, Any], int, dict[str, str]]:
    """An answer with its ETag, as flask-smorest takes it."""
    return said, status, {"ETag": f'"{tag(said)}"'}


def need(said: Mapping[str, Any]) -> None:
    """Lets through who has read this state. Raises 428 without the header, 412 where the state is another."""
    if not request.headers.get(HEADER):
        raise PreconditionRequired
    if not request.if_match.contains(tag(said)) and request.headers[HEADER].strip() != "*":
        raise PreconditionFailed
