"""Why deliveries may wait, for which amount, and what lifts it; without a database."""

from portal.core.money import Money
from portal.core.text import Text, t
from portal.web import i18n

# Each reason as colleagues choose it, and as the customer reads it in a sentence.
REASONS: dict[str, tuple[Text, Text]] = {
    "overdue": (t("Much of it is past its date"), t("several documents are past their date")),
    "limit": (t("The credit limit is reached"), t("the amount agreed between us is reached")),
    "not_kept": (t("A plan or a promise was not kept"), t("something that was agreed did not come")),
    "new": (t("We do not know them well yet"), t("we are only just beginning to work together")),
    "other": (t("Another reason"), t("something is to be settled first")),
}


def why_not_amount(least: Money, open_now: Money) -> Text | None:
    """Why deliveries cannot wait for this amount, or None."""
    if not open_now:
        return t("Nothing is open of theirs, so there is nothing to wait for.")
    if not least:
        return t("Please write how much has to be paid.")
    if least > open_now:
        return t("At most %(open)s is open now. Please write that or less.", open=i18n.money(open_now))
    return None


def left(least: int, came: int, open_now: int) -> int:
    """What is still to come, in minor units: never more than is open at all."""
    return max(0, min(least - came, open_now))
