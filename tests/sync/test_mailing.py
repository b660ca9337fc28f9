"""Files by mail: once a day, what changed and the days that are over, and nothing lost where a mail does not get through."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from python_calamine import CalamineWorkbook

from portal.core import db, scope
from portal.doubles.mailbox import Mailbox
from portal.doubles.mailbox.mails import Mail
from portal.settings import Settings
from portal.sync import actions, queries, rules
from portal.sync import jobs as sync_jobs
from portal.sync.models import Connector
from portal.sync.rules import Reason
from portal.sync.states import ConnectorStatus
from tests.factories.messages import relay_through
from tests.factories.world import Account, make_account, make_creditor
from tests.sync.test_connectors import pay

MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # nine in Rome
TO = "erp@rossi.example"


@pytest.fixture
def clocks(house: Settings) -> Iterator[time_machine.Traveller]:
    assert house
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mailbox(clocks: Any) -> Iterator[Mailbox]:
    with Mailbox() as running:
        relay_through(running)
        yield running


@pytest.fixture
def account(clocks: Any) -> Account:
    made = make_account(make_creditor())
    made.add_invoice("1/26", "100.00", due_in=10)
    made.add_invoice("2/26", "60.00", due_in=-5)
    return made


def within(account: Account, act: Any) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def add(account: Account, way: str = "mailed_csv") -> int:
    return within(account, lambda: actions.add(way, url=TO).id)  # type: ignore[no-any-return]


def connector(account: Account) -> Connector:
    (found,) = within(account, queries.connectors)
    return found  # type: ignore[no-any-return]


def goes_on(clocks: time_machine.Traveller) -> None:
    sync_jobs.notice_changes()
    clocks.shift(timedelta(seconds=21))
    sync_jobs.mail_files()


def files(mail: Mail) -> dict[str, bytes]:
    return {one.name.partition("-")[0]: one.content for one in mail.attachments}


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_once_a_day_with_what_changed_and_yesterdays_sheet(
    account: Account, mailbox: Mailbox, clocks: time_machine.Traveller
) -> None:
    add(account)
    pay(account, account.invoice_ids[0], 4_000)
    goes_on(clocks)
    (first,) = mailbox.messages
    assert first.to_header == TO
    assert set(files(first)) == {"state", "reconciliation"}
    assert [(row["number"], row["open"]) for row in rows(files(first)["state"])] == [("1/26", "60,00")]
    for word in ("Maria", "Bianchi", "deb", "40,00", "scadut"):
        assert word not in first.subject
        assert word not in first.text
    assert b"Bianchi" not in files(first)["state"], "numbers and codes, no names"

    pay(account, account.invoice_ids[0], 1_000)
    goes_on(clocks)
    assert len(mailbox.messages) == 1, "one a day"
    clocks.move_to(MORNING + timedelta(days=1, hours=-4))
    goes_on(clocks)
    assert len(mailbox.messages) == 1, "not before six"
    clocks.move_to(MORNING + timedelta(days=1))
    goes_on(clocks)
    assert [(row["number"], row["open"]) for row in rows(files(mailbox.messages[1])["state"])] == [("1/26", "50,00")]
    clocks.move_to(MORNING + timedelta(days=2))
    goes_on(clocks)
    assert set(files(mailbox.messages[2])) == {"reconciliation"}, "nothing changed: the day's sheet alone"


def test_excel_by_mail(account: Account, mailbox: Mailbox, clocks: time_machine.Traveller) -> None:
    add(account, "mailed_xlsx")
    pay(account, account.invoice_ids[1], 6_000)
    goes_on(clocks)
    found = CalamineWorkbook.from_filelike(io.BytesIO(files(mailbox.messages[0])["state"]))
    assert found.get_sheet_by_index(0).to_python()[1][0] == "2/26"


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_mail_that_does_not_get_through_is_sent_again_the_same_day(
    account: Account, mailbox: Mailbox, clocks: time_machine.Traveller, lost: str
) -> None:
    connector_id = add(account)
    pay(account, account.invoice_ids[0], 4_000)
    if lost == "before":
        mailbox.faults.fail_temporarily(1)
    else:
        mailbox.faults.drop_after_data(1, keep=True)
    goes_on(clocks)
    assert within(account, lambda: queries.counts([connector_id]))[connector_id] == (1, 0), "nothing is called told"
    goes_on(clocks)
    assert within(account, lambda: queries.counts([connector_id])).get(connector_id, (0, 0)) == (0, 0)
    last = mailbox.messages[-1]
    assert [row["number"] for row in rows(files(last)["state"])] == ["1/26"]
    assert len({dict(one.headers)["Message-ID"] for one in mailbox.messages}) == 1
    assert [push.result for push, _ in within(account, lambda: queries.pushes(connector_id))] == [
        rules.SHEET, Reason.DONE, Reason.TIMEOUT,
    ]  # fmt: skip


def test_an_address_that_takes_none_stops_the_way_and_loses_nothing(
    account: Account, mailbox: Mailbox, clocks: time_machine.Traveller
) -> None:
    connector_id = add(account)
    pay(account, account.invoice_ids[0], 4_000)
    mailbox.faults.refuse(TO)
    goes_on(clocks)
    found = connector(account)
    assert (found.status, found.stopped_why) == (ConnectorStatus.STOPPED, Reason.CONFIG)
    mailbox.faults.clear()

    def mend() -> None:
        one = queries.connector(connector_id, lock=True)
        assert one is not None
        actions.change(one, url="magazzino@rossi.example")
        actions.resume(one)

    within(account, mend)
    goes_on(clocks)
    (only,) = mailbox.messages
    assert only.to_header == "magazzino@rossi.example"
    assert [row["number"] for row in rows(files(only)["state"])] == ["1/26"]


def test_a_change_while_it_is_sent_goes_with_the_next(
    account: Account, mailbox: Mailbox, clocks: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(account)
    pay(account, account.invoice_ids[0], 4_000)
    hand_over = sync_jobs.relay.hand_over

    def meanwhile(*given: Any) -> Any:
        pay(account, account.invoice_ids[0], 1_000)
        sync_jobs.notice_changes()
        return hand_over(*given)

    with monkeypatch.context() as once:
        once.setattr(sync_jobs.relay, "hand_over", meanwhile)
        goes_on(clocks)
    clocks.move_to(MORNING + timedelta(days=1))
    goes_on(clocks)
    assert [[row["open"] for row in rows(files(one)["state"])] for one in mailbox.messages] == [["60,00"], ["50,00"]]


@pytest.mark.parametrize("typed", ["", "no address", "a@b\r\nBcc: c@d", "https://erp.example"])
def test_what_is_no_address_is_said(account: Account, typed: str) -> None:
    with pytest.raises(actions.Wrong) as wrong:
        within(account, lambda: actions.add("mailed_csv", url=typed))
    assert wrong.value.field == "url"
