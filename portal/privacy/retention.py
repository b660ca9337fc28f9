"""What goes when its time is over (rule C-24): each kind says which rows are due, since when, and how they go.

Rows go in pieces, each with its own event in its own transaction: a run that is stopped goes on the next night.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, func, or_, select

from portal.bank_statements.models import StatementBatch, StatementRemark
from portal.cases.models import CaseFile
from portal.confirmations.models import ReceiptAnswer
from portal.core import clock, db, events, scope
from portal.core.once import Command
from portal.core.text import Text, t
from portal.creditors.models import Creditor
from portal.debtors import gate, step_up
from portal.debtors import queries as debtors
from portal.debtors.models import (
    AccessLink,
    ContactPoint,
    GateTries,
    LinkDirectory,
    LinkTrace,
    StepUp,
    TypedCode,
    Visit,
)
from portal.debtors.states import StepUpStatus
from portal.disputes.models import Dispute
from portal.documents.models import StoredFile
from portal.imports.models import ImportBatch, ImportRow
from portal.invoices.models import Invoice
from portal.ledger.models import Receivable, Transfer
from portal.mailboxes.models import MailSeen
from portal.messages.models import Message
from portal.people.models import Membership, SecondFactorReset, StaffMail, StaffSession
from portal.plans.models import Plan, PlanPaper
from portal.plans.states import AGREED
from portal.privacy import erasing, traces_elsewhere
from portal.privacy import events as happened
from portal.privacy.register import register
from portal.surveys.models import Answer, AnswerTheme
from portal.sync.models import Push
from portal.webhooks.models import Delivery, DeliveryTry
from portal.webhooks.states import DeliveryStatus
from portal.wrong_addresses.rules import NOT_ME

AT_ONCE = 500

Ids = Sequence[int]


@dataclass(frozen=True, slots=True)
class Kind:
    """`period` is a word of the register; `rows` picks ids, with the moment that the period counts from."""

    key: str
    label: Text
    period: str
    rows: Callable[[], Any]
    forget: Callable[[Ids], int]

    @property
    def kept_for(self) -> timedelta:
        return timedelta(days=register().periods[self.period].days)


@dataclass(frozen=True, slots=True)
class Due:
    """How many rows of a kind there are and are due now; `next_on` is the day on which the next ones go."""

    kind: Kind
    rows: int
    due: int
    next_on: date | None


def _delete(mapped: Any, key: Any = None) -> Callable[[Ids], int]:
    column = mapped.id if key is None else key
    return lambda some: db.changed(delete(mapped).where(column.in_(some)))


def _undecided() -> Any:
    """Links whose reader said "this is not me", and nobody has decided: messages rest as long as that stands."""
    return (
        select(LinkTrace.link_id)
        .join(AccessLink, AccessLink.id == LinkTrace.link_id)
        .join(ContactPoint, ContactPoint.id == AccessLink.contact_point_id)
        .where(debtors.UNDECIDED, ContactPoint.stopped_at.is_(None))
    )


def _traces() -> Any:
    waits = and_(LinkTrace.kind == gate.NOT_ME, LinkTrace.link_id.in_(_undecided()))
    return select(LinkTrace.id, LinkTrace.at).where(~waits)


def _tries() -> Any:
    ends = func.coalesce(AccessLink.revoked_at, AccessLink.expires_at)
    return select(GateTries.link_id, ends).join(AccessLink, AccessLink.id == GateTries.link_id)


def _visits() -> Any:
    """Not those in which something was said or signed: they are part of the proof."""
    said = select(ReceiptAnswer.visit_id)
    signed = select(StepUp.visit_id)
    contested = select(Dispute.visit_id)
    return select(Visit.id, func.coalesce(Visit.ended_at, Visit.ends_at)).where(
        Visit.id.not_in(said), Visit.id.not_in(signed), Visit.id.not_in(contested)
    )


def _links() -> Any:
    ends = func.coalesce(AccessLink.revoked_at, AccessLink.expires_at)
    return select(AccessLink.id, ends).where(
        AccessLink.id.not_in(select(Visit.link_id)), AccessLink.id.not_in(_undecided())
    )


def _forget_links(some: Ids) -> int:
    for mapped, key in ((TypedCode, TypedCode.link_id), (GateTries, GateTries.link_id)):
        db.changed(delete(mapped).where(key.in_(some)))
    gone = db.changed(delete(AccessLink).where(AccessLink.id.in_(some)))
    db.changed(delete(LinkDirectory).where(LinkDirectory.link_id.in_(some)))
    return gone


def _written() -> Any:
    """Acts in which something typed, shown or signed still stands."""
    kept = (StepUp.signer_name, StepUp.signer_role, StepUp.statement, StepUp.made_sure, StepUp.code_hash)
    return or_(StepUp.terms_text != "", *(column.is_not(None) for column in kept))


def _codes() -> Any:
    """Acts that are over or that nobody went on with; what waits for a colleague ends by itself
    (portal.debtors.jobs), and an agreement is kept.
    """
    waits = StepUp.status == StepUpStatus.WITH_STAFF
    return select(StepUp.id, StepUp.status_at).where(_written(), ~waits, ~erasing.agreements())


def _acts() -> Any:
    """Of what was no agreement the row goes too, and its visit after it."""
    waits = StepUp.status == StepUpStatus.WITH_STAFF
    return select(StepUp.id, StepUp.status_at).where(~_written(), ~waits, ~erasing.agreements())


def _agreements() -> Any:
    """Counted from the signature or, where that is later, the customer's last entry; not while something is open."""
    since, still_open = _closed(StepUp, StepUp.status_at)
    return select(StepUp.id, since).where(_written(), erasing.agreements(), ~still_open)


