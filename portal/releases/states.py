"""What becomes of a decision that deliveries wait for an amount."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.releases import events as e


class ReleaseStatus(Status):
    WAITING = "waiting", t("deliveries wait")
    LIFTED = "lifted", t("paid: deliveries go on")
    WITHDRAWN = "withdrawn", t("taken back by us")


S = ReleaseStatus
MACHINE = Machine(
    "release",
    S,
    begins={S.WAITING: e.ReleaseDecided},
    edges={(S.WAITING, S.LIFTED): e.ReleaseLifted, (S.WAITING, S.WITHDRAWN): e.ReleaseWithdrawn},
)
