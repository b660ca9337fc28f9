"""`portal bounces read`: what came back to the sender's mailbox closes addresses that are no more (rule A-10)."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from portal.commands.line import Context
from portal.core.delivery_reports import LONGEST
from portal.messages.bounces import Outcome, take

_SAID = {
    Outcome.STOPPED: "addresses closed",
    Outcome.KNOWN: "known already",
    Outcome.LATER: "full or refused, not closed",
    Outcome.COMPLAINED: "complaints heard",
    Outcome.UNKNOWN: "about no mail of ours",
    Outcome.NO_REPORT: "no reports",
}


@click.group("bounces")
def group() -> None:
    """Mails that came back."""


@group.command("read")
@click.argument("source", type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def read(context: Context, source: Path, *, as_json: bool) -> None:
    """Reads delivery reports (RFC 3464) and complaints (RFC 5965).

    They come from a Maildir, from one mail in a file, or from standard input (-).

    SOURCE belongs to the mailbox of PORTAL_SMTP_SENDER. In a Maildir new mails are read and then marked as seen.
    """
    context.app()
    counts: Counter[Outcome] = Counter()
    for mail in _mails(source):
        counts.update(take([mail]))
    if as_json:
        click.echo(json.dumps({str(one): counts[one] for one in Outcome}))
        return
    click.echo(" · ".join(f"{counts[one]} {said}" for one, said in _SAID.items() if counts[one]) or "nothing new")


def _mails(source: Path) -> Iterator[bytes]:
    if str(source) == "-":
        yield sys.stdin.buffer.read(LONGEST)
    elif source.is_dir():
        yield from _maildir(source)
    else:
        with source.open("rb") as file:
            yield file.read(LONGEST)


def _maildir(folder: Path) -> Iterator[bytes]:
    """Each new mail once, oldest first: it is put among the seen when what it reports has been kept."""
    new, seen = folder / "new", folder / "cur"
    if not (new.is_dir() and seen.is_dir()):
        raise click.UsageError(f"{folder} is no Maildir: it has no folders new and cur")
    for path in sorted(new.iterdir()):
        with path.open("rb") as file:
            mail = file.read(LONGEST)
        yield mail
        path.rename(seen / f"{path.name}:2,S")
