"""The web server's bounds, over real sockets: what does not arrive is given up, one address shuts nobody out."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from portal.web.listening import BOUNDS, Bounds, bounded_server

PATIENCE = 10.0  # seconds until a test gives up; nothing here waits that long when it is right
SHORT = replace(BOUNDS, header_seconds=0.3, body_seconds=0.3, slowest=10_000_000, idle_seconds=10)
HALF = b"POST /gate HTTP/1.1\r\nHost: portal.test\r\n"
WHOLE = b"GET / HTTP/1.1\r\nHost: portal.test\r\nConnection: close\r\n\r\n"
Connect = Callable[[], socket.socket]


def hello(environ: dict[str, Any], start: Any) -> list[bytes]:
    read = len(environ["wsgi.input"].read())
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"read %d" % read]


@contextmanager
def served(bounds: Bounds) -> Iterator[Connect]:
    with ExitStack() as leaving:
        server = bounded_server(hello, bounds=bounds, host="127.0.0.1", port=0, threads=2)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        leaving.callback(thread.join, PATIENCE)
        leaving.callback(server.close)

        def connect() -> socket.socket:
            made = socket.create_connection(("127.0.0.1", int(server.effective_port)), timeout=PATIENCE)
            return leaving.enter_context(made)

        yield connect
        leaving.callback(server.task_dispatcher.shutdown)


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes; raises TimeoutError when it keeps the connection open."""
    got = b""
    while True:
        try:
            more = connection.recv(65_536)
        except ConnectionError:
            return got
        if not more:
            return got
        got += more


def test_half_requests_of_one_address_shut_nobody_out() -> None:
    with served(replace(BOUNDS, per_address=8, connections=200)) as connect:
        for _ in range(110):
            connect().sendall(HALF)
        asking = connect()
        asking.sendall(WHOLE)
        assert answer(asking).endswith(b"read 0")


def test_a_header_that_does_not_arrive_is_given_up_whatever_trickles_in() -> None:
    with served(SHORT) as connect:
        connection = connect()
        connection.sendall(HALF)
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        threading.Thread(target=trickle, daemon=True).start()
        assert answer(connection) == b""
        stop.set()


def test_a_body_that_does_not_arrive_is_given_up() -> None:
    with served(SHORT) as connect:
        connection = connect()
        connection.sendall(HALF + b"Content-Length: 1000\r\n\r\nabc")
        assert answer(connection) == b""


def test_a_body_that_comes_slowly_but_steadily_is_taken() -> None:
    """What counts is bytes a second on the whole: a large file over a thin line is no attack."""
    with served(replace(SHORT, slowest=1)) as connect:
        connection = connect()
        connection.sendall(HALF + b"Content-Length: 2000\r\nConnection: close\r\n\r\n" + b"a" * 1000)
        threading.Event().wait(2 * SHORT.body_seconds)
        connection.sendall(b"a" * 1000)
        assert answer(connection).endswith(b"read 2000")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HALF + b"Content-Length: 5000000000\r\n\r\n", b"413"),
        (HALF + b"X: " + b"a" * 70_000, b"431"),
        (b"GET / HTTP/1.1\r\nHost: a b\r\nContent-Length: x\r\n\r\n", b"400"),
    ],
    ids=["body", "header", "nonsense"],
)
def test_what_is_too_much_is_refused_at_once_with_our_headers(sent: bytes, status: bytes) -> None:
    with served(BOUNDS) as connect:
        connection = connect()
        connection.sendall(sent)
        said = answer(connection)
        assert said.split()[1] == status
        for header in (b"Cache-Control: no-store", b"X-Content-Type-Options: nosniff", b"Content-Security-Policy: "):
            assert header in said
        assert b"waitress" not in said.partition(b"\r\n\r\n")[0].lower()


def test_a_body_in_chunks_is_counted_while_it_comes() -> None:
    with served(replace(BOUNDS, body=10_000)) as connect:
        connection = connect()
        connection.sendall(HALF + b"Transfer-Encoding: chunked\r\n\r\n" + b"2710\r\n" + b"a" * 10_000 + b"\r\n")
        assert b" 413 " in answer(connection)


def test_behind_a_trusted_proxy_its_connections_are_not_counted() -> None:
    with served(replace(BOUNDS, per_address=None)) as connect:
        held = [connect() for _ in range(BOUNDS.per_address or 0)]
        for connection in [*held, connect()]:
            connection.sendall(WHOLE)
            assert answer(connection).endswith(b"read 0")
