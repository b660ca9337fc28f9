"""Who gets the morning mail, and its numbers: by the same queries as the page "today"."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select

from portal.core import db, scope
from portal.digests import policies
from portal.digests.models import Digest, DigestStop
from portal.inbox import due_item_queries, queue_queries, today_queries
from portal.people import queries as people
from portal.people import roles
from portal.people.models import Staff
from portal.people.roles import Permission, Role


@dataclass(frozen=True, slots=True)
class Counts:
    """How many: due items of today and past their date, things customers said, payments, cases to do, one's own."""

    due_today: int
    overdue: int
    answered: int
    paid: int
    todo: int
    mine: int

    @property
    def is_nothing(self) -> bool:
        return not any(asdict(self).values())


def counts(today: date, since: datetime, staff_id: int, *, private: bool) -> Counts:
    sums, news = due_item_queries.open_sums(today), today_queries.news_counts(since)
    queued = queue_queries.counts(staff_id, private=private)
    said = (*today_queries.ANSWERS, *today_queries.QUESTIONS, *today_queries.VOICES)
    return Counts(
        due_today=due_item_queries.due_on(today),
        overdue=sum(one.count for (_, late), one in sums.items() if late),
        answered=sum(news.get(name, 0) for name in said),
        paid=news.get("payment.succeeded", 0),
        todo=queued.todo,
        mine=queued.mine,
    )


def readers(policy: policies.Version, day: date) -> list[tuple[Staff, Role]]:
    """The creditor's own people who get it and whose morning has not been seen to."""
    done = set(db.session().scalars(select(Digest.staff_id).where(Digest.day == day)))
    stopped = set(db.session().scalars(select(DigestStop.staff_id)))
    return [
        (staff, role)
        for staff, role in people.own(scope.current().creditor_id)
        if role.value in policy.roles and staff.id not in done | stopped
    ]


def may_know(role: Role) -> bool:
    return roles.may(role, Permission.HARDSHIP)


def stop_of(staff_id: int) -> DigestStop | None:
    return db.session().scalars(select(DigestStop).where(DigestStop.staff_id == staff_id)).one_or_none()
