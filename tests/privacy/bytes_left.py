"""What is left of a person anywhere: the database's own bytes, the kept files, the queue."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from portal.core import db
from portal.settings import Settings
from tests.databases import Prepared
from tests.security import snapshots


def places(prepared: Prepared, settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Everything that is on disk: of PostgreSQL every row of every table, as its owner reads it."""
    if prepared.template is not None:
        path = Path(make_url(prepared.url).database or "")
        assert db.empty_log(), "as the nightly clearing does"
        for file in sorted(path.parent.glob(f"{path.name}*")):
            yield file.name, file.read_bytes()
    for table, rows in snapshots.everything(prepared).items():
        yield table, json.dumps(rows, default=str, ensure_ascii=False).encode()
    for folder in (settings.files_dir, Path(make_url(settings.queue_url).database or "").parent):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield file.name, file.read_bytes()


def found(words: Iterable[str], prepared: Prepared, settings: Settings) -> set[tuple[str, str]]:
    """(word, place) for each word that stands somewhere, in any casing, as text or as JSON escapes it."""
    left = set()
    for place, content in places(prepared, settings):
        folded = content.decode("utf-8", "replace").casefold()
        left |= {(word, place) for word in words if word.casefold() in folded}
    return left
