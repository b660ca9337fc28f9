"""What happened to a way back into a creditor's system. None of it is public: it would be told of itself."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("connector.added", about="connector")
@dataclass(frozen=True, kw_only=True)
class ConnectorAdded(Event):
    """`way` is a code of portal.sync.connectors."""

    connector_id: int
    way: str


@event("connector.changed", about="connector")
@dataclass(frozen=True, kw_only=True)
class ConnectorChanged(Event):
    """Another mapping or another key; neither stands here."""

    connector_id: int


@event("connector.stopped", about="connector")
@dataclass(frozen=True, kw_only=True)
class ConnectorStopped(Event):
    """By hand, or because its address, its key or its mapping does not fit: `why` is of portal.sync.rules."""

    connector_id: int
    why: str


@event("connector.resumed", about="connector")
@dataclass(frozen=True, kw_only=True)
class ConnectorResumed(Event):
    connector_id: int


@event("connector.resent", about="connector")
@dataclass(frozen=True, kw_only=True)
class ConnectorResent(Event):
    """Every invoice goes there once more."""

    connector_id: int


@event("connector.stuck", about="connector")
@dataclass(frozen=True, kw_only=True)
class ConnectorStuck(Event):
    """The state of an invoice cannot be told: somebody has to look. `why` is a reason of portal.sync.rules."""

    connector_id: int
    invoice_id: int
    why: str
