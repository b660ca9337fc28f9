"""What customers say of a document: it is here, it is not, something is wrong, I contest it, I pay on that day.

Each goes only as far as the last moment of the history: what would have come later has not come.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.cases import kinds
from portal.confirmations import events as receipt_events
from portal.confirmations import rules as receipt_rules
from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.confirmations.states import ReceiptStatus
from portal.core.events import Event
from portal.disputes import events as dispute_events
from portal.disputes import rules as dispute_rules
from portal.disputes.models import Dispute
from portal.disputes.states import DisputeStatus
from portal.histories import papers
from portal.histories.papers import CURRENCY, Paper
from portal.histories.pen import Row
from portal.histories.talk import Here, Owners, close_case, open_case
from portal.invoices import holds
from portal.promises import events as promise_events
from portal.promises.models import Promise, PromiseLine, PromiseTerm
from portal.promises.states import PromiseStatus

_ROME = ZoneInfo("Europe/Rome")
_ANSWERS = {
    receipt_rules.RECEIVED: (ReceiptStatus.CONFIRMED, ""),
    receipt_rules.WRONG: (ReceiptStatus.PROBLEM, kinds.PROBLEM),
    receipt_rules.MISSING: (ReceiptStatus.DENIED, kinds.NOT_RECEIVED),
}


def confirm(paper: Paper, here: Here, answer: str, owners: Owners) -> datetime:
    """One of the three answers. Returns from when on nothing of it is in the way."""
    pen, at = paper.pen, here.at
    status, kind = _ANSWERS[answer]
    answer_id = pen.new_id(at)
    category = pen.lot.choice([*receipt_rules.CATEGORIES]) if answer == receipt_rules.WRONG else None
    pen.write(
        ReceiptAnswer, id=answer_id, debtor_id=paper.debtor_id, invoice_id=paper.invoice_id,
        visit_id=here.visit_id, answer=answer, category=category, shown_text=str(receipt_rules.ANSWERS[answer]),
        language="it", at=at,
    )  # fmt: skip
    pen.write(Receipt, id=paper.invoice_id, debtor_id=paper.debtor_id, status=status, status_at=at,
              answer_id=answer_id)  # fmt: skip
    pen.tell(at, _receipt_event(paper, answer, answer_id, category), here.who)
    if not kind:
        return at
    reason = holds.PROBLEM_REPORTED if kind == kinds.PROBLEM else holds.NOT_RECEIVED
    held = papers.hold(paper, reason, answer_id, at)
    case = open_case(paper, kind, here, owners, subject_id=paper.invoice_id, cause=category)
    mended = pen.moment((at + timedelta(days=pen.lot.randint(1, 7))).date())
    if mended > pen.end:
        return mended
    close_case(paper, case, "cleared_up" if kind == kinds.PROBLEM else "sent_again", mended)
    papers.release(paper, held, mended)
    return mended


def _receipt_event(paper: Paper, answer: str, answer_id: int, category: str | None) -> Event:
    if answer == receipt_rules.RECEIVED:
        return receipt_events.ReceiptConfirmed(invoice_id=paper.invoice_id, debtor_id=paper.debtor_id,
                                               answer_id=answer_id)  # fmt: skip
    if answer == receipt_rules.WRONG:
        return receipt_events.ReceiptProblemReported(invoice_id=paper.invoice_id, debtor_id=paper.debtor_id,
                                                     answer_id=answer_id, category=category or "other")  # fmt: skip
    return receipt_events.ReceiptDenied(invoice_id=paper.invoice_id, debtor_id=paper.debtor_id, answer_id=answer_id,
                                        address_corrected=False)  # fmt: skip


def contest(paper: Paper, here: Here, owners: Owners) -> datetime:
    """They contest all or a part; weeks later it is closed, and what was right about it is credited.

    Returns from when on nothing of it is in the way; a moment after the end where it is open still.
    """
    pen, at, lot = paper.pen, here.at, paper.pen.lot
    key = lot.choice([*dispute_rules.REASONS])
    reason = dispute_rules.REASONS[key]
    whole = lot.random() < 0.4
    minor = paper.open_minor if whole else max(1, paper.open_minor * lot.randint(10, 60) // 100)
    dispute_id = pen.new_id(at)
    case = open_case(paper, kinds.DISPUTE, here, owners, subject_id=dispute_id, desk=reason.desk, cause=key)
    about = dispute_rules.WHOLE if whole else dispute_rules.AMOUNT
    row = pen.write(
        Dispute, id=dispute_id, debtor_id=paper.debtor_id, invoice_id=paper.invoice_id, visit_id=here.visit_id,
        reason=key, category=reason.category, about=about, amount_minor=minor, currency=CURRENCY, raised_at=at,
        status=DisputeStatus.OPEN, status_at=at,
    )  # fmt: skip
    pen.tell(at, dispute_events.DisputeRaised(
        dispute_id=dispute_id, debtor_id=paper.debtor_id, invoice_id=paper.invoice_id, kind=reason.category,
        why=key, extent=about, amount_minor=minor, currency=CURRENCY, item_ids=(paper.item_id,),
        act_by=case["act_by"],
    ), here.who)  # fmt: skip
    held = papers.hold(paper, holds.DISPUTE, dispute_id, at, minor=None if whole else minor)
    closed = pen.moment((at + timedelta(days=lot.randint(4, 28))).date())
    if closed > pen.end:
        return closed
    upheld = None if lot.random() < 0.5 else max(1, minor * lot.randint(30, 100) // 100)
    _close(paper, row, upheld, closed)
    papers.release(paper, held, closed)
    close_case(paper, case, row["status"].value, closed)
    return closed if upheld is None else _credit(paper, row, here, owners, closed)


def _close(paper: Paper, row: Row, upheld: int | None, at: datetime) -> None:
    status = DisputeStatus.REJECTED
    if upheld is not None:
        status = DisputeStatus.UPHELD if upheld == row["amount_minor"] else DisputeStatus.PARTIALLY_UPHELD
    credit_by = dispute_rules.CREDIT_FROM_SYSTEM if upheld is not None else None
    row |= {"status": status, "status_at": at, "closed_at": at, "upheld_minor": upheld, "credit": credit_by,
            "awaits_minor": upheld or 0}  # fmt: skip
    paper.pen.tell(at, dispute_events.DisputeClosed(
        dispute_id=row["id"], debtor_id=paper.debtor_id, invoice_id=paper.invoice_id, outcome=status.value,
        currency=CURRENCY, upheld_minor=upheld, credit=credit_by,
    ))  # fmt: skip


def _credit(paper: Paper, row: Row, here: Here, owners: Owners, closed: datetime) -> datetime:
    """The creditor's system sends the credit note; until it comes, so much rests."""
    minor = row["awaits_minor"]
    held = papers.hold(paper, holds.CREDIT_EXPECTED, row["id"], closed, minor=minor)
    case = open_case(paper, kinds.CREDIT_NOTE, Here(here.visit_id, closed, here.who), owners, subject_id=row["id"])
    came = paper.pen.moment((closed + timedelta(days=paper.pen.lot.randint(1, 12))).date())
    if came > paper.pen.end:
        return came
    row["awaits_minor"] = 0
    papers.release(paper, held, came)
    papers.credit(paper, minor, came)
    close_case(paper, case, "came", came)
    return came


