"""What customers contest: read, answered, closed."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields
from sqlalchemy import select

from portal.api import preconditions, shapes
from portal.api.answers import listed
from portal.api.key_calls import caller
from portal.api.names import person_behind
from portal.cases import actions as cases
from portal.cases import queries as case_queries
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.disputes import closing, queries, rules
from portal.disputes.models import Dispute
from portal.disputes.states import UNDER_WAY
from portal.people.roles import Permission
from portal.web.gates import allow, api_blueprint, only_own

blueprint = api_blueprint("api_disputes", __name__, "What customers contest")


class DisputeOut(Schema):
    dispute_id = fields.String(required=True)
    invoice_id = fields.String(required=True)
    status = fields.String(required=True)
    reason = fields.String(required=True)
    category = fields.String(required=True)
    amount = fields.String(required=True, metadata={"description": "contested"})
    currency = fields.String(required=True)
    raised_at = fields.String(required=True)
    closed_at = fields.String(required=True, allow_none=True)
    upheld = fields.String(required=True, allow_none=True, metadata={"description": "how much of it was right"})


class EntryOut(Schema):
    author = fields.String(required=True, metadata={"description": "customer or staff"})
    words = fields.String(required=True)
    at = fields.String(required=True)


class DisputeWithWords(DisputeOut):
    case_number = fields.String(required=True, metadata={"description": "what both sides quote"})
    words = fields.String(required=True, allow_none=True, metadata={"description": "what the customer said first"})
    entries = fields.List(fields.Nested(EntryOut), required=True)


class DisputesAsked(shapes.Paged):
    invoice_id = shapes.Id()
    under_way = fields.Boolean()


class AnswerIn(Schema):
    words = shapes.words(required=True, metadata={"description": "the customer reads it"})


class VerdictIn(Schema):
    outcome = fields.String(required=True, validate=shapes.OneOf(sorted(rules.OUTCOMES)))
    words = shapes.words(required=True, metadata={"description": "why: the customer reads it"})
    upheld = shapes.Amount(metadata={"description": "how much of it is right, where it is a part"})
    credit = fields.String(
        validate=shapes.OneOf(sorted(rules.CREDITS)),
        metadata={"description": "who credits what is right: here at once, or your system by a credit note"},
    )


@blueprint.get("/disputes")
@allow(Permission.READ)
@blueprint.arguments(DisputesAsked, location="query")
@blueprint.response(200, shapes.paged(DisputeOut, "Disputes"))
def list_disputes(asked: Mapping[str, Any]) -> Any:
    """What is or was contested, the first raised first"""
    wanted = select(Dispute)
    if "invoice_id" in asked:
        wanted = wanted.where(Dispute.invoice_id == asked["invoice_id"])
    if "under_way" in asked:
        runs = Dispute.status.in_(UNDER_WAY)
        wanted = wanted.where(runs if asked["under_way"] else ~runs)
    return listed(wanted, Dispute.id, asked, _said)


def _said(one: Dispute) -> dict[str, Any]:
    return {
        "dispute_id": ids.spell(one.id),
        "invoice_id": ids.spell(one.invoice_id),
        "status": one.status.public,
        "reason": one.reason,
        "category": one.category,
        "amount": one.amount.plain,
        "currency": one.currency,
        "raised_at": clock.iso(one.raised_at),
        "closed_at": clock.iso(one.closed_at) if one.closed_at is not None else None,
        "upheld": Money(one.upheld_minor, one.currency).plain if one.upheld_minor is not None else None,
    }


def _whole(dispute_id: int) -> dict[str, Any]:
    one: Dispute = only_own(queries.dispute(dispute_id))
    case = queries.case_of(one.id)
    entries = [
        {"author": entry.author, "words": entry.words, "at": clock.iso(entry.at)}
        for entry in case_queries.entries(case.id)
    ]
    return {**_said(one), "case_number": case.number, "words": case.words, "entries": entries}


@blueprint.get("/disputes/<id:dispute_id>")
@allow(Permission.READ)
@blueprint.response(200, DisputeWithWords)
def show(dispute_id: int) -> Any:
    """One dispute with what was written, and its ETag"""
    return preconditions.with_tag(_whole(dispute_id))


def _as_read(dispute_id: int) -> Dispute:
    """The dispute, locked before its state is compared with what was read: of two calls only one finds it so."""
    only_own(queries.dispute(dispute_id))
    dispute = queries.locked(dispute_id)
    preconditions.need(_whole(dispute_id))
    return dispute


@blueprint.post("/disputes/<id:dispute_id>/answer")
@allow(Permission.ANSWER)
@blueprint.doc(**preconditions.MATCH)
@blueprint.arguments(AnswerIn)
@blueprint.response(200, DisputeWithWords)
def answer(sent: Mapping[str, Any], dispute_id: int) -> Any:
    """Writes to the customer, in the name of who made the key; they are told that an answer is there"""
    dispute = _as_read(dispute_id)
    if dispute.status not in UNDER_WAY:
        raise NotAllowedNow(t("It is closed already: %(now)s.", now=dispute.status.label))
    cases.answer(queries.case_of(dispute_id), sent["words"], person_behind(caller()))
    db.session().flush()
    return preconditions.with_tag(_whole(dispute_id))


@blueprint.post("/disputes/<id:dispute_id>/close")
@allow(Permission.ANSWER)
@blueprint.doc(**preconditions.MATCH)
@blueprint.arguments(VerdictIn)
@blueprint.response(200, DisputeWithWords)
def close(sent: Mapping[str, Any], dispute_id: int) -> Any:
    """Closes it: valid, valid in part, or not valid; the customer is told why"""
    dispute = _as_read(dispute_id)
    try:
        upheld = shapes.money(sent["upheld"], dispute.currency) if "upheld" in sent else None
    except ValidationError as error:
        raise NotAllowedNow(t("%(currency)s has no such small part.", currency=dispute.currency)) from error
    verdict = closing.Verdict(sent["outcome"], sent["words"], upheld, sent.get("credit"))
    closing.close(dispute_id, verdict, person_behind(caller()))
    db.session().flush()
    return preconditions.with_tag(_whole(dispute_id))
