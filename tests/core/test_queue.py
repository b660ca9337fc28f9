"""The queue for real: a committed row is worked off in seconds, a lost message is found, a forged one refused."""

import json
import pickle
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from huey import Huey
from huey.registry import Message
from sqlalchemy import select

from portal.core import clock, db, installation, jobs, outbox, queue, scope, signing
from portal.core.errors import Misconfigured
from portal.core.jobs import Task
from portal.core.outbox import DONE, LEASE, WAITING, OutboxRow
from portal.settings import Settings
from tests.factories.world import Account, make_account

KIND = "tests.queued"
SECONDS = 20.0
KEY = b"k" * 32


class Work:
    """Notes which rows were worked off, and lets a test wait for the next one."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self._arrived = threading.Semaphore(0)

    def __call__(self, task: Task) -> None:
        self.seen.append(task.subject_id)
        db.on_commit(self._arrived.release)

    def wait(self, times: int = 1) -> None:
        for _ in range(times):
            assert self._arrived.acquire(timeout=SECONDS), f"nothing came; so far {self.seen}"


@pytest.fixture
def account(house: Settings) -> Account:
    return make_account()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    made = Work()
    monkeypatch.setitem(jobs.HANDLERS, KIND, jobs.Handler(made, (timedelta(seconds=5),), None))
    return made


@pytest.fixture
def huey(house: Settings, account: Account) -> Iterator[Huey]:
    made = queue.make(house.queue_url, signing.queue_key(installation.keys()))
    yield made
    outbox.enqueue_with(None)
    made.storage.close()


@pytest.fixture
def running(huey: Huey) -> Iterator[Huey]:
    """The queue with two worker threads."""
    stop = queue.start_worker(huey)
    yield huey
    stop()


def put(account: Account, subject_id: int) -> int:
    with db.transaction():
        scope.enter(account.creditor_id)
        return outbox.put(KIND, subject_id)


def state(row_id: int) -> str:
    with db.transaction(writes=False) as session:
        return session.scalars(select(OutboxRow.state).where(OutboxRow.id == row_id)).one()


def sweep(huey: Huey) -> None:
    """Runs the periodic task that looks for due rows, as its minute would."""
    found = [task for task in huey._registry.periodic_tasks if task.name == "sweep"]
    assert len(found) == 1
    found[0].execute()


def test_a_committed_row_is_worked_off_within_seconds_and_a_rolled_back_one_never(
    account: Account, work: Work, running: Huey
) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        scope.enter(account.creditor_id)
        outbox.put(KIND, 13)
        1 / 0  # noqa: B018
    rows = [put(account, number) for number in range(1, 6)]
    work.wait(5)
    assert sorted(work.seen) == [1, 2, 3, 4, 5]
    assert {state(row_id) for row_id in rows} == {DONE}


def test_a_lost_message_is_found_by_the_sweep(account: Account, work: Work, huey: Huey) -> None:
    row_id = put(account, 7)
    assert huey.pending_count() == 1
    huey.storage.flush_queue()  # the queue's file is gone
    stop = queue.start_worker(huey)
    sweep(huey)
    work.wait()
    sweep(huey)
    put(account, 8)
    work.wait()
    stop()
    assert work.seen == [7, 8]
    assert state(row_id) == DONE


def test_the_sweep_is_due_every_minute_and_each_periodic_work_is_registered(huey: Huey) -> None:
    tasks = {task.name: task for task in huey._registry.periodic_tasks}
    assert set(tasks) == {"sweep", *jobs.PERIODIC}
    days = [datetime(2026, 11, 21) + timedelta(minutes=minute) for minute in range(24 * 60)]
    assert all(tasks["sweep"].validate_datetime(moment) for moment in days)
    for name, periodic in jobs.PERIODIC.items():
        runs = sum(tasks[name].validate_datetime(moment) for moment in days)
        assert runs == pytest.approx(timedelta(days=1) / periodic.every, rel=0.1), name


def test_a_queue_that_fails_loses_nothing(account: Account, work: Work, huey: Huey, caplog: Any) -> None:
    huey.storage.close()

    def broken(*_args: object, **_kwargs: object) -> None:
        raise OSError("disk full")

    enqueue, huey.storage.enqueue = huey.storage.enqueue, broken
    row_id = put(account, 9)
    assert state(row_id) == WAITING, "the change is committed whatever the queue does"
    huey.storage.enqueue = enqueue
    stop = queue.start_worker(huey)
    sweep(huey)
    work.wait()
    stop()
    assert work.seen == [9]


def test_a_message_carries_a_row_id_and_nothing_else(account: Account, huey: Huey) -> None:
    row_id = put(account, 424242)
    (written,) = huey.storage.enqueued_items()
    assert json.loads(bytes(written)[32:])[1:] == ["portal.core.jobs.run_row", None, 0, None, [row_id]]
    for word in (b"424242", b"Bianchi", str(account.creditor_id).encode()):
        assert word not in bytes(written)


def forged(genuine: bytes) -> dict[str, bytes]:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("a pickle was opened",))

    body = genuine[32:]
    stranger = queue.SignedJson(b"other" * 8)
    return {
        "unsigned": body,
        "empty": b"",
        "short": b"x" * 31,
        "no mac": b"\0" * 32 + body,
        "another key": stranger._serialize(Message("1", json.loads(body)[1], None, 0, 0, None, (5,), {})),
        "pickle": pickle.dumps(Evil()),
        "pickle with room for a mac": b"\0" * 32 + pickle.dumps(Evil()),
        "another argument": genuine.replace(b"[5]", b"[6]"),
        "cut": genuine[:-1],
        "longer": genuine + b" ",
        "first bit": bytes([genuine[0] ^ 1]) + genuine[1:],
    }


def test_forged_messages_do_nothing_and_the_worker_goes_on(account: Account, work: Work, huey: Huey) -> None:
    called: list[int] = []
    work_of_mine = huey.task(name="delete_everything")(called.append)
    genuine = huey.serialize_task(work_of_mine.s(5))
    for name, written in forged(genuine).items():
        assert written != genuine, name
        huey.storage.enqueue(written)
    stop = queue.start_worker(huey)
    put(account, 1)
    work.wait()
    assert called == []
    huey.storage.enqueue(genuine)
    put(account, 2)
    work.wait()
    stop()
    assert called == [5], "what this installation signed is done"
    assert work.seen == [1, 2]


def test_a_message_replayed_is_worked_off_once(account: Account, work: Work, huey: Huey) -> None:
    row_id = put(account, 5)
    (written,) = huey.storage.enqueued_items()
    for _ in range(4):
        huey.storage.enqueue(bytes(written))
    stop = queue.start_worker(huey)
    work.wait()
    put(account, 6)
    work.wait()
    stop()
    assert sorted(work.seen) == [5, 6]
    assert state(row_id) == DONE


def test_a_row_whose_worker_was_killed_comes_back_by_the_sweep(account: Account, work: Work, huey: Huey) -> None:
    row_id = put(account, 8)
    with time_machine.travel(clock.now(), tick=False) as clocks:
        with db.transaction():
            assert outbox.claim(row_id) is not None  # and here the machine lost its power
        huey.storage.flush_queue()
        sweep(huey)
        assert huey.pending_count() == 0, "somebody has it, for all we know"
        clocks.shift(LEASE + timedelta(seconds=1))
        sweep(huey)
        assert huey.pending_count() == 1
        message = huey.dequeue()
        huey.execute(message)
    assert work.seen == [8]
    assert state(row_id) == DONE


def test_what_the_serializer_writes_it_reads_and_nothing_else() -> None:
    made_by = queue.SignedJson(KEY)
    message = Message("1", "run_row", datetime(2026, 11, 21), 0, 0, None, (5,), {})
    written = made_by._serialize(message)
    again = made_by._deserialize(written)
    assert (again.id, again.name, again.eta, again.args) == ("1", "run_row", datetime(2026, 11, 21), (5,))
    for place in range(0, len(written), 3):
        with pytest.raises(ValueError):
            made_by._deserialize(written[:place] + bytes([written[place] ^ 1]) + written[place + 1 :])
    for wrong in ("text", {"row": 1}, [1], message._replace(kwargs={"a": 1}), message._replace(on_complete=message)):
        with pytest.raises(TypeError):
            made_by._serialize(wrong)


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "postgres://x"])
def test_a_queue_that_cannot_be_is_said_at_the_start(url: str) -> None:
    with pytest.raises(Misconfigured):
        queue.make(url, KEY)


def test_each_queue_is_a_file_of_its_own(tmp_path: Path) -> None:
    made = queue.make(f"sqlite:///{tmp_path / 'deep' / 'queue.sqlite'}", KEY)
    assert (tmp_path / "deep" / "queue.sqlite").exists()
    assert made.storage.enqueued_items() == []
    outbox.enqueue_with(None)
    made.storage.close()
