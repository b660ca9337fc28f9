"""`portal webhooks …`: where a creditor's events go, and sending them again."""

import json
from collections.abc import Sequence

import click

from portal.commands.line import Context, creditor_scope
from portal.core import ids
from portal.webhooks import actions, queries
from portal.webhooks.models import Delivery, Endpoint


@click.group("webhooks")
def group() -> None:
    """Where a creditor's events go."""


@group.command()
@click.argument("slug")
@click.argument("url")
@click.option("--notify", "notify_email", help="Who is told when it is stopped; default: the creditor's address.")
@click.pass_obj
def add(context: Context, slug: str, url: str, notify_email: str | None) -> None:
    """Sends the events of creditor SLUG to URL from now on; prints the signing secret, this once."""
    with creditor_scope(context, slug):
        added = actions.add_endpoint(url, notify_email)
    click.echo(added.secret)


@group.command("list")
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def show(context: Context, slug: str, as_json: bool) -> None:
    """Lists the addresses of creditor SLUG."""
    with creditor_scope(context, slug, writes=False):
        rows = [_as_json(one) for one in queries.endpoints()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        why = f"  ({row['why']})" if row["why"] else ""
        click.echo(f"{row['id']}  {row['status']:8} {row['waiting']:>5} waiting  {row['url']}{why}")


def _as_json(endpoint: Endpoint) -> dict[str, object]:
    return {
        "id": ids.spell(endpoint.id),
        "url": endpoint.url,
        "status": endpoint.status.public,
        "why": endpoint.stopped_why,
        "notify": endpoint.notify_email,
        "waiting": len(queries.waiting(endpoint.id)),
    }


@group.command()
@click.argument("slug")
@click.argument("endpoint")
@click.pass_obj
def resume(context: Context, slug: str, endpoint: str) -> None:
    """Lets a stopped ENDPOINT (its id) listen again; what waited for it goes out."""
    with creditor_scope(context, slug):
        found = queries.endpoint(_id(endpoint), lock=True)
        if found is None:
            raise click.UsageError(f"there is no endpoint {endpoint}: portal webhooks list {slug}")
        count = actions.resume_endpoint(found)
    click.echo(f"{count} events go out")


@group.command()
@click.argument("slug")
@click.argument("deliveries", nargs=-1)
@click.option("--failed", is_flag=True, help="Everything that was given up.")
@click.pass_obj
def replay(context: Context, slug: str, deliveries: Sequence[str], failed: bool) -> None:
    """Sends DELIVERIES (their ids) again, each with the same webhook-id and the same bytes."""
    if failed == bool(deliveries):
        raise click.UsageError("name deliveries, or say --failed")
    with creditor_scope(context, slug):
        chosen = list(queries.given_up()) if failed else [_one(written) for written in deliveries]
        for delivery in chosen:
            actions.replay(delivery)
    click.echo(f"{len(chosen)} events go out again")


def _one(written: str) -> Delivery:
    found = queries.delivery(_id(written))
    if found is None:
        raise click.UsageError(f"there is no delivery {written}")
    return found


def _id(written: str) -> int:
    try:
        return ids.read(written)
    except ValueError:
        raise click.UsageError(f"{written} is not an id: thirteen letters and digits") from None