def _closed(mapped: Any, at: Any) -> tuple[Any, Any]:
    """Of the customer of a row: `at` or their last entry in the books, if that is later; and whether something is
    still open with them."""
    last = (
        select(func.max(Transfer.posted_at))
        .where(Transfer.debtor_id == mapped.debtor_id)
        .correlate(mapped)
        .scalar_subquery()
    )
    still_open = (
        select(Receivable.id)
        .where(Receivable.debtor_id == mapped.debtor_id, Receivable.open_minor > 0)
        .correlate(mapped)
        .exists()
    )
    return case((last > at, last), else_=at), still_open


def _plan_papers() -> Any:
    """Counted from the end of the plan or, where that is later, the customer's last entry; not while it is kept to,
    nor while something is open."""
    ended = select(Plan.status_at).where(Plan.id == PlanPaper.plan_id).correlate(PlanPaper).scalar_subquery()
    runs = select(Plan.id).where(Plan.id == PlanPaper.plan_id, Plan.status.in_(AGREED)).correlate(PlanPaper).exists()
    since, still_open = _closed(PlanPaper, ended)
    return select(PlanPaper.id, since).where(~runs, ~still_open)


def _forget_plan_papers(some: Ids) -> int:
    """That there were papers, and their hashes, stays in the chain."""
    files = select(PlanPaper.file_id, PlanPaper.seal_file_id).where(PlanPaper.id.in_(some))
    gone = [file_id for both in db.session().execute(files) for file_id in both if file_id is not None]
    rows = db.changed(delete(PlanPaper).where(PlanPaper.id.in_(some)))
    traces_elsewhere.forget_files(gone)
    return rows


def _forget_acts(some: Ids) -> int:
    rows = db.session().scalars(select(StepUp).where(StepUp.id.in_(some))).all()
    for row in rows:
        step_up.forget(row)
    return len(rows)


