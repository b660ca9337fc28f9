"""A message's life: planned, being sent, then sent, failed or suppressed. Sent is a fact, never a hope."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.messages.events import (
    MessageFailed,
    MessagePlanned,
    MessageSending,
    MessageSent,
    MessageSuppressed,
)


class MessageStatus(Status):
    PLANNED = "planned", t("planned")
    SENDING = "sending", t("being sent"), "planned"
    SENT = "sent", t("sent")
    FAILED = "failed", t("not sent")
    SUPPRESSED = "suppressed", t("held back")


S = MessageStatus
MACHINE = Machine(
    "message",
    S,
    begins={S.PLANNED: MessagePlanned},
    edges={
        (S.PLANNED, S.SENDING): MessageSending,
        (S.PLANNED, S.SUPPRESSED): MessageSuppressed,
        (S.SENDING, S.SENDING): MessageSending,  # a second try of the same message
        (S.SENDING, S.SENT): MessageSent,
        (S.SENDING, S.FAILED): MessageFailed,
        (S.SENDING, S.SUPPRESSED): MessageSuppressed,
        (S.FAILED, S.PLANNED): MessagePlanned,  # staff send it again after mending the address
    },
)
