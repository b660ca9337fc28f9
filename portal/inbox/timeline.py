"""Everything that happened to a debtor or an invoice: the events and the traces at the door, newest first.

Rows are ordered by their id, which is given by the clock (portal.core.ids), so two tables page as one.
"""

import heapq
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, or_, select

from portal.cases.models import Case
from portal.core import db
from portal.core.events import EventRow
from portal.debtors.models import AccessLink, Debtor, LinkTrace
from portal.inbox import cursors
from portal.invoices.models import DueItem, Invoice
from portal.messages.models import Message
from portal.people.models import Staff
from portal.web import paging


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `trace`: at the door, proved by nobody. `detail`: words or a subject to show."""

    id: int
    at: datetime
    name: str
    data: dict[str, Any]
    trace: bool = False
    actor_kind: str | None = None
    actor: str | None = None
    subject_kind: str = ""
    subject_id: int | None = None
    debtor_id: int | None = None
    debtor: str | None = None
    invoice_id: int | None = None
    number: str | None = None
    detail: str | None = None
    case_id: int | None = None  # where what was said waits, or waited, for an answer


_EVENT_COLUMNS = (
    EventRow.id,
    EventRow.at,
    EventRow.name,
    EventRow.data,
    EventRow.actor_kind,
    Staff.name,
    EventRow.subject_kind,
    EventRow.subject_id,
    EventRow.debtor_id,
    Debtor.name,
    Invoice.id,
    Invoice.number,
    Message.subject,
    Case.words,
    EventRow.seq,
)


def events() -> Select[*tuple[Any, ...]]:
    """Events with the names of what they are about; `entry` reads its rows."""
    about = EventRow.subject_kind
    return (
        select(*_EVENT_COLUMNS)
        .outerjoin(Staff, and_(EventRow.actor_kind == "staff", Staff.id == EventRow.actor_id))
        .outerjoin(Debtor, Debtor.id == EventRow.debtor_id)
        .outerjoin(DueItem, and_(about == "item", DueItem.id == EventRow.subject_id))
        .outerjoin(Case, and_(about.in_(("question", "case")), Case.id == EventRow.subject_id))
        .outerjoin(
            Invoice,
            Invoice.id
            == case(
                (about == "invoice", EventRow.subject_id),
                (about == "item", DueItem.invoice_id),
                else_=Case.invoice_id,
            ),
        )
        .outerjoin(Message, and_(about == "message", Message.id == EventRow.subject_id))
    )


def entry(row: Row[*tuple[Any, ...]]) -> Entry:
    (row_id, at, name, data, actor_kind, actor, kind, subject_id, debtor_id, debtor, invoice_id, number,
     subject, words, _seq) = row  # fmt: skip
    return Entry(
        row_id, at, name, data, False, actor_kind, actor, kind, subject_id, debtor_id, debtor, invoice_id,
        number, subject or words,
    )  # fmt: skip


# What only the few hear of who may know that it is hard for somebody to pay (rule C-26), by the event's subject.
_PRIVATE = frozenset({"rest", "quiet"})


def of_debtor(debtor_id: int, cursor: str | None, *, private: bool) -> paging.Page[Entry]:
    """Everything that happened to one debtor; `private`: also what few may know."""
    seen = EventRow.debtor_id == debtor_id
    if not private:
        seen = and_(seen, EventRow.subject_kind.not_in(sorted(_PRIVATE)))
    return _merged(seen, LinkTrace.debtor_id == debtor_id, cursor)


def of_invoice(invoice_id: int, item_ids: list[int], cursor: str | None) -> paging.Page[Entry]:
    """What happened to one invoice, its due items, and the links that open it alone."""
    its_links = select(AccessLink.id).where(AccessLink.invoice_id == invoice_id)
    about, subject = EventRow.subject_kind, EventRow.subject_id
    events_of = or_(
        and_(about == "invoice", subject == invoice_id),
        and_(about == "item", subject.in_(item_ids)),
        and_(about == "link", subject.in_(its_links)),
    )
    return _merged(events_of, LinkTrace.link_id.in_(its_links), cursor)


def _merged(events_of: ColumnElement[bool], traces_of: ColumnElement[bool], cursor: str | None) -> paging.Page[Entry]:
    happened = events().where(events_of)
    at_the_door: Select[*tuple[Any, ...]] = select(
        LinkTrace.id, LinkTrace.at, LinkTrace.kind, LinkTrace.client, LinkTrace.link_id, LinkTrace.debtor_id
    ).where(traces_of)
    last = cursors.row_id(cursor)
    if last is not None:
        happened, at_the_door = happened.where(EventRow.id < last), at_the_door.where(LinkTrace.id < last)
    happened = happened.order_by(EventRow.id.desc()).limit(paging.PAGE_SIZE + 1)
    at_the_door = at_the_door.order_by(LinkTrace.id.desc()).limit(paging.PAGE_SIZE + 1)
    told = (entry(row) for row in db.session().execute(happened).all())
    traced = (_trace(row) for row in db.session().execute(at_the_door).all())
    rows = list(heapq.merge(told, traced, key=lambda one: one.id, reverse=True))[: paging.PAGE_SIZE + 1]
    return paging.page(rows, lambda one: (one.id, one.id))


def _trace(row: Row[*tuple[Any, ...]]) -> Entry:
    row_id, at, kind, client, link_id, debtor_id = row
    data = {"client": client} if client else {}
    return Entry(row_id, at, kind, data, True, subject_kind="link", subject_id=link_id, debtor_id=debtor_id)
