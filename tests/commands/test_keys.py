"""Keys over time: rotated, listed, retired; old links live until their key is gone (rule A-04)."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portal.commands import keys as key_commands
from portal.commands.line import Context
from portal.core import db, installation, scope, signing
from portal.settings import Settings
from portal.webhooks import actions as webhooks
from portal.webhooks.models import Endpoint
from portal.wiring import create_app
from tests.actors import Debtor
from tests.factories.world import Account, make_account


@pytest.fixture
def own(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation whose keys file is its own to change."""
    found = replace(settings, keys_file=tmp_path / "own-keys.json")
    signing.make_keys_file(found.keys_file)
    monkeypatch.setattr(Settings, "read", classmethod(lambda cls, environ=None: found))
    create_app(found)
    return found


def run(own: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(key_commands.group, arguments, obj=Context(create_app=lambda _: create_app(own)))


def listed(own: Settings) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run(own, "list", "--json").stdout)
    return found


def opens(own: Settings, link: str, account: Account) -> bool:
    """Whether the link opens the gate after a restart."""
    debtor = Debtor(create_app(own))
    debtor.get(link)
    return debtor.path == "/gate" and debtor.status == 200


def test_old_links_live_until_their_key_is_retired(own: Settings) -> None:
    account = make_account()
    account.add_invoice()
    old = account.link()
    first = str(listed(own)[0]["fingerprint"])
    assert opens(own, old, account)
    rotated = run(own, "rotate")
    assert rotated.exit_code == 0, rotated.output
    assert opens(own, old, account), "rotating closes nothing"
    new = account.link()
    assert new != old
    refused = run(own, "retire", first)
    assert refused.exit_code == 2
    assert "1 links" in refused.output
    assert opens(own, old, account)
    assert run(own, "retire", first, "--yes").exit_code == 0
    assert not opens(own, old, account)
    assert opens(own, new, account)


def test_the_list_says_which_is_in_use_and_shows_no_key(own: Settings) -> None:
    run(own, "rotate")
    rows = listed(own)
    assert [(row["kind"], row["newest"]) for row in rows] == [
        ("signing", False),
        ("signing", True),
        ("sealing", False),
        ("sealing", True),
    ]
    assert all(row["made_at"] for row in rows), "the first ones, too"
    shown = run(own, "list").output
    assert "date unknown" not in shown
    kept = json.loads(own.keys_file.read_text())
    for key in [*kept["signing"], *kept["sealing"]]:
        assert key not in shown
        assert key[:12] not in shown
    assert own.keys_file.stat().st_mode & 0o077 == 0


def test_keys_of_an_older_file_have_no_date(own: Settings) -> None:
    kept = json.loads(own.keys_file.read_text())
    del kept["made_at"]
    own.keys_file.write_text(json.dumps(kept))
    assert [row["made_at"] for row in listed(own)] == [None, None]
    assert "date unknown" in run(own, "list").output


def test_stored_secrets_move_to_the_new_key_and_the_old_one_can_go(own: Settings) -> None:
    account = make_account()
    with db.transaction():
        scope.enter(account.creditor_id)
        added = webhooks.add_endpoint("https://erp.example.com/in")
    sealing = next(str(row["fingerprint"]) for row in listed(own) if row["kind"] == "sealing")
    running = installation.keys()
    assert run(own, "rotate").exit_code == 0
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        sealed = db.session().scalars(select(Endpoint.sealed_secret)).one()
        assert signing.unseal(running, sealed) == added.secret, "who has not been restarted yet still opens it"
    assert "1 stored secrets" in run(own, "retire", sealing).output
    create_app(own)
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        sealed = db.session().scalars(select(Endpoint.sealed_secret)).one()
        assert signing.unseal(installation.keys(), sealed) == added.secret


def test_every_sealed_column_is_known_to_the_command() -> None:
    every = (*key_commands.SEALED, *key_commands.SEALED_OF_PEOPLE)
    known = {column.property.columns[0] for column in every}
    named = {
        column
        for table in db.Base.metadata.tables.values()
        for column in table.columns
        if "sealed" in column.name or column.name.startswith("held_form")
    }
    assert named == known


@pytest.mark.parametrize("arguments", [("retire", "00000000"), ("retire",)])
def test_what_is_not_there_is_said(own: Settings, arguments: tuple[str, ...]) -> None:
    assert run(own, *arguments).exit_code == 2


def test_the_newest_key_stays(own: Settings) -> None:
    only = str(listed(own)[0]["fingerprint"])
    assert "rotate" in run(own, "retire", only).output
    assert len(listed(own)) == 2


def test_keys_from_the_environment_are_changed_where_they_are(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_KEYS", own.keys_file.read_text())
    assert "PORTAL_KEYS" in run(own, "rotate").output
