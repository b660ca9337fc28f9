"""What becomes of a promise. Kept and broken follow what the books say, also when they learn of it later."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.promises import events as e


class PromiseStatus(Status):
    OPEN = "open", t("promised")
    KEPT = "kept", t("kept")
    BROKEN = "broken", t("the day has passed")
    OVERTAKEN = "overtaken", t("settled in another way")
    EXPIRED = "expired", t("the day came while something else was being settled")
    CANCELLED = "cancelled", t("taken back")


S = PromiseStatus
# What the books may still change: money of the right day is booked later, or goes back.
JUDGED = (S.OPEN, S.KEPT, S.BROKEN, S.EXPIRED)
MACHINE = Machine(
    "promise",
    S,
    begins={S.OPEN: e.PromiseMade},
    edges={
        (S.OPEN, S.OPEN): e.PromiseAmended,
        (S.OPEN, S.KEPT): e.PromiseKept,
        (S.OPEN, S.BROKEN): e.PromiseBroken,
        (S.OPEN, S.OVERTAKEN): e.PromiseOvertaken,
        (S.OPEN, S.EXPIRED): e.PromiseExpired,
        (S.OPEN, S.CANCELLED): e.PromiseCancelled,
        (S.KEPT, S.OPEN): e.PromiseReopened,
        (S.KEPT, S.BROKEN): e.PromiseBroken,
        (S.KEPT, S.OVERTAKEN): e.PromiseOvertaken,  # its money went back, and a newer promise stands in its place
        (S.BROKEN, S.KEPT): e.PromiseKept,
        (S.BROKEN, S.OVERTAKEN): e.PromiseOvertaken,  # the creditor took it back, or credits it: nothing was owed
        (S.EXPIRED, S.KEPT): e.PromiseKept,
        (S.EXPIRED, S.OVERTAKEN): e.PromiseOvertaken,
    },
)
