"""Ways back on their pages: added, changed, stopped, looked after; and files that fall into a folder."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import time_machine
from python_calamine import CalamineWorkbook

from portal.core import clock, db, ids, installation, scope
from portal.core.events import EventRow
from portal.people.roles import Role
from portal.sync import actions, dropping, queries
from portal.sync import jobs as sync_jobs
from portal.sync.rules import Reason
from portal.sync.states import ConnectorStatus
from portal.web.edge import PortalFlask
from tests.actors import Browser, forms_of
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor
from tests.sync.test_connectors import SOON, pay

PAGE = "/c/connectors"


@pytest.fixture
def clocks(app: PortalFlask) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def account(clocks: Any) -> Account:
    account = make_account(make_creditor(), code="=1+1")
    account.add_invoice("1/26", "100.00", due_in=10)
    account.add_invoice("2/26", "60.00", due_in=10)
    return account


@pytest.fixture
def clerk(app: PortalFlask, account: Account) -> Browser:
    return signed_in(app, account.creditor_id, Role.ADMIN)


def text(browser: Browser) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.text))


def add(clerk: Browser, **typed: str) -> None:
    clerk.get(PAGE)
    given = {"way": "rest", "url": "https://erp.example/api", "key": "s3cret-of-theirs", "mapping": "", **typed}
    clerk.post(PAGE, {**clerk.form(PAGE).fields, **given})


def only(account: Account) -> Any:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        (found,) = queries.connectors()
        return found


def test_a_way_is_added_and_its_key_is_never_shown(clerk: Browser, account: Account) -> None:
    clerk.get(PAGE)
    assert "No way back yet" in clerk.text
    add(clerk, mapping='[fields]\nSaldo = "open"')
    assert clerk.status == 200
    assert "What changes from now on is told there" in clerk.text
    assert "s3cret" not in clerk.text
    assert "Saldo" in clerk.text
    connector = only(account)
    assert connector.sealed_key
    assert "s3cret" not in connector.sealed_key
    clerk.get(PAGE)
    assert "https://erp.example/api" in clerk.text
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        told = [str(one.data) for one in session.query(EventRow).filter(EventRow.name.startswith("connector."))]
    assert told
    assert not any("s3cret" in one or "erp.example" in one for one in told)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"url": "http://erp.example"}, "https"), ({"url": "https://127.0.0.1/x"}, ""), ({"url": ""}, ""),
        ({"mapping": "[oops"}, "cannot be read"), ({"key": "è"}, "letters, digits and signs"), ({"way": "fax"}, "choose a way"),
        ({"way": "csv"}, "No folder for files"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    clerk: Browser, account: Account, typed: dict[str, str], said: str
) -> None:
    add(clerk, **typed)
    assert clerk.status == 422
    assert said.lower() in text(clerk).lower()
    assert "s3cret" not in clerk.text
    if "mapping" in typed:
        assert "[oops" in clerk.text
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert not queries.connectors()


def test_it_is_stopped_changed_resumed_and_sent_again(clerk: Browser, account: Account) -> None:
    add(clerk)
    key = only(account).sealed_key
    clerk.submit("/stop")
    assert only(account).status is ConnectorStatus.STOPPED
    assert "stopped by hand" in clerk.text
    clerk.submit("/resume")
    (form,) = [one for one in forms_of(clerk.text) if one.action == clerk.path]
    clerk.post(form.action, {**form.fields, "url": "https://erp.example/v2", "key": "", "mapping": ""})
    assert (only(account).url, only(account).sealed_key) == ("https://erp.example/v2", key)
    clerk.submit("/resend")
    assert only(account).resend_behind == 0
    assert "It is under way" in clerk.text


def test_what_somebody_has_to_look_at(clerk: Browser, account: Account) -> None:
    add(clerk)
    where = clerk.path

    connector_id = only(account).id
    with db.transaction():
        scope.enter(account.creditor_id)
        connector = queries.connector(connector_id, lock=True)
        assert connector is not None
        actions.mark(connector, {account.invoice_ids[0]: 10_000})
        actions.leave(
            connector, queries.known(connector_id, account.invoice_ids)[account.invoice_ids[0]], Reason.PERMANENT
        )
    clerk.get(where)
    assert "they refuse it" in clerk.text
    assert "1/26" in clerk.text
    clerk.submit("/again")
    assert "on its way once more" in clerk.text
    assert "they refuse it" not in clerk.text


@pytest.fixture
def exchange(account: Account, tmp_path: Path) -> Path:
    installation.install(replace(installation.settings(), exchange_dir=tmp_path), installation.keys())
    return tmp_path / "rossi" / "out"


def falls(clocks: time_machine.Traveller) -> None:
    sync_jobs.notice_changes()
    clocks.shift(SOON)
    sync_jobs.write_files()


def test_files_fall_when_something_changed(
    clerk: Browser, account: Account, exchange: Path, clocks: time_machine.Traveller
) -> None:
    add(clerk, way="csv")
    assert clerk.status == 200
    falls(clocks)
    assert not list(exchange.glob("state-*"))
    pay(account, account.invoice_ids[0], 4_000)
    falls(clocks)
    (file,) = exchange.glob("state-*")
    assert file.suffix == ".csv"
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig")), delimiter=";"))
    assert [(row["number"], row["open"], row["debtor_code"]) for row in rows] == [("1/26", "60,00", "'=1+1")]
    falls(clocks)
    assert len(list(exchange.glob("state-*"))) == 1, "nothing changed: no file"
    clerk.submit("/resend")
    falls(clocks)
    assert len(list(exchange.glob("state-*"))) == 2
    assert not list(exchange.glob(".*"))


def test_excel_files_keep_codes_as_text(
    clerk: Browser, account: Account, exchange: Path, clocks: time_machine.Traveller
) -> None:
    add(clerk, way="xlsx")
    pay(account, account.invoice_ids[1], 6_000)
    falls(clocks)
    (file,) = exchange.glob("state-*")
    rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "number"
    assert rows[1][:2] == ["2/26", "=1+1"]


def test_a_folder_that_cannot_be_written_stops_the_way_and_loses_nothing(
    clerk: Browser, account: Account, exchange: Path, clocks: time_machine.Traveller, tmp_path: Path
) -> None:
    add(clerk, way="csv")
    (tmp_path / "rossi").write_text("in the way")
    pay(account, account.invoice_ids[0], 4_000)
    falls(clocks)
    assert only(account).stopped_why == "config"
    (tmp_path / "rossi").unlink()
    clerk.get(f"{PAGE}/{ids.spell(only(account).id)}")
    clerk.submit("/resume")
    falls(clocks)
    assert len(list(exchange.glob("state-*"))) == 1
    assert dropping.folder("rossi") == exchange
