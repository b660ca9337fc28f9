"""The words of the cadence: which message each level says, by its key (templates/messages/<key>/).

What plans them asks here for the keys; what lets a creditor write its own words, too. Each has an e-mail, a text
message and a letter.
"""

from portal.core.text import Text, t

CARING, CARING_SOON, DUE_TODAY = "caring", "caring_soon", "due_today"
REMINDER_GENTLE, REMINDER_SECOND = "reminder_gentle", "reminder_second"
FIND_A_WAY, BEFORE_LEGAL = "find_a_way", "before_legal"

# In the order of time.
KEYS = (CARING, CARING_SOON, DUE_TODAY, REMINDER_GENTLE, REMINDER_SECOND, FIND_A_WAY, BEFORE_LEGAL)
COURTESY = frozenset({CARING, CARING_SOON})  # their reader may do without them (rules A-36, C-50)
SURVEYS = frozenset({"survey_asked", "survey_reminder", "survey_improved"})  # not of the cadence (portal.surveys)
UNTIL_DUE = frozenset({CARING, CARING_SOON, DUE_TODAY})  # not said any more once the due date has passed

# How the creditor's people call each level, and when it is said.
LABELS: dict[str, Text] = {
    CARING: t("First courtesy message"),
    CARING_SOON: t("Courtesy shortly before the day"),
    DUE_TODAY: t("On the day itself"),
    REMINDER_GENTLE: t("A gentle word after the day"),
    REMINDER_SECOND: t("After a call that reached nobody"),
    FIND_A_WAY: t("An invitation to find a way"),
    BEFORE_LEGAL: t("The last friendly word"),
}
