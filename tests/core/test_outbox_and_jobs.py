"""What must follow: written with the change, claimed by one, tried again, given up with a reason (house.md §4)."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock, db, ids, jobs, outbox, scope
from portal.core.jobs import GiveUp, Retry, Task
from portal.core.outbox import DONE, GAVE_UP, LEASE, TAKEN, WAITING, OutboxRow
from portal.debtors.models import Debtor
from portal.settings import Settings
from tests.factories.world import Account, make_account
from tests.parallel import at_once

KIND = "tests.work"
Handle = Callable[[Task], None]


@pytest.fixture
def account(house: Settings) -> Account:
    return make_account()


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Says what works off rows of `KIND`; each is tried three times."""

    def declare(work: Handle, gave_up: Callable[[Task, str], None] | None = None) -> None:
        handler = jobs.Handler(work, (timedelta(seconds=5), timedelta(minutes=5)), gave_up)
        monkeypatch.setitem(jobs.HANDLERS, KIND, handler)

    yield declare
    outbox.enqueue_with(None)


def put(account: Account, subject_id: int = 1, **values: object) -> int:
    with db.transaction():
        scope.enter(account.creditor_id)
        return outbox.put(KIND, subject_id, **values)  # type: ignore[arg-type]


def row(row_id: int) -> OutboxRow:
    with db.transaction(writes=False) as session:
        return session.scalars(select(OutboxRow).where(OutboxRow.id == row_id)).one()


def claim(row_id: int) -> OutboxRow | None:
    with db.transaction():
        return outbox.claim(row_id)


def due() -> list[int]:
    with db.transaction(writes=False):
        return outbox.due()


def test_a_savepoint_that_is_let_go_tells_nobody_yet(account: Account) -> None:
    """The queue was told while nobody could see the row: it was found a sweep later."""
    told: list[int] = []
    outbox.enqueue_with(lambda row_id, _wait: told.append(row_id))
    with db.transaction():
        scope.enter(account.creditor_id)
        row_id = outbox.put(KIND, 1)
        with db.session().begin_nested():
            db.session().flush()
        assert told == []
    assert told == [row_id]


def test_a_row_is_told_of_after_the_commit_and_never_after_a_rollback(account: Account) -> None:
    told: list[tuple[int, list[int]]] = []
    outbox.enqueue_with(lambda row_id, _wait: told.append((row_id, due_elsewhere())))

    def due_elsewhere() -> list[int]:
        return at_once(1, lambda _: due())[0]

    row_id = put(account)
    assert told == [(row_id, [row_id])], "another connection saw it when it was told of"
    with pytest.raises(ZeroDivisionError), db.transaction():
        scope.enter(account.creditor_id)
        outbox.put(KIND, 2)
        1 / 0  # noqa: B018
    assert len(told) == 1
    later = put(account, due_at=clock.now() + timedelta(hours=1))
    assert len(told) == 1, "what is due later is the sweep's"
    assert due() == [row_id]
    assert row(later).state == WAITING


def test_outside_a_scope_nothing_can_be_put(account: Account) -> None:
    with pytest.raises(scope.Unscoped), db.transaction():
        outbox.put(KIND, 1)


def test_of_twenty_workers_exactly_one_gets_a_row(account: Account, handle: Callable[[Handle], None]) -> None:
    worked: list[int] = []
    handle(lambda task: worked.append(task.subject_id))
    row_id = put(account, 77)
    assert at_once(20, lambda _: jobs.run(row_id)).count(True) == 1
    assert worked == [77]
    assert (row(row_id).state, row(row_id).tries) == (DONE, 1)
    assert jobs.run(row_id) is False, "and never again"


