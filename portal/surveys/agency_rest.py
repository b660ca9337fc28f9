"""A person is asked once in ninety days for all creditors of an agency together (rule E-02, decision 19).

The agency's table holds a hash and a day; no creditor learns from it that another asked.
"""

from datetime import date

from sqlalchemy import exists, or_, select

from portal.core import clock, db, scope
from portal.core.scope import ReachedDebtor
from portal.creditors import queries as creditors
from portal.debtors.models import Debtor
from portal.messages.events import MessageSending
from portal.messages.models import Message
from portal.people.models import Mandate
from portal.people.session_queries import in_force
from portal.reminders import agency_caps
from portal.surveys.models import AgencySurvey
from portal.surveys.outcomes import REST


def may_ask(debtor: Debtor, address: str) -> bool:
    """Whether no agency that works on this customer has had the same person asked lately."""
    return _is_rested(agency_caps.as_person(debtor.id, debtor.creditor_id, address, lock=False), _today())


def is_first(message: Message) -> bool:
    """The same as a question leaves; two creditors' questions to one person are looked at one after the other."""
    people = agency_caps.as_person(message.debtor_id, message.creditor_id, message.to_address, lock=True)
    return _is_rested(people, _day(message))


def hear_sending(event: MessageSending, key: str) -> None:
    """A question leaves: the agencies that work on this customer let the person rest from today."""
    message = db.session().get(Message, event.message_id)
    if message is None or message.key != key:
        return
    people = agency_caps.as_person(message.debtor_id, message.creditor_id, message.to_address, lock=False)
    _rest(people, _day(message))


def has_asked(debtor: Debtor) -> None:
    """They were asked on the telephone: that is the one time of the ninety days, too."""
    _rest(agency_caps.as_person(debtor.id, debtor.creditor_id, "", lock=False), _today())


def _rest(people: list[tuple[int, str]], today: date) -> None:
    for organisation_id, person in people:
        row = db.session().get(AgencySurvey, (organisation_id, person))
        if row is None:
            db.session().add(AgencySurvey(organisation_id=organisation_id, person=person, on=today))
        else:
            row.on = today
    db.session().flush()


def only_agency(debtor_id: int) -> int | None:
    """The agency that works on this customer, where it is one: one that was given them by name goes first."""
    reached = exists().where(ReachedDebtor.mandate_id == Mandate.id, ReachedDebtor.debtor_id == debtor_id)
    wanted = select(Mandate.organisation_id, Mandate.everyone).where(
        Mandate.creditor_id == scope.current().creditor_id, *in_force(clock.now()), or_(Mandate.everyone, reached)
    )
    rows = db.session().execute(wanted).all()
    named = {organisation_id for organisation_id, everyone in rows if not everyone}
    found = named or {organisation_id for organisation_id, _everyone in rows}
    return found.pop() if len(found) == 1 else None


def _is_rested(people: list[tuple[int, str]], today: date) -> bool:
    rows = (db.session().get(AgencySurvey, one) for one in people)
    return not any(row is not None and row.on > today - REST for row in rows)


def _today() -> date:
    return clock.today(creditors.in_scope().time_zone)


def _day(message: Message) -> date:
    return clock.today(creditors.by_id(message.creditor_id).time_zone)
