"""Background work: outbox rows worked off one by one, and what runs every so often.

What must not be lost is the row: a worker that dies leaves it claimed, and the sweep finds it again when the
claim lapses (house.md §4). How rows reach a worker soon is `portal.core.queue`'s business.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core import clock, db, outbox, scope

log = logging.getLogger(__name__)

BACKOFF = tuple(timedelta(seconds=s) for s in (5, 30, 300, 1800, 7200, 18000, 36000))


class Retry(Exception):
    """Try this row again at `at` (or after the handler's own back-off); `why` holds no personal data."""

    def __init__(self, why: str, at: datetime | None = None) -> None:
        super().__init__(why)
        self.why, self.at = why, at


class GiveUp(Exception):
    """There is no use in trying again; `why` is kept with the row and holds no personal data."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Task:
    """One claimed outbox row: what it is about and how often it has been tried, this time included."""

    row_id: int
    subject_id: int
    tries: int


@dataclass(frozen=True, slots=True)
class Handler:
    work: Callable[[Task], None]
    backoff: tuple[timedelta, ...]
    gave_up: Callable[[Task, str], None] | None


@dataclass(frozen=True, slots=True)
class Periodic:
    name: str
    every: timedelta
    work: Callable[[], None]
    at_start: bool = False  # and once when a worker starts


HANDLERS: dict[str, Handler] = {}
PERIODIC: dict[str, Periodic] = {}


def job(
    kind: str,
    *,
    backoff: tuple[timedelta, ...] = BACKOFF,
    gave_up: Callable[[Task, str], None] | None = None,
) -> Callable[[Callable[[Task], None]], Callable[[Task], None]]:
    """Declares what works off outbox rows of `kind`, within the creditor's scope. It may raise Retry or GiveUp.

    `gave_up(task, why)` says so where people look, in the transaction in which the row is given up.
    """

    def declare(work: Callable[[Task], None]) -> Callable[[Task], None]:
        HANDLERS[kind] = Handler(work, backoff, gave_up)
        return work

    return declare


def every(minutes: int, *, at_start: bool = False) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declares what runs every so many minutes, outside any transaction: it opens its own."""

    def declare(work: Callable[[], None]) -> Callable[[], None]:
        name = f"{work.__module__}.{work.__name__}"
        PERIODIC[name] = Periodic(name, timedelta(minutes=minutes), work, at_start)
        return work

    return declare


def run(row_id: int) -> bool:
    """Claims and works off one row. True when this worker had it; the outcome stands in the row."""
    with db.transaction():
        row = outbox.claim(row_id)
        if row is None:
            return False
        creditor_id, kind = row.creditor_id, row.kind
        task = Task(row.id, row.subject_id, row.tries)
    handler = HANDLERS.get(kind)
    try:
        if handler is None:
            raise GiveUp(f"nothing works off {kind}")  # noqa: TRY301
        with db.transaction():
            scope.enter(creditor_id)
            handler.work(task)
            outbox.finish(row_id)
    except GiveUp as gave_up:
        _give_up(creditor_id, task, handler, gave_up.why)
    except Exception as error:
        _again_or_give_up(creditor_id, task, handler, error)
    return True


def _give_up(creditor_id: int, task: Task, handler: Handler | None, why: str) -> None:
    log.warning("gave up", extra={"row": task.row_id, "why": why})
    try:
        with db.transaction():
            scope.enter(creditor_id)
            outbox.give_up(task.row_id, why)
            if handler is not None and handler.gave_up is not None:
                handler.gave_up(task, why)
    except Exception:  # else the row would come back whenever its claim lapses, for ever
        log.exception("could not say that it was given up", extra={"row": task.row_id})
        with db.transaction():
            outbox.give_up(task.row_id, why)


def _again_or_give_up(creditor_id: int, task: Task, handler: Handler | None, error: Exception) -> None:
    backoff = handler.backoff if handler is not None else ()
    # What an unexpected error says may quote a person: only its type is kept.
    why = error.why if isinstance(error, Retry) else type(error).__name__
    log.warning("will try again", exc_info=not isinstance(error, Retry), extra={"row": task.row_id, "why": why})
    if task.tries > len(backoff):
        _give_up(creditor_id, task, handler, f"after {task.tries} tries: {why}")
        return
    with db.transaction():
        at = error.at if isinstance(error, Retry) and error.at else clock.now() + backoff[task.tries - 1]
        outbox.retry(task.row_id, at, why)


def work_off(limit: int = 10_000) -> int:
    """Works off every due row here and now, those that follow from them too. Returns how many were run."""
    done = 0
    while done < limit:
        with db.transaction(writes=False):
            waiting = outbox.due()
        if not waiting:
            return done
        for row_id in waiting:
            done += run(row_id)
    return done
