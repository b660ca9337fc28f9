"""A chunk of documents against what is there: new, the same, or different; and taking in what is new.

Nothing that is on the books is overwritten by a file: a difference is shown. Only a settlement that the file
newly knows of is booked, and due dates of untouched parts are corrected.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.core import clock, db, events, ids
from portal.core.money import Money, total
from portal.core.text import Text, t
from portal.creditors.models import Creditor
from portal.debtors.models import Debtor
from portal.imports import matching
from portal.imports.documents import Document, Notice
from portal.invoices import actions as invoices
from portal.invoices import credit_notes, holds, queries
from portal.invoices import events as happened
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries

SETTLED = "import_settled"  # what a settlement that a file knows of is booked from, as in `ledger.charge`
LEFT_OUT = t("An address was not taken over: it was removed here, because it is not theirs or is used no more.")
CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"

Key = tuple[int, str, str, int]  # debtor, kind, number, year: numbers start again each year


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the file says otherwise than the books; `applied` when the books follow the file."""

    what: Text
    before: str
    after: str
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    document: Document
    outcome: str
    invoice_id: int | None
    debtor_id: int | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class There:
    """What is on the books of a chunk: by what it is, and by what the creditor's system calls it."""

    by_key: dict[Key, Invoice]
    by_external_id: dict[str, Invoice]

    def find(self, key: Key, external_id: str | None) -> Invoice | None:
        return self.by_external_id.get(external_id or "") or self.by_key.get(key)

    def name(self, row: Invoice, external_id: str | None) -> None:
        """What was on the books before its system gave it a name has it from now on."""
        if external_id and row.external_id is None:
            row.external_id = external_id
            self.by_external_id[external_id] = row

    @property
    def rows(self) -> list[Invoice]:
        return list({row.id: row for row in (*self.by_key.values(), *self.by_external_id.values())}.values())


def _existing(documents: Sequence[Document], known: matching.Known) -> There:
    rows = db.session().scalars(select(Invoice).where(Invoice.number.in_({d.number for d in documents}))).all()
    debtor_ids = {debtor.id for d in documents if (debtor := known.find(d.debtor)) is not None}
    by_key = {(row.debtor_id, row.kind, row.number, row.year): row for row in rows if row.debtor_id in debtor_ids}
    named = {d.external_id for d in documents if d.external_id}
    called = db.session().scalars(select(Invoice).where(Invoice.external_id.in_(named))).all() if named else ()
    return There(by_key, {row.external_id: row for row in called if row.external_id})


def _items_of(rows: Sequence[Invoice]) -> dict[int, list[queries.Item]]:
    found: dict[int, list[queries.Item]] = {row.id: [] for row in rows}
    item_ids = db.session().scalars(select(DueItem.id).where(DueItem.invoice_id.in_(list(found)))).all()
    for item in queries.items(item_ids):
        found[item.invoice_id].append(item)
    return found


def _key(debtor_id: int, document: Document, unknown: str = "") -> Key:
    return debtor_id, document.kind + unknown, document.number, document.issued_on.year


def compare(documents: Sequence[Document]) -> list[Outcome]:
    """What taking these documents in would do; changes nothing."""
    known = matching.load([d.debtor for d in documents])
    there = _existing(documents, known)
    items = _items_of(there.rows)
    seen: dict[Key, Document] = {}
    outcomes = []
    for document in documents:
        debtor = known.find(document.debtor)
        key = _key(debtor.id if debtor else 0, document, "" if debtor else document.debtor.key)
        row = there.find(key, document.external_id)
        if row is None:
            first = seen.setdefault(key, document)
            told = tuple(repeated(first, document)) if first is not document else ()
            outcome = CREATED if first is document else CHANGED if told else UNCHANGED
            outcomes.append(Outcome(document, outcome, None, differences=told))
            continue
        found = differences(document, row, items[row.id])
        outcomes.append(Outcome(document, CHANGED if found else UNCHANGED, row.id, row.debtor_id, tuple(found)))
    return outcomes


