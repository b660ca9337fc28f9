"""One act at level 3: its terms shown, a code sent, then done; or left to the creditor's people, or void."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.debtors.events import (
    StepUpAgreed,
    StepUpAsked,
    StepUpCodeRequested,
    StepUpDeclined,
    StepUpLapsed,
    StepUpLeftToStaff,
    StepUpProved,
    StepUpVoided,
)


class StepUpStatus(Status):
    SHOWN = "shown", t("shown")
    CODE_SENT = "code_sent", t("waiting for the code")
    WITH_STAFF = "with_staff", t("waiting for a colleague")
    DONE = "done", t("confirmed")
    DECLINED = "declined", t("declined")
    VOID = "void", t("no longer valid")


S = StepUpStatus
MACHINE = Machine(
    "step_up",
    S,
    begins={S.SHOWN: StepUpAsked},
    edges={
        (S.SHOWN, S.CODE_SENT): StepUpCodeRequested,
        (S.CODE_SENT, S.CODE_SENT): StepUpCodeRequested,  # another code; the tries go on counting
        (S.CODE_SENT, S.DONE): StepUpProved,
        (S.CODE_SENT, S.WITH_STAFF): (StepUpLeftToStaff, StepUpProved),  # proved by a person who signs for another
        (S.SHOWN, S.WITH_STAFF): StepUpLeftToStaff,
        (S.WITH_STAFF, S.DONE): StepUpAgreed,
        (S.WITH_STAFF, S.DECLINED): (StepUpDeclined, StepUpLapsed),
        (S.SHOWN, S.VOID): StepUpVoided,
        (S.CODE_SENT, S.VOID): StepUpVoided,
    },
)
