"""What may become of money that was paid too much, decided without a database (rule B-10)."""

from datetime import date

from portal.core.text import Text, t
from portal.core.working_days import working_day_after
from portal.ledger import accounts

KEEP, GIVE_BACK = "keep", "give_back"
WISHES: dict[str, Text] = {
    KEEP: t("keep it for what comes next"),
    GIVE_BACK: t("give it back"),
}
WORKING_DAYS = 5  # until it is given back (rule B-10)
CAME_BY: dict[str, Text] = {
    accounts.CARD: t("card"),
    accounts.BANK: t("bank transfer"),
    accounts.CREDIT_NOTES: t("credit note"),
    accounts.CREDIT_AHEAD: t("a credit"),
    accounts.INTEREST: t("interest that is not due after all"),
    accounts.COSTS: t("costs that are not due after all"),
}


def refund_due(opened_on: date) -> date:
    """The fifth working day after that day: neither a weekend nor a public holiday."""
    return working_day_after(opened_on, WORKING_DAYS)


def why_not_returned_on(day: date | None, opened_on: date, today: date) -> Text | None:
    """Why that cannot be the day on which it was transferred back."""
    if day is None:
        return t("Please write the day of the transfer, for example 30/11/2026.")
    if day > today:
        return t("This day is still to come. Please write it down once the transfer was made.")
    if day < opened_on:
        return t("This is before the money came in.")
    return None
