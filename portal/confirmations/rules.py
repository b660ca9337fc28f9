"""The three equal answers about receipt, and the sentences that stand beside them."""

from datetime import date, timedelta

from portal.cases.kinds import OWN_FILE
from portal.core.text import Text, t

RECEIVED, WRONG, MISSING = "received", "wrong", "missing"
ANSWERS: dict[str, Text] = {
    RECEIVED: t("Yes, and all is fine"),
    WRONG: t("Yes, but something is wrong"),
    MISSING: t("No, it has not reached me"),
}
CATEGORIES: dict[str, Text] = {
    "amount": t("The amount or the price"),
    "work": t("The goods or the work"),
    "data": t("Names, addresses or other data"),
    "paid": t("I have paid it already"),
    "other": t("Something else"),
}
_OWN: dict[str, Text] = {OWN_FILE: t("Your own file says that it is disputed")}
DISCLAIMER = t(
    "Your answer only says whether the document reached you. It does not acknowledge a debt, and you keep every "
    "right to object."
)
LATEST_PAY_ON = timedelta(days=365)


def cause(key: str) -> Text | None:
    """What a problem is about, in words: the customer's choice, or what the creditor's own file says."""
    return CATEGORIES.get(key) or _OWN.get(key)


def why_not_pay_on(day: date | None, today: date) -> Text | None:
    """Why a day cannot be the one on which somebody means to pay, or None."""
    if day is None:
        return None
    if day < today:
        return t("This day is over. Please choose today or a later day.")
    if day - today > LATEST_PAY_ON:
        return t("Please choose a day within a year.")
    return None
