"""Our own shape, for whatever can be taught to send it: JSON, signed by Standard Webhooks (docs/systems.md)."""

import json
import re
from datetime import datetime
from typing import Any

from portal.core import ids, webhook_signing
from portal.messages import rules
from portal.messages.reports import BadReport, Heard, Notice

CODE = "generic"
MOST = 500  # facts of one notice
_CODE = re.compile(r"[A-Za-z0-9._-]{0,40}", re.ASCII)


def check_secret(secret: str) -> None:
    webhook_signing.check_secret(secret)


def read(secret: str, notice: Notice) -> list[Heard]:
    headers = {name.lower(): value for name, value in notice.headers.items()}
    if not webhook_signing.verify([secret], headers, notice.body):
        raise BadReport("signature")
    try:
        given = json.loads(notice.body)
        reports = given["reports"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadReport("shape") from error
    if not isinstance(reports, list) or len(reports) > MOST:
        raise BadReport("shape")
    return [heard for one in reports if (heard := _heard(one)) is not None]


def _heard(one: Any) -> Heard | None:
    """One fact; None for a kind that is not told here, or a message that cannot be ours."""
    if not isinstance(one, dict) or one.get("what") not in rules.FACTS:
        return None
    code = one.get("code", "")
    try:
        message_id = ids.read(str(one.get("id", "")))
        at = datetime.fromisoformat(str(one["at"])) if one.get("at") else None
    except ValueError:
        return None
    if at is not None and at.tzinfo is None:
        return None
    return Heard(message_id, str(one["what"]), at, code if isinstance(code, str) and _CODE.fullmatch(code) else "")
