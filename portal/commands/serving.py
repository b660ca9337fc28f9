"""`portal serve` and `portal worker`: the web server and the background work, together or apart."""

import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import click

from portal.commands.line import Context
from portal.core import installation, queue, signing
from portal.core.errors import Misconfigured
from portal.payments import accounts as payments
from portal.web.listening import BOUNDS, bounded_server


def start_background() -> Callable[[], None]:
    """The worker's threads for this installation; the returned function ends them in good order."""
    settings = installation.settings()
    huey = queue.make(settings.queue_url, signing.queue_key(installation.keys()))
    return queue.start_worker(huey)


def _app(context: Context) -> Any:
    """The application; a payment method that is switched on and not whole stops the start (decision 23)."""
    app = context.app()
    try:
        payments.refuse_to_start_half_configured()
    except Misconfigured as error:
        raise click.UsageError(str(error)) from error
    return app


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True)
@click.option("--no-worker", is_flag=True, help="Background work runs elsewhere: portal worker.")
@click.pass_obj
def serve(context: Context, host: str, port: int, threads: int, no_worker: bool) -> None:
    """Serves the portal, background work included."""
    app = _app(context)
    stop_worker = None if no_worker else start_background()
    # Behind a proxy the application itself believes the trusted hops, and them alone (portal.web.edge).
    bare = not installation.settings().trusted_proxies
    bounds = BOUNDS if bare else replace(BOUNDS, per_address=None)
    server = bounded_server(
        app, bounds=bounds, host=host, port=port, threads=threads, clear_untrusted_proxy_headers=bare
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    click.echo(f"serving {installation.settings().public_url} on {host}:{port}")
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
        if stop_worker is not None:
            stop_worker()


@click.command()
@click.pass_obj
def worker(context: Context) -> None:
    """Runs the background work alone."""
    _app(context)
    stop_worker = start_background()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    click.echo("working")
    ended.wait()
    stop_worker()
