"""The kinds of alerts, and how each is said."""

from portal.core.text import Text, t

OVER, LATE, REPEATED, PROMISE, IDLE, STALE = "over", "late", "repeated", "promise", "idle", "stale"
KINDS: dict[str, Text] = {
    OVER: t("Over the credit line"),
    LATE: t("An item is late"),
    REPEATED: t("Late again and again"),
    PROMISE: t("First promise that was not kept"),
    IDLE: t("An item that nobody moves"),
    STALE: t("Much is open, and the data is old"),
}
# What `number` and `amount` of a raised alert say, in a sentence.
SAYS: dict[str, Text] = {
    OVER: t("%(amount)s more than the line."),
    LATE: t("%(amount)s open, %(number)s days late."),
    REPEATED: t("%(number)s items late."),
    PROMISE: t("%(amount)s had been promised."),
    IDLE: t("%(amount)s open, and nothing has happened for %(number)s days."),
    STALE: t("%(amount)s open; the newest data is %(number)s days old."),
}
NEVER_RATED = t("%(amount)s open, and no data has come in yet.")
