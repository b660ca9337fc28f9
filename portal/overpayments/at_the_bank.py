"""Whether the bank's statements show what was agreed to have been transferred back (rule B-10).

Statements are another feature's: it tells of what went out, and until which day statements have come.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, false, select

from portal.core import db, events
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import t
from portal.ledger.sources import Source
from portal.overpayments import events as happened
from portal.overpayments.actions import about, locked, today
from portal.overpayments.models import Overpayment
from portal.overpayments.states import OverpaymentStatus

S = OverpaymentStatus
MOST_DAYS = timedelta(days=5)  # until a transfer stands on the statement of the account that it left

# The last day of which a bank statement has come, or None where none has (portal.reactions fills it).
told_until: list[Callable[[], date | None]] = []


def went_out(movement_id: int, amount: Money, on: date, origins: Sequence[Source]) -> int | None:
    """Money left on that day for the account from which these origins' money had come: the customer whose
    overpayment it gives back, or None where it gives back none. One that nobody has written down yet is shown so.
    """
    ids_ = [one.id for one in origins]
    kinds = {one.kind for one in origins}
    wanted = (
        select(Overpayment.id)
        .where(
            Overpayment.source_kind.in_(kinds),
            Overpayment.source_id.in_(ids_),
            Overpayment.currency == amount.currency,
            Overpayment.status.in_((S.OPEN, S.REFUND_REQUESTED, S.REFUNDED)),
            Overpayment.refund_id.is_(None),
            Overpayment.seen_on.is_(None),
            Overpayment.amount_minor - Overpayment.used_minor - Overpayment.gone_minor == amount.minor,
        )
        .order_by(Overpayment.id)
    )
    for overpayment_id in db.session().scalars(wanted).all():
        one = locked(overpayment_id)
        if one.seen_on is None and one.left == amount:
            one.seen_as_id = movement_id
            _seen(one, on)
            return one.debtor_id
    return None


def say_seen(overpayment_id: int, *, by: str) -> Overpayment:
    """A colleague has looked at the bank: it left. For one that no statement can name. Raises NotAllowedNow."""
    one = locked(overpayment_id)
    if not waits(one):
        raise NotAllowedNow(t("This is settled already: %(now)s.", now=one.status.label))
    one.seen_by = by
    _seen(one, one.returned_on or today())
    return one


def _seen(one: Overpayment, on: date) -> None:
    one.seen_on = on
    events.record(happened.OverpaymentReturnSeen(**about(one), day=on))
    db.session().flush()


def waits(one: Overpayment) -> bool:
    """Whether it was transferred back as two people say, and nothing of the bank's shows it yet."""
    return one.status is S.REFUNDED and one.returned_on is not None and one.seen_on is None


def unseen() -> ColumnElement[bool]:
    """Those that should stand on a statement by now: statements of later days have come, and none shows them."""
    until = max((day for ask in told_until if (day := ask()) is not None), default=None)
    if until is None:
        return false()
    return and_(
        Overpayment.status == S.REFUNDED,
        Overpayment.returned_on < until - MOST_DAYS,
        Overpayment.seen_on.is_(None),
    )
