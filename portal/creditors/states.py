"""The life of another bank account: asked for, approved by a second person, a day later in effect; or called off."""

from collections.abc import Mapping

from portal.core.states import Machine, Status
from portal.core.text import Text, t
from portal.creditors.events import (
    AccountChangeApproved,
    AccountChangeAsked,
    AccountChangeCalledOff,
    AccountChangeDone,
)


class AccountChangeStatus(Status):
    ASKED = "asked", t("waits for a second person")
    APPROVED = "approved", t("approved, not in effect yet")
    DONE = "done", t("in effect")
    CALLED_OFF = "called_off", t("called off")


S = AccountChangeStatus
MACHINE = Machine(
    "account_change",
    S,
    begins={S.ASKED: AccountChangeAsked},
    edges={
        (S.ASKED, S.APPROVED): AccountChangeApproved,
        (S.ASKED, S.CALLED_OFF): AccountChangeCalledOff,
        (S.APPROVED, S.DONE): AccountChangeDone,
        (S.APPROVED, S.CALLED_OFF): AccountChangeCalledOff,
    },
)

BY_HAND, GONE, NOBODY = "by_hand", "gone", "nobody"
WHY: Mapping[str, Text] = {
    BY_HAND: t("an administrator called it off"),
    GONE: t("somebody who had agreed has left, or has another role"),
    NOBODY: t("nobody approved it in time"),
}
