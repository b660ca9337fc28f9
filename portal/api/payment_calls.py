"""Payments that came in elsewhere, as the creditor's system says."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields
from sqlalchemy import select

from portal.api import reading, shapes
from portal.api.answers import Refused, answer_rows
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.elsewhere import actions
from portal.elsewhere.models import ElsewherePayment
from portal.invoices.models import Invoice
from portal.people.roles import Permission
from portal.sync.documents import INVOICE
from portal.web import i18n
from portal.web.gates import allow, api_blueprint, only_own

blueprint = api_blueprint("api_payments", __name__, "Payments made elsewhere")


class PaymentIn(Schema):
    external_id = shapes.line(80, required=True, metadata={"description": "what your system calls it, for good"})
    invoice_id = shapes.Id(metadata={"description": "this, or `invoice_external_id`"})
    invoice_external_id = shapes.line(80)
    amount = shapes.Amount(required=True)
    currency = shapes.line(3, required=True)
    value_on = shapes.Day(required=True, metadata={"description": "the day on which you had the money"})


class PaymentsIn(Schema):
    payments = shapes.OneByOne(fields.Nested(PaymentIn), required=True)


class PaymentResult(Schema):
    """`created`, `unchanged` (it was told before) or `refused` (see `errors`)."""

    index = fields.Integer(required=True)
    outcome = fields.String(required=True)
    payment_id = fields.String()
    invoice_id = fields.String()
    errors = fields.List(fields.Nested(shapes.RowError))


class PaymentResults(Schema):
    results = fields.List(fields.Nested(PaymentResult), required=True)


class PaymentOut(Schema):
    payment_id = fields.String(required=True)
    external_id = fields.String(required=True)
    invoice_id = fields.String(required=True)
    amount = fields.String(required=True)
    currency = fields.String(required=True)
    value_on = fields.String(required=True)
    taken_back_at = fields.String(required=True, allow_none=True)


@blueprint.post("/payments")
@allow(Permission.IMPORT)
@blueprint.arguments(PaymentsIn)
@blueprint.response(200, PaymentResults)
def book(sent: Mapping[str, Any]) -> Any:
    """Books up to a thousand payments that came in elsewhere, each on one invoice

    The due items of the invoice are paid in the order of their days. One that was told before is not booked again.
    Where not one can be booked, the answer is 422.
    """
    rows = sent["payments"]
    found = _invoices([one for one in rows if not isinstance(one, shapes.Wrong)])
    return answer_rows("payments", (_book(one, found) for one in rows))


def _invoices(rows: list[Mapping[str, Any]]) -> dict[int | str, Invoice]:
    """By their id, and by what their system calls them; one statement."""
    by_id = {one["invoice_id"] for one in rows if "invoice_id" in one}
    by_name = {one["invoice_external_id"] for one in rows if "invoice_external_id" in one}
    wanted = select(Invoice).where(Invoice.kind == INVOICE, Invoice.id.in_(by_id) | Invoice.external_id.in_(by_name))
    found: dict[int | str, Invoice] = {}
    for invoice in db.session().scalars(wanted):
        found[invoice.id] = invoice
        if invoice.external_id is not None:
            found[invoice.external_id] = invoice
    return found


def _book(row: Any, found: Mapping[int | str, Invoice]) -> Mapping[str, Any] | Refused:
    if isinstance(row, shapes.Wrong):
        return Refused(row.messages)
    named = "invoice_id" if "invoice_id" in row else "invoice_external_id"
    invoice = found.get(row.get(named, ""))
    if invoice is None:
        return Refused({named: [i18n.say(t("There is no such invoice."))]})
    try:
        amount = shapes.money(row["amount"], reading.currency(row["currency"]))
        payment, is_new = actions.book(invoice, actions.Told(row["external_id"], amount, row["value_on"]))
    except ValidationError as error:
        return Refused({"amount": error.messages})
    except NotAllowedNow as error:
        return Refused([i18n.say(error.text)])
    return {
        "outcome": "created" if is_new else "unchanged",
        "payment_id": ids.spell(payment.id),
        "invoice_id": ids.spell(invoice.id),
    }


@blueprint.get("/payments/<id:elsewhere_payment_id>")
@allow(Permission.READ)
@blueprint.response(200, PaymentOut)
def show(elsewhere_payment_id: int) -> Any:
    """One payment that your system told us of"""
    return _said(only_own(actions.one(elsewhere_payment_id)))


@blueprint.post("/payments/<id:elsewhere_payment_id>/take-back")
@allow(Permission.IMPORT)
@blueprint.response(200, PaymentOut)
def take_back(elsewhere_payment_id: int) -> Any:
    """It was none, or it went back: what it had paid is open again"""
    row: ElsewherePayment = only_own(actions.one(elsewhere_payment_id, lock=True))
    actions.take_back(row)
    return _said(row)


def _said(row: ElsewherePayment) -> dict[str, Any]:
    return {
        "payment_id": ids.spell(row.id),
        "external_id": row.external_id,
        "invoice_id": ids.spell(row.invoice_id),
        "amount": row.amount.plain,
        "currency": row.currency,
        "value_on": row.value_on.isoformat(),
        "taken_back_at": clock.iso(row.taken_back_at) if row.taken_back_at is not None else None,
    }
