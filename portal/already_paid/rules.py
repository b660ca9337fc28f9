"""Which day and which number from the bank make sense; without a database."""

import re
from datetime import date, timedelta

from portal.core.text import Text, t

LONGEST_REFERENCE = 40
EARLIEST = timedelta(days=730)
# What banks write: CRO (11 digits), TRN (up to 30), end-to-end id (up to 35, SEPA's letters without blanks).
_REFERENCE = re.compile(r"[A-Z0-9/?:().,'+\-]{4,40}", re.ASCII)


def why_not_day(day: date | None, today: date) -> Text | None:
    """Why it cannot have been paid on this day, or None."""
    if day is None:
        return t("Please write the day on which you paid.")
    if day > today:
        return t("This day is still to come. When will you pay? You can name a day on another page.")
    if today - day > EARLIEST:
        return t("This day is long ago. Please look at it again, or write to us.")
    return None


def reference(typed: str) -> str:
    """As banks write it: capitals, no blanks."""
    return "".join(typed.upper().split())


def why_not_reference(clean: str) -> Text | None:
    """Why it is no number of a bank, or None; nothing at all is fine."""
    if clean and not _REFERENCE.fullmatch(clean):
        return t("Please write letters and digits only, as they stand in your bank's receipt.")
    return None
