"""What a relay's answers mean, over real connections: TLS, passwords, every kind of no (rule C-51)."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from portal.core.relay import Answer, Verdict, hand_over
from portal.doubles.mailbox import Mailbox
from portal.settings import Smtp
from tests.factories.certificates import self_signed

CONTENT = b"Subject: x\r\nFrom: a@portal.test\r\n\r\n.dot\r\n..dots\r\nend\r\n"


def hand(relay: Smtp, to: str = "maria@example.org") -> Answer:
    return hand_over(relay, to, CONTENT)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


def through(mailbox: Mailbox, **values: Any) -> Smtp:
    return Smtp(host=mailbox.smtp_host, port=mailbox.smtp_port, sender="portale@portal.test", **values)


def test_the_bytes_arrive_to_the_last(mailbox: Mailbox) -> None:
    assert hand(through(mailbox)) == Answer(Verdict.ACCEPTED, "accepted")
    assert mailbox.messages[0].raw == CONTENT
    assert mailbox.messages[0].recipients == ("maria@example.org",)


def test_an_address_beyond_ascii_is_welcome(mailbox: Mailbox) -> None:
    assert hand(through(mailbox), "niccolò@perché.example").verdict is Verdict.ACCEPTED
    assert mailbox.messages[0].recipients == ("niccolò@xn--perch-fsa.example",)


@pytest.mark.parametrize("to", ["", "a b@example.org", "a@example.org\r\nRCPT TO:<evil@evil.example>"])
def test_what_is_no_address_is_never_said_to_the_relay(mailbox: Mailbox, to: str) -> None:
    assert hand(through(mailbox), to).verdict is Verdict.REFUSED
    assert mailbox.messages == []


class Scripted:
    """A server that says what the script says, step by step; what is not in it is answered well."""

    def __init__(self, script: dict[str, str]) -> None:
        self._script = script

    async def _say(self, step: str, well: str) -> str:
        return self._script.get(step, well)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return await self._say("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        said = await self._say("RCPT", "250 OK")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return await self._say("DATA", "250 OK")


@contextmanager
def server(handler: object, **values: Any) -> Iterator[Smtp]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, server_hostname="relay.test", **values)
    controller.start()
    try:
        yield Smtp(host="127.0.0.1", port=port, sender="portale@portal.test")
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("script", "verdict", "why"),
    [
        ({"RCPT": "550 5.1.1 <maria@example.org> unknown"}, "bounced", "550 5.1.1: there is no such mailbox"),
        ({"RCPT": "550 no such user maria"}, "bounced", "550: there is no such mailbox"),
        ({"RCPT": "550 5.2.1 disabled"}, "bounced", "550 5.2.1: there is no such mailbox"),
        ({"RCPT": "550 5.7.1 blocked"}, "refused", "550 5.7.1: the mail server refused the message"),
        ({"RCPT": "552 5.2.2 full"}, "refused", "552 5.2.2: the mail server refused the message"),
        ({"RCPT": "450 4.2.0 greylisted"}, "later", "450 4.2.0: the mail server asks us to come back later"),
        ({"RCPT": "421 4.3.2 closing"}, "later", "421 4.3.2: the mail server asks us to come back later"),
        ({"MAIL": "550 5.1.8 bad sender"}, "refused", "550 5.1.8: the mail server refused the message"),
        ({"MAIL": "550 no"}, "refused", "550: the mail server refused the message"),
        ({"DATA": "554 5.7.1 spam"}, "refused", "554 5.7.1: the mail server refused the message"),
        ({"DATA": "550 no"}, "refused", "550: the mail server refused the message"),
        ({"DATA": "550 5.1.1 unknown after all"}, "bounced", "550 5.1.1: there is no such mailbox"),
        ({"DATA": "451 4.3.0 later"}, "later", "451 4.3.0: the mail server asks us to come back later"),
    ],
)
def test_every_no_has_its_meaning_and_loses_the_servers_words(script: dict[str, str], verdict: str, why: str) -> None:
    with server(Scripted(script)) as relay:
        assert hand(relay) == Answer(Verdict(verdict), why)


def test_a_lost_connection_means_nothing_before_the_text_and_unknown_after_it(mailbox: Mailbox) -> None:
    mailbox.faults.drop_after_data(1, keep=True)
    assert hand(through(mailbox)).verdict is Verdict.UNKNOWN
    assert len(mailbox.messages) == 1
    with hanging_up_after(b"220 x\r\n") as relay:
        assert hand(relay) == Answer(Verdict.LATER, "the mail relay could not be reached")
    with hanging_up_after(b"220 x\r\n250 x\r\n250 x\r\n") as relay:
        assert hand(relay).verdict is Verdict.LATER
    mailbox.stop()
    assert hand(through(mailbox)) == Answer(Verdict.LATER, "the mail relay could not be reached")


@contextmanager
def hanging_up_after(said: bytes) -> Iterator[Smtp]:
    """A server that answers one line to each line, and hangs up when it has nothing left to say."""

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            for line in said.splitlines(keepends=True):
                connection.sendall(line)
                if not connection.recv(4096):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield Smtp(host="127.0.0.1", port=listener.getsockname()[1], sender="portale@portal.test")
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its own certificate for 127.0.0.1, in one file."""
    return self_signed(tmp_path_factory.mktemp("tls") / "relay.pem", "127.0.0.1")


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


class Keeper:
    """Keeps what is sent and who was let in."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.secure: list[bool] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.kept.append(envelope.original_content)
        self.secure.append(session.ssl is not None)
        return "250 OK"


def admit(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"portal", b"right")
    return AuthResult(success=right, handled=False)


def with_values(relay: Smtp, **values: Any) -> Smtp:
    return Smtp(host=relay.host, port=relay.port, sender=relay.sender, **values)


def test_starttls_and_a_password(trusted: Path) -> None:
    keeper = Keeper()
    with server(keeper, tls_context=tls(trusted), require_starttls=True, authenticator=admit) as relay:
        answer = hand(with_values(relay, starttls=True, user="portal", password="right"))
        wrong = hand(with_values(relay, starttls=True, user="portal", password="wrong"))
        without = hand(relay)
    assert answer.verdict is Verdict.ACCEPTED
    assert (keeper.kept, keeper.secure) == ([CONTENT], [True])
    assert wrong == Answer(Verdict.LATER, "535: the mail relay did not let us in")
    assert without.verdict is Verdict.REFUSED


def test_a_certificate_that_nobody_vouches_for_stops_it(certificate: Path) -> None:
    keeper = Keeper()
    with server(keeper, tls_context=tls(certificate)) as relay:
        answer = hand(with_values(relay, starttls=True))
    assert answer == Answer(Verdict.LATER, "there is no safe connection to the mail relay")
    assert keeper.kept == []


def test_nothing_goes_in_the_clear_where_tls_is_asked_for(mailbox: Mailbox) -> None:
    answer = hand(through(mailbox, starttls=True))
    assert answer == Answer(Verdict.LATER, "there is no safe connection to the mail relay")
    assert mailbox.messages == []


def test_a_slow_relay_has_its_time(mailbox: Mailbox) -> None:
    mailbox.faults.stall(20)
    assert hand(through(mailbox, timeout_seconds=0.2)).verdict is Verdict.UNKNOWN
    mailbox.faults.release()
