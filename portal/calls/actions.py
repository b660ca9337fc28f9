"""Booking a call, moving it, calling it off, and what came of it."""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from portal.calls import events as happened
from portal.calls import queries, rules
from portal.calls.models import Call, CallHours, Seat
from portal.calls.states import MACHINE, CallStatus
from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.cases.turns import Turn
from portal.core import clock, db, events, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.creditors.events import CreditorChanged
from portal.debtors.visits import Current

_TAKEN = t("Somebody else has just taken this moment. Please choose another.")


def free() -> list[datetime]:
    """The moments that can be booked now, in UTC."""
    hours = queries.hours()
    if hours is None:
        return []
    zone = creditors.in_scope().time_zone
    return rules.slots(hours, queries.taken(clock.now()), clock.now(), zone)


def book(visit: Current, starts_at: datetime, phone: str, about: str | None) -> Call:
    """Raises NotAllowedNow for a moment that is not free, or no more, or when they have one already."""
    if queries.next_of(visit.debtor_id) is not None:
        raise NotAllowedNow(t("You have a call already. You can move it."))
    call = Call(
        id=ids.new_id(),
        debtor_id=visit.debtor_id,
        visit_id=visit.id,
        phone=phone,
        about=about,
        moves=0,
    )
    _sit(call, starts_at)
    MACHINE.begin(call, CallStatus.BOOKED, _booked(call))
    db.session().add(call)
    db.session().flush()
    case = cases.open_case(
        kinds.CALL, visit.debtor_id, visit_id=visit.id, words=about, subject_id=call.id, act_by=starts_at
    )
    cases.tell(case, "call_booked")
    return call


def _sit(call: Call, starts_at: datetime) -> None:
    """Takes a seat at that moment. Who takes the same one at the same time fails, and may choose again."""
    hours = queries.hours()
    seat = rules.seat(queries.seats_at(starts_at), hours.at_once) if hours is not None else None
    if hours is None or seat is None or starts_at not in free():
        raise NotAllowedNow(_TAKEN)
    try:
        with db.session().begin_nested():
            db.session().add(Seat(starts_at=starts_at, seat=seat))
    except IntegrityError:
        raise NotAllowedNow(_TAKEN) from None
    call.starts_at, call.ends_at, call.seat = starts_at, starts_at + timedelta(minutes=hours.minutes), seat


def _stand_up(call: Call) -> None:
    found = db.session().get(Seat, (call.creditor_id, call.starts_at, call.seat))
    if found is not None:
        db.session().delete(found)
        db.session().flush()


def _booked(call: Call) -> happened.CallBooked:
    return happened.CallBooked(call_id=call.id, debtor_id=call.debtor_id, starts_at=call.starts_at)


def move(call: Call, starts_at: datetime, phone: str) -> None:
    """To another moment; the old one is free again. Raises NotAllowedNow when it cannot be."""
    _why_not(call)
    call.phone = phone
    if starts_at != call.starts_at:
        _stand_up(call)
        _sit(call, starts_at)
        call.moves += 1
        MACHINE.move(call, CallStatus.BOOKED, _booked(call))
        case = case_queries.about(kinds.CALL, call.id)
        if case is not None:
            cases.keep_date(case)
            cases.tell(case, "call_booked")
    db.session().flush()


def call_off(call: Call, by: str) -> None:
    """`by` is customer or staff; whom it concerns is told when staff do it."""
    _why_not(call)
    _stand_up(call)
    MACHINE.move(
        call, CallStatus.CALLED_OFF, happened.CallCalledOff(call_id=call.id, debtor_id=call.debtor_id, by=by)
    )
    db.session().flush()
    case = case_queries.about(kinds.CALL, call.id)
    if case is not None and by == "staff":
        cases.tell(case, "call_called_off")
    cases.close_of(kinds.CALL, call.id, kinds.TAKEN_BACK, by_hand=by == "staff")


def made(call: Call, *, reached: bool) -> None:
    """What came of it; nobody reached means that they may book another."""
    told = happened.CallMade(call_id=call.id, debtor_id=call.debtor_id, reached=reached)
    MACHINE.move(call, CallStatus.MADE if reached else CallStatus.NOT_REACHED, told)
    db.session().flush()
    cases.close_of(kinds.CALL, call.id, "called" if reached else "not_reached", by_hand=True)


def turn(case: Case) -> Turn | None:
    """While it is booked we act next, at its hour."""
    call = queries.one(case.subject_id or 0)
    if call is None or call.status is not CallStatus.BOOKED:
        return None
    return Turn(CaseStatus.OURS, call.starts_at)


def _why_not(call: Call) -> None:
    why_not = rules.why_not_change(call.starts_at, clock.now())
    if why_not is not None:
        raise NotAllowedNow(why_not)


def set_hours(hours: rules.Hours) -> None:
    """The creditor's hours from here on; what is booked stays booked."""
    creditor_id = scope.current().creditor_id
    row = db.session().get(CallHours, creditor_id)
    if row is None:
        row = CallHours(creditor_id=creditor_id)
        db.session().add(row)
    row.spans, row.minutes, row.at_once = [list(one) for one in hours.spans], hours.minutes, hours.at_once
    db.session().flush()
    queries.forget_offered()
    events.record(CreditorChanged(creditor_id=creditor_id, fields=("call_hours",)))
