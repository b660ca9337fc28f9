"""The creditor's morning: what debtors did, what needs a hand, what is open."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from portal.bank_statements import queries as bank_statements
from portal.cases import kinds
from portal.cases.models import Case
from portal.core import clock, db
from portal.core.events import EventRow
from portal.credit_lines.models import CreditAlert
from portal.creditors.models import AccountChange
from portal.debtors import queries as debtors
from portal.debtors.models import AccessLink, ContactPoint, Debtor, LinkTrace, StepUp
from portal.debtors.states import StepUpStatus
from portal.imports.models import ImportBatch
from portal.imports.states import BatchStatus
from portal.inbox import cursors, due_item_queries, payment_queries, timeline
from portal.inbox.timeline import Entry
from portal.invoices import filters
from portal.mailboxes.models import Mailbox
from portal.mailboxes.rules import Why
from portal.mailboxes.states import MailboxStatus
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.overpayments import at_the_bank
from portal.overpayments import queries as overpayments
from portal.overpayments.models import Overpayment
from portal.surveys import queries as surveys
from portal.sync.actions import HAND
from portal.sync.models import Connector
from portal.sync.states import ConnectorStatus
from portal.web import paging
from portal.webhooks.models import Delivery, Endpoint
from portal.webhooks.states import DeliveryStatus, EndpointStatus

ANSWERS = ("receipt.confirmed", "receipt.problem_reported", "receipt.denied")
PAYMENTS = (
    "payment.succeeded", "payment.processing", "payment.failed", "payment.bounced", "payment.disputed",
    "transfer.announced",
)  # fmt: skip
QUESTIONS = ("question.asked",)
VOICES = ("promise.made", "promise.amended", "already_paid.claimed", "already_paid.corrected")
ADDRESSES = ("contact.added", "contact.stopped", "courtesy.stopped")
OPENED = ("gate.passed",)
KINDS: dict[str, tuple[str, ...]] = {
    "answers": ANSWERS,
    "payments": PAYMENTS,
    "questions": QUESTIONS,
    "voices": VOICES,
    "addresses": ADDRESSES,
    "opened": OPENED,
}
UNTIL_DECIDED = (*payment_queries.UNTIL_DECIDED, "bank_movement.undo_asked")  # however long that takes
NEWS = (*ANSWERS, *PAYMENTS, *QUESTIONS, *VOICES)
ATTENTION_DAYS = timedelta(days=14)
MOST_NEWS, MOST_ATTENTION, MOST_DUE = 20, 30, 10


def news(since: datetime) -> list[Entry]:
    """What debtors did since then, the newest first."""
    rows = db.session().execute(
        timeline.events()
        .where(EventRow.name.in_(NEWS), EventRow.at >= since)
        .order_by(EventRow.at.desc(), EventRow.id.desc())
        .limit(MOST_NEWS)
    )
    return _with_cases([timeline.entry(row) for row in rows])


def news_counts(since: datetime) -> dict[str, int]:
    """How often each of these things happened since then, by the event's name."""
    rows = db.session().execute(
        select(EventRow.name, func.count())
        .where(EventRow.name.in_((*NEWS, *OPENED)), EventRow.at >= since)
        .group_by(EventRow.name)
    )
    return {name: count for name, count in rows}  # noqa: C416 - rows are not pairs to mypy


def activity(kind: str, cursor: str | None) -> paging.Page[Entry]:
    """Everything that debtors did, a page at a time; `kind` is a key of KINDS, or all."""
    names = KINDS.get(kind) or tuple(name for some in KINDS.values() for name in some)
    statement = timeline.events().where(EventRow.name.in_(names))
    last = cursors.row_id(cursor)
    if last is not None:
        seq = select(EventRow.seq).where(EventRow.id == last).scalar_subquery()
        statement = statement.where(EventRow.seq < seq)
    rows = db.session().execute(statement.order_by(EventRow.seq.desc()).limit(paging.PAGE_SIZE + 1))
    return paging.page(_with_cases([timeline.entry(row) for row in rows]), lambda one: (one.id, one.id))


# What was said, and the kind of case that it became.
_CASES = {
    "receipt.problem_reported": kinds.PROBLEM,
    "receipt.denied": kinds.NOT_RECEIVED,
    "promise.made": kinds.PROMISE,
    "promise.amended": kinds.PROMISE,
    "already_paid.claimed": kinds.ALREADY_PAID,
    "already_paid.corrected": kinds.ALREADY_PAID,
}


def _with_cases(entries: list[Entry]) -> list[Entry]:
    """Each thing that was said leads to where it waits for an answer: one query for all; a question is a case."""
    subjects = {one.subject_id for one in entries if one.name in _CASES}
    wanted = (
        select(Case.kind, Case.subject_id, func.max(Case.id))
        .where(Case.subject_id.in_(subjects), Case.kind.in_(sorted(set(_CASES.values()))))
        .group_by(Case.kind, Case.subject_id)
    )
    rows = db.session().execute(wanted).all() if subjects else []
    found = {(kind, subject_id): case_id for kind, subject_id, case_id in rows}
    return [
        replace(
            one,
            case_id=one.subject_id
            if one.name in QUESTIONS
            else found.get((_CASES.get(one.name, ""), one.subject_id)),
        )
        for one in entries
    ]


