"""What every test may ask for. Each test that touches the database runs on SQLite and on PostgreSQL."""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from portal.core import db, installation, outbox, signing
from portal.people import passwords
from portal.settings import ROOT, Settings
from portal.web.edge import PortalFlask
from portal.wiring import build, create_app, open_house
from tests.actors import Debtor, People
from tests.databases import Prepared, postgres_server, prepare_postgres, prepare_sqlite, why_no_postgres

hypothesis_settings.register_profile(
    "portal", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50
)
hypothesis_settings.load_profile("portal")

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"
IN_CI = os.environ.get("CI") == "true"


def need(what: str | None) -> None:
    """Skips, saying what is missing; in CI nothing may be skipped."""
    if what is not None and IN_CI:
        pytest.fail(what)
    if what is not None:
        pytest.skip(what)


@pytest.fixture(scope="session")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    signing.make_keys_file(path)
    return path


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare_sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres(worker_id: str) -> Iterator[Prepared]:
    need(why_no_postgres())
    with postgres_server() as url:
        made = prepare_postgres(url, f"portal_test_{worker_id}")
        yield made
        db.disconnect()
        made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def prepared(request: pytest.FixtureRequest) -> Prepared:
    """An empty, migrated database; the test runs once on each engine."""
    found: Prepared = request.getfixturevalue("sqlite" if request.param == "sqlite" else "postgres")
    found.reset()
    return found


@pytest.fixture
def settings(prepared: Prepared, keys_file: Path, tmp_path: Path) -> Settings:
    return Settings.read(
        {
            "PORTAL_ENV": "test",
            "PORTAL_DATABASE_URL": prepared.url,
            "PORTAL_MIGRATION_URL": prepared.migration_url,
            "PORTAL_QUEUE_URL": f"sqlite:///{tmp_path / 'queue.sqlite'}",
            "PORTAL_KEYS_FILE": str(keys_file),
            "PORTAL_FILES_DIR": str(tmp_path / "files"),
            "PORTAL_PUBLIC_URL": "http://portal.test",
            "PORTAL_OPERATOR_NAME": "Portale Prova",
            "PORTAL_OPERATOR_EMAIL": "aiuto@portal.test",
            "PORTAL_OPERATOR_PHONE": "+39 051 000000",
        }
    )


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """A tenth of a second for every sign-in is what a password is worth, and not what a test is."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def app(settings: Settings) -> Iterator[PortalFlask]:
    """The installed application. Its pages are made once: a test that adds to them takes `own_app`."""
    open_house(settings)
    made = _pages(replace(settings, database_url="", migration_url="", queue_url="", files_dir=ROOT, trail_dir=ROOT))
    made.extensions["portal.limits"].forget()
    yield made
    outbox.enqueue_with(None)
    db.disconnect()


@pytest.fixture
def own_app(settings: Settings) -> Iterator[PortalFlask]:
    """An application that no other test sees."""
    yield create_app(settings)
    outbox.enqueue_with(None)
    db.disconnect()


@lru_cache(maxsize=32)
def _pages(settings: Settings) -> PortalFlask:
    """The pages for these settings, without what is asked of the open house alone: databases and files."""
    return build(settings, installation.keys())


@pytest.fixture
def house(app: PortalFlask) -> Settings:
    """The installed application without HTTP: for actions, queries and jobs."""
    assert app.secret_key
    return installation.settings()


@pytest.fixture
def debtor(app: PortalFlask) -> Debtor:
    """A browser of a debtor's, without script."""
    return Debtor(app)


@pytest.fixture
def people(app: PortalFlask) -> People:
    """Signs staff in."""
    return People(app)
