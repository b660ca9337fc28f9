"""What happened to debtors, their addresses, their links and at the gate."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.events import Event, event


@event("contact.added", about="contact", public=True)
@dataclass(frozen=True, kw_only=True)
class ContactAdded(Event):
    contact_id: int
    channel: str
    source: str


@event("contact.stopped", about="contact", public=True)
@dataclass(frozen=True, kw_only=True)
class ContactStopped(Event):
    contact_id: int
    why: str


@event("contact.confirmed", about="contact")
@dataclass(frozen=True, kw_only=True)
class ContactConfirmed(Event):
    """A colleague looked into "this is not me": the address is the debtor's, messages go on."""

    contact_id: int


@event("link.issued", about="link")
@dataclass(frozen=True, kw_only=True)
class LinkIssued(Event):
    link_id: int
    purpose: str
    campaign: str


@event("link.revoked", about="link")
@dataclass(frozen=True, kw_only=True)
class LinkRevoked(Event):
    link_id: int
    why: str


@event("link.frozen", about="link")
@dataclass(frozen=True, kw_only=True)
class LinkFrozen(Event):
    """Five wrong facts: this link rests, the debtor does not (rule A-41)."""

    link_id: int


@event("gate.passed", about="link", public=True)
@dataclass(frozen=True, kw_only=True)
class GatePassed(Event):
    """A person typed the right fact: the first thing that may be called opened by the person (rule A-33)."""

    link_id: int
    visit_id: int
    level: int


@event("visit.ended", about="visit")
@dataclass(frozen=True, kw_only=True)
class VisitEnded(Event):
    visit_id: int
    why: str


@event("links.revoked", about="debtor")
@dataclass(frozen=True, kw_only=True)
class LinksRevoked(Event):
    """Many links at once: all of a debtor, a contact, a campaign, the creditor, or those issued before a moment."""

    of: str
    count: int
    why: str
    campaign: str | None = None
    contact_id: int | None = None
    issued_before: datetime | None = None


@event("link.handed_over", about="link")
@dataclass(frozen=True, kw_only=True)
class LinkHandedOver(Event):
    """A visitor gave a colleague a link of their own; `link_id` is the new one."""

    link_id: int
    from_link_id: int
    contact_id: int
    to: str  # the address, its first letters only


@event("contact.preferred", about="debtor")
@dataclass(frozen=True, kw_only=True)
class ChannelPreferred(Event):
    """How the debtor would like to be written to."""

    channel: str | None


@event("debtor.salesperson_changed", about="debtor")
@dataclass(frozen=True, kw_only=True)
class SalespersonChanged(Event):
    """Somebody else looks after this customer, or nobody; by hand or by a file. The name stands with the customer."""


@event("step_up.asked", about="step_up")
@dataclass(frozen=True, kw_only=True)
class StepUpAsked(Event):
    """An act that needs a one-time code has been shown with its terms."""

    step_up_id: int
    action: str
    terms_sha256: str


@event("step_up.code_requested", about="step_up")
@dataclass(frozen=True, kw_only=True)
class StepUpCodeRequested(Event):
    step_up_id: int
    channel: str
    same_channel: bool


@event("step_up.proved", about="step_up")
@dataclass(frozen=True, kw_only=True)
class StepUpProved(Event):
    """The right code was typed, within its time, by whoever named themselves and their role (rule A-42)."""

    step_up_id: int
    action: str
    terms_sha256: str
    channel: str
    same_channel: bool
    role: str


@event("step_up.voided", about="step_up")
@dataclass(frozen=True, kw_only=True)
class StepUpVoided(Event):
    step_up_id: int
    action: str
    why: str


@event("step_up.left_to_staff", about="step_up")
@dataclass(frozen=True, kw_only=True)
class StepUpLeftToStaff(Event):
    """No code can reach this person: the creditor's people call and decide."""

    step_up_id: int
    action: str
    why: str


@event("step_up.agreed", about="step_up")
@dataclass(frozen=True, kw_only=True)
class StepUpAgreed(Event):
    step_up_id: int
    action: str


@event("step_up.lapsed", about="step_up")
@dataclass(frozen=True, kw_only=True)
class StepUpLapsed(Event):
    """It was left to the creditor's people, and none of them decided within thirty days."""

    step_up_id: int
    action: str


@event("step_up.declined", about="step_up")
@dataclass(frozen=True, kw_only=True)
class StepUpDeclined(Event):
    step_up_id: int
    action: str
