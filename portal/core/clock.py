"""The one place that knows what time it is. Instants are UTC and aware; days belong to a time zone.

It reads the process's clock by `time.time`, as every library here does: whoever moves that moves all of it
(portal.simulator.timekeeping).
"""

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def today(zone: str = "Europe/Rome") -> date:
    """The calendar day it is in `zone` (an IANA name) right now."""
    return now().astimezone(ZoneInfo(zone)).date()


def day_of(instant: datetime, zone: str = "Europe/Rome") -> date:
    """The calendar day on which `instant` falls in `zone`."""
    return instant.astimezone(ZoneInfo(zone)).date()


def iso(instant: datetime) -> str:
    """`2026-11-21T10:00:00Z`: seconds, UTC; the form used in events, webhooks and files."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