def test_a_row_is_claimed_when_its_time_has_come(account: Account) -> None:
    at = clock.now() + timedelta(hours=1)
    row_id = put(account, due_at=at)
    assert claim(row_id) is None
    assert due() == []
    with time_machine.travel(at + timedelta(seconds=1), tick=False):
        assert due() == [row_id]
        taken = claim(row_id)
        assert taken is not None
        assert (taken.state, taken.tries, taken.due_at) == (TAKEN, 1, clock.now() + LEASE)
        assert claim(row_id) is None
    assert claim(ids.new_id()) is None


def test_a_row_whose_worker_died_is_due_again_when_the_claim_lapses(
    account: Account, handle: Callable[[Handle], None]
) -> None:
    """`kill -9` in the middle: nothing catches it, the row stays claimed, its half-done work is rolled back."""

    class Killed(BaseException):
        pass

    def die_first(task: Task) -> None:
        db.session().execute(update(Debtor).values(name=f"try {task.tries}"))
        if task.tries == 1:
            raise Killed

    handle(die_first)
    row_id = put(account)
    with time_machine.travel(clock.now(), tick=False) as clocks:
        with pytest.raises(Killed):
            jobs.run(row_id)
        assert row(row_id).state == TAKEN
        assert name(account) == "Bianchi Costruzioni S.n.c."
        clocks.shift(LEASE - timedelta(seconds=1))
        assert due() == []
        assert jobs.work_off() == 0
        clocks.shift(timedelta(seconds=2))
        assert due() == [row_id]
        assert jobs.work_off() == 1
    assert (row(row_id).state, row(row_id).tries) == (DONE, 2)
    assert name(account) == "try 2"


def name(account: Account) -> str:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.scalars(select(Debtor.name)).one()


def test_a_long_work_keeps_its_claim(account: Account) -> None:
    row_id = put(account)
    with time_machine.travel(clock.now(), tick=False) as clocks:
        assert claim(row_id) is not None
        clocks.shift(LEASE - timedelta(minutes=1))
        outbox.keep_claim(row_id, clock.now())
        clocks.shift(LEASE - timedelta(minutes=1))
        assert due() == []
        clocks.shift(timedelta(minutes=2))
        assert due() == [row_id]


def test_the_work_and_its_end_are_one_transaction(account: Account, handle: Callable[[Handle], None]) -> None:
    def write_and_fail(task: Task) -> None:
        db.session().execute(update(Debtor).values(name="half"))
        outbox.put(KIND, 2)
        raise ValueError("Mario Rossi, via Roma 1")

    handle(write_and_fail)
    row_id = put(account)
    with time_machine.travel(clock.now(), tick=False):
        assert jobs.run(row_id) is True
        kept = row(row_id)
        assert (kept.state, kept.tries, kept.due_at) == (WAITING, 1, clock.now() + timedelta(seconds=5))
    assert kept.why == "ValueError", "what an error says may quote a person: its kind is kept"
    assert name(account) == "Bianchi Costruzioni S.n.c."
    with db.transaction(writes=False) as session:
        assert len(session.scalars(select(OutboxRow.id)).all()) == 1


def test_tries_come_further_and_further_apart_and_then_it_is_given_up(
    account: Account, handle: Callable[[Handle], None]
) -> None:
    def refuse(task: Task) -> None:
        raise Retry(f"busy {task.tries}")

    handle(refuse)
    row_id = put(account)
    with time_machine.travel(clock.now(), tick=False) as clocks:
        for waits in (timedelta(seconds=5), timedelta(minutes=5)):
            assert jobs.work_off() == 1
            assert row(row_id).due_at == clock.now() + waits
            clocks.shift(waits)
        assert jobs.work_off() == 1
        kept = row(row_id)
        assert (kept.state, kept.tries, kept.why) == (GAVE_UP, 3, "after 3 tries: busy 3")
        clocks.shift(timedelta(days=30))
        assert jobs.work_off() == 0


def test_a_retry_may_name_its_hour(account: Account, handle: Callable[[Handle], None]) -> None:
    with time_machine.travel(clock.now(), tick=False):
        at = clock.now() + timedelta(hours=9)

        def later(task: Task) -> None:
            raise Retry("at night", at)

        handle(later)
        row_id = put(account)
        assert jobs.work_off() == 1
        assert row(row_id).due_at == at


