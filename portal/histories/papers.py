"""A document in the books: issued, lowered by payments and credit notes, settled; as imports would have it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from portal.core import banking
from portal.core.events import SYSTEM
from portal.histories.pen import Pen, Row
from portal.invoices import events as happened
from portal.invoices.models import DueItem, Hold, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer

CURRENCY = "EUR"


@dataclass(slots=True)
class Paper:
    """One invoice with its one due item while its story is being told."""

    pen: Pen
    debtor_id: int
    number: str
    issued_on: date
    due_on: date
    total_minor: int
    invoice_id: int
    item_id: int
    at: datetime  # when it came in
    receivable: Row
    postings: int = 0
    holds: list[Row] = field(default_factory=list)

    @property
    def open_minor(self) -> int:
        return int(self.receivable["open_minor"])

    def post(self, at: datetime, value_on: date, **line: Any) -> None:
        """One line of the books."""
        self.pen.write(
            Transfer, id=self.pen.new_id(at), debtor_id=self.debtor_id, posted_at=at, value_on=value_on,
            receivable_id=self.item_id, currency=CURRENCY, **line,
        )  # fmt: skip


def issue(pen: Pen, debtor_id: int, number: str, days: tuple[date, date], total_minor: int) -> Paper:
    """It comes in on the evening of its date: its due item is charged; `days` are those of issue and of payment."""
    issued_on, due_on = days
    at = pen.moment(issued_on)
    invoice_id, item_id = pen.new_id(at), pen.new_id(at)
    row = pen.write(
        Invoice, id=invoice_id, debtor_id=debtor_id, kind="invoice", number=number, issued_on=issued_on,
        year=issued_on.year, currency=CURRENCY, total_minor=total_minor, imported_at=at,
    )  # fmt: skip
    pen.write(
        DueItem, id=item_id, debtor_id=debtor_id, invoice_id=invoice_id, position=1, due_on=due_on,
        amount_minor=total_minor, currency=CURRENCY, reference=banking.payment_reference(item_id),
    )  # fmt: skip
    receivable = pen.write(Receivable, id=item_id, debtor_id=debtor_id, currency=CURRENCY, open_minor=total_minor)
    paper = Paper(pen, debtor_id, number, issued_on, due_on, total_minor, invoice_id, item_id, at, receivable)
    paper.post(at, issued_on, kind="invoice", debit=accounts.RECEIVABLE, credit=accounts.SALES,
               amount_minor=total_minor, source_kind="due_item", source_id=item_id, position=0,
               origin_kind="due_item", origin_id=item_id)  # fmt: skip
    _imported(pen, at, row)
    return paper


def _imported(pen: Pen, at: datetime, row: Row) -> None:
    pen.tell(at, happened.InvoiceImported(
        invoice_id=row["id"], debtor_id=row["debtor_id"], number=row["number"], kind=row["kind"],
        total_minor=row["total_minor"], currency=CURRENCY,
    ))  # fmt: skip


def pay(paper: Paper, minor: int, at: datetime) -> None:
    """So much of it came, on another way than through the portal: the creditor's file says so."""
    value_on = at.date()
    paper.post(at, value_on, kind="settlement", debit=accounts.ELSEWHERE, credit=accounts.RECEIVABLE,
               amount_minor=minor, source_kind="import_settled", source_id=paper.item_id, position=paper.postings,
               origin_kind="import_settled", origin_id=paper.item_id)  # fmt: skip
    paper.postings += 1
    _lower(paper, minor, at, "settlement")


def credit(paper: Paper, minor: int, at: datetime) -> None:
    """A credit note comes in and lowers it."""
    pen, on = paper.pen, at.date()
    note_id, number = pen.new_id(at), f"NC {paper.number}"
    row = pen.write(
        Invoice, id=note_id, debtor_id=paper.debtor_id, kind="credit_note", number=number, issued_on=on,
        year=on.year, currency=CURRENCY, total_minor=minor, related_number=paper.number, imported_at=at,
    )  # fmt: skip
    _imported(pen, at, row)
    paper.post(at, on, kind="credit_note", debit=accounts.CREDIT_NOTES, credit=accounts.RECEIVABLE,
               amount_minor=minor, source_kind="credit_note", source_id=note_id, position=0,
               origin_kind="credit_note", origin_id=note_id)  # fmt: skip
    _lower(paper, minor, at, "credit_note")
    pen.tell(at, happened.CreditNoteApplied(invoice_id=note_id, debtor_id=paper.debtor_id, applied_minor=minor,
                                            unallocated_minor=0, currency=CURRENCY))  # fmt: skip


def _lower(paper: Paper, minor: int, at: datetime, by: str) -> None:
    left, on = paper.open_minor - minor, at.date()
    paper.receivable["open_minor"] = left
    paper.pen.tell(at, happened.ItemSettled(
        item_id=paper.item_id, invoice_id=paper.invoice_id, debtor_id=paper.debtor_id, amount_minor=minor,
        open_minor=left, currency=CURRENCY, by=by, value_on=on,
    ))  # fmt: skip
    if left:
        return
    paper.receivable["closed_on"] = on
    for one in [hold for hold in paper.holds if hold["ended_at"] is None]:
        release(paper, one, at)
    paper.pen.tell(at, happened.InvoiceSettled(invoice_id=paper.invoice_id, debtor_id=paper.debtor_id,
                                               number=paper.number, value_on=on))  # fmt: skip


def hold(paper: Paper, reason: str, source_id: int, at: datetime, *, until: datetime | None = None,
         minor: int | None = None) -> Row:  # fmt: skip
    """Nobody chases it from now on; `minor` is how much of it is contested."""
    pen = paper.pen
    row = pen.write(
        Hold, id=pen.new_id(at), debtor_id=paper.debtor_id, due_item_id=paper.item_id, reason=reason,
        source_id=source_id, amount_minor=minor, since=at, until=until,
    )  # fmt: skip
    paper.holds.append(row)
    pen.tell(at, happened.ItemHeld(
        item_id=paper.item_id, debtor_id=paper.debtor_id, reason=reason, amount_minor=minor,
        until=until.date() if until is not None else None, currency=CURRENCY if minor is not None else None,
    ))  # fmt: skip
    return row


def release(paper: Paper, held: Row, at: datetime) -> None:
    held["ended_at"] = at
    paper.pen.tell(at, happened.ItemReleased(item_id=paper.item_id, debtor_id=paper.debtor_id,
                                             reason=held["reason"]), SYSTEM)  # fmt: skip
