"""Checking a link token against a bare HMAC of the same bytes."""

import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any

from cryptography.fernet import Fernet

from portal.core import signing

ROUNDS, TIMES = 20_000, 5


def rate(work: Callable[[], object]) -> float:
    """Calls a second, the best of a few runs."""
    best = 0.0
    for _ in range(TIMES):
        began = time.perf_counter()
        for _ in range(ROUNDS):
            work()
        best = max(best, ROUNDS / (time.perf_counter() - began))
    return best


def measure() -> list[dict[str, Any]]:
    keys = signing.Keys((secrets.token_bytes(48),), (Fernet.generate_key(),))
    token = signing.link_token(keys, "portal", 912_076_842_700_115_067)
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    key, value, mac = secrets.token_bytes(32), secrets.token_bytes(8), b""
    mac = hmac.digest(key, value, "sha256")[:16]
    bare = rate(lambda: hmac.compare_digest(hmac.digest(key, value, "sha256")[:16], mac))
    lines = []
    for name, written in (("genuine", token), ("forged", forged)):
        ours = rate(lambda written=written: signing.read_link_token(keys, "portal", written))
        lines.append(
            {
                "name": f"link check, {name} (per second)",
                "ours": round(ours),
                "reference": round(bare),
                "ratio": round(bare / ours, 2),
            }
        )
    return lines
