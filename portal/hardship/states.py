"""A rest runs, and ends: a way was found, its days are over, or the customer wants to hear from us again."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.hardship.events import RestBegun, RestEnded


class RestStatus(Status):
    RUNNING = "running", t("nobody writes")
    ENDED = "ended", t("over")


S = RestStatus
MACHINE = Machine(
    "rest", S, begins={S.RUNNING: RestBegun}, edges={(S.RUNNING, S.ENDED): RestEnded, (S.ENDED, S.RUNNING): RestBegun}
)
