"""A letter's life: planned, printed, posted; or cancelled before it was posted."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.postal.events import LetterCancelled, LetterPlanned, LetterPosted, LetterPrinted


class LetterStatus(Status):
    PLANNED = "planned", t("to be printed")
    PRINTED = "printed", t("printed")
    POSTED = "posted", t("posted")
    CANCELLED = "cancelled", t("not posted")


S = LetterStatus
MACHINE = Machine(
    "letter",
    S,
    begins={S.PLANNED: LetterPlanned},
    edges={
        (S.PLANNED, S.PRINTED): LetterPrinted,
        (S.PLANNED, S.CANCELLED): LetterCancelled,
        (S.PRINTED, S.POSTED): LetterPosted,
        (S.PRINTED, S.CANCELLED): LetterCancelled,
    },
)
