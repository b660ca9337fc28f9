"""When mail goes wrong: later, never, nobody knows; and a worker that dies in between (C-51, D-20, pain 14)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, installation, jobs, outbox, scope
from portal.doubles.mailbox import Mailbox
from portal.messages.states import MessageStatus
from portal.settings import Settings
from tests.actors import Debtor
from tests.factories import messages
from tests.factories.messages import contact, event_names, message, plan, sent
from tests.factories.world import make_account, make_creditor

ADDRESS = "cliente.0042@bianchi.example"


@pytest.fixture
def frozen() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as coordinates:
        yield coordinates


def waiting() -> list[outbox.OutboxRow]:
    """Rows that still wait, with why they were put off."""
    with db.transaction(writes=False) as session:
        return list(session.scalars(select(outbox.OutboxRow).where(outbox.OutboxRow.state == outbox.WAITING)))


def through_all_tries(coordinates: time_machine.Traveller) -> int:
    """Works off until nothing waits any more; returns how many rows were run."""
    run = jobs.work_off()
    while rows := waiting():
        coordinates.move_to(min(row.due_at for row in rows))
        run += jobs.work_off()
    return run


def test_a_busy_server_is_asked_again_and_then_has_it_once(mailbox: Mailbox, frozen: time_machine.Traveller) -> None:
    account = make_account()
    mailbox.faults.defer(ADDRESS)
    kept = sent(account)
    assert kept.status is MessageStatus.SENDING
    assert [row.why for row in waiting()] == ["451 4.2.1: the mail server asks us to come back later"]
    assert [row.due_at for row in waiting()] == [clock.now() + timedelta(seconds=5)]
    mailbox.faults.accept(ADDRESS)
    frozen.shift(timedelta(seconds=5))
    jobs.work_off()
    assert message(account, kept.id).status is MessageStatus.SENT
    assert len(mailbox.messages) == 1


def test_a_server_that_stays_busy_means_not_sent(mailbox: Mailbox, frozen: time_machine.Traveller) -> None:
    account = make_account()
    mailbox.faults.defer(ADDRESS)
    kept = sent(account)
    tries = 1 + through_all_tries(frozen)
    failed = message(account, kept.id)
    assert tries == 1 + len(jobs.BACKOFF)
    assert (failed.status, failed.sent_at) == (MessageStatus.FAILED, None)
    assert failed.why == "451 4.2.1: the mail server asks us to come back later"
    assert contact(account).stopped_at is None


def test_a_mailbox_that_does_not_exist_is_never_written_to_again(mailbox: Mailbox, debtor: Debtor) -> None:
    account = make_account()
    link = account.link()
    assert debtor.get(link).status_code == 200
    mailbox.faults.refuse(ADDRESS)
    kept = sent(account)
    assert (kept.status, kept.why) == (MessageStatus.FAILED, "550 5.1.1: there is no such mailbox")
    assert event_names(account, "message")[-3:] == ["message.failed", "message.bounced", "undelivered.left"]
    assert waiting() == []
    assert contact(account).stopped_why == "bounced"
    assert debtor.get(link).status_code == 404, "it went to this address: it opens nothing any more"
    mailbox.faults.accept(ADDRESS)
    assert sent(account).why == "this address is not used any more"
    assert mailbox.messages == []


def test_a_refusal_keeps_no_word_of_the_server(mailbox: Mailbox) -> None:
    """Servers quote the address; events and the queue hold no personal data."""
    account = make_account()
    mailbox.faults.refuse(ADDRESS)
    kept = sent(account)
    assert "No such mailbox here" not in (kept.why or "")
    assert "bianchi" not in (kept.why or "")


def test_nobody_listening_is_no_sending(house: Settings, frozen: time_machine.Traveller) -> None:
    with Mailbox() as mailbox:
        messages.relay_through(mailbox)
    account = make_account()
    kept = sent(account)
    assert kept.status is MessageStatus.SENDING
    assert [row.why for row in waiting()] == ["the mail relay could not be reached"]
    with mailbox:
        frozen.shift(timedelta(seconds=5))
        jobs.work_off()
        assert message(account, kept.id).status is MessageStatus.SENT


def test_a_lost_answer_is_tried_again_under_the_same_message_id(
    mailbox: Mailbox, frozen: time_machine.Traveller
) -> None:
    account = make_account()
    mailbox.faults.drop_after_data(1, keep=True)
    kept = sent(account)
    assert [row.why for row in waiting()] == ["no answer after the text was handed over: it may have arrived"]
    frozen.shift(timedelta(seconds=5))
    jobs.work_off()
    first, second = mailbox.messages
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.link("/l/") == second.link("/l/")
    assert message(account, kept.id).status is MessageStatus.SENT


def test_answers_that_stay_lost_end_as_not_sent_but_perhaps_arrived(
    mailbox: Mailbox, frozen: time_machine.Traveller
) -> None:
    account = make_account()
    mailbox.faults.drop_after_data(100, keep=False)
    kept = sent(account)
    through_all_tries(frozen)
    failed = message(account, kept.id)
    assert failed.status is MessageStatus.FAILED
    assert failed.why == "no answer after the text was handed over: it may have arrived"


def test_a_relay_that_never_answers_does_not_hold_the_worker(
    mailbox: Mailbox, frozen: time_machine.Traveller
) -> None:
    messages.relay_through(mailbox, timeout_seconds=0.3)
    account = make_account()
    mailbox.faults.stall(20)
    kept = sent(account)
    assert kept.status is MessageStatus.SENDING
    mailbox.faults.release()
    frozen.shift(timedelta(seconds=5))
    jobs.work_off()
    assert message(account, kept.id).status is MessageStatus.SENT


DIE_BEFORE_THE_COMMIT = """
import os, signal
from sqlalchemy import event
from sqlalchemy.orm import Session
from portal.core import jobs
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.wiring import create_app
from tests.factories.messages import relay_through

