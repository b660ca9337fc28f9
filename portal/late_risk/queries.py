"""What is known of open due items, read for some hundred at a time, and the score of each: never a query per item."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.confirmations.states import ReceiptStatus
from portal.core import db
from portal.interest.due_dates import last_day
from portal.invoices.models import DueItem, Invoice
from portal.late_risk import past, rules
from portal.late_risk.logistic import Coefficients, NotReadable
from portal.late_risk.models import LateModel
from portal.late_risk.past import Owed
from portal.late_risk.rules import Answer, Everyone, Facts, Past, Score, Since
from portal.ledger.models import Receivable
from portal.messages.levels import UNTIL_DUE
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.promises.models import Promise, PromiseLine, PromiseTerm
from portal.promises.states import PromiseStatus

MOST_LEARNED = 50_000  # of a creditor's settled items the newest
MOST_SHOWN = 100  # of a customer's open items
_YEAR = timedelta(days=365)
_ANSWERS = {
    ReceiptStatus.CONFIRMED: Answer.FINE,
    ReceiptStatus.PROBLEM: Answer.NOT_FINE,
    ReceiptStatus.DENIED: Answer.NOT_FINE,
}
Key = tuple[int, str]  # customer, currency


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An open due item that may still be paid in time, with its score."""

    item_id: int
    invoice_id: int
    number: str
    due_on: date
    open_minor: int
    currency: str
    score: Score


@dataclass(frozen=True, slots=True)
class Learned:
    """What the creditor's own history says: of all its customers, and the model where it is used."""

    everyone: Everyone
    model: Coefficients | None

    def score(self, facts: Facts) -> Score:
        return self.model.score(facts) if self.model is not None else rules.score(facts)


def kept() -> LateModel | None:
    return db.session().scalars(select(LateModel)).one_or_none()


def learned() -> Learned:
    """The newest learning of the creditor in scope; a model that cannot be read any more is as none."""
    row = kept()
    if row is None:
        return Learned(Everyone(), None)
    model = None
    if row.used and row.coefficients is not None:
        try:
            model = Coefficients.read(row.coefficients)
        except NotReadable:
            model = None
    return Learned(Everyone(row.items, row.late), model)


def of_items(item_ids: Collection[int], today: date) -> dict[int, Score]:
    """The score of each of these due items that is open and not late yet; some hundred at most."""
    return {one.item_id: one.score for one in _foreseen(DueItem.id.in_(item_ids), today)} if item_ids else {}


def of_debtor(debtor_id: int, today: date) -> list[Foreseen]:
    """A customer's open due items that are not late yet, the first due first, with their scores."""
    return _foreseen(DueItem.debtor_id == debtor_id, today, most=MOST_SHOWN)


def probably_late(debtor_ids: Collection[int], last: date, today: date) -> frozenset[int]:
    """Of these customers (some hundred) the open due items, due until `last`, that will probably be paid late."""
    found = _foreseen(and_(DueItem.debtor_id.in_(debtor_ids), DueItem.due_on <= last), today) if debtor_ids else []
    return frozenset(one.item_id for one in found if one.score.level is rules.Level.HIGH)


def _foreseen(wanted: ColumnElement[bool], today: date, *, most: int | None = None) -> list[Foreseen]:
    rows = [row for row in _open(wanted, today, most) if last_day(row.due_on) >= today]
    if not rows:
        return []
    debtor_ids = {row.debtor_id for row in rows}
    pasts, spoken = _pasts(debtor_ids, today), _spoken_to(debtor_ids, today)
    promised, broken = _promised(debtor_ids), _broken(debtor_ids, today)
    known = learned()
    return [
        Foreseen(
            row.id, row.invoice_id, row.number, row.due_on, row.open_minor, row.currency,
            known.score(
                Facts(
                    row.amount_minor, row.issued_on, last_day(row.due_on),
                    pasts.get((row.debtor_id, row.currency), Past()), known.everyone,
                    _since(row, spoken.get(row.debtor_id, ()), promised.get(row.id),
                           broken.get(row.debtor_id, 0), today),
                )
            ),
        )
        for row in rows
    ]  # fmt: skip


def _open(wanted: ColumnElement[bool], today: date, most: int | None) -> Sequence[Any]:
    """What is open and was due a few days ago at most: payment may still be in time over a weekend."""
    return (
        db.session()
        .execute(
            select(
                DueItem.id, DueItem.debtor_id, DueItem.invoice_id, DueItem.due_on, DueItem.amount_minor,
                DueItem.currency, Receivable.open_minor, Invoice.number, Invoice.issued_on, Receipt.status,
                ReceiptAnswer.will_pay_on,
            )
            .join(Receivable, Receivable.id == DueItem.id)
            .join(Invoice, Invoice.id == DueItem.invoice_id)
            .outerjoin(Receipt, Receipt.id == Invoice.id)
            .outerjoin(ReceiptAnswer, ReceiptAnswer.id == Receipt.answer_id)
            .where(
                wanted, Receivable.open_minor > 0, Invoice.withdrawn_at.is_(None),
                DueItem.due_on >= today - timedelta(days=7),
            )
            .order_by(DueItem.due_on, DueItem.id)
            .limit(most)
        )
        .all()
    )  # fmt: skip


