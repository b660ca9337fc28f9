"""Agencies: organisations that work for a creditor under a mandate, from when until when, for which customers.

The mandate's reach is enforced in portal.core.scope, its dates where a person is loaded (session_queries).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, literal, or_, select

from portal.core import clock, db, events, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.scope import ReachedDebtor
from portal.core.text import t
from portal.people import events as happened
from portal.people.models import Mandate, Membership, Organisation
from portal.people.session_queries import in_force

_BLANKS = re.compile(r"[\s.-]+")


def normalise_vat(typed: str) -> str:
    """`IT 0123 4567890` → `IT01234567890`: the same agency is the same row, however its number is typed."""
    return _BLANKS.sub("", typed).upper()


def organisation(name: str, vat_number: str) -> Organisation:
    """The agency with this VAT number, made if nobody works with it yet.

    Its name there is that of who came first and is shown to nobody: each mandate has its own.
    """
    number = normalise_vat(vat_number)
    found = db.session().scalars(select(Organisation).where(Organisation.vat_number == number)).one_or_none()
    if found is None:
        found = Organisation(id=ids.new_id(), name=name, vat_number=number, created_at=clock.now())
        db.session().add(found)
        db.session().flush()
    return found


def give(
    agency: Organisation,
    *,
    name: str,
    from_at: datetime,
    until_at: datetime | None,
    debtor_ids: Sequence[int] | None,
    by: int,
) -> Mandate:
    """The creditor in scope lets the agency, which it calls `name`, see these customers, or every one (None).

    An agency has one mandate at a time: raises NotAllowedNow where another overlaps.
    """
    creditor_id = scope.current().creditor_id
    overlaps = select(Mandate.id).where(
        Mandate.creditor_id == creditor_id,
        Mandate.organisation_id == agency.id,
        Mandate.ended_at.is_(None),
        or_(Mandate.until_at.is_(None), Mandate.until_at > from_at),
    )
    if until_at is not None:
        overlaps = overlaps.where(Mandate.from_at < until_at)
    if db.session().scalar(overlaps.limit(1)) is not None:
        raise NotAllowedNow(t("This agency has a mandate in that time already. Please end it first."))
    mandate = Mandate(
        id=ids.new_id(),
        creditor_id=creditor_id,
        organisation_id=agency.id,
        shown_name=name,
        everyone=debtor_ids is None,
        from_at=from_at,
        until_at=until_at,
        made_by=by,
        made_at=clock.now(),
    )
    db.session().add(mandate)
    db.session().flush()
    for debtor_id in dict.fromkeys(debtor_ids or ()):
        db.session().add(ReachedDebtor(creditor_id=creditor_id, mandate_id=mandate.id, debtor_id=debtor_id))
    db.session().flush()
    count = len(set(debtor_ids)) if debtor_ids is not None else None
    events.record(happened.MandateGiven(mandate_id=mandate.id, organisation_id=agency.id, debtors=count))
    return mandate


def end(mandate: Mandate) -> None:
    """Its people see nothing from their next click on; ended twice is ended once."""
    if mandate.ended_at is not None:
        return
    mandate.ended_at = clock.now()
    db.session().flush()
    events.record(happened.MandateEnded(mandate_id=mandate.id, organisation_id=mandate.organisation_id))


def mandate_of_creditor(mandate_id: int) -> Mandate | None:
    """A mandate that the creditor in scope gave: the table is nobody's, so it is asked for by creditor."""
    return (
        db.session()
        .scalars(select(Mandate).where(Mandate.id == mandate_id, Mandate.creditor_id == scope.current().creditor_id))
        .one_or_none()
    )


@dataclass(frozen=True, slots=True)
class MandateRow:
    """A mandate as the page lists it; `debtors` is how many customers it names, `people` who works under it."""

    mandate: Mandate
    agency: Organisation
    debtors: int
    people: int


def mandates() -> list[MandateRow]:
    """What the creditor in scope gave, the newest first."""
    creditor_id = scope.current().creditor_id
    named = (
        select(func.count())
        .select_from(ReachedDebtor)
        .where(ReachedDebtor.mandate_id == Mandate.id)
        .correlate(Mandate)
        .scalar_subquery()
    )
    working = (
        select(func.count())
        .select_from(Membership)
        .where(
            Membership.creditor_id == creditor_id,
            Membership.organisation_id == Mandate.organisation_id,
            Membership.ended_at.is_(None),
        )
        .correlate(Mandate)
        .scalar_subquery()
    )
    rows = db.session().execute(
        select(Mandate, Organisation, named, working)
        .join(Organisation, Organisation.id == Mandate.organisation_id)
        .where(Mandate.creditor_id == creditor_id)
        .order_by(Mandate.id.desc())
        .limit(200)
    )
    return [MandateRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency as one creditor calls it."""

    id: int
    name: str


def working_for(creditor_id: int) -> list[Agency]:
    """The agencies whose people may be invited: with a mandate that is not over."""
    now = clock.now()
    rows = db.session().execute(
        select(Mandate.organisation_id, Mandate.shown_name)
        .where(
            Mandate.creditor_id == creditor_id,
            Mandate.ended_at.is_(None),
            or_(Mandate.until_at.is_(None), Mandate.until_at > now),
        )
        .order_by(Mandate.id)
    )
    newest: dict[int, str] = {one.organisation_id: one.shown_name for one in rows}
    return sorted((Agency(*one) for one in newest.items()), key=lambda one: (one.name, one.id))


def called_by(creditor_id: int, organisation_id: ColumnElement[int | None]) -> ColumnElement[Any]:
    """A column: what this creditor calls the agency, in its newest mandate."""
    return (
        select(Mandate.shown_name)
        .where(Mandate.creditor_id == creditor_id, Mandate.organisation_id == organisation_id)
        .order_by(Mandate.id.desc())
        .limit(1)
        .correlate_except(Mandate)
        .scalar_subquery()
    )


def name_for_debtor(creditor_id: ColumnElement[int], debtor_id: ColumnElement[int]) -> ColumnElement[Any]:
    """A column: the agency whose mandate covers this debtor now, for who loads a visit. Bind `now` to the instant.

    Where several do, the one with the newest mandate.
    """
    named = (
        exists()
        .where(
            ReachedDebtor.creditor_id == Mandate.creditor_id,
            ReachedDebtor.mandate_id == Mandate.id,
            ReachedDebtor.debtor_id == debtor_id,
        )
        .correlate_except(ReachedDebtor)
    )
    return (
        select(Mandate.shown_name)
        .where(
            Mandate.creditor_id == creditor_id,
            *in_force(bindparam("now")),
            or_(Mandate.everyone, named),
        )
        .order_by(Mandate.id.desc())
        .limit(1)
        .correlate_except(Mandate)
        .scalar_subquery()
    )


def name_of(debtor_id: int) -> str | None:
    """The agency whose mandate covers this debtor of the creditor in scope, now."""
    column = name_for_debtor(literal(scope.current().creditor_id, db.Id), literal(debtor_id, db.Id))
    found: str | None = db.session().scalar(select(column), {"now": clock.now()})
    return found
