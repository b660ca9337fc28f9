"""One debtor's card: who they are, what they owe, how they are reached, what they asked and paid."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Subquery, and_, case, func, or_, select, true

from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.confirmations.models import Receipt
from portal.confirmations.states import ReceiptStatus
from portal.core import clock, db
from portal.core.money import Money
from portal.debtors.models import AccessLink, ContactPoint, Debtor, Visit
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.payments.models import PaymentAttempt
from portal.promises import queries as promises
from portal.promises.rules import KeptRate
from portal.silence import queries as silence
from portal.silence.rules import Silent

MOST_INVOICES, MOST_LINKS, MOST_CASES, MOST_PAYMENTS = 300, 20, 20, 20


@dataclass(frozen=True, slots=True)
class Card:
    """Who the debtor is. Sums are per currency; `late`: how many open due items are past their date."""

    debtor: Debtor
    contacts: list[ContactPoint]
    open: list[Money]
    late: int
    credit: list[Money]  # what of their money belongs to no due item yet
    promises: KeptRate  # in the creditor's currency
    silent: Silent | None  # why nobody speaks to them now


def card(debtor_id: int, today: date, currency: str) -> Card | None:
    """The debtor with their addresses, what they owe, their credit and what promises they kept, in one query."""
    credit, opens = _credit(debtor_id), _open(debtor_id, today)
    told = promises.rates(currency, debtor_id=debtor_id, last=today).subquery()
    rows = (
        db.session()
        .execute(
            silence.with_standing(
                select(
                    Debtor,
                    ContactPoint,
                    credit.c.currency,
                    credit.c.minor,
                    opens.c.currency,
                    opens.c.minor,
                    opens.c.late,
                    *told.c,
                )
                .outerjoin(ContactPoint, ContactPoint.debtor_id == Debtor.id)
                .outerjoin(credit, true())
                .outerjoin(opens, true())
                .outerjoin(told, true()),
                clock.now(),
            )
            .where(Debtor.id == debtor_id)
            .order_by(ContactPoint.id)
        )
        .all()
    )
    if not rows:
        return None
    contacts = {row[1].id: row[1] for row in rows if row[1] is not None}
    kept = {row[2]: int(row[3]) for row in rows if row[3]}
    due, held, promised, in_time = rows[0][7:-5]
    owed = {row[4]: (int(row[5]), int(row[6])) for row in rows if row[4] is not None}
    return Card(
        rows[0][0],
        list(contacts.values()),
        [Money(minor, code) for code, (minor, _) in sorted(owed.items())],
        sum(late for _, late in owed.values()),
        [Money(minor, code) for code, minor in sorted(kept.items())],
        KeptRate(int(due), int(held), Money(int(promised), currency), Money(int(in_time), currency)),
        silence.standing_of(rows[0][-5:]),
    )


def _credit(debtor_id: int) -> Subquery:
    signed = func.sum(
        case((Transfer.credit == accounts.UNALLOCATED, Transfer.amount_minor), else_=-Transfer.amount_minor)
    )
    return (
        select(Transfer.currency.label("currency"), signed.label("minor"))
        .where(
            Transfer.debtor_id == debtor_id,
            or_(Transfer.credit == accounts.UNALLOCATED, Transfer.debit == accounts.UNALLOCATED),
        )
        .group_by(Transfer.currency)
        .subquery()
    )


def _open(debtor_id: int, today: date) -> Subquery:
    late = func.count().filter(DueItem.due_on < today)
    return (
        select(DueItem.currency.label("currency"), func.sum(Receivable.open_minor).label("minor"), late.label("late"))
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(DueItem.debtor_id == debtor_id, Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None))
        .group_by(DueItem.currency)
        .subquery()
    )


@dataclass(slots=True)
class Item:
    item_id: int
    due_on: date
    amount: Money
    open: Money
    holds: dict[str, datetime | None] = field(default_factory=dict)  # reason → until


@dataclass(slots=True)
class InvoiceOf:
    """An invoice or credit note with its due items, what holds them now, and where receipt stands."""

    invoice_id: int
    kind: str
    number: str
    issued_on: date
    total: Money
    withdrawn: bool
    receipt: ReceiptStatus | None
    items: dict[int, Item] = field(default_factory=dict)

    @property
    def open(self) -> Money:
        currency = self.total.currency
        return Money(0 if self.withdrawn else sum(i.open.minor for i in self.items.values()), currency)


def invoices(*, debtor_id: int | None = None, invoice_id: int | None = None) -> list[InvoiceOf]:
    """A debtor's invoices, the newest first, or one invoice: all with their due items, in one query."""
    held = and_(Hold.due_item_id == DueItem.id, holds.running())
    wanted = select(Invoice.id).order_by(Invoice.issued_on.desc(), Invoice.id.desc()).limit(MOST_INVOICES)
    if debtor_id is not None:
        wanted = wanted.where(Invoice.debtor_id == debtor_id)
    if invoice_id is not None:
        wanted = wanted.where(Invoice.id == invoice_id)
    rows = db.session().execute(
        select(
            Invoice.id, Invoice.kind, Invoice.number, Invoice.issued_on, Invoice.total_minor, Invoice.currency,
            Invoice.withdrawn_at, Receipt.status, DueItem.id, DueItem.due_on, DueItem.amount_minor,
            Receivable.open_minor, Hold.reason, Hold.until,
        )
        .outerjoin(Receipt, Receipt.id == Invoice.id)
        .outerjoin(DueItem, DueItem.invoice_id == Invoice.id)
        .outerjoin(Receivable, Receivable.id == DueItem.id)
        .outerjoin(Hold, held)
        .where(Invoice.id.in_(wanted))
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc(), DueItem.due_on, DueItem.id)
    )  # fmt: skip
    return _grouped(rows)


