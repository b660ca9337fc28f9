"""A creditor's system that is told of states over real HTTP: it keeps what came, and answers as it is told to."""

import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from portal.core import db, jobs, scope
from portal.doubles.serving import LoopbackServer
from portal.sync import actions, queries
from portal.sync import jobs as sync_jobs
from portal.sync.models import Connector, Told
from tests.factories.world import Account


@dataclass
class Came:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class System:
    """What came, and the next answers: a status, or a status with seconds to wait."""

    came: list[Came] = field(default_factory=list)
    answers: deque[tuple[int, int | None]] = field(default_factory=deque)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {
            name[5:].replace("_", "-").title(): value for name, value in environ.items() if name[:5] == "HTTP_"
        }
        body = json.loads(environ["wsgi.input"].read(length))
        path = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")
        self.came.append(Came(environ["REQUEST_METHOD"], environ.get("REQUEST_URI", path), headers, body))
        status, wait = self.answers.popleft() if self.answers else (204, None)
        start(f"{status} X", [("Retry-After", str(wait))] if wait is not None else [])
        return [b""]

    def states(self) -> dict[str, Any]:
        """The last document of each invoice, by its number."""
        return {one.body["number"]: one.body for one in self.came}


@dataclass
class World:
    account: Account
    system: System
    server: LoopbackServer
    connector_id: int

    def within(self, act: Callable[[], Any]) -> Any:
        with db.transaction():
            scope.enter(self.account.creditor_id)
            return act()

    def connector(self) -> Connector:
        return self.within(lambda: queries.connector(self.connector_id))  # type: ignore[no-any-return]

    def told(self, invoice_id: int) -> Told:
        return self.within(lambda: queries.known(self.connector_id, [invoice_id])[invoice_id])  # type: ignore[no-any-return]

    def goes_on(self) -> None:
        """The rounds are made and the queue is worked off."""
        sync_jobs.notice_changes()
        jobs.work_off()


def connect(account: Account, url: str, **given: str) -> int:
    with db.transaction():
        scope.enter(account.creditor_id)
        return actions.add("rest", url=url, **given).id
