"""Why something is still open: five answers, each with a road. None of them asks for a diagnosis (rule C-26)."""

from portal.core.text import Text, t

DIFFICULTY, FORGOT, MISTAKE, CONTEST, PAID = "difficulty", "forgot", "mistake", "contest", "paid"
REASONS: dict[str, Text] = {
    DIFFICULTY: t("I am in difficulty"),
    FORGOT: t("I forgot"),
    MISTAKE: t("There is a mistake in it"),
    CONTEST: t("I contest it"),
    PAID: t("I have already paid"),
}
# About one document: with several that are late, it is asked which.
ABOUT_ONE = frozenset({MISTAKE, CONTEST})
# Seen by few roles, told to no system: health and money troubles may show through it.
PRIVATE = frozenset({DIFFICULTY})
