"""One text message as the phone got it."""

import re
from dataclasses import dataclass
from datetime import datetime

_CODE = re.compile(r"\b[0-9]{6}\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """`to` as `+393331234567`; `message_id` is what the sender called it."""

    id: str
    received_at: datetime
    to: str
    sender: str
    body: str
    message_id: str

    @property
    def code(self) -> str:
        """The first six digits that stand alone; raises LookupError when there are none."""
        found = _CODE.search(self.body)
        if found is None:
            raise LookupError("no code in this text")
        return found[0]
