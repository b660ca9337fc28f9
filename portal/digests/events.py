"""That the morning mail was set up anew; nothing about anybody."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("digest_policy.changed", about="digest_policy")
@dataclass(frozen=True, kw_only=True)
class DigestPolicyChanged(Event):
    digest_policy_id: int
    number: int
