"""The queue: huey over SQLite, PostgreSQL or Redis, which only makes due rows run soon and periodics on time.

A message carries a row id and nothing else, signed, never a pickle. Losing the queue loses nothing: the sweep
runs every minute over `outbox.due()`.
"""

import hmac
import json
import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy.engine import make_url

from portal.core import db, jobs, outbox
from portal.core.errors import Misconfigured

log = logging.getLogger(__name__)


class SignedJson(Serializer):
    """A message as JSON with an HMAC-SHA256 in front; anything that is not a plain message is refused."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._key = key

    def _serialize(self, data: Any) -> bytes:
        if not isinstance(data, Message) or data.kwargs or data.on_complete or data.on_error:
            raise TypeError("the queue carries plain messages only")
        eta = data.eta.isoformat() if isinstance(data.eta, datetime) else None
        body = json.dumps([data.id, data.name, eta, data.retries or 0, data.priority, list(data.args or ())])
        return hmac.digest(self._key, body.encode(), "sha256") + body.encode()

    def _deserialize(self, data: bytes) -> Message:
        mac, body = data[:32], data[32:]
        if not hmac.compare_digest(mac, hmac.digest(self._key, body, "sha256")):
            raise ValueError("a queue message that this installation did not write")
        task_id, name, eta, retries, priority, args = json.loads(body)
        return Message(
            task_id,
            name,
            datetime.fromisoformat(eta) if eta else None,
            retries,
            0,
            priority,
            tuple(args),
            {},
            retry_backoff=None,
        )


def make(url: str, key: bytes) -> Huey:
    """The queue named by `url` (sqlite, postgresql or redis); raises Misconfigured for anything else."""
    parsed = make_url(url) if not url.startswith("redis") else None
    serializer = SignedJson(key)
    if parsed is None:
        huey: Huey = RedisHuey("portal", url=url, serializer=serializer, results=False)
    elif parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        huey = SqliteHuey("portal", filename=parsed.database, serializer=serializer, results=False)
    elif parsed.get_backend_name() == "postgresql":
        dsn = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        huey = PostgresHuey("portal", dsn=dsn, serializer=serializer, results=False)
    else:
        raise Misconfigured("PORTAL_QUEUE_URL must begin with sqlite://, postgresql:// or redis://")
    _register(huey)
    return huey


def _register(huey: Huey) -> None:
    work = huey.task(name="run_row")(jobs.run)
    outbox.enqueue_with(lambda row_id, wait: _enqueue(work, row_id, wait))
    huey.periodic_task(crontab(minute="*"), name="sweep")(lambda: sweep(work))
    for periodic in jobs.PERIODIC.values():
        minutes = max(1, int(periodic.every.total_seconds() // 60))
        when = crontab(minute=f"*/{minutes}") if minutes < 60 else crontab(minute="7", hour=f"*/{minutes // 60}")
        huey.periodic_task(when, name=periodic.name)(_guarded(periodic.work))


def _enqueue(work: Any, row_id: int, wait: float) -> None:
    try:
        if wait > 0:
            work.schedule((row_id,), delay=wait + 0.1)
        else:
            work(row_id)
    except Exception:  # the change is committed: the sweep will find the row
        log.exception("could not enqueue", extra={"row": row_id})


def _guarded(work: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        except Exception:
            log.exception("periodic work failed", extra={"work": work.__name__})

    return run


def sweep(work: Callable[[int], Any]) -> int:
    """Enqueues every due row again; claiming is what keeps a row from being worked off twice."""
    with db.transaction(writes=False):
        waiting = outbox.due()
    for row_id in waiting:
        work(row_id)
    return len(waiting)


class Worker(Consumer):
    """A huey consumer that lives inside another process's thread and leaves its signals alone."""

    def _set_signal_handlers(self) -> None:
        return


def start_worker(huey: Huey, workers: int = 2) -> Callable[[], None]:
    """Starts consumer threads; the returned function ends them when what they run has ended.

    What is to run at the start of a worker has run when this returns.
    """
    for periodic in jobs.PERIODIC.values():
        if periodic.at_start:
            _guarded(periodic.work)()
    worker = Worker(huey, workers=workers, periodic=True, initial_delay=0.05, backoff=1.15, max_delay=0.5)
    worker.start()
    stopped = threading.Event()

    def stop() -> None:
        if not stopped.is_set():
            stopped.set()
            worker.stop(graceful=True)

    return stop
