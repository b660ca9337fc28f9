"""A letter: one message as its reader will see it, with the link's place kept by `{link:<id>}` (decision 3)."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from portal.core import ids
from portal.core.link_addresses import PORTAL, link_address


def placeholder(link_id: int) -> str:
    """What stands for the link in everything that is kept."""
    return f"{{link:{ids.spell(link_id)}}}"


# What stands for a one-time code in everything that is kept: it is made as the message leaves (decision 3).
CODE = "{code}"

# What stands for the unsubscribe address in everything that is kept: it is signed, and opens a page (rule A-36).
UNSUBSCRIBE = "{unsubscribe}"


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
    link_id: int | None  # none: a code, or a notice to an address that is not used any more
    written_at: datetime
    unsubscribe_url: str | None = None  # only where rule C-50 wants one
    code: str = field(default="", repr=False)
    own_text_id: int | None = None  # the version of the creditor's own words that wrote it
    wording: str | None = None  # a or b, where that version has two
    link_purpose: str = PORTAL  # what the link opens

    def opened(self, kept: str) -> str:
        """`kept` with the real addresses in their places: for the bytes that leave, and for nothing else."""
        opened = kept
        if self.link_id is not None:
            opened = opened.replace(placeholder(self.link_id), link_address(self.link_id, self.link_purpose))
        if self.code:
            opened = opened.replace(CODE, self.code)
        return opened.replace(UNSUBSCRIBE, self.unsubscribe_url) if self.unsubscribe_url else opened

    def without_code(self) -> "Letter":
        """What the hash of the bytes is made of: a million codes are soon tried against a hash with one in it."""
        return replace(self, code="")
