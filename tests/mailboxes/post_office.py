"""A real IMAP server (pymap) behind TLS, and mails put into it."""

import imaplib
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

USER, PASSWORD = "fatture@rossi.example", "parola d'ordine €"
FOREVER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class PostOffice:
    port: int  # with TLS
    plain_port: int

    def put(self, mail: EmailMessage | bytes, folder: str = "INBOX") -> None:
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        with self._client() as client:
            said, _ = client.append(folder, "", imaplib.Time2Internaldate(time.time()), content)
            assert said == "OK"

    def unread(self) -> int:
        with self._client() as client:
            client.select("INBOX", readonly=True)
            return len(client.uid("SEARCH", "UNSEEN")[1][0].split())

    def rename(self, folder: str, to: str) -> None:
        with self._client() as client:
            assert client.rename(folder, to)[0] == "OK"

    def make(self, folder: str) -> None:
        with self._client() as client:
            assert client.create(folder)[0] == "OK"

    @contextmanager
    def _client(self) -> Iterator[Any]:
        client = imaplib.IMAP4("127.0.0.1", self.plain_port, timeout=FOREVER_SECONDS)
        try:
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            yield client
        finally:
            client.logout()


@contextmanager
def opened(certificate: Path) -> Iterator[PostOffice]:
    plain = _free_port()
    command = [sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--port", str(plain), "--no-tls", "dict",
               "--demo-user", USER, "--demo-password", PASSWORD]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(plain)
        with _behind_tls(certificate, plain) as port:
            yield PostOffice(port, plain)
    finally:
        process.terminate()
        process.wait(FOREVER_SECONDS)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    until = time.monotonic() + FOREVER_SECONDS
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("the mail server did not start")


@contextmanager
def _behind_tls(certificate: Path, plain: int) -> Iterator[int]:
    """pymap knows STARTTLS alone: here TLS begins with the connection, as providers have it (RFC 8314)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Through(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as outer:
                with socket.create_connection(("127.0.0.1", plain)) as inner:
                    back = threading.Thread(target=_pipe, args=(inner, outer), daemon=True)
                    back.start()
                    _pipe(outer, inner)
                    back.join(1)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Through) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def mail(
    *files: tuple[str, bytes], sender: str = "Anna <anna@rossi.example>", subject: str = "Fatture"
) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, USER, subject
    made.set_content("Buongiorno, ecco le fatture.")
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made
