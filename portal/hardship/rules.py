"""What may help, and how long nobody writes: structured choices, and no question about why (rule C-26)."""

from collections.abc import Mapping
from datetime import timedelta

from portal.core.text import Text, t

REST = timedelta(days=30)  # rule C-32

MORE_TIME, SMALLER, CALL, HELPER, LETTERS = "more_time", "smaller", "call", "helper", "letters"
HELPS: Mapping[str, Text] = {
    MORE_TIME: t("More time"),
    SMALLER: t("Smaller amounts"),
    CALL: t("A call"),
    HELPER: t("Somebody helps me with my papers"),
    LETTERS: t("Letters instead of mails"),
}
AGREED, OVER = "agreed", "rest_over"
