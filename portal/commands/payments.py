"""`portal payments …`: how a creditor takes payments, from the command line."""

import sys
from datetime import date, datetime, timedelta

import click

from portal.commands.line import Context, creditor_scope
from portal.core import clock, db, scope
from portal.core.money import Money
from portal.creditors import queries as creditors
from portal.payments import accounts, jobs, queries
from portal.payments.methods import IDENTIFIER
from portal.payments.models import BalanceCheck
from portal.payments.states import CheckStatus

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


@group.command()
@click.option("--creditor", "slug", help="One creditor; none: every creditor with a Stripe account, each on its own.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Which day; none: yesterday, where it is.")
@click.pass_obj
def reconcile(context: Context, slug: str | None, day: datetime | None) -> None:
    """Compares what Stripe moved in a day with the books, to the cent; the same day again changes nothing.

    Ends with 1 when something differs, or when there was no answer.
    """
    context.app()
    agreed = True
    for creditor_id, name in _creditors(slug):
        with db.transaction():
            scope.enter(creditor_id)
            if accounts.row(queries.CARD) is None:
                if slug is not None:
                    raise click.UsageError(f"{name} takes no cards: portal payments stripe {name}")
                continue
            zone = creditors.face(creditor_id).time_zone
            on = day.date() if day is not None else clock.today(zone) - timedelta(days=1)
            checks = jobs.compare_day(on)
        agreed = _say(name, on, checks) and agreed
    if not agreed:
        raise SystemExit(1)


def _creditors(slug: str | None) -> list[tuple[int, str]]:
    with db.transaction(writes=False):
        found = [creditors.by_id(creditor_id) for creditor_id in creditors.all_ids()]
        rows = [(one.id, one.slug) for one in found if slug in {None, one.slug}]
    if not rows and slug is not None:
        raise click.UsageError(f"there is no creditor called {slug}")
    return rows


def _say(name: str, on: date, checks: list[BalanceCheck] | None) -> bool:
    if checks is None:
        click.echo(f"{name} {on}: no answer from the provider", err=True)
        return False
    for check in checks:
        sums = (check.provider_minor, check.ledger_minor, check.difference_minor)
        provider, books, difference = (Money(minor, check.currency).plain for minor in sums)
        click.echo(f"{name} {on} {check.currency}: provider {provider}, books {books}, difference {difference}")
        for payment, theirs, ours in check.details:
            amounts = (Money(int(minor), check.currency).plain for minor in (theirs, ours))
            click.echo("  {}: provider {}, books {}".format(payment, *amounts))
    return all(check.status is CheckStatus.EQUAL for check in checks)


def _switch_on(account: str | None, given: dict[str, str]) -> None:
    kept = accounts.row(queries.CARD)
    there = accounts.readable(kept)
    for name, prompt in SECRETS.items():
        if not given[name] and not there.get(name):
            given[name] = _ask(prompt)
    connected = account if account is not None else (kept.options.get("account") if kept is not None else None)
    identifier = kept.options.get(IDENTIFIER) if kept is not None else None  # entered on the page of settings
    options = {name: value for name, value in (("account", connected), (IDENTIFIER, identifier)) if value}
    for text in accounts.configure(queries.CARD, secrets=given, options=options, enabled=True).values():
        raise click.UsageError(str(text))


def _ask(prompt: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True))
    return sys.stdin.readline().strip()
