"""The evidence of an acceptance as facts: what was agreed, by whom, how it was proved (rule C-43).

Plain JSON values, the same for the same facts. What the portal does not keep is null and says why.
"""

import json
from datetime import datetime
from importlib.metadata import version
from typing import Any

from flask import has_request_context, request
from sqlalchemy import select

from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.money import Money
from portal.creditors import queries as creditors
from portal.creditors.faces import Face
from portal.debtors import queries as debtors
from portal.debtors import step_up_queries
from portal.debtors.models import AccessLink, Debtor, StepUp, Visit
from portal.documents import store
from portal.invoices import queries as invoices
from portal.invoices.queries import Item
from portal.messages.models import Message
from portal.plans import agreement, queries
from portal.plans.models import Plan

FORMAT = "portal.plan-evidence/1"
FACT = "one fact, not kept"  # which one opened the gate stands nowhere, and its value never did (rule A-40)
NO_PROOF = "no act with a code is kept for this acceptance"
NO_CODE = "no code was used: a colleague made sure who asked"
NOT_THEIRS = "it was not accepted in the customer's own browser: a colleague made sure who asked"
MOST_OF_AGENT = 300
NO_DOCUMENT = "no original file is kept for this document"
NOT_APART = "it was given; its words are within the text shown"
NOT_GIVEN = "no acknowledgement was asked for, or it was not given"
Facts = dict[str, Any]


def gathered(plan: Plan) -> Facts:
    """All that is so at the moment of the acceptance, but its place in the chain, which comes with the commit."""
    face = creditors.face(scope.current().creditor_id)
    debtor = db.session().scalars(select(Debtor).where(Debtor.id == plan.debtor_id)).one()
    proof = step_up_queries.one(plan.step_up_id) if plan.step_up_id is not None else None
    return {
        "format": FORMAT,
        "portal_version": version("debtor-portal"),
        "creditor": _creditor(face),
        "debtor": {"id": ids.spell(debtor.id), "name": debtor.name, "code": debtor.code, "kind": debtor.kind},
        "plan": _plan(plan),
        "documents": _documents(plan),
        "instalments": _instalments(plan),
        "text_shown": _text(proof),
        "acknowledgement": _acknowledgement(plan, face, proof),
        "signer": _signer(proof),
        "door": _door(proof),
        "code": _code(proof),
        **_browser(),
    }


def _browser() -> Facts:
    """Network address and browser of the acceptance (rule C-43), kept here and nowhere else: of the customer's own
    request alone, behind trusted proxies theirs (portal.web.edge)."""
    theirs = has_request_context() and (request.blueprint or "").endswith("_debtor")
    address = (request.remote_addr or None) if theirs else None
    agent = (request.user_agent.string[:MOST_OF_AGENT] or None) if theirs else None
    return {
        name: {"value": value} if value is not None else {"value": None, "why": NOT_THEIRS}
        for name, value in (("ip_address", address), ("user_agent", agent))
    }


def with_place(facts: Facts, record: EventRow) -> Facts:
    """The facts with the place that the acceptance has in the creditor's chain, whose end it then was."""
    place = {
        "record": record.seq,
        "type": record.name,
        "at": clock.iso(record.at),
        "previous_sha256": record.prev,
        "head_sha256": record.hash,
    }
    return {**facts, "chain": place}


def written(facts: Facts) -> str:
    """The JSON as it is kept, hashed and given out."""
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


def _creditor(face: Face) -> Facts:
    names = ("name", "display_name", "vat_number", "address", "phone", "email", "contact_name", "time_zone")
    return {"id": ids.spell(face.id), "slug": face.slug, **{name: getattr(face, name) for name in names}}


def _money(minor: int, currency: str) -> str:
    return Money(minor, currency).plain


def _at(moment: datetime | None) -> str | None:
    return clock.iso(moment) if moment is not None else None


def _plan(plan: Plan) -> Facts:
    amounts = {
        name: _money(getattr(plan, f"{name}_minor"), plan.currency)
        for name in ("debt", "interest", "discount", "total")
    }
    return {
        "id": ids.spell(plan.id),
        "accepted_at": _at(plan.accepted_at),
        "may_be_taken_back_until": _at(plan.active_from),
        "policy_version": plan.policy_number,
        "segment": plan.segment,
        "currency": plan.currency,
        **amounts,
        "every": plan.every,
        "grace_days": plan.grace_days,
        "replaces": ids.spell(plan.replaces_id) if plan.replaces_id is not None else None,
        "snapshot_sha256": plan.snapshot_sha256,
    }


def _documents(plan: Plan) -> list[Facts]:
    """Each due item with its document, in the plan's order, and what of it is in the plan."""
    lines = queries.lines(plan.id)
    items = {item.item_id: item for item in invoices.items([line.due_item_id for line in lines])}
    return [_document(items[line.due_item_id], _money(line.amount_minor, plan.currency)) for line in lines]


