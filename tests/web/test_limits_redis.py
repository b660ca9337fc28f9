"""With several processes the tries are counted in one place: Redis (PORTAL_LIMITS_URL)."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.settings import Settings
from portal.wiring import create_app
from tests.conftest import need
from tests.web.test_limits import bad


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of this test's own, on a free port of this machine, that keeps nothing."""
    server = shutil.which("redis-server")
    need(None if server else "redis-server is not installed: apt-get install redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(server), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(timeout=10)


def test_two_processes_count_together(settings: Settings, redis_url: str) -> None:
    one, other = (create_app(replace(settings, limits_url=redis_url)) for _ in range(2))
    statuses = [bad(app, number).status_code for number in range(12) for app in (one, other)]
    assert statuses == [404] * 20 + [429] * 4


def test_without_it_each_counts_alone(settings: Settings) -> None:
    one, other = (create_app(settings) for _ in range(2))
    assert [bad(one, number).status_code for number in range(21)][-1] == 429
    assert bad(other).status_code == 404


def test_when_redis_does_not_answer_the_portal_does_and_still_counts(settings: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"redis://127.0.0.1:{free.getsockname()[1]}"
    app = create_app(replace(settings, limits_url=nobody))
    assert [bad(app, number).status_code for number in range(21)] == [404] * 20 + [429]
    ready = app.test_client().get("/health/ready", base_url="http://portal.test")
    assert (ready.status_code, ready.text.splitlines()) == (200, ["ok", "limits: counted by this process alone"])
