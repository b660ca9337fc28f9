"""Giving back what was paid too much: one colleague asks, another agrees; by card at the provider, else by transfer.

A refund by card is `portal.payments.refunds`' own business: here we ask for it and hear how it went.
"""

from datetime import date

from portal.core import db
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.ledger import accounts, origins
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries
from portal.ledger.sources import Source
from portal.overpayments import events as happened
from portal.overpayments import queries
from portal.overpayments.actions import about, follow, locked, refresh, today
from portal.overpayments.models import Overpayment
from portal.overpayments.states import MACHINE, OverpaymentStatus
from portal.payments import events as payment_events
from portal.payments import queries as payments
from portal.payments import refunds

S = OverpaymentStatus
RETURNED = "overpayment_returned"  # what the transfer back is booked from
NOT_AGREED = t("a colleague did not agree").msgid
FOUR_EYES = t("Who asked for it cannot agree to it. Please let a colleague look.")


def goes_by_card(one: Overpayment) -> bool:
    """Whether it can go back the way it came, through the provider (rule B-10)."""
    attempt = payments.attempt(one.attempt_id) if one.attempt_id is not None else None
    return attempt is not None and refunds.why_not_refund(attempt, one.left) is None


def ask_refund(overpayment_id: int, *, by: str, reason: str) -> Overpayment:
    """Asks for it to go back to the card or account it came from; a colleague approves it among the refunds.

    Raises NotAllowedNow with the reason why not.
    """
    seen = queries.one(overpayment_id)
    attempt = payments.locked(seen.attempt_id) if seen is not None and seen.attempt_id is not None else None
    one = locked(overpayment_id)  # after its payment: as refunds do, so that no two wait for each other
    if attempt is None:
        raise NotAllowedNow(t("This payment cannot be paid back from here."))
    _request(one, by)
    one.refund_id = refunds.request(attempt, one.left, by=by, reason=reason, source=(queries.SOURCE, one.id)).id
    db.session().flush()
    return one


def note_return(overpayment_id: int, *, by: str, returned_on: date) -> Overpayment:
    """A colleague says that it was transferred back on that day; another one has to agree. Raises NotAllowedNow."""
    one = locked(overpayment_id)
    one.returned_on, one.refund_id = returned_on, None
    _request(one, by)
    db.session().flush()
    return one


def _request(one: Overpayment, by: str) -> None:
    one.asked_by, one.settled_by, one.why = by, None, None
    asked = happened.OverpaymentRefundRequested(**about(one), came_by=one.came_by)
    MACHINE.move(one, S.REFUND_REQUESTED, asked)


def agree_return(overpayment_id: int, *, by: str) -> Overpayment:
    """A second person agrees: it left the creditor's account on the day that was written down."""
    one = _noted(overpayment_id)
    if by == one.asked_by:
        raise NotAllowedNow(FOUR_EYES)
    if origins.free(one.origin, one.currency) < one.left:
        raise NotAllowedNow(t("This money is not there any more: it went back in another way."))
    returned_on, source = one.returned_on or today(), Source(RETURNED, one.id)
    ledger.move(
        one.debtor_id,
        one.left,
        debit=accounts.UNALLOCATED,
        credit=accounts.BANK,
        kind=RETURNED,
        source=source,
        value_on=returned_on,
        position=ledger_queries.next_place(source),
        origin=one.origin,
    )
    one.settled_by = by
    _refunded(one, returned_on)
    return one


def decline_return(overpayment_id: int, *, by: str) -> Overpayment:
    """It was not transferred back after all: by the one who asked, or a colleague."""
    one = _noted(overpayment_id)
    one.settled_by = by if by != one.asked_by else None
    _failed(one, NOT_AGREED)
    follow(one.origin)  # its payment may have gone back in the meantime
    return one


def _noted(overpayment_id: int) -> Overpayment:
    one = locked(overpayment_id)
    if one.status is not S.REFUND_REQUESTED or one.returned_on is None:
        raise NotAllowedNow(t("This is settled already: %(now)s.", now=one.status.label))
    return one


def _refunded(one: Overpayment, on: date) -> None:
    MACHINE.move(one, S.REFUNDED, happened.OverpaymentRefunded(**about(one), came_by=one.came_by, returned_on=on))
    db.session().flush()


def _failed(one: Overpayment, why: str) -> None:
    one.why, one.returned_on = why[:200], None
    one.seen_on = one.seen_as_id = one.seen_by = None
    MACHINE.move(one, S.OPEN, happened.OverpaymentRefundFailed(**about(one), why=one.why))
    db.session().flush()


# What payments tell of refunds; the ones that we asked for carry our source.


def _ours(source_kind: str | None, source_id: int | None) -> Overpayment | None:
    if source_kind != queries.SOURCE or source_id is None:
        return None
    return locked(source_id)


def hear_refunded(event: payment_events.PaymentRefunded, _event_id: int) -> None:
    """The provider says that the money went back."""
    one = _ours(event.source_kind, event.source_id)
    if one is not None and one.status is S.REFUND_REQUESTED:
        _refunded(one, today())


Undone = payment_events.RefundDeclined | payment_events.RefundFailed | payment_events.RefundCancelled


def hear_not_refunded(event: Undone, _event_id: int) -> None:
    """A colleague said no, or the provider did, or it came back even later: it is open again."""
    one = _ours(event.source_kind, event.source_id)
    if one is not None and one.status in {S.REFUND_REQUESTED, S.REFUNDED}:
        why: Text | str = getattr(event, "why", NOT_AGREED)
        _failed(one, str(why))
    refresh(event.attempt_id)
