"""That customers were asked how it went, as stories: never what they said."""

from portal.core.text import t
from portal.inbox.story import GOOD, PLAIN, Story

STORIES: dict[str, Story] = {
    "survey.noted": Story(t("They may be asked how it went, in a day")),
    "survey.asked": Story(t("They were asked how it went")),
    "survey.answered": Story(t("They told us how it went"), GOOD),
    "survey.answer_changed": Story(t("They changed what they had said of how it went")),
    "survey.let_go": Story(t("They are not asked how it went")),
    "survey.improved": Story(t("Something was changed because of what customers said; told: %(told)s"), PLAIN),
    "survey.policy_changed": Story(t("What customers are asked was set up anew: version %(number)s")),
}