def _not_theirs() -> Any:
    """Addresses of which a colleague, too, says that they are somebody else's: they go with the next hour (C-23)."""
    said = (
        select(AccessLink.contact_point_id)
        .join(LinkTrace, LinkTrace.link_id == AccessLink.id)
        .where(LinkTrace.kind == gate.NOT_ME, AccessLink.contact_point_id.is_not(None))
    )
    went_there = select(Message.contact_point_id).where(
        Message.contact_point_id.is_not(None), Message.status.in_(erasing.AT_REST), Message.to_address != ""
    )
    gone = ContactPoint.address.startswith(erasing.MARK, autoescape=True)
    return select(ContactPoint.id, ContactPoint.stopped_at).where(
        ContactPoint.stopped_at.is_not(None),
        or_(
            and_(~gone, or_(ContactPoint.id.in_(said), ContactPoint.stopped_why == NOT_ME)),
            and_(gone, ContactPoint.id.in_(went_there)),
        ),
    )


def _forget_addresses(some: Ids) -> int:
    rows = db.session().scalars(select(ContactPoint).where(ContactPoint.id.in_(some))).all()
    return sum(erasing.forget_address(row) for row in rows)


def _messages() -> Any:
    written = or_(Message.to_address != "", Message.text_body.is_not(None))
    at = func.coalesce(Message.sent_at, Message.planned_at)
    return select(Message.id, at).where(Message.status.in_(erasing.AT_REST), written)


def _forget_messages(some: Ids) -> int:
    return erasing.blank_messages([Message.id.in_(some)])


def _originals() -> Any:
    """Files of imports: neither an invoice's original nor a logo, nor what a customer sent or agreed to."""
    of_invoices = select(Invoice.file_id).where(Invoice.file_id.is_not(None))
    logos = select(Creditor.logo_file_id).where(Creditor.logo_file_id.is_not(None))
    evidence = select(CaseFile.file_id).where(CaseFile.file_id.is_not(None))
    agreed = select(PlanPaper.file_id).where(PlanPaper.file_id.is_not(None))
    kept = (of_invoices, logos, evidence, agreed)
    return select(StoredFile.id, StoredFile.stored_at).where(*(StoredFile.id.not_in(one) for one in kept))


def _forget_originals(some: Ids) -> int:
    return traces_elsewhere.forget_files(list(some))


def _reports() -> Any:
    return select(ImportRow.id, ImportBatch.started_at).join(ImportBatch, ImportBatch.id == ImportRow.batch_id)


def _remarks() -> Any:
    batch = StatementBatch.id == StatementRemark.batch_id
    return select(StatementRemark.id, StatementBatch.started_at).join(StatementBatch, batch)


def _deliveries() -> Any:
    over = (DeliveryStatus.MADE, DeliveryStatus.GAVE_UP)
    return select(Delivery.id, Delivery.status_at).where(Delivery.status.in_(over))


def _forget_deliveries(some: Ids) -> int:
    db.changed(delete(DeliveryTry).where(DeliveryTry.delivery_id.in_(some)))
    return db.changed(delete(Delivery).where(Delivery.id.in_(some)))


def _pushes() -> Any:
    return select(Push.id, Push.at)


def _mails_read() -> Any:
    return select(MailSeen.id, MailSeen.at)


def _sessions() -> Any:
    ours = select(Membership.staff_id).where(Membership.creditor_id == scope.current().creditor_id)
    ends = func.coalesce(StaffSession.ended_at, StaffSession.ends_at)
    return select(StaffSession.id, ends).where(StaffSession.staff_id.in_(ours))


def _mails() -> Any:
    return select(StaffMail.id, StaffMail.planned_at)


def _resets() -> Any:
    """That it was done, by whom and to whom, stays in the chain."""
    return select(SecondFactorReset.id, SecondFactorReset.at)


def _answers() -> Any:
    return select(Answer.id, Answer.answered_at)


def _forget_answers(some: Ids) -> int:
    """That they were asked stays, without what they said."""
    db.changed(delete(AnswerTheme).where(AnswerTheme.answer_id.in_(some)))
    return db.changed(delete(Answer).where(Answer.id.in_(some)))


