"""A creditor's own account with Stripe: whole or not offered, its secrets never come out again (decisions 23, 26)."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy import select

from portal.commands import serving
from portal.commands.line import Context
from portal.commands.payments import group
from portal.core import db, ids, installation, scope, signing
from portal.core.errors import Misconfigured
from portal.core.events import EventRow
from portal.payments import accounts, methods, queries
from portal.payments.models import MethodAccount
from portal.settings import ROOT, Settings
from portal.wiring import create_app
from tests.actors import Debtor
from tests.factories.world import make_account, make_creditor

KEY, SECRET = "sk_test_rossi_000001", "whsec_rossi_000001"
WHOLE = {"secret_key": KEY, "webhook_secret": SECRET}


def configure(creditor_id: int, secrets: dict[str, str], *, enabled: bool = True, **options: str) -> set[str]:
    with db.transaction():
        scope.enter(creditor_id)
        return set(accounts.configure("stripe", secrets=secrets, options=options, enabled=enabled))


def offered(creditor_id: int) -> bool:
    with db.transaction(writes=False):
        scope.enter(creditor_id)
        return queries.is_card_offered(creditor_id)


def test_without_its_webhook_secret_it_cannot_be_switched_on(house: Settings) -> None:
    creditor_id = make_creditor().id
    assert not offered(creditor_id)
    assert configure(creditor_id, {"secret_key": KEY}) == {"webhook_secret"}
    assert configure(creditor_id, {"webhook_secret": SECRET}) == {"secret_key"}
    assert configure(creditor_id, {"secret_key": "pk_test_public", "webhook_secret": " "}) == {
        "secret_key",
        "webhook_secret",
    }
    assert configure(creditor_id, WHOLE, account="cus_1") == {"account"}
    assert not offered(creditor_id)
    assert configure(creditor_id, {"secret_key": KEY}, enabled=False) == set()
    assert not offered(creditor_id)
    assert configure(creditor_id, {"webhook_secret": SECRET}) == set()
    assert offered(creditor_id)
    assert configure(creditor_id, {}, enabled=False) == set()
    assert not offered(creditor_id)


def test_a_row_that_lost_its_secret_is_not_offered_and_start_is_refused(house: Settings, debtor: Debtor) -> None:
    account = make_account(make_creditor())
    account.add_invoice()
    configure(account.creditor_id, WHOLE)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        row = session.scalars(select(MethodAccount)).one()
        row.sealed = {"secret_key": row.sealed["secret_key"]}
    assert not offered(account.creditor_id)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/pay")
    assert "Pay by card" not in debtor.text
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        with pytest.raises(Misconfigured):
            accounts.refuse_half_configured()
    for command in (serving.serve, serving.worker):
        refused = CliRunner().invoke(command, [], obj=Context(create_app=lambda _settings: debtor.app))
        assert refused.exit_code == 2
        assert "stripe is switched on and lacks a secret" in refused.output
    with pytest.raises(Misconfigured):
        accounts.refuse_to_start_half_configured()


def test_a_secret_that_no_key_opens_stops_the_start_by_name_and_is_entered_again(house: Settings) -> None:
    """The key under which it was sealed is lost (docs/operations.md)."""
    creditor_id = make_creditor().id
    configure(creditor_id, WHOLE)
    installation.install(installation.settings(), replace(installation.keys(), sealing=[Fernet.generate_key()]))
    with pytest.raises(Misconfigured, match="stripe of rossi: our keys do not open its secret_key, webhook_secret"):
        accounts.refuse_to_start_half_configured()
    assert configure(creditor_id, {"secret_key": KEY}) == {"webhook_secret"}, "what is not readable counts as missing"
    assert configure(creditor_id, WHOLE) == set()
    accounts.refuse_to_start_half_configured()


def test_what_other_servers_load_is_not_there_while_a_method_is_half_configured(
    house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PORTAL_DATABASE_URL": house.database_url,
        "PORTAL_KEYS_FILE": str(house.keys_file),
        "PORTAL_FILES_DIR": str(house.files_dir),
        "PORTAL_QUEUE_URL": house.queue_url,
    }.items():
        monkeypatch.setenv(name, value)
    creditor_id = make_creditor().id
    configure(creditor_id, WHOLE)
    assert runpy.run_path(str(ROOT / "app.py"))["app"]
    with db.transaction() as session:
        scope.enter(creditor_id)
        row = session.scalars(select(MethodAccount)).one()
        row.sealed = {"secret_key": row.sealed["secret_key"]}
    with pytest.raises(Misconfigured, match="lacks a secret"):
        runpy.run_path(str(ROOT / "app.py"))


def test_secrets_stand_sealed_and_in_no_event(house: Settings) -> None:
    creditor_id = make_creditor().id
    configure(creditor_id, WHOLE)
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        row = session.scalars(select(MethodAccount)).one()
        opened = accounts.opened("stripe")
        assert opened is not None
        assert opened.secrets == WHOLE
        assert KEY not in repr(opened)
        written = json.dumps([row.sealed, row.options, [e.data for e in session.scalars(select(EventRow))]])
        assert KEY not in written
        assert SECRET not in written
        names = session.scalars(select(EventRow.name)).all()
        assert "payment_method.configured" in names


def test_one_creditors_account_is_nobody_elses(house: Settings) -> None:
    first, second = make_creditor().id, make_creditor("verdi").id
    configure(first, WHOLE)
    assert offered(first)
    assert not offered(second)
    with db.transaction(writes=False):
        scope.enter(second)
        assert accounts.opened("stripe") is None
        assert not queries.is_card_offered(first)


def test_from_the_command_line(house: Settings, settings: Settings) -> None:
    creditor_id = make_creditor().id
    context = Context(create_app=lambda _: create_app(settings))
    runner = CliRunner()

    def run(*arguments: str, typed: str = "", status: int = 0) -> str:
        result = runner.invoke(group, ["stripe", "rossi", *arguments], obj=context, input=typed)
        assert result.exit_code == status, result.output
        return result.output

    assert "not taken" in run("--show")
    assert "whsec_" in run("--secret-key", KEY, typed="\n", status=2)
    answer = run(typed=f"{KEY}\n{SECRET}\n")
    assert "cards: taken" in answer
    assert f"http://portal.test/in/stripe/{ids.spell(creditor_id)}" in answer
    assert KEY not in answer
    assert offered(creditor_id)
    assert "not taken" in run("--off")
    assert not offered(creditor_id)
    assert "cards: taken" in run("--account", "acct_1Verdi"), "kept secrets are not asked for again"
    assert "there is no creditor" in runner.invoke(group, ["stripe", "nobody"], obj=context).output


def test_methods_keep_their_promises() -> None:
    """Every package in the folder is a method; those with a provider can do all that the checkout asks of them."""
    found = methods.all_methods()
    assert {"stripe", "bank_transfer"} <= set(found)
    for code, method in found.items():
        assert method.code == code
        assert str(method.label)
        assert isinstance(method, (methods.Online, methods.ByTransfer))
    assert methods.online("bank_transfer") is None
    assert methods.online("nothing") is None


def test_keys_of_another_installation_do_not_open_the_secrets(
    house: Settings, settings: Settings, tmp_path: Path
) -> None:
    creditor_id = make_creditor().id
    configure(creditor_id, WHOLE)
    other = tmp_path / "other.json"
    signing.make_keys_file(other)
    create_app(replace(settings, keys_file=other))
    with db.transaction(writes=False):
        scope.enter(creditor_id)
        with pytest.raises(Misconfigured):
            accounts.opened("stripe")
