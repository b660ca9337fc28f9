"""The keys file over time: which keys there are, a new one in front, an old one taken out (rule A-04).

A key's fingerprint is eight hex digits of its hash: it names the key and opens nothing. Running processes keep
the keys that they started with: after a change they are restarted.
"""

import base64
import itertools
import json
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from portal.core import clock, signing
from portal.core.errors import Misconfigured

KINDS = ("signing", "sealing")


@dataclass(frozen=True, slots=True)
class KeyOnRing:
    """One key, without the key itself. `made_at` is unknown for keys that were in a file before dates were."""

    kind: str
    fingerprint: str
    made_at: datetime | None
    newest: bool


def listed(path: Path) -> list[KeyOnRing]:
    """The keys of the file, oldest first, signing before sealing. Raises Misconfigured as `read_keys` does."""
    return list(_listed(_read(path)))


def _listed(found: dict[str, Any]) -> Iterator[KeyOnRing]:
    for kind in KINDS:
        for place, written in enumerate(found[kind], start=1):
            fingerprint = signing.fingerprint(written)
            made = found.get("made_at", {}).get(fingerprint)
            yield KeyOnRing(
                kind, fingerprint, datetime.fromisoformat(made) if made else None, place == len(found[kind])
            )


def rotate(path: Path) -> list[KeyOnRing]:
    """Puts a fresh signing and a fresh sealing key behind the others: they sign and seal, all still open."""
    found = _read(path)
    fresh = {
        "signing": base64.b64encode(secrets.token_bytes(48)).decode(),
        "sealing": Fernet.generate_key().decode(),
    }
    made_at = found.setdefault("made_at", {})
    for kind in KINDS:
        found[kind].append(fresh[kind])
        made_at[signing.fingerprint(fresh[kind])] = clock.now().astimezone(UTC).isoformat()
    _write(path, found)
    return [key for key in _listed(found) if key.newest]


def retire(path: Path, fingerprint: str) -> KeyOnRing:
    """Takes one key out. Raises LookupError for one that is not there, ValueError for the newest of its kind."""
    found = _read(path)
    key = next((one for one in _listed(found) if one.fingerprint == fingerprint), None)
    if key is None:
        raise LookupError(fingerprint)
    if key.newest:
        raise ValueError("the newest key signs: rotate first")
    found[key.kind] = [written for written in found[key.kind] if signing.fingerprint(written) != fingerprint]
    found.get("made_at", {}).pop(fingerprint, None)
    _write(path, found)
    return key


def signed_until(path: Path, fingerprint: str) -> datetime | None:
    """When the next newer signing key took over from this one; None while it signs, or when nobody wrote it down."""
    keys = [key for key in listed(path) if key.kind == "signing"]
    for key, following in itertools.pairwise(keys):
        if key.fingerprint == fingerprint:
            return following.made_at
    return None


def _read(path: Path) -> dict[str, Any]:
    signing.read_keys_file(path)  # the same refusals as at the start of a server
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def _write(path: Path, found: dict[str, Any]) -> None:
    """All or nothing: whoever starts at this moment reads the old file or the new one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        json.dump(found, file, indent=1)
    written = Path(file.name)
    written.chmod(0o600)
    try:
        signing.read_keys_file(written)
    except Misconfigured:
        written.unlink()
        raise
    written.rename(path)
