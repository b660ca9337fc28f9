"""A quiet HTTP server on the loopback address, in threads of its own: what every stand-in is served by."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from wsgiref.types import WSGIApplication

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"


def listening_socket(port: int = 0) -> socket.socket:
    """A socket listening on the loopback address; port 0 takes a free one. Raises OSError when taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    return listener


def run_in_thread(server: Any) -> Callable[[], None]:
    """Runs a waitress server in a thread of its own; the answer ends it.

    It is closed by its own thread: closed by another, its sockets vanish while it waits for them.
    """
    thread = threading.Thread(target=server.run, name="portal", daemon=True)
    thread.start()

    def stop() -> None:
        server.trigger.pull_trigger(lambda: server.asyncore.close_all(server._map, ignore_all=True))
        thread.join(timeout=10)
        server.task_dispatcher.shutdown()

    return stop


class LoopbackServer:
    """Serves one WSGI app until stopped; it keeps its port, so it can be away for a while and come back."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self._app = app
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Begins to answer; does nothing when it already does. Raises OSError when the port is taken."""
        if self._server is None:
            with listening_socket(self._port) as listener:
                self._port = listener.getsockname()[1]
                self._server = make_server(
                    HOST,
                    self._port,
                    self._app,
                    threaded=True,
                    request_handler=_QuietHandler,
                    fd=listener.fileno(),
                )
            self._thread = threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.05},
                name=f"loopback-{self._port}",
                daemon=True,
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """Ends it and frees the port; does nothing when it is not running."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server = self._thread = None

    @property
    def port(self) -> int:
        """The port it has, or 0 before the first start when none was given."""
        return self._port

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, nothing after it."""
        return f"http://{HOST}:{self._port}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _QuietHandler(WSGIRequestHandler):
    # One connection for each request: a stopped server must not go on answering on an old connection.
    protocol_version = "HTTP/1.0"

    def log_request(self, *_: Any) -> None:
        """Says nothing: the terminal belongs to the demo."""