def attention() -> list[Entry]:
    """What waits for a person and is no case: what happened lately and still is as it was then, the newest first.

    What customers said is in the queue, and only there (portal.inbox.queue_queries).
    """
    name, subject, lately = EventRow.name, EventRow.subject_id, clock.now() - ATTENTION_DAYS
    waiting = or_(
        and_(name.in_(("message.failed", "message.bounced")), Message.status == MessageStatus.FAILED),
        and_(name == "endpoint.stopped", Endpoint.status == EndpointStatus.STOPPED),
        and_(name == "connector.stopped", Connector.status == ConnectorStatus.STOPPED, Connector.stopped_why != HAND),
        and_(name == "mailbox.stopped", Mailbox.status == MailboxStatus.STOPPED, Mailbox.stopped_why != Why.HAND),
        and_(name == "delivery.gave_up", Delivery.status == DeliveryStatus.GAVE_UP),
        and_(name == "import.failed", ImportBatch.status == BatchStatus.FAILED),
        and_(name == "import.uploaded", ImportBatch.status == BatchStatus.UPLOADED, ImportBatch.staff_id.is_(None)),
        and_(name == "overpayment.opened", Overpayment.status.in_(overpayments.WAITING)),
        name.in_(("link.frozen", "bank_movement.return_short")),
        and_(name == "bank_movement.undo_asked", bank_statements.undo_asked(subject)),
        and_(name == "step_up.left_to_staff", StepUp.status == StepUpStatus.WITH_STAFF),
        *payment_queries.to_see_to(),
    )
    names = (
        "message.failed", "message.bounced", "import.uploaded",
        "endpoint.stopped", "connector.stopped", "mailbox.stopped", "delivery.gave_up", "import.failed",
        "link.frozen", "step_up.left_to_staff", "overpayment.opened", "bank_movement.return_short",
        "bank_movement.undo_asked", *payment_queries.TO_SEE_TO,
    )  # fmt: skip
    statement = (
        timeline.events()
        .outerjoin(StepUp, and_(EventRow.subject_kind == "step_up", StepUp.id == subject))
        .outerjoin(Endpoint, and_(EventRow.subject_kind == "endpoint", Endpoint.id == subject))
        .outerjoin(Connector, and_(EventRow.subject_kind == "connector", Connector.id == subject))
        .outerjoin(Mailbox, and_(EventRow.subject_kind == "mailbox", Mailbox.id == subject))
        .outerjoin(Delivery, and_(EventRow.subject_kind == "delivery", Delivery.id == subject))
        .outerjoin(Overpayment, and_(EventRow.subject_kind == "overpayment", Overpayment.id == subject))
        .outerjoin(ImportBatch, and_(EventRow.subject_kind == "batch", ImportBatch.id == subject))
        .where(name.in_(names), or_(EventRow.at >= lately, name.in_(UNTIL_DECIDED)), waiting)
        .order_by(EventRow.at.desc(), EventRow.id.desc())
        .limit(2 * MOST_ATTENTION)
    )
    return _one_each([timeline.entry(row) for row in db.session().execute(statement)])


def _one_each(entries: list[Entry]) -> list[Entry]:
    """The same message twice (failed, and the address takes none) or the same invoice twice is one thing to do."""
    found: dict[tuple[str, int | None], Entry] = {}
    for one in entries:
        found.setdefault((one.subject_kind, one.subject_id), one)
    return list(found.values())[:MOST_ATTENTION]


def not_me() -> list[Entry]:
    """Where somebody said "this is not me": until a colleague decides, or for two weeks where no address is known."""
    statement: Select[*tuple[Any, ...]] = (
        select(
            LinkTrace.id,
            LinkTrace.at,
            LinkTrace.kind,
            LinkTrace.debtor_id,
            Debtor.name,
            ContactPoint.id,
            ContactPoint.address,
        )
        .join(AccessLink, AccessLink.id == LinkTrace.link_id)
        .outerjoin(ContactPoint, ContactPoint.id == AccessLink.contact_point_id)
        .join(Debtor, Debtor.id == LinkTrace.debtor_id)
        .where(
            debtors.UNDECIDED,
            ContactPoint.stopped_at.is_(None),
            or_(ContactPoint.id.is_not(None), LinkTrace.at >= clock.now() - ATTENTION_DAYS),
        )
        .order_by(LinkTrace.at.desc(), LinkTrace.id.desc())
        .limit(2 * MOST_ATTENTION)
    )
    found: dict[int, Entry] = {}  # an address at which it was said twice is one thing to do
    for row_id, at, kind, debtor_id, debtor, contact_id, address in db.session().execute(statement):
        entry = Entry(row_id, at, kind, {}, True, debtor_id=debtor_id, debtor=debtor, detail=address or "")
        found.setdefault(contact_id or row_id, entry)
    return list(found.values())[:MOST_ATTENTION]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits besides cases: messages not sent, systems no longer told, money that came in too much, another
    bank account that is open, alerts about credit that nobody has seen, and words of who was not happy."""

    failed_messages: int
    stopped_endpoints: int
    overpayments: int
    account_changes: int
    credit_alerts: int
    unhappy: int | None


def counts() -> Counts:
    failed = select(func.count()).select_from(Message).where(Message.status == MessageStatus.FAILED)
    stopped = select(func.count()).select_from(Endpoint).where(Endpoint.status == EndpointStatus.STOPPED)
    waiting = or_(Overpayment.status.in_(overpayments.WAITING), at_the_bank.unseen())
    too_much = select(func.count()).select_from(Overpayment).where(waiting)
    accounts = select(func.count()).select_from(AccountChange).where(AccountChange.is_open)
    alerts = select(func.count()).select_from(CreditAlert).where(CreditAlert.is_open, CreditAlert.seen_by.is_(None))
    asked = (failed, stopped, too_much, accounts, alerts, surveys.to_look_after())
    return Counts(*db.session().execute(select(*(one.scalar_subquery() for one in asked))).one())


def due_soon(today: date) -> list[due_item_queries.Item]:
    """What falls due in the next days, the earliest first."""
    wanted = due_item_queries.Wanted(filters.Filter(today, when=filters.SOON, state=filters.OPEN))
    return list(due_item_queries.page(wanted, None).rows[:MOST_DUE])
