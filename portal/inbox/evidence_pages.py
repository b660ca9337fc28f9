"""Evidence for a contested payment as one file: who may pay back may take it out, after a fresh proof (rule B-13)."""

import io
from typing import Any

from flask import redirect, request, url_for

from portal.core import events, ids, installation, signing
from portal.inbox import evidence
from portal.payments import events as happened
from portal.payments import queries, refundable
from portal.payments.models import CardDispute, PaymentAttempt
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web.downloads import saved
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("evidence_creditor", __name__)

TICKET, TICKET_SECONDS = "payment-evidence", 600


@blueprint.post("/payments/<id:attempt_id>/evidence")
@allow(Permission.REFUND)
@recently_proved
def take_out(attempt_id: int) -> Any:
    """Says in the chain that the data leaves; the file comes from an address that works for ten minutes."""
    attempt, _ = _contested(attempt_id)
    events.record(happened.EvidenceTaken(attempt_id=attempt.id, debtor_id=attempt.debtor_id))
    ticket = signing.serializer(installation.keys(), TICKET).dumps([person().who, ids.spell(attempt_id)])
    return redirect(url_for(".download", attempt_id=attempt_id, ticket=ticket), 303)


@blueprint.get("/payments/<id:attempt_id>/evidence.zip")
@allow(Permission.REFUND)
@recently_proved
def download(attempt_id: int) -> Any:
    attempt, disputes = _contested(attempt_id)
    ticket = signing.read_signed(installation.keys(), TICKET, request.args.get("ticket", ""), TICKET_SECONDS)
    if ticket != [person().who, ids.spell(attempt_id)]:
        only_own(None)
    into = io.BytesIO()
    evidence.write(attempt, disputes, person().creditor, into)
    return saved(into.getvalue(), f"evidence-{ids.spell(attempt_id)}.zip", "application/zip")


def _contested(attempt_id: int) -> tuple[PaymentAttempt, list[CardDispute]]:
    """Only what somebody contests is told to a bank."""
    attempt: PaymentAttempt = only_own(queries.attempt(attempt_id))
    return attempt, only_own(refundable.disputes_of(attempt_id) or None)
