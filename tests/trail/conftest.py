"""A house that can be lost: the database's owner beside it, the command line, and an empty place to restore into."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from portal.commands import backup, looking
from portal.commands.line import Context
from portal.core import db, migrations
from portal.settings import Settings
from portal.web.edge import PortalFlask
from portal.wiring import create_app
from tests.core.test_events import Owner
from tests.databases import Prepared
from tests.factories.world import Account, make_account


@pytest.fixture
def account(house: Settings) -> Account:
    return make_account()


@pytest.fixture
def owner(prepared: Prepared, house: Settings) -> Iterator[Owner]:
    url = make_url(prepared.migration_url or prepared.url)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if prepared.migration_url else url)
    with engine.connect() as connection:
        yield Owner(connection)
    engine.dispose()


class House:
    """Where the commands act: the installation's settings, changed when it moves."""

    def __init__(self, app: PortalFlask, settings: Settings) -> None:
        self.app, self.settings = app, settings

    def start(self) -> PortalFlask:
        """The application where the settings are now."""
        self.app = create_app(self.settings)
        return self.app

    def audit(self, *arguments: str) -> Result:
        return CliRunner().invoke(looking.audit, arguments, obj=Context(create_app=lambda _: self.app))

    def backup(self, *arguments: str) -> Result:
        return CliRunner().invoke(backup.backup, arguments)

    def restore(self, *arguments: str) -> Result:
        return CliRunner().invoke(backup.restore, arguments)


@pytest.fixture
def at_home(app: PortalFlask, house: Settings, monkeypatch: pytest.MonkeyPatch) -> House:
    made = House(app, house)
    monkeypatch.setattr(Settings, "read", classmethod(lambda cls, environ=None: made.settings))
    return made


@pytest.fixture
def lose(at_home: House, prepared: Prepared, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """The database and the files are gone; the commands act on an empty place from here on."""

    def gone() -> None:
        db.disconnect()
        if prepared.migration_url:
            migrations.downgrade(prepared.url, prepared.migration_url)
        url = (prepared.migration_url and prepared.url) or f"sqlite:///{tmp_path / 'elsewhere' / 'portal.sqlite'}"
        files = tmp_path / "elsewhere" / "files"
        at_home.settings = replace(at_home.settings, database_url=url, files_dir=files, trail_dir=files / "trail")

    yield gone
    db.disconnect()
    if prepared.migration_url:
        migrations.upgrade(prepared.url, prepared.migration_url)
