"""What becomes of "I have already paid"."""

from portal.already_paid import events as e
from portal.core.states import Machine, Status
from portal.core.text import t


class ClaimStatus(Status):
    LOOKING = "looking", t("we are looking for it")
    ASKED = "asked", t("not found yet: we asked the customer")
    FOUND = "found", t("the money is here")
    NOT_FOUND = "not_found", t("no money was found")
    OTHERWISE = "otherwise", t("settled in another way")


S = ClaimStatus
RUNNING = (S.LOOKING, S.ASKED)
MACHINE = Machine(
    "paid claim",
    S,
    begins={S.LOOKING: e.AlreadyPaidClaimed},
    edges={
        (S.LOOKING, S.ASKED): e.AlreadyPaidAsked,
        (S.LOOKING, S.LOOKING): e.AlreadyPaidCorrected,
        (S.ASKED, S.LOOKING): e.AlreadyPaidCorrected,
        (S.LOOKING, S.FOUND): e.AlreadyPaidResolved,
        (S.ASKED, S.FOUND): e.AlreadyPaidResolved,
        (S.LOOKING, S.NOT_FOUND): e.AlreadyPaidResolved,
        (S.ASKED, S.NOT_FOUND): e.AlreadyPaidResolved,
        (S.LOOKING, S.OTHERWISE): e.AlreadyPaidResolved,
        (S.ASKED, S.OTHERWISE): e.AlreadyPaidResolved,
    },
)
