"""What becomes of an alert: somebody sees it, and it closes by itself when its cause ends."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.credit_lines import events as e


class AlertStatus(Status):
    OPEN = "open", t("new")
    SEEN = "seen", t("seen")
    CLOSED = "closed", t("over")


S = AlertStatus
MACHINE = Machine(
    "credit_alert",
    S,
    begins={S.OPEN: e.CreditAlertRaised},
    edges={
        (S.OPEN, S.SEEN): e.CreditAlertSeen,
        (S.OPEN, S.CLOSED): e.CreditAlertClosed,
        (S.SEEN, S.CLOSED): e.CreditAlertClosed,
    },
)
