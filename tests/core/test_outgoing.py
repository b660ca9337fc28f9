"""Outgoing HTTP: no address inside a network is ever reached, nothing is followed, nobody keeps us waiting."""

import datetime as dt
import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import requests.adapters
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from portal.core import clock, outgoing
from portal.core.addresses import check_url, is_public
from portal.core.outgoing import Failure, Outcome
from tests.factories.certificates import self_signed

BODY = b'{"type":"payment.settled"}'

# Each would reach the test's own server (or another inner address) if it were let through.
INNER_HOSTS = [
    "127.0.0.1",
    "127.1.2.3",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "[::1]",
    "[::]",
    "0.0.0.0",
    "10.0.0.5",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fec0::1]",
    "[ff02::1]",
    "[::ffff:8.8.8.8]",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "127.1",
    "127.0.0.1.",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.0.8",
    "192.88.99.1",
    "metadata.google.internal",
    "printer.local",
    "router.lan",
    "erp",
    "1.0.0.127.in-addr.home.arpa",
]


def sent(server: HTTPServer, path: str = "/", timeout: float = 5.0) -> Outcome:
    """A post to the test's own server, which is named as an allowed endpoint (decision 38)."""
    return outgoing.post(origin(server) + path, BODY, {}, timeout, frozenset({origin(server)}))


def origin(server: HTTPServer, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{server.port}"


@pytest.mark.parametrize("host", INNER_HOSTS)
def test_inner_addresses_are_not_reached(httpserver: HTTPServer, host: str) -> None:
    url = f"https://{host}:{httpserver.port}/hook"
    assert check_url(url) is not None
    assert outgoing.post(url, BODY, {}, 5).error is Failure.BLOCKED
    assert httpserver.log == []


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com/hook",
        "http://127.0.0.1:{port}/",
        "ftp://erp.example.com/",
        "file:///etc/passwd",
        "//erp.example.com/",
        "erp.example.com/hook",
        "https://",
        "https:///hook",
        "https://erp.example.com@127.0.0.1:{port}/",
        "https://user:secret@erp.example.com/",
        "https://erp.example.com\\@127.0.0.1:{port}/",
        "https://erp.example.com:{port}#@127.0.0.1/",
        "https://127.0.0.1:{port}\t.example.com/",
        "https://erp.example.com/ HTTP/1.1\r\nHost: 127.0.0.1",
        "https://127。0。0。1/",
        "https://①②⑦.0.0.1/",
        "https://éxample.com/",
        "https://erp.example.com:0/",
        "https://erp.example.com:65536/",
        "https://erp.example.com:443:443/",
        "https://erp..example.com/",
        "https://-erp.example.com/",
        "https://[::1/",
        "https://[1.2.3.4.5]/",
        "https://erp.example.com/#part",
        "https://erp.example.com/" + "x" * 2000,
    ],
)
def test_tricky_addresses_are_refused_with_a_reason(httpserver: HTTPServer, url: str) -> None:
    url = url.format(port=httpserver.port)
    assert str(check_url(url)).endswith((".", "portal."))
    assert outgoing.post(url, BODY, {}, 5).error is Failure.BLOCKED
    assert httpserver.log == []


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example.com/hook",
        "https://erp.example.com",
        "https://erp.example.com:8443/hook?key=a-b_c%20d&x=1",
        "https://xn--bcher-kva.example/hook",
        "https://3com.example/hook",
        "https://1.1.1.1/hook",
        "https://[2606:4700:4700::1111]/hook",
    ],
)
def test_public_addresses_are_accepted(url: str) -> None:
    assert check_url(url) is None


