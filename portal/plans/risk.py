"""How likely a plan is to fail, in plain words with the reason: rules that anybody can read, no score.

The weightiest reason is the risk; `REASONS` is their order. A list asks the same in SQL (portal.plans.list_queries).
"""

from dataclasses import dataclass
from datetime import date

from portal.core.text import Text, t
from portal.web import i18n

NOTICE, MISSING, PART, HISTORY, FINE = "notice", "missing", "part", "history", "fine"
REASONS: dict[str, Text] = {
    NOTICE: t("The notice was written"),
    MISSING: t("An instalment is missing"),
    PART: t("Paid in part"),
    HISTORY: t("As agreed, with a history"),
    FINE: t("All as agreed"),
}
TINTS = {NOTICE: "problem", MISSING: "problem", PART: "wait", HISTORY: "wait", FINE: "good"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a plan that stands."""

    missing_since: date | None = None  # the day of the oldest instalment whose last day has passed unpaid
    part_paid: bool = False  # something came for the next instalment, and not all of it
    notice_on: date | None = None  # the day on which the notice before the end was written
    broken_plans: int = 0  # of this customer's that ended unkept, within two years
    broken_promises: int = 0  # days that they named and did not keep, within a year


def level(facts: Facts) -> str:
    """Which of REASONS it is. A notice counts for as long as an instalment is still missing."""
    if facts.missing_since is not None:
        return NOTICE if facts.notice_on is not None else MISSING
    if facts.part_paid:
        return PART
    return HISTORY if facts.broken_plans or facts.broken_promises else FINE


def why(facts: Facts) -> Text:
    """The reason as one sentence."""
    found = level(facts)
    if found == NOTICE and facts.notice_on is not None:
        return t(
            "The notice was written on %(day)s, and an instalment is still missing.", day=i18n.day(facts.notice_on)
        )
    if found in {NOTICE, MISSING} and facts.missing_since is not None:
        since = i18n.day(facts.missing_since)
        if facts.part_paid:
            return t("Of the instalment of %(day)s only a part has come.", day=since)
        return t("An instalment is missing since %(day)s.", day=since)
    if found == PART:
        return t("Of the next instalment a part has come already.")
    if found == HISTORY:
        return t("All as agreed. Not kept before: plans %(plans)s, promises %(promises)s.",
                 plans=facts.broken_plans, promises=facts.broken_promises)  # fmt: skip
    return t("All as agreed.")
