"""`portal db …`: making the keys and the tables, and checking them."""

import click

from portal.core import migrations, signing
from portal.core.errors import Misconfigured
from portal.settings import Settings


@click.group("db")
def group() -> None:
    """The database and the keys."""


@group.command()
def upgrade() -> None:
    """Makes the keys file if there is none, and brings the tables up to date."""
    try:
        settings = Settings.read()
        if signing.make_keys_file(settings.keys_file):
            click.echo("keys: made (back them up apart from the database)")
        migrations.upgrade(settings.database_url, settings.migration_url)
    except Misconfigured as error:
        raise click.UsageError(str(error)) from error
    click.echo("database: up to date")
