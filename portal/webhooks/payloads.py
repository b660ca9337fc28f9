"""What a creditor's system is told of an event: ids, amounts, dates and its own codes; nobody's name (rule D-21)."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from portal.core import clock, events, ids
from portal.core.events import Event
from portal.webhooks import choosing

MAX_BYTES = 20_000
PREFIX = "msg_"

# By which codes of its own the creditor's system knows what an event is about: debtor_code, invoice_number.
# Filled by portal.reactions from above; each answers names and plain values.
OwnCodes = Callable[[Event], Mapping[str, Any]]
own_codes: list[OwnCodes] = []


def webhook_id(event_id: int) -> str:
    """The same over all attempts, replays and endpoints: what a receiver tells doubles by (rule D-20)."""
    return PREFIX + ids.spell(event_id)


def body(happened: Event, at: datetime) -> str:
    """The JSON of one event, below 20 kB: lists that are too long are cut, and `cut` names them."""
    data: dict[str, Any] = {}
    if happened.debtor_id is not None:
        data["debtor_id"] = ids.spell(happened.debtor_id)
    for codes in own_codes:
        data.update(codes(happened))
    data.update(events.payload(happened))
    written = _write(happened.name, at, data)
    while len(written.encode()) >= MAX_BYTES and (longest := _longest_list(data)):
        data[longest] = data[longest][: len(data[longest]) // 2]
        data["cut"] = sorted({*data.get("cut", ()), longest})
        written = _write(happened.name, at, data)
    return written


def test_body(at: datetime) -> str:
    """The JSON of the event that somebody sends to see whether it arrives."""
    return _write(choosing.TEST, at, {})


def _longest_list(data: Mapping[str, Any]) -> str | None:
    lengths = {name: len(value) for name, value in data.items() if isinstance(value, list) and value}
    return max(lengths, key=lambda name: lengths[name], default=None)


def _write(name: str, at: datetime, data: dict[str, Any]) -> str:
    thin = {"type": name, "timestamp": clock.iso(at), "data": data}
    return json.dumps(thin, ensure_ascii=False, separators=(",", ":"))
