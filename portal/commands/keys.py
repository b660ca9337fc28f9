"""`portal keys …`: which keys sign and seal, a new one, an old one taken out (rule A-04)."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.attributes import flag_modified

from portal.commands.line import Context
from portal.core import clock, db, installation, key_ring, signing
from portal.core.errors import Misconfigured
from portal.core.once import Command
from portal.core.signing import Keys
from portal.creditors import rounds
from portal.debtors.models import AccessLink, ContactPoint
from portal.mailboxes.models import Mailbox
from portal.payments.models import MethodAccount
from portal.people.models import SecondFactor, StaffSession
from portal.settings import Settings
from portal.sync.models import Connector
from portal.webhooks.models import Endpoint

T = TypeVar("T")
PIECE = 200

# Every column that holds something sealed: a text, or texts by name. A test compares it with the tables.
SEALED: tuple[InstrumentedAttribute[Any], ...] = (
    MethodAccount.sealed,
    Endpoint.sealed_secret,
    Endpoint.sealed_old_secret,
    Connector.sealed_key,
    Mailbox.sealed_password,
    Command.sealed_body,
    ContactPoint.sealed_mark,
)
SEALED_OF_PEOPLE: tuple[InstrumentedAttribute[Any], ...] = (
    SecondFactor.sealed,
    SecondFactor.pending_sealed,
    StaffSession.held_form,
)


@click.group("keys")
def group() -> None:
    """What signs links and seals stored secrets. Restart the servers after a change."""


@group.command("list")
@click.option("--json", "as_json", is_flag=True)
def show(as_json: bool) -> None:
    """Lists the keys by fingerprint, oldest first; the newest of each kind is in use, the others still open."""
    keys = _on_ring(lambda settings: key_ring.listed(settings.keys_file))
    rows = [
        {
            "kind": key.kind,
            "fingerprint": key.fingerprint,
            "made_at": key.made_at.isoformat() if key.made_at else None,
            "newest": key.newest,
        }
        for key in keys
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        use = "in use" if row["newest"] else "still opens"
        click.echo(f"{row['kind']:8} {row['fingerprint']}  {row['made_at'] or 'date unknown':25}  {use}")


@group.command()
@click.pass_obj
def rotate(context: Context) -> None:
    """Puts a new key of each kind in front; old links go on working until their key is retired.

    What is stored stays sealed as it is: servers that run know the new key only after a restart, and must open it.
    """
    _reseal(context)  # all that is stored must still open
    made = _on_ring(lambda settings: key_ring.rotate(settings.keys_file))
    for key in made:
        click.echo(f"{key.kind:8} {key.fingerprint}  in use from the next start on")
    click.echo("back up the keys file, then restart every server and worker")
    click.echo("`portal keys retire` seals what is stored anew, once all of them run with the new key")


@group.command()
@click.argument("fingerprint")
@click.option("--yes", is_flag=True, help="Although links that are still good stop opening.")
@click.pass_obj
def retire(context: Context, fingerprint: str, yes: bool) -> None:
    """Takes the key called FINGERPRINT out: what only it has signed opens nothing any more."""
    keys = _on_ring(lambda settings: key_ring.listed(settings.keys_file))
    key = next((one for one in keys if one.fingerprint == fingerprint), None)
    if key is None:
        raise click.UsageError(f"there is no key {fingerprint}: see `portal keys list`")
    if key.newest:
        raise click.UsageError("the newest key is in use: `portal keys rotate` first")
    if key.kind == "sealing":
        click.echo(f"{_reseal(context)} stored secrets are sealed with the newest key")
    else:
        _ask_about_links(context, fingerprint, yes)
    _on_ring(lambda settings: key_ring.retire(settings.keys_file, fingerprint))
    click.echo(f"{fingerprint} is retired. Restart the servers.")


def _ask_about_links(context: Context, fingerprint: str, yes: bool) -> None:
    until = _on_ring(lambda settings: key_ring.signed_until(settings.keys_file, fingerprint))
    lost = sum(_each_creditor(context, lambda: _live_links(until)))
    if lost and not yes:
        raise click.UsageError(
            f"{lost} links that are still good were signed with it and would stop opening: wait until they have "
            "run out, or say --yes"
        )


def _live_links(issued_before: datetime | None) -> int:
    now = clock.now()
    live = (AccessLink.revoked_at.is_(None), AccessLink.expires_at > now)
    return db.session().scalar(
        select(func.count(AccessLink.id)).where(*live, AccessLink.issued_at < (issued_before or now))
    ) or 0  # fmt: skip


def _reseal(context: Context) -> int:
    """Seals every stored secret with the newest key, so that older ones can go; says how many."""
    context.app()
    settings = installation.settings()
    keys = signing.read_keys_file(settings.keys_file)
    try:
        count = sum(_each_creditor(context, lambda: sum(_reseal_column(column, keys) for column in SEALED)))
        with db.transaction():
            count += sum(_reseal_column(column, keys) for column in SEALED_OF_PEOPLE)
    except Misconfigured as error:
        raise click.UsageError(f"{error}: put the lost key back before anything else") from error
    return count


def _reseal_column(column: InstrumentedAttribute[Any], keys: Keys) -> int:
    mapper, count = inspect(column.class_), 0
    key = getattr(column.class_, mapper.get_property_by_column(mapper.primary_key[0]).key)
    for piece in _pieces(db.session().scalars(select(key).where(column.is_not(None)).distinct()).all()):
        rows = db.session().scalars(select(column.class_).where(column.is_not(None), key.in_(piece))).all()
        for row in rows:
            value = getattr(row, column.key)
            again = (
                {name: signing.reseal(keys, one) for name, one in value.items()}
                if isinstance(value, dict)
                else signing.reseal(keys, value)
            )
            setattr(row, column.key, again)
            flag_modified(row, column.key)
        count += len(rows)
        db.session().flush()
        db.session().expunge_all()
    return count


def _pieces(named: Sequence[int]) -> Iterator[Sequence[int]]:
    """A few at a time: what systems were answered is long."""
    return (named[at : at + PIECE] for at in range(0, len(named), PIECE))


def _each_creditor(context: Context, count: Callable[[], int]) -> list[int]:
    context.app()
    found = []
    for creditor_id in rounds.everyone():
        with rounds.at(creditor_id):
            found.append(count())
    return found


def _on_ring(act: Callable[[Settings], T]) -> T:
    """One step with the keys file; refused where the keys come from the environment."""
    if os.environ.get("PORTAL_KEYS"):
        raise click.UsageError("the keys come from PORTAL_KEYS: change them where that is kept")
    try:
        return act(Settings.read())
    except Misconfigured as error:
        raise click.UsageError(str(error)) from error