class Relay: smtp_host, smtp_port = "127.0.0.1", int(os.environ["RELAY_PORT"])

create_app()
relay_through(Relay())

@event.listens_for(Session, "before_flush")
def die(session, context, instances):
    if any(isinstance(row, Message) and row.status is MessageStatus.SENT for row in session.dirty):
        os.kill(os.getpid(), signal.SIGKILL)

jobs.work_off()
"""


def test_a_worker_killed_between_the_relays_yes_and_the_commit_sends_again_under_the_same_message_id(
    mailbox: Mailbox,
) -> None:
    account = make_account()
    message_id = plan(account)
    settings = installation.settings()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")},
        "PORTAL_ENV": "test",
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_MIGRATION_URL": settings.migration_url,
        "PORTAL_KEYS_FILE": str(settings.keys_file),
        "PORTAL_QUEUE_URL": settings.queue_url,
        "PORTAL_PUBLIC_URL": settings.public_url,
        "RELAY_PORT": str(mailbox.smtp_port),
    }
    ended = subprocess.run(
        [sys.executable, "-c", DIE_BEFORE_THE_COMMIT], env=environment, cwd=Path.cwd(), check=False, timeout=120
    )
    assert ended.returncode == -signal.SIGKILL
    assert len(mailbox.wait_for(ADDRESS)) == 1, "the relay had said yes"
    assert message(account, message_id).status is MessageStatus.SENDING, "nobody may call it sent"
    assert jobs.work_off() == 0, "its claim has not lapsed yet"
    with time_machine.travel(clock.now() + outbox.LEASE + timedelta(seconds=1)):
        jobs.work_off()
    first, second = mailbox.messages
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.link("/l/") == second.link("/l/")
    assert message(account, message_id).status is MessageStatus.SENT


def test_a_message_that_was_sent_is_not_sent_by_a_second_row(mailbox: Mailbox) -> None:
    account = make_account()
    kept = sent(account)
    with db.transaction():
        scope.enter(account.creditor_id)
        outbox.put("messages.send", kept.id)
    assert jobs.work_off() == 1
    assert len(mailbox.messages) == 1


def test_one_debtors_trouble_is_not_anothers(mailbox: Mailbox) -> None:
    creditor = make_creditor()
    bad, good = make_account(creditor), make_account(creditor, "0043")
    mailbox.faults.refuse(ADDRESS)
    plan(bad)
    arriving = plan(good)
    jobs.work_off()
    assert message(good, arriving).status is MessageStatus.SENT
    assert contact(good).stopped_at is None
