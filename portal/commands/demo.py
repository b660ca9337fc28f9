"""`portal demo`: the main job on this machine, without keys and without the network."""

import click

from portal.commands.line import Context
from portal.demo import running
from portal.settings import Misconfigured


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--fresh", is_flag=True, help="Forget what an earlier demo kept.")
@click.option(
    "--history",
    type=click.IntRange(0, 1_000_000),
    default=0,
    metavar="N",
    help="Also a second creditor, with two years and N invoices of an invented past.",
)
@click.pass_obj
def demo(context: Context, port: int, fresh: bool, history: int) -> None:
    """Starts the portal with a believable company, a mailbox, a payment page and an ERP."""
    try:
        running.run(context.create_app, port=port, fresh=fresh, say=click.echo, history=history)
    except Misconfigured as error:
        raise click.UsageError(str(error)) from error
