"""Where a visitor was when the visit ran out, and what they had typed: kept until they are through the gate again.

It lies in their own browser's cookie, what was typed sealed: nobody is behind the gate at that moment, so nothing may
be written. Codes are not kept, files cannot be. The page that shows its form again finds it where every Form begins.
"""

import base64
import json
import zlib
from contextlib import suppress
from typing import Any

from flask import request, session

from portal.core import clock, installation, signing
from portal.core.errors import Misconfigured
from portal.web import forms

KEPT_FOR = 60 * 60  # seconds
LONGEST = 3000  # characters once it is packed and sealed, so that the cookie stays one that every browser takes
_PAGE, _TYPED = "on", "typed"  # in the cookie: the page to go on with; [the path it was typed for, what, sealed]
_NEVER = frozenset({"csrf_token", "command_id", "code"})


def keep(page: str, *, typed_for: str | None = None) -> None:
    """After the gate the browser is led to `page`, one of our own; a form that is being sent is kept for its path.

    `typed_for`: another path that asks for it. Of what is too long for a cookie the longest field is left out.
    """
    session[_PAGE] = page
    typed = forms.filled(leave_out=_NEVER.__contains__)
    while typed:
        sealed = _sealed(typed)
        if len(sealed) <= LONGEST:
            session[_TYPED] = [typed_for or page.partition("?")[0], sealed]
            return
        typed.pop(max(typed, key=lambda name: len(str(typed[name]))))


def _sealed(typed: forms.Filled) -> str:
    written = json.dumps([int(clock.now().timestamp()), typed], ensure_ascii=False)
    return signing.seal(installation.keys(), base64.b85encode(zlib.compress(written.encode(), 9)).decode())


def _opened(sealed: str) -> tuple[int, forms.Filled]:
    packed = base64.b85decode(signing.unseal(installation.keys(), sealed))
    at, typed = json.loads(zlib.decompress(packed))
    return int(at), dict(typed)


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


def show_again() -> None:
    """On the page that a form was kept for: its fields stand where they were typed."""
    if _TYPED in session and request.method == "GET":
        forms.begin_with(take(request.path))


def take(path: str) -> forms.Filled:
    """What was typed for `path`, once; nothing where there is none, or where it is too old."""
    kept = session.get(_TYPED)
    if not isinstance(kept, list) or kept[:1] != [path]:
        return {}
    session.pop(_TYPED)
    with suppress(Misconfigured, ValueError, TypeError, IndexError, AttributeError, zlib.error):
        at, typed = _opened(kept[1])
        if clock.now().timestamp() - at <= KEPT_FOR:
            return typed
    return {}
