"""What happened to debtors, their addresses, their links and at the gate."""

from dataclasses import dataclass

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
