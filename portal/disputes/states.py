"""A dispute from both sides (D.1). Who was asked and stays silent gets an answer all the same: closing goes from
there too. Where the creditor takes the invoice back, nothing is left to contest."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.disputes.events import (
    DisputeAnswered,
    DisputeClosed,
    DisputeInfoRequested,
    DisputeOvertaken,
    DisputeRaised,
    DisputeReopened,
    DisputeWithdrawn,
)


class DisputeStatus(Status):
    OPEN = "open", t("being looked at")
    INFO_REQUESTED = "info_requested", t("waits for the customer's answer")
    UPHELD = "upheld", t("valid")
    PARTIALLY_UPHELD = "partially_upheld", t("partly valid")
    REJECTED = "rejected", t("not valid")
    WITHDRAWN = "withdrawn", t("taken back")
    OVERTAKEN = "overtaken", t("the invoice was withdrawn")


S = DisputeStatus
UNDER_WAY = frozenset({S.OPEN, S.INFO_REQUESTED})
VALID = frozenset({S.UPHELD, S.PARTIALLY_UPHELD})
DECIDED = VALID | {S.REJECTED}
MACHINE = Machine(
    "dispute",
    S,
    begins={S.OPEN: DisputeRaised},
    edges={
        (S.OPEN, S.INFO_REQUESTED): DisputeInfoRequested,
        (S.INFO_REQUESTED, S.OPEN): DisputeAnswered,
        **{(begun, ended): DisputeClosed for begun in (S.OPEN, S.INFO_REQUESTED) for ended in sorted(DECIDED)},
        (S.OPEN, S.WITHDRAWN): DisputeWithdrawn,
        (S.INFO_REQUESTED, S.WITHDRAWN): DisputeWithdrawn,
        (S.OPEN, S.OVERTAKEN): DisputeOvertaken,
        (S.INFO_REQUESTED, S.OVERTAKEN): DisputeOvertaken,
        (S.REJECTED, S.OPEN): DisputeReopened,
    },
)
