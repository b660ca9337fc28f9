"""What happened since a place in the history, and which invoices changed since: asked again, nothing is missed."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import select

from portal.api import shapes
from portal.api.answers import listed
from portal.api.invoice_calls import InvoiceState
from portal.confirmations.models import ReceiptAnswer
from portal.core import clock, db, ids
from portal.core.events import EVENTS, EventRow
from portal.creditors import queries as creditors
from portal.messages.models import Message
from portal.people.roles import Permission
from portal.sync import changes, documents
from portal.sync.own_codes import codes_of_rows
from portal.web.gates import allow, api_blueprint
from portal.webhooks.payloads import webhook_id

blueprint = api_blueprint("api_history", __name__, "What happened")

MOST_EVENTS = 200
LARGEST = 2**62


class Since(Schema):
    after = fields.Integer(
        load_default=0, validate=shapes.Between(0, LARGEST), metadata={"description": "`next` of the answer before"}
    )


class EventsAsked(Since):
    type = shapes.line(60, metadata={"description": "`payment.succeeded`: only these"})


class EventOut(Schema):
    id = fields.String(required=True, metadata={"description": "the same as a webhook's `webhook-id`"})
    seq = fields.Integer(required=True, metadata={"description": "its place in the history"})
    type = fields.String(required=True)
    timestamp = fields.String(required=True)
    data = fields.Dict(required=True)


class Events(Schema):
    items = fields.List(fields.Nested(EventOut), required=True)
    next = fields.Integer(required=True)
    more = fields.Boolean(required=True)


class Changes(Schema):
    items = fields.List(fields.Nested(InvoiceState), required=True)
    next = fields.Integer(required=True)
    more = fields.Boolean(required=True)


class ConfirmationsAsked(shapes.Paged):
    invoice_id = shapes.Id()


class ConfirmationOut(Schema):
    confirmation_id = fields.String(required=True)
    invoice_id = fields.String(required=True)
    answer = fields.String(required=True)
    will_pay_on = fields.String(required=True, allow_none=True)
    category = fields.String(required=True, allow_none=True)
    words = fields.String(required=True, allow_none=True)
    at = fields.String(required=True)


class MessagesAsked(shapes.Paged):
    debtor_id = shapes.Id()


class MessageOut(Schema):
    message_id = fields.String(required=True)
    debtor_id = fields.String(required=True)
    key = fields.String(required=True, metadata={"description": "which message it is"})
    channel = fields.String(required=True)
    language = fields.String(required=True)
    status = fields.String(required=True)
    planned_at = fields.String(required=True)
    sent_at = fields.String(required=True, allow_none=True)


@blueprint.get("/events")
@allow(Permission.READ)
@blueprint.arguments(EventsAsked, location="query")
@blueprint.response(200, Events)
def list_events(asked: Mapping[str, Any]) -> Any:
    """What happened, in order: what webhooks tell, to be fetched

    Begin with `after=0`, then ask with the `next` of the answer before. docs/systems.md names every type.
    """
    names = [name for name, kind in EVENTS.items() if kind.public and asked.get("type", name) == name]
    until = changes.last()
    rows = (
        db.session()
        .scalars(
            select(EventRow)
            .where(EventRow.seq > asked["after"], EventRow.name.in_(names))
            .order_by(EventRow.seq)
            .limit(MOST_EVENTS)
        )
        .all()
    )
    more = len(rows) == MOST_EVENTS
    last = rows[-1].seq if rows else 0
    return {
        "items": [_event(row, codes) for row, codes in zip(rows, codes_of_rows(rows), strict=True)],
        "next": last if more else max(asked["after"], until, last),
        "more": more,
    }


def _event(row: EventRow, codes: Mapping[str, Any]) -> dict[str, Any]:
    """As a webhook says it (portal.webhooks.payloads), with its place in the history."""
    whose = {"debtor_id": ids.spell(row.debtor_id)} if row.debtor_id is not None else {}
    return {
        "id": webhook_id(row.id),
        "seq": row.seq,
        "type": row.name,
        "timestamp": clock.iso(row.at),
        "data": {**whose, **codes, **row.data},
    }


@blueprint.get("/changes")
@allow(Permission.READ)
@blueprint.arguments(Since, location="query")
@blueprint.response(200, Changes)
def list_changes(asked: Mapping[str, Any]) -> Any:
    """The state of every invoice that something happened to since then, each once"""
    found = changes.since(asked["after"])
    said = documents.documents(found.invoices, creditors.in_scope().time_zone)
    return {"items": [said[one] for one in sorted(said)], "next": found.until, "more": found.more}


@blueprint.get("/confirmations")
@allow(Permission.READ)
@blueprint.arguments(ConfirmationsAsked, location="query")
@blueprint.response(200, shapes.paged(ConfirmationOut, "Confirmations"))
def list_confirmations(asked: Mapping[str, Any]) -> Any:
    """What customers said of the receipt of their invoices, the first said first"""
    wanted = select(ReceiptAnswer)
    if "invoice_id" in asked:
        wanted = wanted.where(ReceiptAnswer.invoice_id == asked["invoice_id"])
    return listed(wanted, ReceiptAnswer.id, asked, _confirmation)


def _confirmation(one: ReceiptAnswer) -> dict[str, Any]:
    return {
        "confirmation_id": ids.spell(one.id),
        "invoice_id": ids.spell(one.invoice_id),
        "answer": one.answer,
        "will_pay_on": one.will_pay_on.isoformat() if one.will_pay_on is not None else None,
        "category": one.category,
        "words": one.words,
        "at": clock.iso(one.at),
    }


@blueprint.get("/messages")
@allow(Permission.READ)
@blueprint.arguments(MessagesAsked, location="query")
@blueprint.response(200, shapes.paged(MessageOut, "Messages"))
def list_messages(asked: Mapping[str, Any]) -> Any:
    """What was written to customers and whether it left, the first planned first; without its words"""
    wanted = select(Message)
    if "debtor_id" in asked:
        wanted = wanted.where(Message.debtor_id == asked["debtor_id"])
    return listed(wanted, Message.id, asked, _message)


def _message(one: Message) -> dict[str, Any]:
    return {
        "message_id": ids.spell(one.id),
        "debtor_id": ids.spell(one.debtor_id),
        "key": one.key,
        "channel": one.channel,
        "language": one.language,
        "status": one.status.public,
        "planned_at": clock.iso(one.planned_at),
        "sent_at": clock.iso(one.sent_at) if one.sent_at is not None else None,
    }