def _grouped(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[InvoiceOf]:
    found: dict[int, InvoiceOf] = {}
    for row in rows:
        invoice_id, kind, number, issued_on, total, currency, withdrawn_at, receipt = row[:8]
        item_id, due_on, amount, open_minor, reason, until = row[8:]
        if invoice_id not in found:
            found[invoice_id] = InvoiceOf(
                invoice_id, kind, number, issued_on, Money(total, currency), withdrawn_at is not None, receipt
            )
        if item_id is None:
            continue
        item = found[invoice_id].items.setdefault(
            item_id, Item(item_id, due_on, Money(amount, currency), Money(open_minor, currency))
        )
        if reason is not None:
            item.holds[reason] = until
    return list(found.values())


@dataclass(slots=True)
class LinkOf:
    link: AccessLink
    visits: list[Visit] = field(default_factory=list)  # those that are running


def links(debtor_id: int) -> list[LinkOf]:
    """The debtor's latest links, the newest first, each with its running visits."""
    latest = (
        select(AccessLink.id)
        .where(AccessLink.debtor_id == debtor_id)
        .order_by(AccessLink.id.desc())
        .limit(MOST_LINKS)
    )
    running = and_(
        Visit.debtor_id == debtor_id,
        Visit.link_id == AccessLink.id,
        Visit.ended_at.is_(None),
        Visit.ends_at > clock.now(),
    )
    rows = db.session().execute(
        select(AccessLink, Visit)
        .outerjoin(Visit, running)
        .where(AccessLink.id.in_(latest))
        .order_by(AccessLink.id.desc(), Visit.id)
    )
    found: dict[int, LinkOf] = {}
    for link, visit in rows:
        kept = found.setdefault(link.id, LinkOf(link))
        if visit is not None:
            kept.visits.append(visit)
    return list(found.values())


def cases(debtor_id: int, *, private: bool) -> list[tuple[Case, str | None]]:
    """The debtor's cases, open ones first, then the newest, each with the number of the invoice it is about.

    `private`: also those that few roles see (rule C-26).
    """
    wanted = (
        select(Case, Invoice.number)
        .outerjoin(Invoice, Invoice.id == Case.invoice_id)
        .where(Case.debtor_id == debtor_id)
        .order_by(Case.status == CaseStatus.CLOSED, Case.id.desc())
        .limit(MOST_CASES)
    )
    if not private:
        wanted = wanted.where(Case.kind.not_in(kinds.PRIVATE))
    return [(case, number) for case, number in db.session().execute(wanted)]


def payments(debtor_id: int) -> list[PaymentAttempt]:
    """The debtor's latest payment attempts, the newest first."""
    return list(
        db.session().scalars(
            select(PaymentAttempt)
            .where(PaymentAttempt.debtor_id == debtor_id)
            .order_by(PaymentAttempt.id.desc())
            .limit(MOST_PAYMENTS)
        )
    )


def contact(debtor_id: int, contact_id: int) -> ContactPoint | None:
    return (
        db.session()
        .scalars(select(ContactPoint).where(ContactPoint.id == contact_id, ContactPoint.debtor_id == debtor_id))
        .one_or_none()
    )


def link(debtor_id: int, link_id: int) -> AccessLink | None:
    return (
        db.session()
        .scalars(select(AccessLink).where(AccessLink.id == link_id, AccessLink.debtor_id == debtor_id))
        .one_or_none()
    )


def visit(debtor_id: int, visit_id: int) -> Visit | None:
    return db.session().scalars(select(Visit).where(Visit.id == visit_id, Visit.debtor_id == debtor_id)).one_or_none()
