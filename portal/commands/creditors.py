"""`portal creditor …`: the first thing an empty installation needs, and what its operator mends later."""

import json
import re
from collections.abc import Callable
from typing import Any

import click

from portal.commands.line import Context, creditor_scope
from portal.core import db
from portal.core.errors import PortalError
from portal.core.mail_addresses import is_mail_address
from portal.creditors import actions, queries
from portal.creditors.models import Creditor
from portal.imports.identifiers import split_vat
from portal.people import queries as people

_WRONG_USAGE = 2
_ACCOUNT = frozenset({"iban", "bic", "account_holder"})
_SEPARATORS = re.compile(r"[\s.\-/_]+")
_DEFAULTS = {"language": "it", "default_terms_days": 30, "gate_fact": "vat_or_tax_code"}
_OPTIONS = (
    click.option("--display-name", help="Shown before anybody has proved anything: no word of debt in it."),
    click.option("--vat", "vat_number", help="VAT number; a foreign one with its country, like DE136695976."),
    click.option("--iban"),
    click.option("--bic"),
    click.option("--holder", "account_holder", help="Who the account belongs to, as the bank knows it."),
    click.option("--phone"),
    click.option("--email"),
    click.option("--contact", "contact_name", help="The human to reach."),
    click.option("--hours"),
    click.option("--address"),
    click.option("--language", help="[default: it]"),
    click.option("--terms", "default_terms_days", type=click.IntRange(0, 365), help="Days. [default: 30]"),
    click.option(
        "--fact",
        "gate_fact",
        type=click.Choice(["vat_or_tax_code", "customer_code", "postcode"]),
        help="What the gate asks for. [default: vat_or_tax_code]",
    ),
)


def _all_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group("creditor")
def group() -> None:
    """Who is owed."""


@group.command()
@click.argument("slug")
@click.option("--name", required=True, help="The legal name, as on the invoices.")
@_all_options
@click.pass_obj
def add(context: Context, slug: str, name: str, **values: Any) -> None:
    """Adds a creditor called SLUG."""
    given = {**_DEFAULTS, **_given(values)}
    context.app()
    try:
        with db.transaction():
            actions.add(slug, name, **given)
    except PortalError as error:
        raise _refusal(str(error.text)) from error
    click.echo(f"added {slug}. Next: portal staff add EMAIL --creditor {slug} --role admin")


@group.command("set")
@click.argument("slug")
@click.option("--name", help="The legal name, as on the invoices.")
@_all_options
@click.pass_obj
def change(context: Context, slug: str, **values: Any) -> None:
    """Changes what is given of creditor SLUG and leaves the rest; an empty value (--phone "") takes one away.

    Each change is in the creditor's history, without its value.
    """
    given = _given(values)
    if not given:
        raise _refusal("say what to change, for example --phone; portal creditor set --help lists it")
    try:
        with creditor_scope(context, slug) as creditor:
            if creditor.iban and _ACCOUNT & given.keys() and people.deciders(creditor.id):
                raise _refusal("the account is changed by two of its people, on their page Bank account (rule A-66)")
            changed = actions.change_as_operator(creditor, given)
    except click.UsageError as error:
        raise _refusal(error.message) from error
    click.echo(f"changed {slug}: {', '.join(changed)}" if changed else f"nothing was different: {slug}")


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, checked where only this place can; the rest is checked with the creditor."""
    given = {name: value for name, value in values.items() if value is not None}
    if given.get("vat_number"):
        given["vat_number"] = _checked_vat(given["vat_number"])
    if given.get("email") and not is_mail_address(given["email"]):
        raise _refusal(f"{given['email']} is not an e-mail address: write it like name@company.it")
    return given


def _checked_vat(typed: str) -> str:
    """The number in capitals without blanks; refused where its country's check does, as imports would warn."""
    number, country, doubt = split_vat(typed)
    if doubt is None:
        return _SEPARATORS.sub("", typed).upper()
    if doubt[0] == "vat_number_padded":
        raise _refusal(f"the VAT number {typed} lacks zeros in front: perhaps {country or ''}{number}?")
    hint = "" if country else "; write a foreign one with its country, like DE136695976"
    raise _refusal(f"the VAT number {typed} fails the check of {country or 'IT'}: please compare it{hint}")


def _refusal(why: str) -> click.exceptions.Exit:
    """One line on stderr, exit 2."""
    click.echo(f"Error: {why}", err=True)
    return click.exceptions.Exit(_WRONG_USAGE)


@group.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def show(context: Context, as_json: bool) -> None:
    """Lists the creditors."""
    context.app()
    with db.transaction(writes=False):
        rows: list[Creditor] = [queries.by_id(one) for one in queries.all_ids()]
    if as_json:
        click.echo(json.dumps([{"slug": row.slug, "name": row.name} for row in rows], ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row.slug:30} {row.name}")