def _pasts(debtor_ids: Collection[int], today: date) -> Mapping[Key, Past]:
    """How each of these customers paid, by currency: the newest settled items, and what is open and late."""
    place = func.row_number().over(
        partition_by=(DueItem.debtor_id, DueItem.currency), order_by=(Receivable.closed_on.desc(), DueItem.id.desc())
    )
    ranked = (
        select(DueItem.debtor_id, DueItem.currency, DueItem.due_on, DueItem.amount_minor, Receivable.closed_on,
               place.label("place"))
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(DueItem.debtor_id.in_(debtor_ids), Receivable.open_minor == 0, Receivable.closed_on.is_not(None),
               Invoice.withdrawn_at.is_(None))
        .subquery()
    )  # fmt: skip
    newest = select(ranked).where(ranked.c.place <= past.LOOKED_AT).order_by(ranked.c.place)
    settled: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for row in db.session().execute(newest):
        days = (row.closed_on - last_day(row.due_on)).days
        settled[row.debtor_id, row.currency].append((days, row.amount_minor))
    late = (
        select(DueItem.debtor_id, DueItem.currency, DueItem.due_on, func.count(DueItem.id))
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(DueItem.debtor_id.in_(debtor_ids), Receivable.open_minor > 0, DueItem.due_on < today,
               Invoice.withdrawn_at.is_(None))
        .group_by(DueItem.debtor_id, DueItem.currency, DueItem.due_on)
    )  # fmt: skip
    open_late: dict[Key, int] = defaultdict(int)
    for debtor_id, currency, due_on, items in db.session().execute(late):
        open_late[debtor_id, currency] += items if last_day(due_on) < today else 0
    return {key: past.of_newest(settled.get(key, ()), open_late.get(key, 0)) for key in {*settled, *open_late}}


def _spoken_to(debtor_ids: Collection[int], today: date) -> Mapping[int, list[date]]:
    """The days on which courtesy messages went to these customers."""
    sent = (
        select(Message.debtor_id, Message.sent_at)
        .where(Message.debtor_id.in_(debtor_ids), Message.key.in_(UNTIL_DUE), Message.status == MessageStatus.SENT,
               Message.sent_at > datetime.combine(today, time(), UTC) - _YEAR)
        .order_by(Message.id)
    )  # fmt: skip
    found: dict[int, list[date]] = defaultdict(list)
    for debtor_id, at in db.session().execute(sent):
        if isinstance(at, datetime):
            found[debtor_id].append(min(at.date(), today))
    return found


def _promised(debtor_ids: Collection[int]) -> Mapping[int, tuple[date, int]]:
    """Of each of their due items with a promise that stands: its day, and how often another was named for it."""
    terms = select(func.count(PromiseTerm.id)).where(PromiseTerm.promise_id == Promise.id)
    named = terms.correlate(Promise).scalar_subquery()
    rows = db.session().execute(
        select(PromiseLine.due_item_id, Promise.pay_on, named)
        .join(Promise, Promise.id == PromiseLine.promise_id)
        .where(PromiseLine.debtor_id.in_(debtor_ids), PromiseLine.is_open)
    )
    return {item_id: (pay_on, max(0, times - 1)) for item_id, pay_on, times in rows}


def _broken(debtor_ids: Collection[int], today: date) -> Mapping[int, int]:
    rows = db.session().execute(
        select(Promise.debtor_id, func.count(Promise.id))
        .where(Promise.debtor_id.in_(debtor_ids),
               and_(Promise.status == PromiseStatus.BROKEN, Promise.pay_on > today - _YEAR))
        .group_by(Promise.debtor_id)
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


def _since(row: Any, spoken: Sequence[date], promised: tuple[date, int] | None, broken: int, today: date) -> Since:
    asked = next((day for day in spoken if day >= row.issued_on), None)
    answer = _ANSWERS.get(row.status)
    named, moved = promised if promised is not None else (row.will_pay_on, 0)
    return Since(
        unanswered_days=(today - asked).days if asked is not None and answer is None else 0,
        answer=answer,
        will_pay_on=named,
        moved=moved,
        broken=broken,
    )


def history() -> Iterator[Owed]:
    """The creditor's newest due items with the days on which they were settled: what is learned from."""
    rows = db.session().execute(
        select(DueItem.debtor_id, DueItem.currency, DueItem.amount_minor, Invoice.issued_on, DueItem.due_on,
               Receivable.closed_on)
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(Invoice.withdrawn_at.is_(None))
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
        .limit(MOST_LEARNED)
    )  # fmt: skip
    for debtor_id, currency, minor, issued_on, due_on, closed_on in rows:
        yield Owed(str(debtor_id), currency, minor, issued_on, last_day(due_on), closed_on)
