"""Words as three of the creditor's customers would read them, and what they are made of; nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from portal.core import installation
from portal.creditors.faces import Face
from portal.messages import gsm7, rendering, tone
from portal.texts import slots
from portal.texts.queries import Customer
from portal.texts.slots import Slot

_TOKEN = "A" * 32  # as long as a link's (decision 8)


@dataclass(frozen=True, slots=True)
class Preview:
    name: str
    subject: str
    preheader: str
    text: str
    size: gsm7.Size | None  # of a text message


def of(slot: Slot, words: Mapping[str, str] | None, face: Face, customer: Customer) -> Preview:
    """The message to this customer in `words`, or in the portal's own."""
    values: dict[str, Any] = {
        "creditor": face,
        "operator": installation.settings().operator,
        "link_url": f"{installation.settings().public_url}/l/{_TOKEN}",
        "portal": urlsplit(installation.settings().public_url).netloc,
        "count": customer.documents,
        "person": customer.name if slot.segment == "consumer" else "",
    }
    if slot.channel == slots.SMS:
        text = gsm7.normalise(rendering.write_short(slot.key, slot.language, values, words))
        return Preview(customer.name, "", "", text, gsm7.size(text))
    if slot.channel == slots.LETTER:
        return Preview(customer.name, "", "", rendering.write_letter(slot.key, slot.language, values, words), None)
    subject, text, _html = rendering.write(slot.key, slot.language, values, words)
    preheader = rendering.own_line(words[tone.PREHEADER], slot.language, values) if words else ""
    return Preview(customer.name, subject, preheader, text, None)
