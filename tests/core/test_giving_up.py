"""What is given up says so where people look: a failed message, a stopped import; nothing hangs for ever."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select

from portal.commands import import_running
from portal.commands.import_invoices import invoices
from portal.commands.line import Context
from portal.core import clock, db, jobs, outbox, scope
from portal.core.outbox import OutboxRow
from portal.imports import actions as imports
from portal.imports.models import ImportBatch
from portal.imports.options import ReadOptions
from portal.messages import rendering
from portal.messages.models import Message
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.factories.messages import plan_caring
from tests.factories.world import make_account, make_creditor


def work_for_days() -> None:
    """Works off whatever comes due over three days."""
    now = clock.now()
    for hours in range(0, 72, 2):
        with time_machine.travel(now + timedelta(hours=hours), tick=False):
            jobs.work_off()


def test_a_row_that_always_fails_is_given_up_once_and_its_owner_told(house: Settings) -> None:
    told: list[tuple[int, str]] = []

    @jobs.job(
        "test.broken", backoff=(timedelta(minutes=1),), gave_up=lambda task, why: told.append((task.subject_id, why))
    )
    def work(task: jobs.Task) -> None:
        raise KeyError("Mario Rossi")

    try:
        creditor = make_creditor()
        with db.transaction():
            scope.enter(creditor.id)
            outbox.put("test.broken", 7)
        work_for_days()
        assert told == [(7, "after 2 tries: KeyError")]
        with db.transaction(writes=False) as session:
            assert session.scalars(select(OutboxRow.state)).all() == ["gave_up"]
    finally:
        del jobs.HANDLERS["test.broken"]


def test_a_message_that_cannot_be_made_has_failed_and_is_not_being_sent(house: Settings) -> None:
    account = make_account()
    account.add_invoice(due_in=5)
    plan_caring(account)

    def broken(_message: Message) -> dict[str, object]:
        raise ZeroDivisionError

    rendering.also_known.append(broken)
    try:
        work_for_days()
    finally:
        rendering.also_known.remove(broken)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        message = session.scalars(select(Message)).one()
    assert message.status == "failed"
    assert "ZeroDivisionError" in (message.why or "")


def test_an_import_whose_file_is_gone_has_stopped(house: Settings, tmp_path: Path) -> None:
    creditor = make_creditor()
    content = "numero;data;scadenza;importo;cliente\n1;2026-10-01;2026-11-01;10,00;Rossi\n"
    with db.transaction():
        scope.enter(creditor.id)
        batch = imports.upload([("a.csv", content.encode())], ReadOptions(), None)
        imports.confirm(batch)
        for _, path in imports.paths_of(batch):
            path.unlink()
        batch_id = batch.id
    work_for_days()
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.get(ImportBatch, batch_id).status == "failed"


def test_an_import_that_the_command_line_could_not_end_has_stopped(
    app: PortalFlask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    creditor = make_creditor("acme")
    path = tmp_path / "a.csv"
    path.write_text("numero;data;scadenza;importo;cliente\n1;2026-10-01;2026-11-01;10,00;Rossi\n")

    def interrupted(_counts: imports.Counts) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_running, "_bar", interrupted)  # somebody presses Ctrl-C after the first chunk
    CliRunner().invoke(invoices, [str(path), "--creditor", "acme"], obj=Context(create_app=lambda _settings: app))
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.scalars(select(ImportBatch.status)).all() == ["failed"]