def _commands() -> Any:
    return select(Command.id, Command.at)


KINDS: tuple[Kind, ...] = (
    Kind("codes", t("One-time codes and what was typed with them"), "codes", _codes, _forget_acts),
    Kind("not_theirs", t("Addresses that were somebody else's"), "not_theirs", _not_theirs, _forget_addresses),
    Kind("traces", t("Page views and wrong answers at the door"), "traces", _traces, _delete(LinkTrace)),
    Kind("tries", t("Counts of wrong answers"), "links", _tries, _delete(GateTries, GateTries.link_id)),
    Kind("acts", t("What was begun with a code, by its date"), "visits", _acts, _delete(StepUp)),
    Kind("visits", t("Visits in which nothing was said"), "visits", _visits, _delete(Visit)),
    Kind("links", t("Links that have ended"), "links", _links, _forget_links),
    Kind("messages", t("What messages said, and where they went"), "messages", _messages, _forget_messages),
    Kind("answers", t("How it went, as customers said"), "messages", _answers, _forget_answers),
    Kind("originals", t("Files that were imported"), "originals", _originals, _forget_originals),
    Kind("reports", t("Reports of invoice imports"), "reports", _reports, _delete(ImportRow)),
    Kind("remarks", t("Reports of bank imports"), "reports", _remarks, _delete(StatementRemark)),
    Kind("deliveries", t("What your systems were told"), "deliveries", _deliveries, _forget_deliveries),
    Kind("pushes", t("Attempts to tell your systems of a state"), "deliveries", _pushes, _delete(Push)),
    Kind("mails_read", t("What became of mails with invoices"), "deliveries", _mails_read, _delete(MailSeen)),
    Kind("sessions", t("Your people's sign-ins"), "sessions", _sessions, _delete(StaffSession)),
    Kind("mails", t("Mails to your people"), "mails", _mails, _delete(StaffMail)),
    Kind("resets", t("Why a colleague's second step was taken away"), "mails", _resets, _delete(SecondFactorReset)),
    Kind("agreements", t("What was agreed to with a code"), "books", _agreements, _forget_acts),
    Kind("plan_papers", t("What was agreed on a plan, as evidence"), "books", _plan_papers, _forget_plan_papers),
    Kind("commands", t("Numbers of forms that were sent"), "commands", _commands, _delete(Command)),
)


def due(zone: str) -> list[Due]:
    """How each kind stands for the creditor in scope, in one query; what is due goes tonight."""
    wanted: list[Any] = []
    for kind in KINDS:
        picked = kind.rows().subquery()
        since, before = list(picked.c)[1], clock.now() - kind.kept_for
        wanted.append(select(func.count()).select_from(picked).scalar_subquery())
        wanted.append(select(func.min(since)).select_from(picked).scalar_subquery())
        wanted.append(select(func.count()).select_from(picked).where(since < before).scalar_subquery())
    told = iter(db.session().execute(select(*wanted)).one())
    return [_due(kind, rows, oldest, now, zone) for kind, rows, oldest, now in zip(KINDS, told, told, told)]  # noqa: B905


def _due(kind: Kind, rows: int, oldest: datetime | None, now: int, zone: str) -> Due:
    if oldest is None:
        return Due(kind, rows, now, None)
    tonight = clock.today(zone) + timedelta(days=1)
    return Due(kind, rows, now, max(clock.day_of(oldest + kind.kept_for, zone), tonight))


def forget_some(kind: Kind) -> int:
    """Lets the oldest rows of a kind go, AT_ONCE at most, and says so in the chain; how many rows that were."""
    statement = kind.rows()
    key, since = statement.selected_columns
    before = clock.now() - kind.kept_for
    some = db.session().scalars(statement.where(since < before).order_by(since, key).limit(AT_ONCE)).all()
    if not some:
        return 0
    gone = kind.forget(some)
    if gone:
        events.record(happened.Forgotten(kind=kind.key, rows=gone))
    return gone
