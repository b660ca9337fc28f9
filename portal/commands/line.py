"""The command line `portal`: groups and what they share. Each sub-command has a file of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from portal.core import db, scope
from portal.core.errors import Misconfigured, PortalError
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.settings import Settings


@dataclass(slots=True)
class Context:
    """What wiring hands to commands: how the application is made."""

    create_app: Callable[[Settings | None], Any]

    def app(self) -> Any:
        """The application, its database open; a misconfiguration ends the command with one line, exit 2."""
        try:
            return self.create_app(None)
        except Misconfigured as error:
            raise click.UsageError(str(error)) from error


def printable(text: str) -> str:
    """A file's name can hold anything; a terminal should not."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


@contextmanager
def creditor_scope(context: Context, slug: str, *, writes: bool = True) -> Iterator[Creditor]:
    """One transaction in the scope of the creditor called `slug`; unknown names end with exit 2."""
    context.app()
    try:
        with db.transaction(writes=writes):
            creditor = creditors.by_slug(slug)
            if creditor is None:
                raise click.UsageError(f"there is no creditor called {slug}: portal creditor add {slug} --name …")
            scope.enter(creditor.id)
            yield creditor
    except PortalError as error:
        raise click.UsageError(str(error.text)) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def portal() -> None:
    """The Debtor Portal: bring invoices in, serve the portal, look at what happened."""
