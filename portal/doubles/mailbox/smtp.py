"""The SMTP side: aiosmtpd on the loopback address, every accepted mail into the store."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.doubles.mailbox.faults import Faults
from portal.doubles.mailbox.store import MailStore
from portal.doubles.serving import HOST, listening_socket


class _Catcher:
    """What happens at each SMTP command; the hooks' names are aiosmtpd's."""

    def __init__(self, store: MailStore, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._faults.answer_to_recipient(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        # In a thread: a stalled mail holds up nobody else, and goes its way even when its sender gave up.
        reply, cutting = await asyncio.to_thread(self._settle, envelope)
        if cutting and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return reply

    def _settle(self, envelope: Envelope) -> tuple[str, bool]:
        self._faults.wait()
        if self._faults.take_failure():
            return "451 4.3.0 Try again later", False
        cutting, keeping = self._faults.take_drop()
        if keeping or not cutting:
            content = bytes(envelope.original_content or b"")
            self._store.add(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        return "250 2.0.0 OK, kept", cutting


class _LoopbackController(Controller):
    """A Controller on a socket that already listens: a free port is known before anything starts."""

    def __init__(self, handler: _Catcher, port: int, largest: int) -> None:
        self._listener = listening_socket(port)
        super().__init__(
            handler,
            hostname=HOST,
            port=self._listener.getsockname()[1],
            server_hostname="mailbox.example",
            ident="Mailbox",
            data_size_limit=largest,
        )

    def _create_server(self) -> Coroutine[Any, Any, asyncio.Server]:
        return self.loop.create_server(self._factory_invoker, sock=self._listener)


class SmtpServer:
    """Starts and stops the catcher; the port stays the same over a stop."""

    def __init__(self, store: MailStore, faults: Faults, port: int, largest: int) -> None:
        self._store = store
        self._faults = faults
        self._largest = largest
        self._controller: _LoopbackController | None = None
        self.port = port

    def start(self) -> None:
        """Begins to listen; does nothing when it does. Raises OSError when the port is taken."""
        if self._controller is None:
            controller = _LoopbackController(_Catcher(self._store, self._faults), self.port, self._largest)
            controller.start()
            self.port = controller.port
            self._controller = controller

    def stop(self) -> None:
        """Ends it, freeing the port and those who wait for an answer; does nothing when it is not running."""
        if self._controller is not None:
            self._faults.release()
            self._controller.stop()
            self._controller = None
