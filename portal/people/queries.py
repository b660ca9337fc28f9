"""Finding people, what they may do where, and who has been invited."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select

from portal.core import clock, db
from portal.creditors.models import Creditor
from portal.people import roles
from portal.people.agencies import called_by
from portal.people.models import Invitation, Membership, SecondFactor, Staff, StaffSession


def by_email(email: str) -> Staff | None:
    return db.session().scalars(select(Staff).where(Staff.email == email.strip().lower())).one_or_none()


def by_id(staff_id: int) -> Staff | None:
    return db.session().get(Staff, staff_id)


def names(staff_ids: Iterable[int | None]) -> dict[int, str]:
    """The names of these people, in one query."""
    wanted = {one for one in staff_ids if one is not None}
    rows = db.session().execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person of one creditor as its people's page lists them."""

    staff_id: int
    name: str
    email: str
    role: roles.Role
    ended_at: datetime | None
    disabled_at: datetime | None
    agency: str | None
    has_second_factor: bool
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
            called_by(creditor_id, Membership.organisation_id.expression), SecondFactor.confirmed_at,
            func.max(StaffSession.seen_at), running,
        )
        .join(Membership, Membership.staff_id == Staff.id)
        .outerjoin(StaffSession, StaffSession.staff_id == Staff.id)
        .outerjoin(SecondFactor, SecondFactor.staff_id == Staff.id)
        .where(Membership.creditor_id == creditor_id)
        .group_by(
            Staff.id, Staff.name, Staff.email, Membership.role, Membership.ended_at, Staff.disabled_at,
            Membership.organisation_id, SecondFactor.confirmed_at,
        )
        .order_by(Staff.name, Staff.id)
    )  # fmt: skip
    found = [_colleague(row) for row in rows]
    return sorted(found, key=lambda colleague: not colleague.works)


def _colleague(row: Row[*tuple[Any, ...]]) -> Colleague:
    staff_id, name, email, role, ended_at, disabled_at, agency, confirmed_at, seen_at, running = row
    return Colleague(
        staff_id, name, email, roles.read(role) or roles.Role.VIEWER, ended_at, disabled_at, agency,
        confirmed_at is not None, seen_at, running is not None,
    )  # fmt: skip


def membership(staff_id: int, creditor_id: int) -> Membership | None:
    """A person's place at a creditor, ended ones too."""
    return (
        db.session()
        .scalars(select(Membership).where(Membership.staff_id == staff_id, Membership.creditor_id == creditor_id))
        .one_or_none()
    )


def needs_second_factor(staff_id: int) -> bool:
    """Whether one of the roles that a person has somewhere demands a second factor (rule A-66)."""
    demanding = [role.value for role in roles.NEED_SECOND_FACTOR]
    place = select(Membership.id).where(
        Membership.staff_id == staff_id, Membership.ended_at.is_(None), Membership.role.in_(demanding)
    )
    return db.session().scalar(place.limit(1)) is not None


def deciders(creditor_id: int) -> list[Staff]:
    """The creditor's administrators who may sign in."""
    return list(
        db.session().scalars(
            select(Staff)
            .join(Membership, Membership.staff_id == Staff.id)
            .where(
                Membership.creditor_id == creditor_id,
                Membership.role == roles.Role.ADMIN.value,
                Membership.ended_at.is_(None),
                Staff.disabled_at.is_(None),
                Staff.password_hash.is_not(None),
            )
            .order_by(Staff.id)
        )
    )


def own(creditor_id: int) -> list[tuple[Staff, roles.Role]]:
    """The creditor's own people who work here now, with their role; nobody of an agency."""
    rows = db.session().execute(
        select(Staff, Membership.role)
        .join(Membership, Membership.staff_id == Staff.id)
        .where(
            Membership.creditor_id == creditor_id,
            Membership.organisation_id.is_(None),
            Membership.ended_at.is_(None),
            Staff.disabled_at.is_(None),
        )
        .order_by(Staff.name, Staff.id)
    )
    return [(row[0], roles.read(row[1]) or roles.Role.VIEWER) for row in rows]


