"""`portal staff …`: letting the first person in, and the operator's doors for those who are locked out."""

import json

import click

from portal.commands.line import Context, creditor_scope
from portal.core import clock, db, scope
from portal.core.mail_addresses import is_mail_address
from portal.people import actions, queries, second_factor, session_queries
from portal.people.models import Staff
from portal.people.roles import Role


@click.group("staff")
def group() -> None:
    """The creditors' people."""


def _address(_context: click.Context, _parameter: click.Parameter, typed: str) -> str:
    if not is_mail_address(typed.strip()):
        raise click.BadParameter("write it like name@company.it")
    return typed.strip().lower()


@group.command()
@click.argument("email", callback=_address)
@click.option("--creditor", "slug", required=True, help="For whom they work.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", default="", help="Their name; they may write it themselves.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def add(context: Context, email: str, *, slug: str, role: str, name: str, as_json: bool) -> None:
    """Invites EMAIL and prints a one-time address that lets them in."""
    with creditor_scope(context, slug) as creditor:
        staff = actions.add_person(email, name, creditor.language)
        again = queries.is_invited(staff.id, creditor.id)
        address = actions.invitation_address(actions.invite(staff, creditor.id, Role(role)).id)
    _say(address, as_json, again=again)


def _say(address: str, as_json: bool, *, again: bool = False) -> None:
    """`again`: there was an invitation before, which this one has closed."""
    until = clock.iso(clock.now() + actions.INVITATION_DAYS)
    if as_json:
        click.echo(json.dumps({"invitation": address, "expires_at": until, "replaces_earlier": again}))
        return
    click.echo(address)
    if again:
        click.echo("the earlier invitation no longer opens: give out this one", err=True)
    click.echo(f"works once, until {until}", err=True)


@group.command()
@click.argument("email", callback=_address)
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def reset(context: Context, email: str, as_json: bool) -> None:
    """Prints a one-time address under which EMAIL sets a new password."""
    context.app()
    with db.transaction():
        staff = _known(email)
        again = queries.is_invited(staff.id, None)
        address = actions.invitation_address(actions.invite_to_new_password(staff).id)
    _say(address, as_json, again=again)


@group.command("reset-totp")
@click.argument("email", callback=_address)
@click.pass_obj
def reset_totp(context: Context, email: str) -> None:
    """Takes EMAIL's second factor away: it is set up anew at the next sign-in. They are signed out and told."""
    context.app()
    with db.transaction():
        staff = _known(email)
        if not second_factor.is_on(staff.id):
            raise click.UsageError(f"{email} signs in without a code")
        places = session_queries.workplaces(staff.id)
        if places:
            scope.enter(places[0].creditor_id)  # one history and one mail: the first creditor that they work for
        second_factor.reset_by_operator(staff)
    click.echo(f"{email} sets up a new code at the next sign-in")


@group.command()
@click.argument("email", callback=_address)
@click.pass_obj
def disable(context: Context, email: str) -> None:
    """Shuts EMAIL out of every creditor, at once."""
    context.app()
    with db.transaction():
        actions.disable(_known(email))
    click.echo(f"{email} is shut out")


def _known(email: str) -> Staff:
    staff = queries.by_email(email)
    if staff is None or staff.disabled_at is not None:
        raise click.UsageError(f"nobody who may sign in has the address {email}")
    return staff


@group.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def show(context: Context, as_json: bool) -> None:
    """Lists everybody, for whom they work and in which role."""
    context.app()
    with db.transaction(writes=False):
        rows = [
            {"email": s.email, "name": s.name, "creditor": slug, "role": role, "state": _state(s)}
            for s, slug, role in queries.everybody()
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo("{email:40} {creditor:20} {role:8} {state:9} {name}".format(**row))


def _state(staff: Staff) -> str:
    if staff.disabled_at is not None:
        return "disabled"
    return "active" if staff.password_hash else "invited"
