"""Where a visitor was when the visit ran out, and what they had typed: kept until they are through the gate again.

It lies in their own browser's cookie, what was typed sealed: nobody is behind the gate at that moment, so nothing may
be written. Codes are not kept.
"""

import json
from contextlib import suppress
from typing import Any

from flask import request, session

from portal.core import clock, installation, signing
from portal.core.errors import Misconfigured

KEPT_FOR = 60 * 60  # seconds
LONGEST = 1000  # characters, so that the cookie stays one that every browser takes
_PAGE, _TYPED = "on", "typed"  # in the cookie: the page to go on with; [its page, what was typed there, sealed]
_NEVER = frozenset({"csrf_token", "command_id", "code"})


def keep(path: str) -> None:
    """After the gate the browser is led to `path`, one of our own; a form that is being sent is kept for it."""
    session[_PAGE] = path
    typed = {name: value for name, value in request.form.items() if value and name not in _NEVER}
    written = json.dumps([int(clock.now().timestamp()), typed])
    if typed and len(written) <= LONGEST:
        session[_TYPED] = [path, signing.seal(installation.keys(), written)]


def waits() -> bool:
    """Whether this browser is to go on where it was."""
    return isinstance(session.get(_PAGE), str)


def carried() -> dict[str, Any]:
    """What of it outlives the cookie's being emptied, as the same link's gate is passed again."""
    return {name: session[name] for name in (_PAGE, _TYPED) if name in session}


def lead() -> str | None:
    """The page to go on with, once."""
    path = session.pop(_PAGE, None)
    return path if isinstance(path, str) and path.startswith("/d/") else None


def take(path: str) -> dict[str, str]:
    """What was typed for the page at `path`, once; nothing where there is none, or where it is too old."""
    kept = session.get(_TYPED)
    if not isinstance(kept, list) or kept[:1] != [path]:
        return {}
    session.pop(_TYPED)
    with suppress(Misconfigured, ValueError, TypeError, IndexError, AttributeError):
        at, typed = json.loads(signing.unseal(installation.keys(), kept[1]))
        if clock.now().timestamp() - at <= KEPT_FOR:
            return {str(name): str(value) for name, value in typed.items()}
    return {}
