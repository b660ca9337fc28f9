"""`portal links revoke`: takes links back at once, live visits included (rule A-10)."""

from datetime import UTC, datetime

import click
from sqlalchemy import select

from portal.commands.line import Context, creditor_scope
from portal.core import db, installation, signing
from portal.core.link_addresses import PORTAL, QR
from portal.debtors import revoking
from portal.debtors.models import ContactPoint, Debtor

BY_HAND = "by_hand"


@click.group(name="links")
def group() -> None:
    """Links that were given out."""


@group.command(name="revoke")
@click.option("--creditor", "slug", required=True)
@click.option("--link", "address", help="The whole address, or what stands behind its last slash.")
@click.option("--contact", help="Links that went to this e-mail address or number.")
@click.option("--debtor", "code", help="Links of the customer with this code.")
@click.option("--campaign", help="Links of one kind of message, such as caring.")
@click.option(
    "--issued-before",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="Links made before this moment (UTC).",
)
@click.option("--all", "everything", is_flag=True, help="Every link of the creditor.")
@click.option("--dry-run", is_flag=True, help="Says how many, and revokes none.")
@click.pass_obj
def revoke(
    context: Context, *, slug: str, address: str | None, contact: str | None, code: str | None, campaign: str | None,
    issued_before: datetime | None, everything: bool, dry_run: bool,
) -> None:  # fmt: skip
    """Revokes links: those that all given options hold for. At least one is needed, or --all."""
    if not everything and not any((address, contact, code, campaign, issued_before)):
        raise click.UsageError("say which links, or --all")
    with creditor_scope(context, slug, writes=not dry_run):
        which = revoking.Which(
            link_id=_link(address) if address else None,
            contact_id=_contact(contact) if contact else None,
            debtor_id=_debtor(code) if code else None,
            campaign=campaign,
            issued_before=issued_before.replace(tzinfo=UTC) if issued_before else None,
        )
        number = revoking.count(which) if dry_run else revoking.revoke(which, BY_HAND)
    said = "would be revoked" if dry_run else "revoked, their visits ended"
    click.echo(f"{number} live link{'' if number == 1 else 's'} {said}")


def _link(address: str) -> int:
    token = address.rstrip("/").rpartition("/")[2]
    keys = installation.keys()
    found = signing.read_link_token(keys, PORTAL, token) or signing.read_qr_token(keys, QR, token)
    if found is None:
        raise click.UsageError("this is no link of this portal")
    return found


def _contact(written: str) -> int:
    """The contact point; one address that several customers share is revoked customer by customer."""
    wanted = select(ContactPoint.id).where(ContactPoint.address.in_((written.strip(), written.strip().lower())))
    found = db.session().scalars(wanted.limit(2)).all()
    if len(found) != 1:
        raise click.UsageError(f"{'no' if not found else 'several'} customers have this address: say --debtor")
    return found[0]


def _debtor(code: str) -> int:
    found = db.session().scalar(select(Debtor.id).where(Debtor.code == code))
    if found is None:
        raise click.UsageError(f"there is no customer with the code {code}")
    return int(found)
