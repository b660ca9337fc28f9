"""Why nobody speaks: the reasons that people set, how each is said, what each stops; without a database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.core.text import Text, t
from portal.messages.rules import HELD_BACK

BREATHING_SPACE, REPRESENTED, INSOLVENCY = "breathing_space", "represented", "insolvency"
DECEASED, VULNERABLE, WRONG_PERSON, BY_US = "deceased", "vulnerable", "wrong_person", "by_us"
DIFFICULTY = "difficulty"  # said by the customer (portal.hardship), never set here
TIME_BARRED = "time_barred"

REASONS: dict[str, Text] = {
    BREATHING_SPACE: t("Protected while a way out is negotiated"),
    REPRESENTED: t("Somebody speaks for them"),
    INSOLVENCY: t("Insolvency proceedings"),
    DECEASED: t("They have died"),
    VULNERABLE: t("They need special care"),
    WRONG_PERSON: t("It is the wrong person"),
    BY_US: t("We have decided so"),
}
HINTS: dict[str, Text] = {
    BREATHING_SPACE: t("A moratorium, a negotiated settlement, measures for over-indebted people."),
    REPRESENTED: t("A lawyer or an association. Write to them, not to the customer."),
    INSOLVENCY: t("Bankruptcy, liquidation, or another procedure before a court."),
    DECEASED: t("Nothing at all is sent any more, not even what was asked for."),
    VULNERABLE: t("Only who may know reads this. Others read “held back for now”."),
    WRONG_PERSON: t("Nothing at all is sent any more, not even what was asked for."),
    BY_US: t("For example while a colleague looks into it."),
}
# Each weighs more than those after it: what is answered where several stand.
WEIGHT = (DECEASED, WRONG_PERSON, INSOLVENCY, BREATHING_SPACE, REPRESENTED, VULNERABLE, DIFFICULTY, BY_US)
PRIVATE = frozenset({VULNERABLE, DIFFICULTY})  # health, age, need: few may know (rule C-26)
OF_ONE_ITEM = frozenset({BREATHING_SPACE, REPRESENTED, BY_US})  # the others are about the person, so about all
NOTHING_AT_ALL = frozenset({DECEASED, WRONG_PERSON})  # not even what was asked for: they are not there to ask
# What nobody may take by themselves from a saved card or account.
NO_CHARGES = frozenset({DECEASED, WRONG_PERSON, INSOLVENCY, BREATHING_SPACE, REPRESENTED})

TIME_IS_OVER = t("the time to ask for it is over")
LONGEST = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class Silent:
    """Why nobody speaks: `label` is the word that everybody may read. `until` None: nobody knows yet."""

    reason: str
    label: Text
    since: datetime
    until: datetime | None
    scope: str  # "debtor" or "item"
    private: bool = False


def silent(reason: str, since: datetime, until: datetime | None, scope: str) -> Silent:
    """One of a reason that is set here, or of a customer's difficulty; of one that was erased nobody is told."""
    private = reason not in REASONS or reason in PRIVATE
    return Silent(reason, HELD_BACK if private else REASONS[reason], since, until, scope, private)


def weightiest(found: Iterable[Silent]) -> Silent | None:
    """The one that is answered with: the weightiest, of equal ones the one that lasts longest."""

    def order(one: Silent) -> tuple[int, bool, float]:
        weight = WEIGHT.index(one.reason) if one.reason in WEIGHT else len(WEIGHT)
        return weight, one.until is not None, -(one.until or one.since).timestamp()

    return min(found, key=order, default=None)


def why_not_set(reason: str, *, of_one_item: bool, speaks_for: str) -> dict[str, Text]:
    """What is wrong with a silence that somebody would like to set, by field."""
    wrong: dict[str, Text] = {}
    if of_one_item and reason not in OF_ONE_ITEM:
        wrong["about"] = t("This is about the person, so it holds for all their documents.")
    if reason == REPRESENTED and not speaks_for:
        wrong["speaks_for"] = t("Please write who speaks for them.")
    return wrong


def why_not_until(until: date | None, today: date) -> Text | None:
    """Why a silence cannot end on that day, or None."""
    if until is None:
        return None
    if until <= today:
        return t("Please choose a day after today, or leave it empty.")
    if until > today + LONGEST:
        return t("Please choose a day within ten years, or leave it empty.")
    return None
