"""Cases about an address: its subject is the contact point that the link went to, none for a code on paper."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, or_, select

from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import db
from portal.debtors.models import AccessLink, ContactPoint
from portal.wrong_addresses import rules


def _open() -> tuple[ColumnElement[bool], ...]:
    return Case.kind == kinds.WRONG_PERSON, Case.status != CaseStatus.CLOSED


def open_about(contact_id: int) -> Sequence[Case]:
    return db.session().scalars(select(Case).where(*_open(), Case.subject_id == contact_id).order_by(Case.id)).all()


def open_of(debtor_id: int, contact_id: int | None, *, at_the_door: bool) -> Case | None:
    """The open case of the same address that was begun on the same side of the gate."""
    side = Case.visit_id.is_(None) if at_the_door else Case.visit_id.is_not(None)
    same = Case.subject_id == contact_id if contact_id is not None else Case.subject_id.is_(None)
    found = select(Case).where(*_open(), Case.debtor_id == debtor_id, side, same).order_by(Case.id.desc()).limit(1)
    return db.session().scalars(found).one_or_none()


def one(case_id: int) -> Case | None:
    found = select(Case).where(Case.id == case_id, Case.kind == kinds.WRONG_PERSON)
    return db.session().scalars(found).one_or_none()


def contact(case: Case) -> ContactPoint | None:
    """The address that the case is about."""
    if case.subject_id is None:
        return None
    return db.session().scalars(select(ContactPoint).where(ContactPoint.id == case.subject_id)).one_or_none()


def said_not_me(debtor_ids: Collection[int]) -> set[int]:
    """The addresses of these customers whose readers said that it is not about them, undecided since (C-13)."""
    still = or_(ContactPoint.confirmed_at.is_(None), Case.opened_at > ContactPoint.confirmed_at)
    found = select(ContactPoint.id).join(Case, Case.subject_id == ContactPoint.id)
    mine = Case.debtor_id.in_(list(debtor_ids)), Case.cause == rules.NOT_ME, still
    return set(db.session().scalars(found.where(*_open(), *mine)))


def contact_of_link(link_id: int) -> int | None:
    """Where the link went."""
    return db.session().scalar(select(AccessLink.contact_point_id).where(AccessLink.id == link_id))
