"""What happened to a creditor's own settings."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.events import Event, event


@event("creditor.changed", about="creditor")
@dataclass(frozen=True, kw_only=True)
class CreditorChanged(Event):
    """`fields` names the settings that changed, never their values."""

    creditor_id: int
    fields: tuple[str, ...]


@event("account_change.asked", about="change")
@dataclass(frozen=True, kw_only=True)
class AccountChangeAsked(Event):
    """Another bank account was asked for. Which one stands in its row alone."""

    change_id: int


@event("account_change.approved", about="change")
@dataclass(frozen=True, kw_only=True)
class AccountChangeApproved(Event):
    change_id: int
    effective_at: datetime


@event("account_change.done", about="change")
@dataclass(frozen=True, kw_only=True)
class AccountChangeDone(Event):
    """From now on money goes to the other account."""

    change_id: int


@event("account_change.called_off", about="change")
@dataclass(frozen=True, kw_only=True)
class AccountChangeCalledOff(Event):
    """`why` is a word of portal.creditors.states."""

    change_id: int
    why: str
