"""A silence stands, and ends: by hand or by its day."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.silence.events import QuietBegan, QuietEnded, SilenceBegan, SilenceEnded


class SilenceStatus(Status):
    SET = "set", t("nobody writes")
    ENDED = "ended", t("over")


S = SilenceStatus
MACHINE = Machine(
    "silence",
    S,
    begins={S.SET: (SilenceBegan, QuietBegan)},
    edges={(S.SET, S.ENDED): (SilenceEnded, QuietEnded)},
)