@given(st.text())
def test_no_text_breaks_the_check(text: str) -> None:
    assert check_url(text) is not None
    assert check_url(f"https://{text}\\") is not None


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "127.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "fe80::1", "64:ff9b::a00:1", "::ffff:10.0.0.1"],
)
def test_a_name_that_leads_inside_is_not_reached(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    lookups = resolve(monkeypatch, {"erp.example.com": [address]})
    outcome = outgoing.post(f"https://erp.example.com:{httpserver.port}/", BODY, {}, 5)
    assert outcome.error is Failure.BLOCKED
    assert lookups == ["erp.example.com"]
    assert httpserver.log == []


def test_a_name_is_looked_up_once(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second look-up could give another answer (DNS rebinding); the connection goes to the first one."""
    httpserver.expect_request("/hook").respond_with_data("ok")
    lookups = resolve(monkeypatch, {"localhost": ["127.0.0.1", "10.255.255.1"]})
    named = origin(httpserver, "localhost")
    outcome = outgoing.post(f"{named}/hook", BODY, {}, 5, frozenset({named}))
    assert outcome.status == 200
    assert lookups == ["localhost"]
    [(request, _)] = httpserver.log
    assert request.headers["Host"] == f"localhost:{httpserver.port}"


def test_an_unknown_name_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {})
    assert outgoing.post("https://erp.example.com/", BODY, {}, 5).error is Failure.CONNECTION


def test_an_allowed_endpoint_that_has_moved_off_this_machine_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {"localhost": ["93.184.215.14"]})
    allowed = frozenset({"http://localhost:8001"})
    assert outgoing.post("http://localhost:8001/", BODY, {}, 5, allowed).error is Failure.BLOCKED


def test_only_the_named_endpoint_is_allowed(httpserver: HTTPServer) -> None:
    allowed = frozenset({origin(httpserver)})
    assert check_url(f"{origin(httpserver)}/hook", allowed) is None
    for other in (
        f"http://127.0.0.1:{httpserver.port + 1}/",
        "http://127.0.0.1/",
        f"http://localhost:{httpserver.port}/",
        f"http://127.0.0.2:{httpserver.port}/",
        f"https://127.0.0.1:{httpserver.port}/",
    ):
        assert check_url(other, allowed) is not None
    assert check_url("http://10.0.0.1:80/", frozenset({"http://10.0.0.1:80"})) is not None


def test_body_and_headers_arrive_as_given(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("thanks", status=202, headers={"X-Seen": "yes"})
    outcome = outgoing.post(
        f"{origin(httpserver)}/hook", BODY, {"webhook-id": "msg_1"}, 5, frozenset({origin(httpserver)})
    )
    assert (outcome.status, outcome.body, outcome.error) == (202, b"thanks", None)
    assert outcome.accepted
    assert outcome.headers["x-seen"] == "yes"
    [(request, _)] = httpserver.log
    assert (request.method, request.data) == ("POST", BODY)
    assert request.headers["Webhook-Id"] == "msg_1"
    assert request.headers["User-Agent"] == "debtor-portal"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=status, headers={"Location": "/other"})
    httpserver.expect_request("/other").respond_with_data("ok")
    outcome = sent(httpserver, "/hook")
    assert (outcome.status, outcome.accepted) == (status, False)
    assert outcome.headers["location"] == "/other"
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


def test_a_proxy_of_the_environment_is_not_used(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a proxy, the proxy would look the name up and reach what it likes."""
    httpserver.expect_request("/").respond_with_data("from the proxy")
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, origin(httpserver))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with receiver([b"HTTP/1.1 204 No Content\r\n\r\n"], drips=False) as there:
        outcome = outgoing.post(there, BODY, {}, 5, frozenset({there}))
    assert outcome.status == 204
    assert httpserver.log == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("0", 0), ("99999999999999", 999999999), ("soon", None), ("-5", None), ("²", None)],
)
def test_how_long_the_receiver_asks_to_wait(httpserver: HTTPServer, header: str, seconds: int | None) -> None:
    answer = Response("", 503)
    answer.headers["Retry-After"] = header.encode().decode("latin-1")
    httpserver.expect_request("/").respond_with_response(answer)
    outcome = sent(httpserver)
    assert (outcome.status, outcome.retry_after) == (503, seconds)


def test_a_date_to_wait_for(httpserver: HTTPServer) -> None:
    at = clock.now() + dt.timedelta(hours=1)
    answer = Response("", 429, {"Retry-After": format_datetime(at, usegmt=True)})
    httpserver.expect_request("/").respond_with_response(answer)
    assert sent(httpserver).retry_after in range(3590, 3601)


def test_only_the_beginning_of_a_long_answer_is_read(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"x" * 3_000_000, headers={"X-Long": "y" * 5000})
    outcome = sent(httpserver)
    assert outcome.status == 200
    assert len(outcome.body) == outgoing.MAX_RESPONSE
    assert len(outcome.headers["x-long"]) == outgoing.MAX_HEADER


def test_a_compressed_answer_is_not_unfolded(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"not gzip", headers={"Content-Encoding": "gzip"})
    assert sent(httpserver).body == b"not gzip"