def repeated(first: Document, again: Document) -> list[Difference]:
    """Where a document that comes twice in one go differs from its first coming, which counts."""
    found = []
    if first.number != again.number:
        found.append(Difference(t("number"), first.number, again.number))
    if first.issued_on != again.issued_on:
        found.append(Difference(t("date"), first.issued_on.isoformat(), again.issued_on.isoformat()))
    if first.total != again.total:
        found.append(Difference(t("total"), _plain(first.total), _plain(again.total)))
    before, after = (
        ", ".join(f"{item.due_on.isoformat()} {_plain(item.amount)}" for item in one.due_items)
        for one in (first, again)
    )
    if before != after:
        found.append(Difference(t("amounts due"), before, after))
    return found


def differences(document: Document, row: Invoice, items: Sequence[queries.Item]) -> list[Difference]:
    """Where the file and the books part, field by field."""
    found = []
    if row.number != document.number:
        found.append(Difference(t("number"), row.number, document.number))
    if document.external_id and row.external_id and row.external_id != document.external_id:
        found.append(Difference(t("identifier of your system"), row.external_id, document.external_id))
    if row.issued_on != document.issued_on:
        found.append(Difference(t("date"), row.issued_on.isoformat(), document.issued_on.isoformat()))
    total = Money(row.total_minor, row.currency)
    if total != document.total:
        found.append(Difference(t("total"), _plain(total), _plain(document.total)))
    if document.kind == "credit_note":
        return found
    ordered = sorted(items, key=lambda item: item.position)
    if [i.amount for i in ordered] != [i.amount for i in document.due_items]:
        before = ", ".join(_plain(i.amount) for i in ordered)
        found.append(Difference(t("amounts due"), before, ", ".join(_plain(i.amount) for i in document.due_items)))
        return found
    for item, stated in zip(ordered, document.due_items, strict=True):
        if item.due_on != stated.due_on:
            free = item.open == item.amount and item.reserved_by is None
            before, after = item.due_on.isoformat(), stated.due_on.isoformat()
            found.append(Difference(t("due date"), before, after, applied=free))
        if stated.settled_on and item.open:
            fresh = _is_fresh(item, stated.settled_on)
            found.append(Difference(t("settled on"), "", stated.settled_on.isoformat(), applied=fresh))
    return found


def _is_fresh(item: queries.Item, settled_on: date) -> bool:
    """Whether the file newly knows of this settlement; what a file said before and has reopened since is old news."""
    booked = ledger_queries.booked_by(ledger.Source(SETTLED, item.item_id))
    return all(one.value_on < settled_on for one in booked)


def _plain(amount: Money) -> str:
    return f"{amount.plain} {amount.currency}"


def take_in(
    creditor: Creditor,
    documents: Sequence[Document],
    file_ids: Sequence[int | None],
    certified: Sequence[bool],
    began: datetime,
) -> list[Outcome]:
    """Takes a chunk of the import that `began` then in within the running transaction.

    One of each per document: `file_ids` the kept original, `certified` whether its address is a certified one (PEC).
    """
    parties = [d.debtor for d in documents]
    known = matching.load(parties)
    matching.add_missing(parties, known, creditor)
    left_out = matching.add_contacts(parties, known, certified, began)
    documents = [_with_remark(one) if place in left_out else one for place, one in enumerate(documents)]
    there = _existing(documents, known)
    items = _items_of(there.rows)
    outcomes: list[Outcome] = []
    fresh: dict[Key, tuple[Document, invoices.NewInvoice]] = {}
    called: dict[str, Key] = {}
    for document, file_id in zip(documents, file_ids, strict=True):
        debtor = known.find(document.debtor)
        assert debtor is not None, "add_missing has made it"
        key = _key(debtor.id, document)
        key = called.setdefault(document.external_id, key) if document.external_id else key
        row = there.find(key, document.external_id)
        if row is not None:
            there.name(row, document.external_id)
            found = differences(document, row, items[row.id])
            _apply(creditor, document, row, items[row.id], found)
            outcomes.append(Outcome(document, CHANGED if found else UNCHANGED, row.id, row.debtor_id, tuple(found)))
        elif key in fresh:
            found = repeated(fresh[key][0], document)
            outcome = CHANGED if found else UNCHANGED
            outcomes.append(Outcome(document, outcome, fresh[key][1].invoice_id, debtor.id, tuple(found)))
        else:
            fresh[key] = (document, _new(document, debtor, file_id))
            outcomes.append(Outcome(document, CREATED, fresh[key][1].invoice_id, debtor.id))
    _add(list(fresh.values()))
    return outcomes


