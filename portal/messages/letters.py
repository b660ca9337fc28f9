"""A letter: one message as its reader will see it, with the link's place kept by `{link:<id>}` (decision 3)."""

from dataclasses import dataclass
from datetime import datetime

from portal.core import ids
from portal.core.link_addresses import link_address


def placeholder(link_id: int) -> str:
    """What stands for the link in everything that is kept."""
    return f"{{link:{ids.spell(link_id)}}}"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a channel needs to send a message. `text` and `html` are as kept; `opened` puts the address in."""

    message_id: int
    to_address: str
    sender_name: str
    reply_to: str | None
    subject: str
    text: str
    html: str
    link_id: int
    written_at: datetime
    unsubscribe_url: str | None = None  # only where rule C-50 wants one

    def opened(self, kept: str) -> str:
        """`kept` with the real address in the link's place: for the bytes that leave, and for nothing else."""
        return kept.replace(placeholder(self.link_id), link_address(self.link_id))
