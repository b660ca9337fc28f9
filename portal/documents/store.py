"""Keeping contents outside the database, under a name made of their hash; the row says whose they are."""

import hashlib
import os
import tempfile
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core import clock, db, ids, installation, scope
from portal.documents.models import StoredFile


def keep(content: bytes, name: str, media_type: str) -> StoredFile:
    """The stored file with this content, kept once per creditor."""
    digest = hashlib.sha256(content).hexdigest()
    found = _of_content(digest)
    if found is not None:
        return found
    path = _path(scope.current().creditor_id, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).rename(path)
    row = StoredFile(
        id=ids.new_id(),
        sha256=digest,
        bytes=len(content),
        media_type=media_type,
        name=name[:200],
        stored_at=clock.now(),
    )
    try:
        with db.session().begin_nested():
            db.session().add(row)
    except IntegrityError:  # somebody kept the same content at the same moment
        found = _of_content(digest)
        if found is None:
            raise
        return found
    return row


def _of_content(digest: str) -> StoredFile | None:
    return db.session().scalars(select(StoredFile).where(StoredFile.sha256 == digest)).one_or_none()


def row(file_id: int) -> StoredFile | None:
    return db.session().scalars(select(StoredFile).where(StoredFile.id == file_id)).one_or_none()


def path_of(file: StoredFile) -> Path:
    """Where the content lies; the name it came with plays no part in it."""
    return _path(file.creditor_id, file.sha256)


def content(file: StoredFile) -> bytes:
    """The content, checked against its hash. Raises OSError when it is gone, ValueError when it was changed."""
    found = path_of(file).read_bytes()
    if hashlib.sha256(found).hexdigest() != file.sha256:
        raise ValueError("a stored file is not what it was")
    return found


def _path(creditor_id: int, digest: str) -> Path:
    return installation.settings().files_dir / ids.spell(creditor_id) / digest[:2] / digest
