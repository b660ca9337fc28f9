"""The end of a creditor's chain as a small signed file, kept where the database's owner cannot rewrite it (D-30).

Whoever owns the tables can make a whole new history that follows well in itself; it has another end. The file
carries no personal data: a number, a hash and a moment.
"""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy import select

from portal.core import clock, db, events, ids, installation, scope
from portal.core.events import ChainHead, EventRow
from portal.core.signing import Keys
from portal.creditors import queries as creditors


@dataclass(frozen=True, slots=True)
class Head:
    """Record number `seq` ended the chain of a creditor (`creditor_id` spelled) when `exported_at` it was asked."""

    creditor: str
    creditor_id: str
    seq: int
    hash: str
    at: str | None  # when that record was written; none in an empty chain
    exported_at: str


class Signature(Enum):
    """What became of a file's signature. A key that is not here any more proves nothing either way."""

    HOLDS = "holds"
    UNKNOWN_KEY = "its key is not here any more"
    FORGED = "does not hold"


@dataclass(frozen=True, slots=True)
class Exported:
    """A head as it was read from a file."""

    head: Head
    signature: Signature
    day: str  # when it was exported, for sentences


def of_creditor() -> Head:
    """The end of the chain of the creditor in scope, now."""
    creditor_id = scope.current().creditor_id
    found = db.session().execute(select(ChainHead.seq, ChainHead.hash)).one_or_none()
    seq, ended_by = (found[0], found[1]) if found is not None else (0, events.GENESIS)
    at: datetime | None = db.session().scalar(select(EventRow.at).where(EventRow.seq == seq))
    return Head(
        creditor=creditors.by_id(creditor_id).slug,
        creditor_id=ids.spell(creditor_id),
        seq=seq,
        hash=ended_by,
        at=clock.iso(at) if at is not None else None,
        exported_at=clock.iso(clock.now()),
    )


def written(head: Head, keys: Keys) -> bytes:
    """The file's bytes: JSON with the head, the newest signing key's fingerprint and its HMAC-SHA256."""
    key = keys.signing[-1]
    signed = {**asdict(head), "key": fingerprint(key), "signature": _mac(key, asdict(head))}
    return json.dumps(signed, indent=1).encode() + b"\n"


def read(content: bytes, keys: Keys) -> Exported:
    """The head in a file's bytes; raises ValueError for what is no such file."""
    try:
        found: dict[str, Any] = json.loads(content)
        key_name, signature = str(found.pop("key")), str(found.pop("signature"))
        head = Head(**found)
        ids.read(head.creditor_id)
        exported = datetime.fromisoformat(head.exported_at)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("this is not the exported end of a chain") from error
    if not (isinstance(head.hash, str) and (ids.is_id(head.seq) or head.seq == 0)):
        raise ValueError("this is not a place in a chain")
    return Exported(head, _check(keys, key_name, found, signature), exported.date().isoformat())


def _check(keys: Keys, key_name: str, values: dict[str, Any], signature: str) -> Signature:
    key = next((one for one in keys.signing if fingerprint(one) == key_name), None)
    if key is None:
        return Signature.UNKNOWN_KEY
    holds = hmac.compare_digest(_mac(key, values).encode(), signature.encode())
    return Signature.HOLDS if holds else Signature.FORGED


def fingerprint(key: bytes) -> str:
    """The key's name, as `portal keys list` shows it."""
    return hashlib.sha256(b"portal-key:" + base64.b64encode(key)).hexdigest()[:8]


def _mac(key: bytes, values: dict[str, Any]) -> str:
    own_key = hmac.digest(key, b"portal-trail-head", "sha256")
    return hmac.digest(own_key, events.canonical(values), "sha256").hex()


def keep(head: Head) -> Path | None:
    """Writes the day's file of this creditor; None when there is one already: none is ever written over."""
    folder = installation.settings().trail_dir / head.creditor_id
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{head.exported_at[:10]}.json"
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    except FileExistsError:
        return None
    with os.fdopen(made, "wb") as file:
        file.write(written(head, installation.keys()))
        file.flush()
        os.fsync(file.fileno())
    return path


def kept_today(creditor_id: int) -> bool:
    """Whether this creditor's file of the day (UTC) is there."""
    day = clock.iso(clock.now())[:10]
    return (installation.settings().trail_dir / ids.spell(creditor_id) / f"{day}.json").exists()


def kept() -> Iterator[tuple[Path, Exported | None]]:
    """Every file in the directory, by creditor and day; None for one that is damaged."""
    for path in sorted(installation.settings().trail_dir.glob("*/*.json")):
        try:
            yield path, read(path.read_bytes(), installation.keys())
        except ValueError:
            yield path, None
