"""A morning is seen to: one mail to a person, or none where there is nothing to say; never twice a day."""

from dataclasses import asdict
from datetime import date

from portal.core import clock, db, ids, scope
from portal.digests import policies, queries, rules
from portal.digests.models import Digest, DigestStop
from portal.people import mails


def see_to(day: date, policy: policies.Version, zone: str) -> int:
    """The mails of that day which have not been planned; how many were."""
    since, planned = rules.since(day, policy.hour, zone), 0
    for staff, role in queries.readers(policy, day):
        counts = queries.counts(day, since, staff.id, private=queries.may_know(role))
        mail = None
        if not counts.is_nothing:
            mail = mails.plan(mails.DIGEST, staff.email, staff.language, asdict(counts), staff_id=staff.id)
            planned += 1
        db.session().add(
            Digest(
                id=ids.new_id(),
                creditor_id=scope.current().creditor_id,
                staff_id=staff.id,
                day=day,
                mail_id=mail.id if mail is not None else None,
                made_at=clock.now(),
            )
        )
    db.session().flush()
    return planned


def want(staff_id: int, *, wanted: bool) -> None:
    """Whether somebody gets the mail; said twice it is the same."""
    stop = queries.stop_of(staff_id)
    if wanted and stop is not None:
        db.session().delete(stop)
    elif not wanted and stop is None:
        creditor_id = scope.current().creditor_id
        db.session().add(
            DigestStop(id=ids.new_id(), creditor_id=creditor_id, staff_id=staff_id, stopped_at=clock.now())
        )
    db.session().flush()
