"""What happened to a plan and its instalments: ids, days and amounts in minor units, never a word somebody wrote."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@dataclass(frozen=True, kw_only=True)
class _About(Event):
    plan_id: int
    item_ids: tuple[int, ...]
    total_minor: int
    currency: str
    policy_version: int


@dataclass(frozen=True, kw_only=True)
class _Terms(_About):
    instalments: int
    first_on: date
    last_on: date


@event("plan.proposed", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanProposed(_Terms):
    """The customer asked for terms that a person has to look at."""


@event("plan.offered", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanOffered(_Terms):
    """These terms may be accepted; nobody is bound yet."""


@event("plan.countered", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanCountered(_Terms):
    """The creditor proposed these terms instead."""


@event("plan.rejected", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanRejected(_About):
    """The creditor did not agree, and said why and whom to talk to."""


@event("plan.pending", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanPending(_About):
    """Somebody accepted whose authority the creditor makes sure of first (rule C-42)."""


@event("plan.accepted", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanAccepted(_Terms):
    """Accepted with a code; it may still be taken back for a day. `acknowledged`: the debt was acknowledged apart."""

    acknowledged: bool
    terms_sha256: str


@event("plan.withdrawn", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanWithdrawn(_About):
    """The customer took it back within the day (rule C-44)."""


@event("plan.activated", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanActivated(_About):
    """The day for taking it back is over."""


@event("plan.completed", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanCompleted(_About):
    """Nothing of it is open any more."""


@event("plan.reopened", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanReopened(_About):
    """Money that had completed it went back: it goes on."""


@event("plan.resumed", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanResumed(_About):
    """The plan that had taken its place was taken back within the day: it stands again."""


@event("plan.defaulted", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanDefaulted(_About):
    """After grace and notice an instalment is still missing (rule B-74): what is open is due again."""

    open_minor: int


@event("plan.renegotiated", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanRenegotiated(_About):
    """Another plan took its place; what was paid stays paid."""

    by_plan_id: int


@event("plan.cancelled", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanCancelled(_About):
    """It ended without being kept or missed: taken back before acceptance, or the document was withdrawn."""


@event("plan.expired", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanExpired(_About):
    """Nobody answered in time."""


@event("plan.voided", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class PlanVoided(_About):
    """What is open changed before it was accepted (rule B-73)."""


@dataclass(frozen=True, kw_only=True)
class _OfOne(Event):
    plan_id: int
    instalment_id: int
    number: int
    due_on: date
    amount_minor: int
    currency: str


@event("instalment.due", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class InstalmentDue(_OfOne):
    """Its day has come."""


@event("instalment.paid", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class InstalmentPaid(_OfOne):
    """All of it has come."""


@event("instalment.part_paid", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class InstalmentPartPaid(_OfOne):
    """A part of it has come."""

    paid_minor: int


@event("instalment.missed", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class InstalmentMissed(_OfOne):
    """Its day is over and it has not come."""

    paid_minor: int


@event("instalment.reopened", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class InstalmentReopened(_OfOne):
    """Money that had paid it went back."""

    paid_minor: int


@event("instalment.moved", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class InstalmentMoved(_OfOne):
    """It was moved once, within what the plan allows; `due_on` is the new day."""


@event("instalment.cancelled", about="plan", public=True)
@dataclass(frozen=True, kw_only=True)
class InstalmentCancelled(_OfOne):
    """It is not asked for any more: the plan ended, or is shorter now."""


@event("plan.policy_changed", about="plan_policy")
@dataclass(frozen=True, kw_only=True)
class PlanPolicyChanged(Event):
    """Somebody wrote a new version of what may be agreed; plans of before keep theirs."""

    plan_policy_id: int
    number: int
