"""One agency's contacts with one person count together, whichever creditors they are for (rule C-10, decision 19).

A person is known by keyed hashes of the tax code, the VAT number and the address, whichever are on file: two
creditors rarely hold the same ones. Nobody can read from them who that is, and no creditor learns what another does.
Only counts of the last week are kept.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, or_, select

from portal.cases import kinds
from portal.cases.events import CaseClosed
from portal.cases.models import Case
from portal.core import clock, db, installation, scope, signing
from portal.core.events import EventRow
from portal.core.scope import ReachedDebtor
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor
from portal.messages.events import MessageSending
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.people.models import Mandate, Organisation
from portal.people.session_queries import in_force
from portal.reminders import cadence, queries
from portal.reminders.models import AgencyContact
from portal.reminders.policies import MOST_PER_WEEK

_WEEK = timedelta(days=7)
CALLED = frozenset({"spoken", "not_reached", kinds.ANSWERED})  # how a case of a call ends in which somebody called


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who is contacted, for which creditor; `address` is where a message goes, or ""."""

    creditor_id: int
    debtor_id: int
    address: str


def not_before(message: Message) -> datetime | None:
    """When a message that nobody asked for may leave as far as the agencies' other contacts with its reader go."""
    if message.asked_for or message.status is MessageStatus.SENDING:  # another try of the same is the same contact
        return None
    return _not_before(_reader(message), lock=True)


def call_not_before(debtor_id: int) -> datetime | None:
    """The same for a call to a customer of the creditor in scope."""
    return _not_before(_called(debtor_id), lock=False)


def _not_before(reader: _Reader, *, lock: bool) -> datetime | None:
    creditor = creditors.by_id(reader.creditor_id)
    today = clock.today(creditor.time_zone)
    free = [_free_on(person, today) for person in _as_person(reader, lock=lock)]
    day = max((one for one in free if one is not None), default=None)
    if day is None:
        return None
    opens = datetime.combine(day, time(), ZoneInfo(creditor.time_zone))
    return queries.next_moment(reader.debtor_id, creditor, at=opens)


def hear_sending(event: MessageSending, event_id: int) -> None:
    """It leaves, or is printed: one contact more for each agency that works for this creditor on this customer."""
    message = db.session().get(Message, event.message_id)
    if message is not None and not message.asked_for and not _is_another_try(message, event_id):
        _count(_reader(message))


def _is_another_try(message: Message, event_id: int) -> bool:
    before = EventRow.subject_kind == "message", EventRow.subject_id == message.id, EventRow.id != event_id
    earlier = select(EventRow.id).where(*before, EventRow.name == MessageSending.name).limit(1)
    return db.session().scalar(earlier) is not None


def hear_called(event: CaseClosed, _event_id: int) -> None:
    """Somebody called, whether or not anybody answered: that is a contact, too."""
    if event.outcome in CALLED and event.debtor_id is not None:
        case = db.session().get(Case, event.case_id)
        if case is not None and case.kind == kinds.CALL_TO_MAKE:
            _count(_called(event.debtor_id))


def _reader(message: Message) -> _Reader:
    return _Reader(message.creditor_id, message.debtor_id, message.to_address)


def _called(debtor_id: int) -> _Reader:
    return _Reader(scope.current().creditor_id, debtor_id, "")


def _count(reader: _Reader) -> None:
    today = clock.today(creditors.by_id(reader.creditor_id).time_zone)
    for organisation_id, person in _as_person(reader, lock=False):
        old = AgencyContact.organisation_id == organisation_id, AgencyContact.person == person
        db.session().execute(delete(AgencyContact).where(*old, AgencyContact.on <= today - _WEEK))
        row = db.session().get(AgencyContact, (organisation_id, person, today))
        if row is None:
            db.session().add(AgencyContact(organisation_id=organisation_id, person=person, on=today, contacts=1))
        else:
            row.contacts += 1
    db.session().flush()


def _as_person(reader: _Reader, *, lock: bool) -> list[tuple[int, str]]:
    return as_person(reader.debtor_id, reader.creditor_id, reader.address, lock=lock)


def as_person(debtor_id: int, creditor_id: int, address: str, *, lock: bool) -> list[tuple[int, str]]:
    """Under which agencies' mandates a customer stands, and by what each agency knows them: (agency, hash).

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
    debtor = db.session().get_one(Debtor, debtor_id)
    names = {name for one in (debtor.tax_code, debtor.vat_number, address) if (name := _plain(one))}
    keys = installation.keys()
    return [
        (agency, signing.keyed_hash(keys, "agency-person", f"{agency}:{name}"))
        for agency in found
        for name in sorted(names)
    ]


def known_by(debtor: Debtor, address: str) -> str:
    """What one person is the same person by for one creditor: the tax code, else the VAT number, else the address."""
    return _plain(debtor.tax_code or debtor.vat_number or address)


def _plain(name: str | None) -> str:
    return (name or "").strip().upper().removeprefix("IT")


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
