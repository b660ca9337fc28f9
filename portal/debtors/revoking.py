"""Links taken back: one, or all of a contact, a debtor, a campaign, the creditor, or issued before a moment (A-10).

What is revoked opens nothing from the next request on, and visits through it are over with the same commit.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import aliased

from portal.core import clock, db, events
from portal.debtors import actions
from portal.debtors import events as happened
from portal.debtors.gate import ABSOLUTE
from portal.debtors.models import AccessLink, Visit

ONE_BY_ONE = 50  # up to here each link says itself that it was revoked, beyond one event says how many


@dataclass(frozen=True, slots=True)
class Which:
    """The links that every given condition holds for; nothing given means all of the creditor's."""

    link_id: int | None = None
    contact_id: int | None = None
    debtor_id: int | None = None
    campaign: str | None = None
    issued_before: datetime | None = None

    @property
    def of(self) -> str:
        """The word that the event says: what kind of choice this was."""
        given = (
            ("link", self.link_id),
            ("contact", self.contact_id),
            ("debtor", self.debtor_id),
            ("campaign", self.campaign),
            ("issued_before", self.issued_before),
        )
        return next((word for word, value in given if value is not None), "creditor")

    def conditions(self) -> list[ColumnElement[bool]]:
        columns = (
            (AccessLink.id, self.link_id),
            (AccessLink.contact_point_id, self.contact_id),
            (AccessLink.debtor_id, self.debtor_id),
            (AccessLink.campaign, self.campaign),
        )
        named: list[ColumnElement[bool]] = [column == value for column, value in columns if value is not None]
        if self.issued_before is not None:
            named.append(AccessLink.issued_at < self.issued_before)
        return named


def _live(which: Which) -> list[ColumnElement[bool]]:
    return [AccessLink.revoked_at.is_(None), AccessLink.expires_at > clock.now(), *which.conditions()]


def count(which: Which) -> int:
    """How many links would open nothing any more; those that have run out are not counted."""
    return int(db.session().scalar(select(func.count()).select_from(AccessLink).where(*_live(which))) or 0)


def _running() -> list[ColumnElement[bool]]:
    return [Visit.ended_at.is_(None), Visit.ends_at > clock.now()]


def visits(which: Which) -> int:
    """How many visits run through them, whether the link was revoked before or not.

    After a change of contact data the visit that asked goes on although its link is dead (decision 7).
    """
    through = select(AccessLink.id).where(*which.conditions())
    running = select(func.count()).select_from(Visit).where(*_running(), Visit.link_id.in_(through))
    return int(db.session().scalar(running) or 0)


def _handed_on() -> ColumnElement[bool]:
    """Links through which another was handed over that is good, or was an hour ago: no link outlives its origin."""
    child = aliased(AccessLink)
    since = clock.now() - ABSOLUTE
    return AccessLink.id.in_(
        select(child.from_link_id).where(child.from_link_id.is_not(None), child.expires_at > since)
    )


def revoke(which: Which, why: str) -> int:
    """Revokes them and ends their visits; returns how many live links those were.

    Links that ran out are revoked, too: nobody gets a new one through them. Of those that were revoked before, the
    visits that went on end, and what was handed over through them.
    """
    open_still = AccessLink.id.in_(select(Visit.link_id).where(*_running()))
    asked = [or_(AccessLink.revoked_at.is_(None), open_still, _handed_on()), *which.conditions()]
    found = db.session().scalars(select(AccessLink).where(*asked).order_by(AccessLink.id).limit(ONE_BY_ONE + 1)).all()
    live = count(which)
    if len(found) <= ONE_BY_ONE:
        for link in found:
            actions.revoke_link(link, why)
        return live
    for link in db.session().scalars(select(AccessLink).where(_handed_on(), *which.conditions())).all():
        actions.revoke_link(link, why)
    now = clock.now()
    these = [AccessLink.revoked_at.is_(None), *which.conditions()]
    db.changed(update(AccessLink).where(*these).values(revoked_at=now, revoked_why=why))
    through = select(AccessLink.id).where(*which.conditions())
    db.changed(update(Visit).where(Visit.ended_at.is_(None), Visit.link_id.in_(through)).values(ended_at=now))
    db.session().expire_all()
    events.record(
        happened.LinksRevoked(
            debtor_id=which.debtor_id,
            of=which.of,
            count=live,
            why=why,
            campaign=which.campaign,
            contact_id=which.contact_id,
            issued_before=which.issued_before,
        )
    )
    return live


def campaigns() -> list[tuple[str, int]]:
    """The campaigns that have live links, and how many."""
    rows = db.session().execute(
        select(AccessLink.campaign, func.count())
        .where(*_live(Which()))
        .group_by(AccessLink.campaign)
        .order_by(AccessLink.campaign)
    )
    return [(campaign, number) for campaign, number in rows]