def _may_answer(
    creditor_id: int, permission: roles.Permission = roles.Permission.ANSWER
) -> tuple[ColumnElement[bool], ...]:
    """That a membership lets its person answer customers of this creditor, and that they are here."""
    answering = [role.value for role in roles.Role if roles.may(role, permission)]
    return (
        Membership.creditor_id == creditor_id,
        Membership.ended_at.is_(None),
        Membership.role.in_(answering),
        Staff.disabled_at.is_(None),
    )


def may_now(creditor_id: int, permission: roles.Permission) -> Select[int]:
    """The ids of everybody who may do that for this creditor today, to be asked for within another statement."""
    return (
        select(Staff.id)
        .join(Membership, Membership.staff_id == Staff.id)
        .where(*_may_answer(creditor_id, permission))
    )


def works_at(staff_id: int, creditor_id: int, permission: roles.Permission = roles.Permission.ANSWER) -> bool:
    """Whether the person may answer this creditor's customers today."""
    found = select(Membership.id).join(Staff, Staff.id == Membership.staff_id)
    wanted = found.where(Staff.id == staff_id, *_may_answer(creditor_id, permission))
    return db.session().scalar(wanted.limit(1)) is not None


def answerers(creditor_id: int, permission: roles.Permission = roles.Permission.ANSWER) -> list[tuple[int, str]]:
    """(id, name) of everybody who may answer this creditor's customers: its own people first, then by name."""
    rows = db.session().execute(
        select(Staff.id, Staff.name)
        .join(Membership, Membership.staff_id == Staff.id)
        .where(*_may_answer(creditor_id, permission))
        .order_by(Membership.organisation_id.is_not(None), Staff.name, Staff.id)
    )
    return [(row[0], row[1]) for row in rows]


def first_to_answer(creditor_id: int, permission: roles.Permission = roles.Permission.ANSWER) -> int | None:
    """Who owns what nobody was named for: of the creditor's own people who may, the one who has been here longest."""
    return db.session().scalar(
        select(Staff.id)
        .join(Membership, Membership.staff_id == Staff.id)
        .where(*_may_answer(creditor_id, permission), Membership.organisation_id.is_(None))
        .order_by(Membership.since, Staff.id)
        .limit(1)
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


def is_invited(staff_id: int, creditor_id: int | None) -> bool:
    """Whether an invitation to this creditor (None: to a new password) still lets this person in."""
    found = select(Invitation.id).where(Invitation.staff_id == staff_id, *_live())
    found = found.where(
        Invitation.creditor_id.is_(None) if creditor_id is None else Invitation.creditor_id == creditor_id
    )
    return db.session().scalar(found.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Invited:
    invitation_id: int
    email: str
    role: roles.Role
    expires_at: datetime
    agency: str | None


def invited(creditor_id: int) -> list[Invited]:
    """Who has been invited to a creditor and has not come yet, the newest first."""
    agency = called_by(creditor_id, Invitation.organisation_id.expression)
    rows = db.session().execute(
        select(Invitation.id, Staff.email, Invitation.role, Invitation.expires_at, agency)
        .join(Staff, Staff.id == Invitation.staff_id)
        .where(Invitation.creditor_id == creditor_id, *_live())
        .order_by(Invitation.id.desc())
        .limit(100)
    )
    return [Invited(row[0], row[1], roles.read(row[2] or "") or roles.Role.VIEWER, row[3], row[4]) for row in rows]


def everybody() -> list[tuple[Staff, str, str]]:
    """Every person with the creditor's short name and the role, for the command line; `-` where there is none."""
    rows = db.session().execute(
        select(Staff, Creditor.slug, Membership.role)
        .outerjoin(Membership, and_(Membership.staff_id == Staff.id, Membership.ended_at.is_(None)))
        .outerjoin(Creditor, Creditor.id == Membership.creditor_id)
        .order_by(Staff.email, Creditor.slug)
    )
    return [(staff, slug or "-", role or "-") for staff, slug, role in rows]
