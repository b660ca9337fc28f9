"""Where people are signed in, and for whom they may work from there: read before a creditor is entered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from portal.core import clock, db
from portal.creditors import faces
from portal.creditors.models import Creditor
from portal.people import roles
from portal.people.models import Mandate, Membership, SecondFactor, Staff, StaffSession


def in_force(now: datetime | ColumnElement[datetime]) -> tuple[ColumnElement[bool], ...]:
    """Which mandates let somebody see something at this moment."""
    return (
        Mandate.ended_at.is_(None),
        Mandate.from_at <= now,
        or_(Mandate.until_at.is_(None), Mandate.until_at > now),
    )


def _mandate_of(now: datetime) -> ColumnElement[bool]:
    """Joins a membership through an agency to the mandate that it rests on."""
    return and_(
        Mandate.creditor_id == Membership.creditor_id,
        Mandate.organisation_id == Membership.organisation_id,
        *in_force(now),
    )


# One's own people, or an agency's while its mandate is in force.
_WORKS = (
    Membership.ended_at.is_(None),
    or_(Membership.organisation_id.is_(None), Mandate.id.is_not(None)),
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What one query tells of a running session: who, in which role, at which creditor, through whom."""

    session_id: int
    seen_at: datetime
    proved_at: datetime
    staff_id: int
    name: str
    email: str
    language: str
    role: roles.Role
    creditors: int
    has_second_factor: bool
    agency: str | None  # the agency that they work for, as the creditor calls it; none: the creditor's own
    reach: int | None  # the mandate that says which customers; none: all of them
    creditor: faces.Face


def signed_in(session_id: int, creditor_id: int, idle_since: datetime) -> SignedIn | None:
    """The running session of somebody who works for this creditor; None when it has ended or they do not."""
    others = (
        select(func.count())
        .select_from(Membership)
        .where(Membership.staff_id == Staff.id, Membership.ended_at.is_(None))
        .correlate(Staff)
        .scalar_subquery()
    )
    now = clock.now()
    row = (
        db.session()
        .execute(
            select(
                StaffSession.id, StaffSession.seen_at, StaffSession.proved_at, Staff.id, Staff.name, Staff.email,
                Staff.language, Membership.role, others, SecondFactor.confirmed_at, Mandate.shown_name, Mandate.id,
                Mandate.everyone, *faces.COLUMNS,
            )
            .join(Staff, Staff.id == StaffSession.staff_id)
            .join(Membership, Membership.staff_id == Staff.id)
            .join(Creditor, Creditor.id == Membership.creditor_id)
            .outerjoin(SecondFactor, SecondFactor.staff_id == Staff.id)
            .outerjoin(Mandate, _mandate_of(now))
            .where(
                StaffSession.id == session_id,
                *_running(idle_since),
                Membership.creditor_id == creditor_id,
                *_WORKS,
            )
            .order_by(Mandate.id.desc())
        )
        .first()
    )  # fmt: skip
    return _read_signed_in(row) if row is not None else None


def _read_signed_in(row: Row[*tuple[Any, ...]]) -> SignedIn | None:
    session_id, seen_at, proved_at, staff_id, name, email, language, written, others = row[:9]
    confirmed_at, agency, mandate_id, everyone = row[9:13]
    role = roles.read(written)
    if role is None:
        return None
    return SignedIn(
        session_id, seen_at, proved_at, staff_id, name, email, language, role, others, confirmed_at is not None,
        agency, None if everyone else mandate_id, faces.Face(*row[13:]),
    )  # fmt: skip


def _running(idle_since: datetime, *, waits_for_code: bool = False) -> tuple[ColumnElement[bool], ...]:
    return (
        StaffSession.ended_at.is_(None),
        StaffSession.ends_at > clock.now(),
        StaffSession.seen_at > idle_since,
        StaffSession.waits_for_code.is_(waits_for_code),
        Staff.disabled_at.is_(None),
    )


def waiting_for_code(session_id: int, idle_since: datetime) -> tuple[StaffSession, Staff] | None:
    """The session of somebody whose password was right and whose code is still to come."""
    row = (
        db.session()
        .execute(
            select(StaffSession, Staff)
            .join(Staff, Staff.id == StaffSession.staff_id)
            .where(StaffSession.id == session_id, *_running(idle_since, waits_for_code=True))
        )
        .one_or_none()
    )
    return (row[0], row[1]) if row is not None else None


def staff_of_session(session_id: int, idle_since: datetime) -> Staff | None:
    """Who a running session belongs to, before a creditor is chosen."""
    return (
        db.session()
        .scalars(
            select(Staff)
            .join(StaffSession, StaffSession.staff_id == Staff.id)
            .where(StaffSession.id == session_id, *_running(idle_since))
        )
        .one_or_none()
    )


def sessions_of(staff_id: int, idle_since: datetime) -> list[StaffSession]:
    """The running sessions of a person, the one used last first."""
    return list(
        db.session().scalars(
            select(StaffSession)
            .join(Staff, Staff.id == StaffSession.staff_id)
            .where(StaffSession.staff_id == staff_id, *_running(idle_since))
            .order_by(StaffSession.seen_at.desc())
        )
    )


@dataclass(frozen=True, slots=True)
class Workplace:
    creditor_id: int
    name: str
    role: roles.Role


def workplaces(staff_id: int) -> list[Workplace]:
    """The creditors a person works for, by name."""
    rows = db.session().execute(
        select(Creditor.id, Creditor.display_name, Membership.role)
        .join(Membership, Membership.creditor_id == Creditor.id)
        .outerjoin(Mandate, _mandate_of(clock.now()))
        .where(Membership.staff_id == staff_id, *_WORKS)
        .distinct()
        .order_by(Creditor.display_name, Creditor.id)
    )
    found = ((creditor_id, name, roles.read(role)) for creditor_id, name, role in rows)
    return [Workplace(creditor_id, name, role) for creditor_id, name, role in found if role is not None]
