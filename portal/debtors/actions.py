"""What can be done to debtors and their addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update

from portal.core import bulk, clock, db, events, ids, scope
from portal.core.link_addresses import ON_PAPER
from portal.debtors import events as happened
from portal.debtors import marks
from portal.debtors.models import SALESPERSON_LENGTH, AccessLink, ContactPoint, Debtor, Visit
from portal.debtors.step_up_rules import REST

EMAIL = "email"
CODE_AFTER_END = timedelta(days=90)  # rule A-09


def add_contact(
    debtor_id: int, channel: str, address: str, *, source: str, colleague: bool = False, by_hand: bool = False
) -> ContactPoint:
    """The contact point with this address, added if the debtor has none like it. `source`: creditor or debtor.

    One that was stopped and went from here is known by its mark, and stays stopped (portal.debtors.marks). What the
    debtor gives, or somebody typed by hand, takes no codes for 72 hours: codes go to what the creditor has
    held that long (rules A.4, A-44). A colleague's gets one link and nothing else.
    """
    clean = address.strip().lower() if channel == EMAIL else address.strip()
    found = _known(debtor_id, channel, clean)
    if found is not None:
        if found.colleague and not colleague:
            found.colleague, found.codes_from = False, clock.now() + REST
        if source == "debtor" and found.stopped_why == "replaced":
            found.stopped_at = found.stopped_why = found.sealed_mark = None
            found.channel, found.address = channel, clean
            found.colleague, found.codes_from = colleague, clock.now() + REST
        return found
    contact = ContactPoint(
        id=ids.new_id(),
        debtor_id=debtor_id,
        channel=channel,
        address=clean,
        source=source,
        added_at=clock.now(),
        codes_from=clock.now() + REST if source == "debtor" or by_hand else None,
        colleague=colleague,
    )
    db.session().add(contact)
    db.session().flush()
    events.record(happened.ContactAdded(contact_id=contact.id, debtor_id=debtor_id, channel=channel, source=source))
    return contact


def _known(debtor_id: int, channel: str, address: str) -> ContactPoint | None:
    """The contact point with this address, else the newest whose address was this one before it went."""
    mine = (
        db.session()
        .scalars(
            select(ContactPoint)
            .where(
                ContactPoint.debtor_id == debtor_id,
                or_(
                    and_(ContactPoint.channel == channel, ContactPoint.address == address),
                    ContactPoint.sealed_mark.is_not(None),
                ),
            )
            .order_by(ContactPoint.id.desc())
        )
        .all()
    )
    there = (row for row in mine if (row.channel, row.address) == (channel, address))
    gone = (row for row in mine if marks.is_of(row.sealed_mark, debtor_id, channel, address))
    return next(there, None) or next(gone, None)


@dataclass(frozen=True, slots=True)
class NewContact:
    """`rests`: it takes no codes for 72 hours, for the creditor has not held it as long as its debtor (rules A.4)."""

    debtor_id: int
    channel: str
    address: str
    rests: bool


def add_contacts(new: Sequence[NewContact]) -> None:
    """Adds, in bulk, addresses of the creditor's that their debtors do not have yet."""
    creditor_id, now = scope.current().creditor_id, clock.now()
    rows: list[dict[str, Any]] = [
        {
            "id": ids.new_id(),
            "creditor_id": creditor_id,
            "debtor_id": one.debtor_id,
            "channel": one.channel,
            "address": one.address,
            "source": "creditor",
            "added_at": now,
            "codes_from": now + REST if one.rests else None,
            "colleague": False,
        }
        for one in new
    ]
    bulk.insert(ContactPoint, rows)
    for row in rows:
        events.record(
            happened.ContactAdded(
                contact_id=row["id"], debtor_id=row["debtor_id"], channel=row["channel"], source="creditor"
            )
        )


def stop_contact(contact: ContactPoint, why: str, *, except_visit: int | None = None) -> None:
    """Nothing goes to this address any more and its links are revoked (rule A-10, decision 7)."""
    if contact.stopped_at is not None:
        return
    contact.stopped_at, contact.stopped_why = clock.now(), why
    events.record(happened.ContactStopped(contact_id=contact.id, debtor_id=contact.debtor_id, why=why))
    links = (
        db.session()
        .scalars(select(AccessLink).where(AccessLink.contact_point_id == contact.id, AccessLink.revoked_at.is_(None)))
        .all()
    )
    for link in links:
        revoke_link(link, why, except_visit=except_visit)


def confirm_contact(contact: ContactPoint) -> None:
    """A colleague has looked into "this is not me": it is theirs, and messages go on."""
    contact.confirmed_at = clock.now()
    events.record(happened.ContactConfirmed(contact_id=contact.id, debtor_id=contact.debtor_id))


def put_in_charge(debtor: Debtor, salesperson: str | None) -> bool:
    """This colleague looks after the customer, or nobody by name. False where it was so already."""
    name = " ".join((salesperson or "").split())[:SALESPERSON_LENGTH].strip() or None
    if debtor.salesperson == name:
        return False
    debtor.salesperson = name
    events.record(happened.SalespersonChanged(debtor_id=debtor.id))
    return True


def let_codes_run_out(invoice_id: int) -> None:
    """Nothing is to be paid on the invoice any more: the codes on its paper open ninety days more at most (A-09)."""
    end = clock.now() + CODE_AFTER_END
    codes = update(AccessLink).where(
        AccessLink.invoice_id == invoice_id, AccessLink.purpose.in_(ON_PAPER), AccessLink.expires_at > end
    )
    db.changed(codes.values(expires_at=end))


def revoke_link(link: AccessLink, why: str, *, except_visit: int | None = None) -> None:
    """The link opens nothing any more, nor do those handed over through it, live visits included.

    The visit that asked for it goes on. Links below one that was revoked before are looked at as well: such a visit
    may have handed over since.
    """
    if link.revoked_at is None:
        link.revoked_at, link.revoked_why = clock.now(), why
        events.record(happened.LinkRevoked(link_id=link.id, debtor_id=link.debtor_id, why=why))
    for handed in db.session().scalars(select(AccessLink).where(AccessLink.from_link_id == link.id)).all():
        revoke_link(handed, why, except_visit=except_visit)
    running = select(Visit).where(Visit.link_id == link.id, Visit.ended_at.is_(None))
    for visit in db.session().scalars(running).all():
        if visit.id != except_visit:
            end_visit(visit, "revoked")


def end_visit(visit: Visit, why: str) -> None:
    if visit.ended_at is None:
        visit.ended_at = clock.now()
        events.record(happened.VisitEnded(visit_id=visit.id, debtor_id=visit.debtor_id, why=why))
