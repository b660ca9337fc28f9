"""One agency's contacts with one person count together, whichever creditors they are for (rule C-10, decision 19).

A person is known by a keyed hash of the tax code, else the VAT number, else the address: nobody can read from it who
that is, and no creditor learns what another does. Only counts of the last week are kept.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, or_, select

from portal.core import clock, db, installation, signing
from portal.core.scope import ReachedDebtor
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor
from portal.messages.events import MessageSending
from portal.messages.models import Message
from portal.people.models import Mandate, Organisation
from portal.people.session_queries import in_force
from portal.reminders import cadence, queries
from portal.reminders.models import AgencyContact
from portal.reminders.policies import MOST_PER_WEEK

_WEEK = timedelta(days=7)


def not_before(message: Message) -> datetime | None:
    """When a message that nobody asked for may leave as far as the agencies' other contacts with its reader go."""
    if message.asked_for:
        return None
    creditor = creditors.by_id(message.creditor_id)
    today = clock.today(creditor.time_zone)
    free = [_free_on(person, today) for person in _as_person(message, lock=True)]
    day = max((one for one in free if one is not None), default=None)
    if day is None:
        return None
    opens = datetime.combine(day, time(), ZoneInfo(creditor.time_zone))
    return queries.next_moment(message.debtor_id, creditor, at=opens)


def hear_sending(event: MessageSending, _event_id: int) -> None:
    """It leaves: one contact more for each agency that works for this creditor on this customer."""
    message = db.session().get(Message, event.message_id)
    if message is None or message.asked_for:
        return
    today = clock.today(creditors.by_id(message.creditor_id).time_zone)
    for organisation_id, person in _as_person(message, lock=False):
        old = AgencyContact.organisation_id == organisation_id, AgencyContact.person == person
        db.session().execute(delete(AgencyContact).where(*old, AgencyContact.on <= today - _WEEK))
        row = db.session().get(AgencyContact, (organisation_id, person, today))
        if row is None:
            db.session().add(AgencyContact(organisation_id=organisation_id, person=person, on=today, contacts=1))
        else:
            row.contacts += 1
    db.session().flush()


def _as_person(message: Message, *, lock: bool) -> list[tuple[int, str]]:
    return as_person(message.debtor_id, message.creditor_id, message.to_address, lock=lock)


def as_person(debtor_id: int, creditor_id: int, address: str, *, lock: bool) -> list[tuple[int, str]]:
    """Under which agencies' mandates a customer stands, and how each agency knows them: (agency, hash).

    `lock`: two creditors that look at one person do so one after the other.
    """
    reached = exists().where(ReachedDebtor.mandate_id == Mandate.id, ReachedDebtor.debtor_id == debtor_id)
    agencies = select(Organisation.id).where(
        exists().where(
            Mandate.organisation_id == Organisation.id,
            Mandate.creditor_id == creditor_id,
            *in_force(clock.now()),
            or_(Mandate.everyone, reached),
        )
    )
    if lock:
        agencies = agencies.with_for_update()
    found = db.session().scalars(agencies.order_by(Organisation.id)).all()
    if not found:
        return []
    who = known_by(db.session().get_one(Debtor, debtor_id), address)
    return [(one, signing.keyed_hash(installation.keys(), "agency-person", f"{one}:{who}")) for one in found]


def known_by(debtor: Debtor, address: str) -> str:
    """What one person is the same person by: the tax code, else the VAT number, else the address."""
    return (debtor.tax_code or debtor.vat_number or address).strip().upper().removeprefix("IT")


def _free_on(known: tuple[int, str], today: date) -> date | None:
    organisation_id, person = known
    days = db.session().scalars(
        select(AgencyContact.on).where(
            AgencyContact.organisation_id == organisation_id,
            AgencyContact.person == person,
            AgencyContact.on > today - _WEEK,
        )
    )
    return cadence.capped_until(days, today, MOST_PER_WEEK)