def _document(item: Item, in_plan: str) -> Facts:
    return {
        "invoice": ids.spell(item.invoice_id),
        "number": item.number,
        "issued_on": item.issued_on.isoformat(),
        "due_on": item.due_on.isoformat(),
        "amount": item.amount.plain,
        "in_plan": in_plan,
        **_original(item.invoice_id),
    }


def _original(invoice_id: int) -> Facts:
    invoice = invoices.invoice(invoice_id)
    file = store.row(invoice.file_id) if invoice is not None and invoice.file_id is not None else None
    said: Facts = {"version": invoice.version if invoice is not None else None}
    if file is None:
        return {**said, "document_sha256": None, "document_why": NO_DOCUMENT}
    return {**said, "document_sha256": file.sha256}


def _instalments(plan: Plan) -> list[Facts]:
    """As accepted; number 0 is what is paid at the beginning."""
    return [
        {
            "number": row.number,
            "due_on": row.due_on.isoformat(),
            "amount": _money(row.amount_minor, plan.currency),
            "reference": row.reference,
        }
        for row in queries.asked(plan.id)
    ]


def _text(proof: StepUp | None) -> Facts:
    if proof is None:
        return {"text": None, "why": NO_PROOF}
    return {"language": proof.language, "text": proof.terms_text, "sha256": proof.terms_sha256}


def _acknowledgement(plan: Plan, face: Face, proof: StepUp | None) -> Facts:
    """The separate act in its own words, where they stand as such in what was shown (rule C-40)."""
    if not plan.acknowledged:
        return {"given": False, "text": None, "why": NOT_GIVEN}
    words = agreement.acknowledgement(face, plan, proof.language) if proof is not None else ""
    if proof is None or words not in proof.terms_text:
        return {"given": True, "text": None, "why": NOT_APART}
    return {"given": True, "text": words}


def _signer(proof: StepUp | None) -> Facts:
    if proof is None:
        return {"name": None, "role": None, "statement": None, "why": NO_PROOF}
    return {"name": proof.signer_name, "role": proof.signer_role, "statement": proof.statement}


def _door(proof: StepUp | None) -> Facts:
    """The link through which they came, and where it had been sent."""
    visit = _one(Visit, proof.visit_id) if proof is not None else None
    link = _one(AccessLink, visit.link_id) if visit is not None else None
    if visit is None or link is None:
        return {"link": None, "why": NO_PROOF}
    contact = step_up_queries.contact(link.contact_point_id)
    return {
        "link": ids.spell(link.id),
        "purpose": link.purpose,
        "issued_at": _at(link.issued_at),
        "channel": contact.channel if contact is not None else None,
        "recipient": debtors.masked(contact.address) if contact is not None else None,
        "fact_passed": FACT,
        "visit": ids.spell(visit.id),
        "visit_began_at": _at(visit.started_at),
    }


def _one(model: Any, row_id: int) -> Any:
    return db.session().scalars(select(model).where(model.id == row_id)).one_or_none()


def _code(proof: StepUp | None) -> Facts:
    """The code's channel and times; or, without a code, how a colleague knew who asked."""
    if proof is None:
        return {"channel": None, "why": NO_PROOF}
    told: Facts = {"act": ids.spell(proof.id), "shown_at": _at(_shown_at(proof.id))}
    if proof.proved_at is None:
        agreed = {"agreed_at": _at(proof.status_at), "made_sure": proof.made_sure}
        return {**told, "channel": None, "why": NO_CODE, **agreed}
    contact = step_up_queries.contact(proof.contact_point_id)
    return {
        **told,
        "channel": contact.channel if contact is not None else None,
        "recipient": debtors.masked(contact.address) if contact is not None else None,
        "same_channel_as_link": proof.same_channel,
        "asked_at": _at(proof.asked_at),
        "made_at": _at(proof.code_made_at),
        "sent_at": _at(_sent_at(proof)),
        "proved_at": _at(proof.proved_at),
        "tries": proof.tries,
        **({"made_sure": proof.made_sure, "agreed_at": _at(proof.status_at)} if proof.made_sure else {}),
    }


def _shown_at(step_up_id: int) -> datetime | None:
    """When the words were first shown: the first record of the act."""
    first = select(EventRow.at).where(EventRow.subject_kind == "step_up", EventRow.subject_id == step_up_id)
    return db.session().scalars(first.order_by(EventRow.seq).limit(1)).one_or_none()


def _sent_at(proof: StepUp) -> datetime | None:
    """When the message with the code left."""
    mine = (Message.debtor_id == proof.debtor_id, Message.key == step_up_queries.CODE_MESSAGE)
    sent = select(Message.params, Message.sent_at).where(*mine, Message.sent_at.is_not(None))
    spelled = ids.spell(proof.id)
    found = db.session().execute(sent.order_by(Message.id.desc()).limit(20)).all()
    return next((at for params, at in found if params.get("step_up") == spelled), None)
