"""When an instalment is charged to what its customer saved, and when not any more (rule B-14): decided from what
was tried before. One try on its day, at most two more three days apart, and none where the payer has to be there."""

from collections.abc import Sequence
from datetime import date, timedelta

from portal.core import clock
from portal.creditors import queries as creditors
from portal.payments import books, methods, saved
from portal.payments.models import AutoCharge, PaymentAttempt, SavedMethod
from portal.payments.states import AttemptStatus, SavedStatus
from portal.plans.models import Instalment
from portal.plans.states import OPEN

PLAN, INSTALMENT = "plan", "instalment"  # what something is saved for, and what falls due (saved.Source)
MOST = 3
APART = timedelta(days=3)
WITHIN = timedelta(days=7)  # after its day: something else had to be settled first, or nothing ran
# The bank will not say anything else the next time.
FOR_GOOD = frozenset(
    {"lost_card", "stolen_card", "pickup_card", "expired_card", "revocation_of_authorization", "card_not_supported",
     "revocation_of_all_authorizations", "restricted_card", "invalid_account", "account_closed"}
)  # fmt: skip
_NOT_CHARGED = frozenset({AttemptStatus.FAILED, AttemptStatus.EXPIRED, AttemptStatus.CANCELLED})
Tries = Sequence[tuple[AutoCharge, PaymentAttempt]]


def in_use(plan_id: int) -> SavedMethod | None:
    """What the instalments of this plan are charged to."""
    return next(iter(saved.of(saved.Source(PLAN, plan_id), SavedStatus.ACTIVE)), None)


def number(row: SavedMethod, one: Instalment, made: Tries, today: date) -> int | None:
    """Under which number it is tried today; None where it is not."""
    if one.status not in OPEN or one.due_on > today or not is_covered(row, one):
        return None
    if not made:
        return 1 if today <= one.due_on + WITHIN else None
    return len(made) + 1 if _may_follow(row, made) and today >= made[-1][0].made_on + APART else None


def is_covered(row: SavedMethod, one: Instalment) -> bool:
    """What was late already when it was saved is no part of the mandate."""
    zone = creditors.face(row.creditor_id).time_zone
    return row.saved_at is not None and one.due_on >= clock.day_of(row.saved_at, zone)


def _may_follow(row: SavedMethod, made: Tries) -> bool:
    charge, attempt = made[-1]
    over = attempt.why in {methods.AUTHENTICATION, books.BOUNCED, *FOR_GOOD}
    sepa = row.kind == methods.SEPA_DEBIT and charge.saved_method_id == row.id
    return attempt.status in _NOT_CHARGED and not over and not sepa and len(made) < MOST


def is_last(row: SavedMethod, charge: AutoCharge, why: str) -> bool:
    """Whether after a no like this one nothing is tried any more."""
    return charge.number >= MOST or row.kind == methods.SEPA_DEBIT or why in {books.BOUNCED, *FOR_GOOD}


def go_on(plan_id: int, one: Instalment, today: date) -> bool:
    """Whether it is, or will be, charged by itself: until that is over nobody writes that it is missing."""
    row = in_use(plan_id)
    if row is None or not is_covered(row, one):
        return False
    made = saved.charges(INSTALMENT, [one.id]).get(one.id, [])
    if not made:
        return today <= one.due_on + WITHIN
    return saved.is_under_way(made[-1][1]) or _may_follow(row, made)