def test_giving_up_says_why_and_so_does_a_kind_that_nobody_knows(
    account: Account, handle: Callable[[Handle], None]
) -> None:
    def give_up(task: Task) -> None:
        raise GiveUp("no such endpoint " + "x" * 500)

    handle(give_up)
    row_id = put(account)
    with db.transaction():
        scope.enter(account.creditor_id)
        unknown = outbox.put("tests.nobody", 1)
    assert jobs.work_off() == 2
    assert row(row_id).state == GAVE_UP
    assert (row(row_id).why or "").startswith("no such endpoint")
    assert len(row(row_id).why or "") == 200
    assert row(unknown).why == "nothing works off tests.nobody"


@pytest.mark.parametrize("way", ["at once", "after every try"])
def test_who_gives_up_says_so_where_people_look_in_the_same_transaction(
    account: Account, handle: Callable[..., None], way: str
) -> None:
    def work(task: Task) -> None:
        raise GiveUp("gone") if way == "at once" else Retry("busy")

    def gave_up(task: Task, why: str) -> None:
        db.session().execute(update(Debtor).values(name=f"{task.subject_id}: {why}"))

    handle(work, gave_up)
    row_id = put(account, 7)
    with time_machine.travel(clock.now(), tick=False) as clocks:
        for _ in range(3):
            jobs.work_off()
            clocks.shift(timedelta(hours=1))
    assert row(row_id).state == GAVE_UP
    assert name(account) == ("7: gone" if way == "at once" else "7: after 3 tries: busy")


def test_a_row_is_given_up_even_where_nobody_can_be_told(account: Account, handle: Callable[..., None]) -> None:
    """Else it would come back every ten minutes for ever."""

    def give_up(task: Task) -> None:
        raise GiveUp("gone")

    def fail(task: Task, why: str) -> None:
        db.session().execute(update(Debtor).values(name="half"))
        raise ValueError

    handle(give_up, fail)
    row_id = put(account)
    assert jobs.work_off() == 1
    assert (row(row_id).state, row(row_id).why) == (GAVE_UP, "gone")
    assert name(account) == "Bianchi Costruzioni S.n.c."


def test_a_handler_works_within_its_creditors_scope(account: Account, handle: Callable[[Handle], None]) -> None:
    seen: list[int] = []
    handle(lambda task: seen.append(scope.current().creditor_id))
    put(account)
    assert jobs.work_off() == 1
    assert seen == [account.creditor_id]


def test_what_follows_from_work_is_worked_off_too_oldest_first(
    account: Account, handle: Callable[[Handle], None]
) -> None:
    done: list[int] = []

    def work(task: Task) -> None:
        done.append(task.subject_id)
        if task.subject_id < 3:
            outbox.put(KIND, task.subject_id + 10)

    handle(work)
    for subject_id in (1, 2, 3):
        put(account, subject_id, due_at=clock.now() - timedelta(minutes=10 - subject_id))
    assert jobs.work_off() == 5
    assert done[:3] == [1, 2, 3]
    assert sorted(done[3:]) == [11, 12]


def test_due_rows_come_in_portions(account: Account) -> None:
    made = [put(account, n, due_at=clock.now() - timedelta(minutes=n)) for n in range(5)]
    with db.transaction(writes=False):
        assert outbox.due(limit=2) == [made[4], made[3]]


def test_what_runs_every_so_often_is_declared_by_its_feature() -> None:
    assert jobs.PERIODIC, "something runs every so often"
    for name_, periodic in jobs.PERIODIC.items():
        assert name_ == periodic.name == f"{periodic.work.__module__}.{periodic.work.__name__}"
        assert timedelta(minutes=1) <= periodic.every <= timedelta(days=1)
