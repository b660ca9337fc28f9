"""An endpoint that stops by itself: its owner is told by mail, once, and no debtor is ever written to."""

from datetime import timedelta

import pytest
import time_machine
from pytest_httpserver import HTTPServer

from portal.core import clock, db, jobs, outbox
from portal.doubles.mailbox import Mailbox
from tests.factories import webhooks
from tests.factories.world import make_account, make_creditor
from tests.webhooks.conftest import Told

CREDITORS = "amministrazione@rossi.example"


def reasons() -> list[str | None]:
    with db.transaction(writes=False) as session:
        return [row.why for row in session.query(outbox.OutboxRow) if row.kind == "webhooks.tell_owner"]


def test_the_creditor_is_told_when_nobody_listens_there_any_more(told: Told, mailbox: Mailbox) -> None:
    told.erp.answers.next_with(410)
    told.happens(times=3)
    (mail,) = mailbox.messages
    assert mail.recipients == (CREDITORS,)
    assert "127.0.0.1" in mail.subject
    assert "/hook" not in mail.text, "an address may hold a password: only its host is told"
    assert mail.link() == "http://portal.test/c/webhooks"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert "msg_" not in mail.text
    assert mail.html == ""


@pytest.fixture
def gone(house: object, httpserver: HTTPServer) -> str:
    """An address where nobody listens any more."""
    httpserver.expect_request("/gone", method="POST").respond_with_data(status=410)
    webhooks.allow_loopback(httpserver.url_for("").rstrip("/"))
    return httpserver.url_for("/gone")


def test_the_one_who_was_named_is_told_and_nobody_else(mailbox: Mailbox, gone: str) -> None:
    account = make_account()
    webhooks.add_endpoint(account.creditor_id, gone, "edp@rossi.example")
    webhooks.happen(account)
    jobs.work_off()
    assert [mail.recipients for mail in mailbox.messages] == [("edp@rossi.example",)]


def test_stopping_by_hand_needs_no_mail(told: Told, mailbox: Mailbox) -> None:
    webhooks.stop(told.account, told.endpoint_id)
    jobs.work_off()
    assert mailbox.messages == []


def test_a_busy_relay_is_asked_again_with_the_same_message_id(
    told: Told, mailbox: Mailbox, frozen: time_machine.Traveller
) -> None:
    mailbox.faults.drop_after_data(1, keep=True)
    told.erp.answers.next_with(410)
    told.happens()
    frozen.shift(timedelta(seconds=6))
    jobs.work_off()
    first, second = mailbox.messages
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_another_stop_is_another_mail(told: Told, mailbox: Mailbox) -> None:
    told.erp.answers.next_with(410)
    told.happens()
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        webhooks.resume(told.account, told.endpoint_id)
        told.erp.answers.next_with(410)
        told.happens()
    first, second = mailbox.messages
    assert first.message["Message-ID"] != second.message["Message-ID"]


def test_nobody_to_tell_is_written_down(mailbox: Mailbox, gone: str) -> None:
    silent = make_account(make_creditor("verdi", email=None))
    unreachable = make_account(make_creditor("neri", email="no address"))
    for account in (silent, unreachable):
        webhooks.add_endpoint(account.creditor_id, gone)
        webhooks.happen(account)
    jobs.work_off()
    assert sorted(map(str, reasons())) == ["its owner's address is none", "there is nobody to tell"]
    assert mailbox.messages == []


def test_the_mail_is_in_the_creditors_language(mailbox: Mailbox, gone: str) -> None:
    english = make_account(make_creditor("smith", language="en", email="desk@smith.example"))
    webhooks.add_endpoint(english.creditor_id, gone)
    webhooks.happen(english)
    jobs.work_off()
    (mail,) = mailbox.messages
    assert mail.subject == "localhost no longer receives your events"
    assert "The reason: it answered 410: nobody listens there any more." in mail.text
