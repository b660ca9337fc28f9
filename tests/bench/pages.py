"""CPU per debtor page view on PostgreSQL under granian, against the bare floor written as fast as one can."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.actors import Debtor
from tests.bench.setting_up import environment, installed
from tests.databases import Prepared
from tests.factories.world import Account, make_account
from tests.queries_counted import counted

VIEWS, WARM_UP = 800, 150
TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> list[dict[str, Any]]:
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), _free_port()
        origin = f"http://127.0.0.1:{port}"
        with installed("postgresql", folder, origin) as prepared:
            account = make_account()
            account.add_invoice()
            env = {**os.environ, **environment(prepared, folder, origin)}
            for what, path in (("home", "/d/"), ("gate", "/gate")):
                cookie, size, queries = _visit(prepared, account, folder, origin, path)
                with _served("app:app", port, env) as pids:
                    ours = _cpu_per_view(port, path, cookie, pids)
                told = {
                    "BENCH_CREDITOR": str(account.creditor_id),
                    "BENCH_DEBTOR": str(account.debtor_id),
                    "BENCH_FILLER": str(max(0, size - 120)),
                }
                token = account.link().rsplit("/", 1)[1]
                with _served("tests.bench.reference_app:app", port, {**env, **told}) as pids:
                    reference = _cpu_per_view(port, f"/{token}", cookie, pids)
                lines.append(
                    {
                        "name": f"CPU per view of the debtor's {what} page, {size} bytes, {queries} queries (ms)",
                        "ours": round(ours, 3),
                        "reference": round(reference, 3),
                        "ratio": round(ours / reference, 2),
                    }
                )
    return lines


def _visit(prepared: Prepared, account: Account, folder: Path, origin: str, path: str) -> tuple[str, int, int]:
    """The cookie of somebody who sees that page, the page's bytes, and how many queries it takes."""
    from portal.settings import Settings  # noqa: PLC0415
    from portal.wiring import create_app  # noqa: PLC0415

    app = create_app(Settings.read(environment(prepared, folder, origin)))
    debtor = Debtor(app, origin)
    if path == "/d/":
        debtor.enter(account.link(), account.fact)
    else:
        debtor.get(account.link())
    with counted() as seen:
        page = debtor.get(path)
    assert page.status_code == 200, page.status_code
    cookie = debtor.client.get_cookie("portal", domain="127.0.0.1")
    assert cookie is not None
    return f"portal={cookie.value}", len(page.get_data()), len(seen)


@contextmanager
def _served(target: str, port: int, env: dict[str, str]) -> Iterator[list[int]]:
    granian = str(Path(sys.executable).with_name("granian"))
    command = [granian, "--interface", "wsgi", "--workers", "1", "--port", str(port), "--log-level", "error", target]
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        time.sleep(0.5)
        yield [server.pid, *_children(server.pid)]
    finally:
        server.terminate()
        server.wait(timeout=20)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _cpu_seconds(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _cpu_per_view(port: int, path: str, cookie: str, pids: list[int]) -> float:
    """Milliseconds of the server's CPU for one view, over one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def view() -> None:
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "it"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)

    for _ in range(WARM_UP):
        view()
    before = _cpu_seconds(pids)
    for _ in range(VIEWS):
        view()
    spent = _cpu_seconds(pids) - before
    connection.close()
    return spent / VIEWS * 1000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
