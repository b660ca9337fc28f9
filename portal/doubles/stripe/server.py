"""Runs the double's app on loopback in a thread, and drops connections where a fault says so."""

import socket
import threading
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

_HOST = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    """Quiet, and closing what it drops: else the client would wait for ever."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Says nothing: the double keeps its own list of requests."""

    def connection_dropped(self, *_why: Any) -> None:
        self.close_connection = True


class Server:
    """A threaded HTTP server for one app; `port` 0 takes a free one, a taken one raises OSError."""

    def __init__(self, app: Any, port: int = 0) -> None:
        # werkzeug would end the whole process over a taken port; a socket of our own raises instead.
        with socket.create_server((_HOST, port)) as listening:
            self._server: BaseWSGIServer = make_server(
                _HOST, 0, app, threaded=True, request_handler=_Handler, fd=listening.fileno()
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="stripe-double",
            daemon=True,
        )

    @property
    def port(self) -> int:
        return self._server.port

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
