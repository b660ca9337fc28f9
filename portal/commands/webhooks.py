"""`portal webhooks …`: where a creditor's events go, and sending them again."""

import json
from collections.abc import Sequence

import click

from portal.commands.line import Context, creditor_scope
from portal.core import clock, ids
from portal.core.errors import Invalid, NotAllowedNow
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
        "kinds": (endpoint.kinds or "").split(),
        "two_secrets_until": clock.iso(endpoint.old_until) if endpoint.old_until else None,
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
        count = actions.resume_endpoint(_endpoint(slug, endpoint))
    click.echo(f"{count} events go out")


@group.command()
@click.argument("slug")
@click.argument("endpoint")
@click.pass_obj
def test(context: Context, slug: str, endpoint: str) -> None:
    """Sends a test event to ENDPOINT (its id), signed as every other; a worker delivers it."""
    with creditor_scope(context, slug):
        delivery = actions.send_test(_endpoint(slug, endpoint))
        spelled = ids.spell(delivery.id)
    click.echo(f"{spelled} is on its way")


@group.command()
@click.argument("slug")
@click.argument("endpoint")
@click.argument("kinds", nargs=-1)
@click.pass_obj
def only(context: Context, slug: str, endpoint: str, kinds: Sequence[str]) -> None:
    """ENDPOINT hears only of KINDS from now on (promise.broken, or plan.* for all of a kind); without any, of all."""
    with creditor_scope(context, slug):
        found = _endpoint(slug, endpoint)
        try:
            actions.choose(found, kinds)
        except Invalid as error:
            raise click.UsageError(str(error.text)) from error
        chosen = found.kinds
    click.echo(chosen or "everything")


@group.command()
@click.argument("slug")
@click.argument("endpoint")
@click.option("--end-old", is_flag=True, help="Ends the old secret now instead.")
@click.pass_obj
def rotate(context: Context, slug: str, endpoint: str, end_old: bool) -> None:
    """Prints a new signing secret for ENDPOINT, this once; for a week both sign."""
    with creditor_scope(context, slug):
        found = _endpoint(slug, endpoint)
        try:
            if end_old:
                actions.end_old_secret(found)
                said = "only the new secret signs now"
            else:
                said = actions.rotate_secret(found)
        except NotAllowedNow as error:
            raise click.UsageError(str(error.text)) from error
    click.echo(said)


def _endpoint(slug: str, written: str) -> Endpoint:
    found = queries.endpoint(_id(written), lock=True)
    if found is None:
        raise click.UsageError(f"there is no endpoint {written}: portal webhooks list {slug}")
    return found


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
