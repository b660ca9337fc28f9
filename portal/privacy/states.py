"""An erasure: asked for by one person, agreed to by another, then done by a job."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.privacy.events import ErasureApproved, ErasureDeclined, ErasureDone, ErasureHeldBack, ErasureRequested


class ErasureStatus(Status):
    REQUESTED = "requested", t("waits for a colleague")
    APPROVED = "approved", t("being erased")
    DONE = "done", t("erased")
    DECLINED = "declined", t("not erased")


S = ErasureStatus
MACHINE = Machine(
    "erasure",
    S,
    begins={S.REQUESTED: ErasureRequested},
    edges={
        (S.REQUESTED, S.APPROVED): ErasureApproved,
        (S.REQUESTED, S.DECLINED): ErasureDeclined,
        (S.APPROVED, S.DONE): ErasureDone,
        (S.APPROVED, S.DECLINED): ErasureHeldBack,  # something opened between the yes and the job
    },
)
