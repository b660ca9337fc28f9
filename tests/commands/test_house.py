"""The commands that start and look after an installation."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from portal.commands import cadence, looking, qr_link
from portal.commands import creditors as creditor_commands
from portal.commands.database import group as database
from portal.commands.line import Context
from portal.core import db, scope
from portal.core.events import EventRow
from portal.creditors.models import Creditor
from portal.debtors.models import AccessLink
from portal.web.edge import PortalFlask
from tests.factories.world import make_account, make_creditor


def run(app: PortalFlask, command: object, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, obj=Context(create_app=lambda _settings: app))


def test_an_empty_installation_begins_with_keys_tables_and_a_creditor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", f"sqlite:///{tmp_path / 'a.sqlite'}")
    monkeypatch.setenv("PORTAL_KEYS_FILE", str(tmp_path / "keys.json"))
    for _ in range(2):
        done = CliRunner().invoke(database, ["upgrade"])
        assert done.exit_code == 0, done.output
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    db.disconnect()


def test_a_creditor_is_added_once_with_a_valid_iban(app: PortalFlask) -> None:
    name = ["--name", "Verdi S.p.A."]
    wrong = run(app, creditor_commands.group, "add", "verdi", *name, "--iban", "IT64Y0542811101000000123456")
    assert wrong.exit_code == 2
    done = run(app, creditor_commands.group, "add", "verdi", *name, "--iban", "it60 X054 2811 1010 0000 0123 456")
    assert done.exit_code == 0, done.output
    assert run(app, creditor_commands.group, "add", "verdi", *name).exit_code == 2
    with db.transaction(writes=False) as session:
        assert session.scalars(select(Creditor.iban)).all() == ["IT60X0542811101000000123456"]


def test_the_paper_code_of_an_invoice_stays_the_same(app: PortalFlask, tmp_path: Path) -> None:
    account = make_account(make_creditor("rossi"))
    account.add_invoice("12/2026", due_in=10)
    target = str(tmp_path / "code.svg")
    given = ("--creditor", "rossi", "--invoice", "12/2026", "--svg", target)
    first, second = run(app, qr_link.link, *given), run(app, qr_link.link, *given)
    assert first.exit_code == 0, first.output
    assert first.output == second.output
    assert first.output.strip().isupper()
    assert "<svg" in Path(target).read_text()
    assert run(app, qr_link.link, "--creditor", "rossi", "--invoice", "nix", "--svg", target).exit_code == 2
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(AccessLink)).all()) == 1


def test_two_invoices_of_one_number_need_the_day(app: PortalFlask, tmp_path: Path) -> None:
    creditor = make_creditor("rossi")
    for code in ("1", "2"):
        make_account(creditor, code=code).add_invoice("12/2026", due_in=10)
    done = run(app, qr_link.link, "--creditor", "rossi", "--invoice", "12/2026", "--svg", str(tmp_path / "x.svg"))
    assert done.exit_code == 2
    assert "--issued-on" in done.output


def test_the_audit_names_what_was_changed(app: PortalFlask) -> None:
    account = make_account(make_creditor("rossi"))
    account.add_invoice()
    assert json.loads(run(app, looking.audit, "verify", "--json").output)["ok"] is True
    if db.engine().dialect.name != "sqlite":
        return  # on PostgreSQL the application may not change history at all: tests/architecture
    with db.transaction():
        scope.enter(account.creditor_id)
        assert db.changed(update(EventRow).where(EventRow.seq == 2).values(name="x.y")) == 1
    answer = run(app, looking.audit, "verify", "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.output)["first_bad"]["seq"] == 2


def test_the_states_are_drawn(app: PortalFlask) -> None:
    drawn = json.loads(run(app, looking.show_states, "--json").output)
    assert {"payment", "message", "receipt", "endpoint", "delivery", "case", "import"} <= set(drawn)
    assert "payment" in run(app, looking.show_states).output


def test_the_day_planned_by_hand(app: PortalFlask) -> None:
    account = make_account(make_creditor("rossi"))
    account.add_invoice(due_in=5)
    assert "1 contacts planned" in run(app, cadence.remind, "rossi", "--now").output
    told = run(app, cadence.remind, "rossi", "--now").output
    assert "0 contacts planned" in told
    assert "1 customers left out: waiting" in told
    assert run(app, cadence.remind, "nobody").exit_code == 2
