"""A goal is open until its day comes, or until somebody gives it up."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.goals import events as e


class GoalStatus(Status):
    OPEN = "open", t("under way")
    OVER = "over", t("its day has come")
    ENDED = "ended", t("given up")


S = GoalStatus
MACHINE = Machine(
    "goal",
    S,
    begins={S.OPEN: e.GoalSet},
    edges={(S.OPEN, S.OVER): e.GoalOver, (S.OPEN, S.ENDED): e.GoalEnded},
)