@dataclass(slots=True)
class Promised:
    """A promise that stands: its row, the part of the due item, its case, and what holds the item for it."""

    row: Row
    line: Row
    case: Row
    held: Row

    @property
    def pay_on(self) -> date:
        day: date = self.row["pay_on"]
        return day


def promise(paper: Paper, here: Here, owners: Owners, *, days: int, moved: int) -> Promised:
    """They name a day for all that is open, and perhaps (`moved` days later) another before it comes."""
    pen, at, minor = paper.pen, here.at, paper.open_minor
    pay_on = (at + timedelta(days=days)).date()
    row = pen.write(
        Promise, id=pen.new_id(at), debtor_id=paper.debtor_id, visit_id=here.visit_id, pay_on=pay_on,
        amount_minor=minor, currency=CURRENCY, made_at=at, status=PromiseStatus.OPEN, status_at=at,
    )  # fmt: skip
    line = pen.write(PromiseLine, id=pen.new_id(at), debtor_id=paper.debtor_id, promise_id=row["id"],
                     due_item_id=paper.item_id, amount_minor=minor, is_open=True)  # fmt: skip
    pen.tell(at, promise_events.PromiseMade(**_about(paper, row)), here.who)
    _name(paper, row, here)
    held = papers.hold(paper, holds.PROMISED, row["id"], at, until=_end_of(row))
    case = open_case(paper, kinds.PROMISE, here, owners, subject_id=row["id"], act_by=_end_of(row))
    again = at + timedelta(days=max(1, days - 1))
    if moved and again <= pen.end:
        row |= {"pay_on": pay_on + timedelta(days=moved), "status_at": again}
        pen.tell(again, promise_events.PromiseAmended(**_about(paper, row)), here.who)
        _name(paper, row, Here(here.visit_id, again, here.who))
        papers.release(paper, held, again)
        held = papers.hold(paper, holds.PROMISED, row["id"], again, until=_end_of(row))
        case["act_by"] = _end_of(row)
    return Promised(row, line, case, held)


def _name(paper: Paper, row: Row, here: Here) -> None:
    paper.pen.write(PromiseTerm, id=paper.pen.new_id(here.at), debtor_id=paper.debtor_id, promise_id=row["id"],
                    visit_id=here.visit_id, pay_on=row["pay_on"], said_at=here.at)  # fmt: skip


def end_promise(paper: Paper, promised: Promised, status: PromiseStatus, at: datetime) -> None:
    """The day came: kept, or not."""
    row = promised.row
    promised.line["is_open"] = False
    kept = status is PromiseStatus.KEPT
    row |= {"status": status, "status_at": at, "paid_minor": row["amount_minor"] if kept else 0}
    kind = promise_events.PromiseKept if kept else promise_events.PromiseBroken
    paper.pen.tell(at, kind(**_about(paper, row), paid_minor=row["paid_minor"]))


def _about(paper: Paper, row: Row) -> dict[str, Any]:
    return {"promise_id": row["id"], "debtor_id": paper.debtor_id, "item_ids": (paper.item_id,),
            "amount_minor": row["amount_minor"], "currency": CURRENCY, "pay_on": row["pay_on"]}  # fmt: skip


def _end_of(row: Row) -> datetime:
    return datetime.combine(row["pay_on"], time.max, _ROME)
