"""`portal cadence`: what is due to be said at a moment, and why all else is not; `portal remind`: by hand."""

import json
import time
from contextlib import ExitStack
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from portal.commands.line import Context, creditor_scope
from portal.core import clock
from portal.creditors.models import Creditor
from portal.reminders import actions, policies, reading
from portal.reminders.deciding import HELD, Customer, Due, Moment, NotDue, decide
from portal.reminders.levels import Medium
from portal.simulator.swapping import swapped


@click.command()
@click.argument("slug")
@click.option("--now", "any_hour", is_flag=True, help="Send at once, whatever the hour: for trying out.")
@click.pass_obj
def remind(context: Context, slug: str, any_hour: bool) -> None:
    """Plans what is due to be said to the customers of creditor SLUG now, as the worker does by itself."""
    with creditor_scope(context, slug) as creditor:
        planned = actions.plan(creditor, any_hour=any_hour)
    click.echo(f"{planned.contacts} contacts planned, {planned.cases} matters put before your people")
    for why, count in sorted(planned.left_out.items()):
        click.echo(f"{count} customers left out: {why}")


@click.command()
@click.option("--creditor", "slug", required=True)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]),
    help="The moment to ask for, in the creditor's time zone; default now.",
)
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def cadence(context: Context, slug: str, as_of: datetime | None, as_json: bool) -> None:
    """Lists what is due to be said to customers, and why everything else is not said.

    \b
    With --json: {"due": [{"debtor", "level", "channel", "at", "items"}],
                  "not_due": [{"debtor", "items", "reason", "until"}]}
    A reason is one word; what rests says by what, as in "held: promised", unless nobody but few may know it.
    Debtors are named by their customer codes, items by their invoices' numbers; instants are UTC.
    """
    with creditor_scope(context, slug, writes=False) as creditor, ExitStack() as stack:
        at = clock.now() if as_of is None else as_of.replace(tzinfo=ZoneInfo(creditor.time_zone))
        stack.enter_context(swapped(time, "time", at.timestamp))  # holds, rests and pauses run at that moment
        _tell(creditor, at, as_json)


def _tell(creditor: Creditor, at: datetime, as_json: bool) -> None:
    version, moment = policies.current(), Moment(at, creditor.time_zone)
    due: list[dict[str, Any]] = []
    not_due: list[dict[str, Any]] = []
    for customers in reading.everyone(creditor, version, at, last=date.max):
        for customer in customers:
            decision = decide(customer, version, moment)
            due += [_due(customer, one) for one in decision.due]
            not_due += [_not_due(customer, one) for one in decision.not_due]
    if as_json:
        click.echo(json.dumps({"due": due, "not_due": not_due}, indent=1, ensure_ascii=False))
        return
    for one in due:
        click.echo(f"{one['at']}  {one['debtor']}: {one['level']} by {one['channel']}: {', '.join(one['items'])}")
    for one in not_due:
        until = f" until {one['until']}" if one["until"] else ""
        click.echo(f"not now  {one['debtor']}: {one['reason']}{until}: {', '.join(one['items'])}")


def _due(customer: Customer, one: Due) -> dict[str, Any]:
    return {
        "debtor": customer.code,
        "level": one.level.code,
        "channel": customer.writes_by if one.medium is Medium.MESSAGE else one.medium.value,
        "at": clock.iso(one.at),
        "items": [item.number for item, _level in one.items],
    }


def _not_due(customer: Customer, one: NotDue) -> dict[str, Any]:
    return {
        "debtor": customer.code,
        "items": [item.number for item in one.items],
        "reason": one.reason if one.reason != HELD or one.held_by is None else f"{HELD}: {one.held_by}",
        "until": _until(one.until),
    }


def _until(until: datetime | date | None) -> str | None:
    if isinstance(until, datetime):
        return clock.iso(until)
    return until.isoformat() if until is not None else None