def _with_remark(document: Document) -> Document:
    """The document with word that its debtor's address was not taken over; the address is not named."""
    said = Notice("address_left_out", document.where, LEFT_OUT)
    return replace(document, warnings=(*document.warnings, said))


def _new(document: Document, debtor: Debtor, file_id: int | None) -> invoices.NewInvoice:
    return invoices.NewInvoice(
        invoice_id=ids.new_id(),
        debtor_id=debtor.id,
        kind=document.kind,
        number=document.number,
        issued_on=document.issued_on,
        total=document.total,
        items=tuple(invoices.NewItem(i.due_on, i.amount, i.iban, i.settled_on) for i in document.due_items),
        related_number=document.related[0][:60] if document.related else None,
        file_id=file_id,
        remittance=document.remittance,
        pdf=document.pdf,
        credited=_credited(document),
        external_id=document.external_id,
    )


def _credited(document: Document) -> Money | None:
    """What a credit note gives back, where that is not its total: VAT under split payment was never owed."""
    back = total([item.amount for item in document.due_items], document.currency)
    return back if document.kind == "credit_note" and back != document.total else None


def _add(fresh: Sequence[tuple[Document, invoices.NewInvoice]]) -> None:
    """Invoices first, then the credit notes that lower them, then the disputes the file speaks of."""
    item_ids = invoices.add_invoices([new for _, new in fresh])
    numbers = {new.number for _, new in fresh if new.kind == "invoice"}
    waiting = set(
        db.session().scalars(
            select(Invoice.related_number).where(Invoice.kind == "credit_note", Invoice.related_number.in_(numbers))
        )
    )
    for document, new in fresh:
        if new.kind == "credit_note":
            row = db.session().get(Invoice, new.invoice_id)
            if row is not None:
                credit_notes.apply_credit_note(row)
            continue
        if new.number in waiting:
            arrived = db.session().get(Invoice, new.invoice_id)
            if arrived is not None:
                credit_notes.apply_waiting_credit(arrived)
        for stated, item_id in zip(document.due_items, item_ids[new.invoice_id], strict=True):
            if stated.disputed:
                _note_dispute(item_id, settled=stated.settled_on is not None)


def _note_dispute(item_id: int, *, settled: bool) -> None:
    """A dispute that the file speaks of: closed where it is settled, else a hold with its case (decision 33)."""
    for item in queries.items([item_id]):
        invoices.hold(item, holds.DISPUTED, item_id, None)
        if settled:
            invoices.release(item_id, holds.DISPUTED)
        elif all(case.cause != kinds.OWN_FILE for case in case_queries.open_about_document(item.invoice_id)):
            cases.open_case(kinds.PROBLEM, item.debtor_id, invoice_id=item.invoice_id, cause=kinds.OWN_FILE)


def _apply(
    creditor: Creditor, document: Document, row: Invoice, items: Sequence[queries.Item], found: Sequence[Difference]
) -> None:
    if not any(one.applied for one in found):
        return
    ordered = sorted(items, key=lambda item: item.position)
    if document.kind == "invoice" and len(ordered) == len(document.due_items):
        for item, stated in zip(ordered, document.due_items, strict=True):
            untouched = item.open == item.amount and item.reserved_by is None
            if item.amount != stated.amount:
                break
            if item.due_on != stated.due_on and untouched:
                due_item = db.session().get(DueItem, item.item_id)
                if due_item is not None:
                    due_item.due_on = stated.due_on
            if stated.settled_on and item.open and _is_fresh(item, stated.settled_on):
                source = ledger.Source(SETTLED, item.item_id)  # an open payment page closes (portal.reactions)
                invoices.settle_item(item, item.open, account=accounts.ELSEWHERE, kind="settlement", source=source,
                                     value_on=min(stated.settled_on, clock.today(creditor.time_zone)),
                                     position=ledger_queries.postings_of(source))  # fmt: skip
    fields = tuple(str(one.what) for one in found if one.applied)
    events.record(happened.InvoiceChanged(invoice_id=row.id, debtor_id=row.debtor_id, fields=fields))
