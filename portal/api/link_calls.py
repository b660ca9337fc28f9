"""Links into the portal, made and revoked, and the code on the paper. An address is shown once, stored nowhere."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response
from marshmallow import Schema, fields
from sqlalchemy import select

from portal.api import shapes
from portal.api.answers import listed
from portal.api.debtor_calls import own as own_debtor
from portal.api.invoice_calls import own as own_invoice
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.debtors import actions, links
from portal.debtors import queries as debtors
from portal.debtors.models import AccessLink
from portal.invoices import paper_code
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.gates import allow, api_blueprint, only_own

blueprint = api_blueprint("api_links", __name__, "Links and codes")

CAMPAIGN, REVOKED = "api", "by_hand"


class LinkIn(Schema):
    contact_id = shapes.Id(metadata={"description": "whom you will send it to, of this customer's addresses"})
    invoice_id = shapes.Id(metadata={"description": "opens this invoice alone"})
    days = fields.Integer(
        load_default=30, validate=shapes.Between(1, links.HARD_MAXIMUM.days), metadata={"description": "it opens for"}
    )


class LinkOut(Schema):
    link_id = fields.String(required=True)
    debtor_id = fields.String(required=True)
    purpose = fields.String(required=True)
    invoice_id = fields.String(required=True, allow_none=True)
    issued_at = fields.String(required=True)
    expires_at = fields.String(required=True)
    revoked_at = fields.String(required=True, allow_none=True)


class LinkMade(LinkOut):
    address = fields.String(required=True, metadata={"description": "shown this once"})


class CodeMade(Schema):
    link_id = fields.String(required=True)
    address = fields.String(required=True, metadata={"description": "what the code on the paper says"})
    svg = fields.String(required=True, metadata={"description": "where its picture is"})
    png = fields.String(required=True)


class LinksAsked(shapes.Paged):
    pass


@blueprint.get("/debtors/<id:debtor_id>/links")
@allow(Permission.READ)
@blueprint.arguments(LinksAsked, location="query")
@blueprint.response(200, shapes.paged(LinkOut, "Links"))
def list_links(asked: Mapping[str, Any], debtor_id: int) -> Any:
    """The links of one customer, the first issued first; their addresses are shown to nobody again"""
    own_debtor(debtor_id)
    return listed(select(AccessLink).where(AccessLink.debtor_id == debtor_id), AccessLink.id, asked, _said)


@blueprint.post("/debtors/<id:debtor_id>/links")
@allow(Permission.SEND)
@blueprint.arguments(LinkIn)
@blueprint.response(200, LinkMade)
def issue(sent: Mapping[str, Any], debtor_id: int) -> Any:
    """Makes a link for your own message to this customer

    Whoever opens it is asked for one detail that the customer knows, as with every link.
    """
    own_debtor(debtor_id)
    contact_id, invoice_id = sent.get("contact_id"), sent.get("invoice_id")
    if contact_id is not None:
        contact = only_own(next((one for one in debtors.contacts(debtor_id) if one.id == contact_id), None))
        if contact.stopped_at is not None:
            raise NotAllowedNow(t("Nothing goes to this address any more."))
    if invoice_id is not None:
        invoice = own_invoice(invoice_id)
        only_own(invoice if invoice.debtor_id == debtor_id else None)
        if invoice.withdrawn_at is not None:
            raise NotAllowedNow(t("This invoice has been withdrawn already."))
    link = links.issue(
        debtor_id,
        purpose=links.PORTAL,
        campaign=CAMPAIGN,
        expires_at=clock.now() + timedelta(days=sent["days"]),
        invoice_id=invoice_id,
        contact_point_id=contact_id,
    )
    return {**_said(link), "address": links.address(link.id)}


@blueprint.post("/debtors/<id:debtor_id>/links/<id:link_id>/revoke")
@allow(Permission.SEND)
@blueprint.response(200, LinkOut)
def revoke(debtor_id: int, link_id: int) -> Any:
    """It opens nothing any more, and visits through it are over"""
    own_debtor(debtor_id)
    link = db.session().get(AccessLink, link_id)
    link = only_own(link if link is not None and link.debtor_id == debtor_id else None)
    actions.revoke_link(link, REVOKED)
    return _said(link)


def _said(link: AccessLink) -> dict[str, Any]:
    return {
        "link_id": ids.spell(link.id),
        "debtor_id": ids.spell(link.debtor_id),
        "purpose": link.purpose,
        "invoice_id": ids.spell(link.invoice_id) if link.invoice_id is not None else None,
        "issued_at": clock.iso(link.issued_at),
        "expires_at": clock.iso(link.expires_at),
        "revoked_at": clock.iso(link.revoked_at) if link.revoked_at is not None else None,
    }


@blueprint.post("/invoices/<id:invoice_id>/code")
@allow(Permission.SEND)
@blueprint.response(200, CodeMade)
def make_code(invoice_id: int) -> Any:
    """Makes the code to print on an invoice; one that opens already is kept"""
    invoice = own_invoice(invoice_id)
    if invoice.withdrawn_at is not None:
        raise NotAllowedNow(t("This invoice has been withdrawn already."))
    link = paper_code.make(invoice)
    place = f"/api/v1/invoices/{ids.spell(invoice_id)}/code"
    return {
        "link_id": ids.spell(link.id), "address": links.address(link.id, links.QR),
        "svg": f"{place}.svg", "png": f"{place}.png",
    }  # fmt: skip


def _code(invoice_id: int) -> AccessLink:
    own_invoice(invoice_id)
    found: AccessLink = only_own(links.live_qr_link(invoice_id))
    return found


@blueprint.get("/invoices/<id:invoice_id>/code.svg")
@allow(Permission.SEND)
@blueprint.response(200, {"type": "string"}, content_type="image/svg+xml")
def show_drawing(invoice_id: int) -> Any:
    """The code as a drawing, 25 mm wide; 404 until it was made"""
    drawing = paper_code.drawing(_code(invoice_id), i18n.say(paper_code.TITLE))
    return Response(drawing, content_type="image/svg+xml; charset=utf-8")


@blueprint.get("/invoices/<id:invoice_id>/code.png")
@allow(Permission.SEND)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/png")
def show_dots(invoice_id: int) -> Any:
    """The code as a picture for print, 600 dots an inch; 404 until it was made"""
    return Response(paper_code.dots(_code(invoice_id)), content_type="image/png")
