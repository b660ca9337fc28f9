"""`portal payments …`: how a creditor takes payments, from the command line."""

import sys

import click

from portal.commands.line import Context, creditor_scope
from portal.payments import accounts, queries

SECRETS = {"secret_key": "Secret key (sk_… or rk_…)", "webhook_secret": "Signing secret of the webhook (whsec_…)"}


@click.group("payments")
def group() -> None:
    """How creditors take payments."""


@group.command()
@click.argument("slug")
@click.option(
    "--secret-key", envvar="PORTAL_STRIPE_SECRET_KEY", help="Or from PORTAL_STRIPE_SECRET_KEY, or asked for."
)
@click.option(
    "--webhook-secret", envvar="PORTAL_STRIPE_WEBHOOK_SECRET", help="Likewise, PORTAL_STRIPE_WEBHOOK_SECRET."
)
@click.option("--account", help="The connected account (acct_…) that is paid; none: the key's own.")
@click.option("--off", is_flag=True, help="Take no cards; the secrets stay for payments under way.")
@click.option("--show", is_flag=True, help="Say how it stands and where the webhook goes; change nothing.")
@click.pass_obj
def stripe(context: Context, slug: str, *, account: str | None, off: bool, show: bool, **given: str | None) -> None:
    """Lets creditor SLUG take cards through its own Stripe account.

    Secrets that are not given are asked for when they are not kept yet: from the terminal without an echo, else one a
    line from standard input.
    """
    with creditor_scope(context, slug, writes=not show):
        if off:
            accounts.switch_off(queries.CARD)
        elif not show:
            _switch_on(account, {name: secret or "" for name, secret in given.items()})
        offered, address = accounts.is_offered(queries.CARD), accounts.notice_url(queries.CARD)
    click.echo(f"cards: {'taken' if offered else 'not taken'}")
    click.echo(f"webhook: {address}")


def _switch_on(account: str | None, given: dict[str, str]) -> None:
    kept = accounts.row(queries.CARD)
    for name, prompt in SECRETS.items():
        if not given[name] and (kept is None or not kept.sealed.get(name)):
            given[name] = _ask(prompt)
    connected = account if account is not None else (kept.options.get("account") if kept is not None else None)
    options = {"account": connected} if connected else {}
    for text in accounts.configure(queries.CARD, secrets=given, options=options, enabled=True).values():
        raise click.UsageError(str(text))


def _ask(prompt: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True))
    return sys.stdin.readline().strip()
