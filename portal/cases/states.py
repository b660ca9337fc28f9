"""Who acts next on a case: the creditor's people, the customer, or nobody any more."""

from portal.cases.events import CaseAnswered, CaseCameBack, CaseClosed, CaseOpened, CaseReopened, CaseWritten
from portal.core.states import Machine, Status
from portal.core.text import t


class CaseStatus(Status):
    OURS = "ours", t("waits for an answer")
    THEIRS = "theirs", t("answered")
    CLOSED = "closed", t("closed")


S = CaseStatus
# A second word of the same side is a move of its own: it is told, and counts anew.
MACHINE = Machine(
    "case",
    S,
    begins={S.OURS: CaseOpened, S.THEIRS: CaseOpened},
    edges={
        (S.OURS, S.OURS): (CaseWritten, CaseCameBack, CaseAnswered),
        (S.OURS, S.THEIRS): CaseAnswered,
        (S.OURS, S.CLOSED): CaseClosed,
        (S.THEIRS, S.THEIRS): CaseAnswered,
        (S.THEIRS, S.OURS): (CaseWritten, CaseCameBack),
        (S.THEIRS, S.CLOSED): CaseClosed,
        (S.CLOSED, S.OURS): CaseReopened,
    },
)
