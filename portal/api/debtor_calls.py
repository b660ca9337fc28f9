"""Customers and their addresses: in by the creditor's own code, and as they stand here."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields
from sqlalchemy import select

from portal.api import reading, shapes
from portal.api.answers import Refused, answer_rows, listed
from portal.api.invoice_calls import DebtorIn
from portal.core import clock, ids
from portal.core.errors import Invalid, NotAllowedNow
from portal.core.mail_addresses import is_mail_address
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.debtors import actions, notices
from portal.debtors import queries as debtors
from portal.debtors.models import ContactPoint, Debtor
from portal.imports import matching
from portal.imports.documents import Party
from portal.messages.channels import sms
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.gates import allow, api_blueprint, only_own

blueprint = api_blueprint("api_debtors", __name__, "Customers and their addresses")

EMAIL, MOBILE, BY_HAND = "email", "mobile", "by_hand"


class DebtorsIn(Schema):
    debtors = shapes.OneByOne(fields.Nested(DebtorIn), required=True)


class DebtorResult(Schema):
    """`created`, `unchanged` (it was known: what is new of it is filled in) or `refused` (see `errors`)."""

    index = fields.Integer(required=True)
    outcome = fields.String(required=True)
    debtor_id = fields.String()
    warnings = fields.List(fields.Nested(shapes.RowError))
    errors = fields.List(fields.Nested(shapes.RowError))


class DebtorResults(Schema):
    results = fields.List(fields.Nested(DebtorResult), required=True)


class ContactOut(Schema):
    contact_id = fields.String(required=True)
    channel = fields.String(required=True, metadata={"description": "email, pec, mobile"})
    address = fields.String(required=True)
    source = fields.String(required=True, metadata={"description": "creditor or debtor: who gave it"})
    added_at = fields.String(required=True)
    stopped_at = fields.String(required=True, allow_none=True)
    stopped_why = fields.String(required=True, allow_none=True)


class DebtorOut(Schema):
    debtor_id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    vat_number = fields.String(required=True, allow_none=True)
    tax_code = fields.String(required=True, allow_none=True)
    country = fields.String(required=True, allow_none=True)
    postcode = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)
    salesperson = fields.String(required=True, allow_none=True)


class DebtorWithContacts(DebtorOut):
    contacts = fields.List(fields.Nested(ContactOut), required=True)


class DebtorsAsked(shapes.Paged):
    code = shapes.line(64)
    vat_number = shapes.line(20)


class ContactIn(Schema):
    channel = fields.String(required=True, validate=shapes.OneOf([EMAIL, MOBILE]))
    address = shapes.line(254, required=True)


@blueprint.post("/debtors")
@allow(Permission.IMPORT)
@blueprint.arguments(DebtorsIn)
@blueprint.response(200, DebtorResults)
def take_in(sent: Mapping[str, Any]) -> Any:
    """Sends up to a thousand customers

    What is newly known of a customer is filled in; nothing that is here is taken away, and an address that the
    customer corrected is not brought back. Where not one can be taken in, the answer is 422.
    """
    read: list[tuple[Party, reading.Doubts] | Refused] = []
    for index, row in enumerate(sent["debtors"]):
        doubts = reading.Doubts(f"/debtors/{index}")
        try:
            read.append(
                Refused(row.messages) if isinstance(row, shapes.Wrong) else (reading.party(row, doubts), doubts)
            )
        except ValidationError as error:
            read.append(Refused(error.normalized_messages()))
    parties = [one[0] for one in read if not isinstance(one, Refused)]
    began = clock.now()
    known = matching.load(parties)
    there = {debtor.id for debtor in map(known.find, parties) if debtor is not None}
    if parties:
        matching.add_missing(parties, known, creditors.in_scope())
        matching.add_contacts(parties, known, [False] * len(parties), began)
    return answer_rows("debtors", (one if isinstance(one, Refused) else _result(*one, known, there) for one in read))


def _result(party: Party, doubts: reading.Doubts, known: matching.Known, there: set[int]) -> dict[str, Any]:
    debtor = known.find(party)
    assert debtor is not None, "add_missing has made it"
    found: dict[str, Any] = {
        "outcome": "unchanged" if debtor.id in there else "created",
        "debtor_id": ids.spell(debtor.id),
    }
    if doubts.notices:
        found["warnings"] = [
            {"field": one.where.path or "", "message": i18n.say(one.message)} for one in doubts.notices
        ]
    return found


@blueprint.get("/debtors")
@allow(Permission.READ)
@blueprint.arguments(DebtorsAsked, location="query")
@blueprint.response(200, shapes.paged(DebtorOut, "Debtors"))
def list_debtors(asked: Mapping[str, Any]) -> Any:
    """Customers, the first that came in first"""
    wanted = select(Debtor)
    if "code" in asked:
        wanted = wanted.where(Debtor.code == matching.fitting(asked["code"]))
    if "vat_number" in asked:
        wanted = wanted.where(Debtor.vat_number == asked["vat_number"])
    return listed(wanted, Debtor.id, asked, _said)


def _said(debtor: Debtor) -> dict[str, Any]:
    names = ("code", "name", "kind", "vat_number", "tax_code", "country", "postcode", "language", "salesperson")
    return {"debtor_id": ids.spell(debtor.id), **{name: getattr(debtor, name) for name in names}}


def _contact(one: ContactPoint) -> dict[str, Any]:
    return {
        "contact_id": ids.spell(one.id),
        "channel": one.channel,
        "address": one.address,
        "source": one.source,
        "added_at": clock.iso(one.added_at),
        "stopped_at": clock.iso(one.stopped_at) if one.stopped_at is not None else None,
        "stopped_why": one.stopped_why,
    }


def own(debtor_id: int) -> Debtor:
    found: Debtor = only_own(debtors.debtor(debtor_id))
    return found


@blueprint.get("/debtors/<id:debtor_id>")
@allow(Permission.READ)
@blueprint.response(200, DebtorWithContacts)
def show(debtor_id: int) -> Any:
    """One customer with the addresses"""
    debtor = own(debtor_id)
    return {**_said(debtor), "contacts": [_contact(one) for one in debtors.contacts(debtor_id)]}


@blueprint.post("/debtors/<id:debtor_id>/contacts")
@allow(Permission.CONTACTS)
@blueprint.arguments(ContactIn)
@blueprint.response(200, ContactOut)
def add_contact(sent: Mapping[str, Any], debtor_id: int) -> Any:
    """Adds an address; one that is there already stays as it is

    For 72 hours no codes go to it, and the addresses in use are told that there is another.
    """
    own(debtor_id)
    address = _read(sent["channel"], sent["address"].strip())
    there = {one.id for one in debtors.contacts(debtor_id)}
    in_use = debtors.in_use(debtor_id)
    added = actions.add_contact(debtor_id, sent["channel"], address, source="creditor", by_hand=True)
    if added.stopped_at is not None:
        raise NotAllowedNow(t("Nothing goes to this address any more."))
    if added.id not in there:
        notices.tell_of_change(debtor_id, in_use)
    return _contact(added)


def _read(channel: str, written: str) -> str:
    """The address as it is kept. Raises Invalid for what can be none."""
    if channel == MOBILE:
        try:
            return sms.checked_number(written)
        except ValueError:
            raise Invalid(t("This is no mobile number.")) from None
    if not is_mail_address(written):
        raise Invalid(t("This is no e-mail address."))
    return written


@blueprint.post("/debtors/<id:debtor_id>/contacts/<id:contact_id>/stop")
@allow(Permission.CONTACTS)
@blueprint.response(200, ContactOut)
def stop_contact(debtor_id: int, contact_id: int) -> Any:
    """Nothing goes to this address any more, and the links that went there open nothing"""
    own(debtor_id)
    contact = only_own(next((one for one in debtors.contacts(debtor_id) if one.id == contact_id), None))
    actions.stop_contact(contact, BY_HAND)
    return _contact(contact)