def test_nobody_listening_is_a_failed_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    there = f"http://127.0.0.1:{port}"
    assert outgoing.post(there, BODY, {}, 5, frozenset({there})).error is Failure.CONNECTION


def test_an_answer_that_is_not_http_is_a_failed_connection() -> None:
    with receiver([b"SSH-2.0-OpenSSH_9.2\r\n"], drips=False) as there:
        assert outgoing.post(there, BODY, {}, 5, frozenset({there})).error is Failure.CONNECTION


def test_a_receiver_that_never_answers_runs_into_the_time_limit() -> None:
    with receiver([]) as there:
        outcome = outgoing.post(there, BODY, {}, 0.2, frozenset({there}))
    assert (outcome.error, outcome.status) == (Failure.TIMEOUT, None)


def test_slow_drips_do_not_stretch_the_time_limit() -> None:
    """Every byte comes well inside the time-out of one read; only the limit for all of it ends this."""
    with receiver([b"HTTP/1.1 200 OK\r\nX-Slow: "]) as there:
        outcome = outgoing.post(there, BODY, {}, 0.3, frozenset({there}))
    assert (outcome.error, outcome.status) == (Failure.TIMEOUT, None)


def test_a_name_server_that_hangs_does_not_stretch_it_either(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def getaddrinfo(*args: Any, **kwargs: Any) -> list[Any]:
        answered.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    outcome = outgoing.post("https://erp.example.com/", BODY, {}, 0.1)
    still_asking = [thread for thread in threading.enumerate() if thread.name == "outgoing"]
    answered.set()
    assert outcome.error is Failure.TIMEOUT
    assert len(still_asking) == 1
    still_asking[0].join()


def test_a_status_counts_though_its_body_never_ends() -> None:
    with receiver([b"HTTP/1.1 200 OK\r\n\r\n"]) as there:
        outcome = outgoing.post(there, BODY, {}, 0.3, frozenset({there}))
    assert (outcome.status, outcome.error) == (200, None)


def test_no_thread_is_left_behind_by_a_receiver_that_hangs() -> None:
    with receiver([b"HTTP/1.1 200 OK\r\nX-Slow: "]) as there:
        outgoing.post(there, BODY, {}, 0.2, frozenset({there}))
        assert [thread for thread in threading.enumerate() if thread.name == "outgoing"] == []


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "192.31.196.1"])
def test_what_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_certificate_for_the_name_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to an address, yet the certificate is compared with the name."""
    right = self_signed(tmp_path / "right", "localhost")
    with tls_server(right) as server:
        there = f"https://localhost:{server.port}"
        assert outgoing.post(there, BODY, {}, 5, frozenset({there})).error is Failure.TLS
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(right))
        assert outgoing.post(there, BODY, {}, 5, frozenset({there})).status == 200


def test_a_certificate_for_another_name_is_not_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = self_signed(tmp_path / "wrong", "erp.example.com")
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(wrong))
    with tls_server(wrong) as server:
        there = f"https://localhost:{server.port}"
        assert outgoing.post(there, BODY, {}, 5, frozenset({there})).error is Failure.TLS
        assert server.log == []


def resolve(monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[str]]) -> list[str]:
    """Gives names the listed addresses, one after the other at each look-up; returns the names asked for."""
    real = socket.getaddrinfo
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        try:
            ip_address(host)
        except ValueError:
            asked.append(host)
            if not answers.get(host):
                raise socket.gaierror(socket.EAI_NONAME, "unknown") from None
            host = answers[host].pop(0)
        return list(real(host, port, *args, **kwargs))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@contextmanager
def receiver(parts: list[bytes], *, drips: bool = True) -> Iterator[str]:
    """A server on loopback that answers with `parts` and then, if it drips, with one byte every 20 ms."""
    stop = threading.Event()

    class Answer(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            try:
                self.request.recv(4096)
                for part in parts:
                    self.request.sendall(part)
                while drips and not stop.wait(0.02):
                    self.request.sendall(b"x" if parts else b"")
            except OSError:
                pass  # the portal has hung up

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        stop.set()
        server.shutdown()
        thread.join()


@contextmanager
def tls_server(files: Path) -> Iterator[HTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files)
    with HTTPServer("localhost", ssl_context=context) as server:
        server.expect_request("/").respond_with_handler(_ok)
        yield server


def _ok(request: Request) -> Response:
    return Response("ok" if request.data == BODY else "other")
