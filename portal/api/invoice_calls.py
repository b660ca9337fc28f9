"""Invoices and credit notes in, the state of each invoice back, and what a system says of them afterwards."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields
from sqlalchemy import exists, select

from portal.api import preconditions, reading, shapes
from portal.api.answers import Refused, answer_rows
from portal.core import clock, db, ids
from portal.creditors import queries as creditors
from portal.debtors.models import SALESPERSON_LENGTH, Debtor
from portal.imports import taking_in
from portal.imports.documents import Document
from portal.invoices import actions
from portal.invoices import queries as invoices
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.people.roles import Permission
from portal.sync import documents
from portal.web import i18n, paging
from portal.web.gates import allow, api_blueprint, only_own

blueprint = api_blueprint("api_invoices", __name__, "Invoices and credit notes")


class DueItemIn(Schema):
    due_on = shapes.Day(required=True)
    amount = shapes.Amount(required=True)
    iban = shapes.line(42, metadata={"description": "where it names another account than yours"})
    settled_on = shapes.Day(metadata={"description": "the day on which it was paid elsewhere"})
    disputed = fields.Boolean(metadata={"description": "your system knows that the customer contests it"})


class DebtorIn(Schema):
    """A customer is found by `code`, then VAT number, then tax code, then name; what is new is filled in."""

    code = shapes.line(64, metadata={"description": "your own customer code: what finds the customer again"})
    name = shapes.line(200)
    kind = fields.String(validate=shapes.OneOf(["business", "consumer"]))
    vat_number = shapes.line(20)
    tax_code = shapes.line(20)
    country = shapes.line(2, metadata={"description": "ISO 3166, two letters"})
    postcode = shapes.line(12)
    language = shapes.line(10, metadata={"description": "ISO 639-1"})
    email = shapes.line(254)
    phone = shapes.line(30)
    salesperson = shapes.line(SALESPERSON_LENGTH)


class InvoiceIn(Schema):
    external_id = shapes.line(80, metadata={"description": "what your system calls it, for good"})
    kind = fields.String(load_default="invoice", validate=shapes.OneOf(["invoice", "credit_note"]))
    number = shapes.line(60, required=True)
    issued_on = shapes.Day(required=True)
    currency = shapes.line(3, required=True)
    total = shapes.Amount(metadata={"description": "the document's own total; without it the sum of its items"})
    items = fields.List(fields.Nested(DueItemIn), required=True, validate=shapes.Rows(0, 120))
    debtor = fields.Nested(DebtorIn, required=True)
    related_number = shapes.line(60, metadata={"description": "the invoice that a credit note corrects"})
    remittance = shapes.line(35, metadata={"description": "what it asks to be named with a payment"})


class InvoicesIn(Schema):
    invoices = shapes.OneByOne(fields.Nested(InvoiceIn), required=True)


class DifferenceOut(Schema):
    what = fields.String(required=True)
    before = fields.String(required=True)
    after = fields.String(required=True)
    applied = fields.Boolean(required=True, metadata={"description": "the books follow what was sent"})


class InvoiceResult(Schema):
    """`created`, `changed` (something differs: see `differences`), `unchanged` or `refused` (see `errors`)."""

    index = fields.Integer(required=True)
    outcome = fields.String(required=True)
    invoice_id = fields.String()
    debtor_id = fields.String()
    differences = fields.List(fields.Nested(DifferenceOut))
    warnings = fields.List(fields.Nested(shapes.RowError))
    errors = fields.List(fields.Nested(shapes.RowError))


class InvoiceResults(Schema):
    results = fields.List(fields.Nested(InvoiceResult), required=True)


def _several() -> fields.List:
    return fields.List(fields.Dict(), required=True)


class InvoiceState(Schema):
    """The state of one invoice; docs/systems.md, “State back”, says what each field holds."""

    invoice_id = fields.String(required=True)
    external_id = fields.String(required=True, allow_none=True)
    number = fields.String(required=True)
    debtor_code = fields.String(required=True)
    issued_on = fields.String(required=True)
    currency = fields.String(required=True)
    total = fields.String(required=True)
    open = fields.String(required=True)
    state = fields.String(required=True, validate=shapes.OneOf(["open", "settled", "withdrawn"]))
    withdrawn_on = fields.String(required=True, allow_none=True)
    items = _several()
    receipt = fields.Dict(required=True, allow_none=True)
    transfer_announced_on = fields.String(required=True, allow_none=True)
    disputes = _several()
    promises = _several()
    plans = _several()
    payments = _several()


class InvoicesAsked(shapes.Paged):
    number = shapes.line(60)
    external_id = shapes.line(80)
    debtor_code = shapes.line(64)
    state = fields.String(validate=shapes.OneOf(["open"]))


@blueprint.post("/invoices")
@allow(Permission.IMPORT)
@blueprint.arguments(InvoicesIn)
@blueprint.response(200, InvoiceResults)
def take_in(sent: Mapping[str, Any]) -> Any:
    """Sends up to a thousand invoices and credit notes

    Each is answered on its own, in their order. One that is there already (by its `external_id`, else by customer,
    kind, number and year) is not overwritten: what differs is said, and the due dates and settlements of untouched
    items follow. Where not one of them can be taken in, the answer is 422.
    """
    read: list[Document | Refused] = []
    for index, row in enumerate(sent["invoices"]):
        place = f"/invoices/{index}"
        try:
            read.append(Refused(row.messages) if isinstance(row, shapes.Wrong) else reading.document(row, place))
        except ValidationError as error:
            read.append(Refused(error.normalized_messages()))
    good = [one for one in read if isinstance(one, Document)]
    creditor = creditors.in_scope()
    taken = taking_in.take_in(creditor, good, [None] * len(good), [False] * len(good), clock.now()) if good else []
    outcomes = iter(taken)
    return answer_rows("invoices", (one if isinstance(one, Refused) else _result(next(outcomes)) for one in read))


def _result(outcome: taking_in.Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {"outcome": outcome.outcome}
    if outcome.invoice_id is not None:
        found["invoice_id"] = ids.spell(outcome.invoice_id)
    if outcome.debtor_id is not None:
        found["debtor_id"] = ids.spell(outcome.debtor_id)
    if outcome.differences:
        found["differences"] = [
            {"what": i18n.say(one.what), "before": one.before, "after": one.after, "applied": one.applied}
            for one in outcome.differences
        ]
    if outcome.document.warnings:
        found["warnings"] = [
            {"field": one.where.path or "", "message": i18n.say(one.message)} for one in outcome.document.warnings
        ]
    return found


@blueprint.get("/invoices")
@allow(Permission.READ)
@blueprint.arguments(InvoicesAsked, location="query")
@blueprint.response(200, shapes.paged(InvoiceState, "InvoiceStates"))
def list_states(asked: Mapping[str, Any]) -> Any:
    """The state of invoices, the first that came in first

    For what has changed since you last asked, `GET /changes` is the better way.
    """
    wanted = select(Invoice.id).where(Invoice.kind == documents.INVOICE)
    if "number" in asked:
        wanted = wanted.where(Invoice.number == asked["number"])
    if "external_id" in asked:
        wanted = wanted.where(Invoice.external_id == asked["external_id"])
    if "debtor_code" in asked:
        wanted = wanted.where(Invoice.debtor_id.in_(select(Debtor.id).where(Debtor.code == asked["debtor_code"])))
    if "state" in asked:
        still = select(DueItem.id).join(Receivable, Receivable.id == DueItem.id)
        still = still.where(DueItem.invoice_id == Invoice.id, Receivable.open_minor > 0)
        wanted = wanted.where(Invoice.withdrawn_at.is_(None), exists(still))
    asked_for = paging.after(wanted, Invoice.id.expression, Invoice.id.expression, asked.get("cursor"), down=False)
    page = paging.page(db.session().scalars(asked_for).all(), lambda row: (row, row))
    found = documents.documents(page.rows, creditors.in_scope().time_zone)
    return {"items": [found[one] for one in page.rows], "next": page.next_cursor}


def state_of(invoice_id: int) -> documents.Document:
    """The document of an invoice; of another's, and of a credit note, there is none."""
    found = documents.documents([invoice_id], creditors.in_scope().time_zone)
    state: documents.Document = only_own(found.get(invoice_id))
    return state


def own(invoice_id: int) -> Invoice:
    found = invoices.invoice(invoice_id)
    invoice: Invoice = only_own(found if found is not None and found.kind == documents.INVOICE else None)
    return invoice


@blueprint.get("/invoices/<id:invoice_id>")
@allow(Permission.READ)
@blueprint.response(200, InvoiceState)
def show_state(invoice_id: int) -> Any:
    """The state of one invoice, with its ETag"""
    return preconditions.with_tag(state_of(invoice_id))


@blueprint.post("/invoices/<id:invoice_id>/withdraw")
@allow(Permission.WITHDRAW)
@blueprint.doc(**preconditions.MATCH)
@blueprint.response(200, InvoiceState)
def withdraw(invoice_id: int) -> Any:
    """Takes an invoice back: nobody is asked to pay it any more

    What had been paid on it is the customer's credit, and they are told.
    """
    invoice = own(invoice_id)
    actions.lock_of(invoice)
    preconditions.need(state_of(invoice_id))
    actions.withdraw_by_hand(invoice)
    db.session().flush()
    return preconditions.with_tag(state_of(invoice_id))
