"""Finding people, what they may do where, and where they are signed in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from portal.core import clock, db
from portal.creditors import faces
from portal.creditors.models import Creditor
from portal.people import roles
from portal.people.models import Invitation, Membership, Staff, StaffSession


def by_email(email: str) -> Staff | None:
    return db.session().scalars(select(Staff).where(Staff.email == email.strip().lower())).one_or_none()


def by_id(staff_id: int) -> Staff | None:
    return db.session().get(Staff, staff_id)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What one query tells of a running session: who, in which role, at which creditor."""

    session_id: int
    seen_at: datetime
    staff_id: int
    name: str
    email: str
    language: str
    role: roles.Role
    creditors: int
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
    row = (
        db.session()
        .execute(
            select(
                StaffSession.id, StaffSession.seen_at, Staff.id, Staff.name, Staff.email, Staff.language,
                Membership.role, others, *faces.COLUMNS,
            )
            .join(Staff, Staff.id == StaffSession.staff_id)
            .join(Membership, Membership.staff_id == Staff.id)
            .join(Creditor, Creditor.id == Membership.creditor_id)
            .where(
                StaffSession.id == session_id,
                *_running(idle_since),
                Membership.creditor_id == creditor_id,
                Membership.ended_at.is_(None),
            )
        )
        .one_or_none()
    )  # fmt: skip
    role = roles.read(row[6]) if row is not None else None
    if row is None or role is None:
        return None
    session_id, seen_at, staff_id, name, email, language, _role, others_too = row[:8]
    return SignedIn(session_id, seen_at, staff_id, name, email, language, role, others_too, faces.Face(*row[8:]))


def _running(idle_since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        StaffSession.ended_at.is_(None),
        StaffSession.ends_at > clock.now(),
        StaffSession.seen_at > idle_since,
        Staff.disabled_at.is_(None),
    )


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
        .where(Membership.staff_id == staff_id, Membership.ended_at.is_(None))
        .order_by(Creditor.display_name, Creditor.id)
    )
    found = ((creditor_id, name, roles.read(role)) for creditor_id, name, role in rows)
    return [Workplace(creditor_id, name, role) for creditor_id, name, role in found if role is not None]


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person of one creditor as its people's page lists them."""

    staff_id: int
    name: str
    email: str
    role: roles.Role
    ended_at: datetime | None
    disabled_at: datetime | None
    seen_at: datetime | None
    running: bool

    @property
    def works(self) -> bool:
        return self.ended_at is None and self.disabled_at is None


def colleagues(creditor_id: int, idle_since: datetime) -> list[Colleague]:
    """Everybody who works or worked for a creditor: those who do first, then by name."""
    running = func.max(StaffSession.seen_at).filter(
        StaffSession.ended_at.is_(None), StaffSession.seen_at > idle_since, StaffSession.ends_at > clock.now()
    )
    rows = db.session().execute(
        select(
            Staff.id, Staff.name, Staff.email, Membership.role, Membership.ended_at, Staff.disabled_at,
            func.max(StaffSession.seen_at), running,
        )
        .join(Membership, Membership.staff_id == Staff.id)
        .outerjoin(StaffSession, StaffSession.staff_id == Staff.id)
        .where(Membership.creditor_id == creditor_id)
        .group_by(
            Staff.id, Staff.name, Staff.email, Membership.role, Membership.ended_at, Staff.disabled_at
        )
        .order_by(Staff.name, Staff.id)
    )  # fmt: skip
    found = [
        Colleague(row[0], row[1], row[2], roles.read(row[3]) or roles.Role.VIEWER, *row[4:7], row[7] is not None)
        for row in rows
    ]
    return sorted(found, key=lambda colleague: not colleague.works)


def membership(staff_id: int, creditor_id: int) -> Membership | None:
    """A person's place at a creditor, ended ones too."""
    return (
        db.session()
        .scalars(select(Membership).where(Membership.staff_id == staff_id, Membership.creditor_id == creditor_id))
        .one_or_none()
    )


def works_elsewhere(staff_id: int, creditor_id: int | None) -> bool:
    """Whether the person works for a creditor other than this one."""
    elsewhere = select(Membership.id).where(Membership.staff_id == staff_id, Membership.ended_at.is_(None))
    if creditor_id is not None:
        elsewhere = elsewhere.where(Membership.creditor_id != creditor_id)
    return db.session().scalar(elsewhere.limit(1)) is not None


def other_admins(creditor_id: int, staff_id: int) -> int:
    """How many administrators the creditor has besides this person."""
    return (
        db.session().scalar(
            select(func.count())
            .select_from(Membership)
            .join(Staff, Staff.id == Membership.staff_id)
            .where(
                Membership.creditor_id == creditor_id,
                Membership.staff_id != staff_id,
                Membership.role == roles.Role.ADMIN.value,
                Membership.ended_at.is_(None),
                Staff.disabled_at.is_(None),
            )
        )
        or 0
    )


def _live() -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > clock.now(),
    )


def invitation_by_hash(secret_hash: str) -> Invitation | None:
    return (
        db.session().scalars(select(Invitation).where(Invitation.secret_hash == secret_hash, *_live())).one_or_none()
    )


def live_invitation(invitation_id: int) -> Invitation | None:
    """An invitation that still lets somebody in."""
    return (
        db.session()
        .scalars(
            select(Invitation)
            .join(Staff, Staff.id == Invitation.staff_id)
            .where(Invitation.id == invitation_id, *_live(), Staff.disabled_at.is_(None))
        )
        .one_or_none()
    )


@dataclass(frozen=True, slots=True)
class Invited:
    invitation_id: int
    email: str
    role: roles.Role
    expires_at: datetime


def invited(creditor_id: int) -> list[Invited]:
    """Who has been invited to a creditor and has not come yet, the newest first."""
    rows = db.session().execute(
        select(Invitation.id, Staff.email, Invitation.role, Invitation.expires_at)
        .join(Staff, Staff.id == Invitation.staff_id)
        .where(Invitation.creditor_id == creditor_id, *_live())
        .order_by(Invitation.id.desc())
        .limit(100)
    )
    return [Invited(row[0], row[1], roles.read(row[2] or "") or roles.Role.VIEWER, row[3]) for row in rows]


def everybody() -> list[tuple[Staff, str, str]]:
    """Every person with the creditor's short name and the role, for the command line; `-` where there is none."""
    rows = db.session().execute(
        select(Staff, Creditor.slug, Membership.role)
        .outerjoin(Membership, and_(Membership.staff_id == Staff.id, Membership.ended_at.is_(None)))
        .outerjoin(Creditor, Creditor.id == Membership.creditor_id)
        .order_by(Staff.email, Creditor.slug)
    )
    return [(staff, slug or "-", role or "-") for staff, slug, role in rows]
