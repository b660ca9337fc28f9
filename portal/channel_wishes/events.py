"""What a customer wished of a channel: the creditor's own systems keep to it, too."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("channel.stopped", about="debtor", public=True)
@dataclass(frozen=True, kw_only=True)
class ChannelStopped(Event):
    """Nothing of ours goes this way any more: email, mobile, letter or phone."""

    channel: str


@event("channel.resumed", about="debtor", public=True)
@dataclass(frozen=True, kw_only=True)
class ChannelResumed(Event):
    channel: str
