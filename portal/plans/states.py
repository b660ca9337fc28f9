"""What becomes of a plan and of each instalment (D.1, decision 22). From the acceptance on both follow the books."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.plans import events as e


class PlanStatus(Status):
    PROPOSED = "proposed", t("the creditor looks at the proposal")
    COUNTERED = "countered", t("the creditor proposed something else")
    OFFERED = "offered", t("ready to be accepted")
    PENDING = "pending_representative", t("waits for who may sign")
    ACCEPTED = "accepted", t("accepted")
    ACTIVE = "active", t("being paid")
    COMPLETED = "completed", t("paid in full")
    DEFAULTED = "defaulted", t("ended: instalments were missed")
    RENEGOTIATED = "renegotiated", t("another plan took its place")
    WITHDRAWN = "withdrawn", t("taken back within a day")
    CANCELLED = "cancelled", t("ended")
    REJECTED = "rejected", t("not agreed")
    EXPIRED = "expired", t("not answered in time")
    VOID = "void", t("the amount has changed")


S = PlanStatus
TALKING = (S.PROPOSED, S.COUNTERED, S.OFFERED, S.PENDING)  # nothing is agreed yet
AGREED = (S.ACCEPTED, S.ACTIVE)  # nobody chases, and the books are followed
FOLLOWED = (*AGREED, S.COMPLETED)  # what the books may still change

PLAN = Machine(
    "plan",
    S,
    begins={S.PROPOSED: e.PlanProposed, S.OFFERED: e.PlanOffered},
    edges={
        (S.PROPOSED, S.OFFERED): e.PlanOffered,
        (S.PROPOSED, S.COUNTERED): e.PlanCountered,
        (S.PROPOSED, S.REJECTED): e.PlanRejected,
        (S.COUNTERED, S.PROPOSED): e.PlanProposed,
        (S.COUNTERED, S.OFFERED): e.PlanOffered,
        (S.OFFERED, S.PENDING): e.PlanPending,
        (S.OFFERED, S.ACCEPTED): e.PlanAccepted,
        (S.PENDING, S.ACCEPTED): e.PlanAccepted,
        (S.PENDING, S.REJECTED): e.PlanRejected,
        (S.ACCEPTED, S.ACTIVE): e.PlanActivated,
        (S.ACCEPTED, S.WITHDRAWN): e.PlanWithdrawn,
        (S.ACTIVE, S.COMPLETED): e.PlanCompleted,
        (S.ACTIVE, S.DEFAULTED): e.PlanDefaulted,
        (S.COMPLETED, S.ACTIVE): e.PlanReopened,
        (S.DEFAULTED, S.RENEGOTIATED): e.PlanRenegotiated,
        **{(S.RENEGOTIATED, one): e.PlanResumed for one in AGREED},
        **{(one, S.RENEGOTIATED): e.PlanRenegotiated for one in AGREED},
        **{(one, S.EXPIRED): e.PlanExpired for one in TALKING},
        **{(one, S.VOID): e.PlanVoided for one in TALKING},
        **{(one, S.CANCELLED): e.PlanCancelled for one in (*TALKING, *AGREED)},
    },
)


class InstalmentStatus(Status):
    SCHEDULED = "scheduled", t("to come")
    DUE = "due", t("due now")
    PART_PAID = "part_paid", t("paid in part")
    PAID = "paid", t("paid")
    OVERDUE = "overdue", t("its day has passed")
    CANCELLED = "cancelled", t("not asked for any more")


I = InstalmentStatus  # noqa: E741 - the machine below reads as a table
OPEN = (I.SCHEDULED, I.DUE, I.PART_PAID, I.OVERDUE)

INSTALMENT = Machine(
    "instalment",
    I,
    begins={I.SCHEDULED: e.PlanOffered},
    edges={
        **{(one, I.PAID): e.InstalmentPaid for one in OPEN},
        **{(one, I.CANCELLED): e.InstalmentCancelled for one in (*OPEN, I.PAID)},
        **{(one, I.PART_PAID): e.InstalmentPartPaid for one in (I.SCHEDULED, I.DUE)},
        (I.SCHEDULED, I.DUE): e.InstalmentDue,
        (I.DUE, I.SCHEDULED): e.InstalmentMoved,
        (I.PART_PAID, I.SCHEDULED): e.InstalmentReopened,
        (I.PART_PAID, I.DUE): e.InstalmentReopened,
        (I.OVERDUE, I.SCHEDULED): e.InstalmentMoved,
        **{(one, I.OVERDUE): e.InstalmentMissed for one in (I.SCHEDULED, I.DUE, I.PART_PAID)},
        **{(I.PAID, one): e.InstalmentReopened for one in (I.SCHEDULED, I.DUE, I.PART_PAID, I.OVERDUE)},
        (I.CANCELLED, I.SCHEDULED): e.InstalmentReopened,
    },
)
