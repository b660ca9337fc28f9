"""What happened to a credit line, an alert or a decision: ids, amounts in minor units, words from our tables."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@event("credit_line.changed", about="credit_line", public=True)
@dataclass(frozen=True, kw_only=True)
class CreditLineChanged(Event):
    """The line is another from now on; without `to_minor` there is none any more. `how` is a key of rules.HOW."""

    credit_line_id: int
    from_minor: int | None
    to_minor: int | None
    suggested_minor: int | None
    currency: str
    how: str


@dataclass(frozen=True, kw_only=True)
class _Alert(Event):
    credit_alert_id: int
    alert: str


@event("credit_alert.raised", about="credit_alert", public=True)
@dataclass(frozen=True, kw_only=True)
class CreditAlertRaised(_Alert):
    """A cause for an alert began: `alert` is a key of kinds.KINDS, `number` its days or its items."""

    amount_minor: int
    currency: str
    number: int


@event("credit_alert.seen", about="credit_alert")
@dataclass(frozen=True, kw_only=True)
class CreditAlertSeen(_Alert):
    """A person has seen it; its cause goes on."""


@event("credit_alert.closed", about="credit_alert", public=True)
@dataclass(frozen=True, kw_only=True)
class CreditAlertClosed(_Alert):
    """Its cause is over, or nobody wants to hear of that kind any more."""


@event("credit_decision.made", about="credit_decision", public=True)
@dataclass(frozen=True, kw_only=True)
class CreditDecisionMade(Event):
    """What a person decided about a customer's credit; with `hold` deliveries wait for `least_minor`."""

    credit_decision_id: int
    decision: str
    release_id: int | None
    least_minor: int | None
    currency: str


@event("credit_policy.changed", about="credit_policy")
@dataclass(frozen=True, kw_only=True)
class CreditPolicyChanged(Event):
    """How lines are suggested and when alerts are raised was set up anew; `number` is the version."""

    credit_policy_id: int
    number: int


@event("credit_rating.taken_in", about="credit_rating")
@dataclass(frozen=True, kw_only=True)
class CreditRatingTakenIn(Event):
    """Objective data of that day came in, or came again with other values. Never its score or its words."""

    credit_rating_id: int
    rated_on: date
