"""An endpoint listens or has been stopped; a delivery waits, was made, or was given up (rules D-20, D-21)."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.webhooks import events as e


class EndpointStatus(Status):
    ACTIVE = "active", t("listening")
    STOPPED = "stopped", t("stopped")


class DeliveryStatus(Status):
    WAITING = "waiting", t("waiting")
    MADE = "made", t("delivered")
    GAVE_UP = "gave_up", t("given up")


ENDPOINT = Machine(
    "endpoint",
    EndpointStatus,
    begins={EndpointStatus.ACTIVE: e.EndpointAdded},
    edges={
        (EndpointStatus.ACTIVE, EndpointStatus.STOPPED): e.EndpointStopped,
        (EndpointStatus.STOPPED, EndpointStatus.ACTIVE): e.EndpointResumed,
    },
)
DELIVERY = Machine(
    "delivery",
    DeliveryStatus,
    begins={DeliveryStatus.WAITING: e.DeliveryQueued},
    edges={
        (DeliveryStatus.WAITING, DeliveryStatus.MADE): e.DeliveryMade,
        (DeliveryStatus.WAITING, DeliveryStatus.GAVE_UP): e.DeliveryGaveUp,
        (DeliveryStatus.MADE, DeliveryStatus.WAITING): e.DeliveryReplayed,
        (DeliveryStatus.GAVE_UP, DeliveryStatus.WAITING): e.DeliveryReplayed,
    },
)
