"""What a creditor may be called before strangers: nothing that says what the page is about (rules A-27, C-21)."""

import re

from portal.core.text import Text, t

_OF_DEBT = re.compile(r"debit|debt|recupero|sollecit|insolut|moros|scadut|overdue|arrears", re.IGNORECASE)


def why_not_display_name(name: str) -> Text | None:
    """Why this name cannot be shown before the gate, or None."""
    if _OF_DEBT.search(name):
        return t("Strangers may see this name. Please take one that does not speak of debts.")
    return None
