"""An installation of its own for a measure, on the engine asked for."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.core import db, signing
from portal.settings import Settings
from portal.wiring import create_app
from tests.databases import Prepared, postgres_server, prepare_postgres, prepare_sqlite


def environment(prepared: Prepared, folder: Path, public_url: str) -> dict[str, str]:
    """What the installation is told, as environment variables."""
    signing.make_keys_file(folder / "keys.json")
    return {
        "PORTAL_ENV": "bench",
        "PORTAL_DATABASE_URL": prepared.url,
        "PORTAL_MIGRATION_URL": prepared.migration_url,
        "PORTAL_QUEUE_URL": f"sqlite:///{folder / 'queue.sqlite'}",
        "PORTAL_KEYS_FILE": str(folder / "keys.json"),
        "PORTAL_FILES_DIR": str(folder / "files"),
        "PORTAL_PUBLIC_URL": public_url,
    }


@contextmanager
def installed(engine: str, folder: Path, public_url: str = "http://127.0.0.1:18999") -> Iterator[Prepared]:
    """A migrated, empty installation with its application made in this process."""
    home = folder / f"{engine}-{secrets.token_hex(4)}"
    home.mkdir()
    if engine == "sqlite":
        prepared = prepare_sqlite(home)
        prepared.reset()
        create_app(Settings.read(environment(prepared, home, public_url)))
        yield prepared
        db.disconnect()
        return
    with postgres_server() as url:
        prepared = prepare_postgres(url, "portal_bench")
        create_app(Settings.read(environment(prepared, home, public_url)))
        yield prepared
        db.disconnect()
