"""What a customer may be asked after, and when: pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from portal.core.text import Text, t

PAID, PLAN_AGREED, PLAN_COMPLETED = "paid", "plan_agreed", "plan_completed"
DISPUTE_VALID, DISPUTE_NOT_VALID = "dispute_valid", "dispute_not_valid"
CALL, NOTHING = "call", "nothing"

OUTCOMES: Mapping[str, Text] = {
    PAID: t("They have paid"),
    PLAN_AGREED: t("Agreed to pay in instalments"),
    PLAN_COMPLETED: t("Instalments all paid"),
    DISPUTE_VALID: t("They were right about what was wrong"),
    DISPUTE_NOT_VALID: t("They were not right about what was wrong"),
    CALL: t("We spoke by telephone"),
    NOTHING: t("Nothing happened for a while"),
}
# Of two that fall together the customer is asked after the one that says more: the later here.
WEIGHT = (NOTHING, CALL, PAID, PLAN_AGREED, DISPUTE_NOT_VALID, DISPUTE_VALID, PLAN_COMPLETED)

BEFORE, AFTER = "before", "after"
PHASES: Mapping[str, Text] = {BEFORE: t("Before the due date"), AFTER: t("After the due date")}

SOONEST, LATEST = timedelta(hours=24), timedelta(hours=72)  # rule E-02
REST = timedelta(days=90)  # one survey a person
CHANGEABLE = timedelta(days=14)
LINK = timedelta(days=30)  # how long an unanswered question stays open
# What settles a due item without anybody's having paid it.
NOT_PAID = frozenset({"credit_note", "discount"})


def outweighs(one: str, other: str) -> bool:
    return WEIGHT.index(one) > WEIGHT.index(other)


def is_news(value_on: date, today: date) -> bool:
    """Whether what happened on that day may still be asked about: history that is taken in is no news."""
    return value_on >= today - LATEST


def phase(due_on: date | None, on: date) -> str | None:
    """On which side of the due date something happened; None where there is no due date."""
    if due_on is None:
        return None
    return AFTER if on > due_on else BEFORE


def may_change_until(answered_at: datetime) -> datetime:
    return answered_at + CHANGEABLE
