"""What happened to a creditor's own settings."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("creditor.changed", about="creditor")
@dataclass(frozen=True, kw_only=True)
class CreditorChanged(Event):
    """`fields` names the settings that changed, never their values."""

    creditor_id: int
    fields: tuple[str, ...]
