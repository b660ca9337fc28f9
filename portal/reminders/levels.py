"""The levels of a cadence around the due date: what each is called, when it comes, and by what it is said."""

from dataclasses import dataclass
from enum import StrEnum

from portal.core.text import Text, t
from portal.messages import levels as words

CARING, CARING_SOON, DUE_TODAY = words.CARING, words.CARING_SOON, words.DUE_TODAY
GENTLE, FIND_A_WAY, BEFORE_LEGAL = words.REMINDER_GENTLE, words.FIND_A_WAY, words.BEFORE_LEGAL
CALL = "call"
INTERNAL = "internal"
DECISION = "decision"


class Medium(StrEnum):
    """By what a level is said. A CASE is for the creditor's own people: nobody says anything to the customer."""

    MESSAGE = "message"
    LETTER = "letter"
    CALL = "call"
    CASE = "case"


LABELS: dict[str, Text] = {
    **words.LABELS,
    CALL: t("A telephone call"),
    INTERNAL: t("Sales and credit look at it together"),
    DECISION: t("People decide what comes next"),
}

MEDIA: dict[Medium, Text] = {
    Medium.MESSAGE: t("E-mail or text message"),
    Medium.LETTER: t("By letter"),
    Medium.CALL: t("By telephone"),
    Medium.CASE: t("In your queue"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """`days` from the due date: below nought before it. `medium` is how a business is spoken to."""

    code: str
    days: int
    medium: Medium

    @property
    def is_after(self) -> bool:
        """After the due date: from here on levels follow one another, and none is skipped."""
        return self.days > 0


STANDARD: tuple[Level, ...] = (
    Level(CARING, -10, Medium.MESSAGE),
    Level(CARING_SOON, -3, Medium.MESSAGE),
    Level(DUE_TODAY, 0, Medium.MESSAGE),
    Level(GENTLE, 3, Medium.MESSAGE),
    Level(CALL, 7, Medium.CALL),
    Level(INTERNAL, 15, Medium.CASE),
    Level(FIND_A_WAY, 25, Medium.MESSAGE),
    Level(BEFORE_LEGAL, 40, Medium.MESSAGE),
    Level(DECISION, 50, Medium.CASE),
)
# What the creditor's own people are to look at: nobody says anything to the customer.
FOR_PEOPLE = frozenset(level.code for level in STANDARD if level.medium is Medium.CASE)
CODES = tuple(level.code for level in STANDARD)
SPOKEN = tuple(level.code for level in STANDARD if level.medium is not Medium.CASE)
