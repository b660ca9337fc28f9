"""A way back is open, or it has been stopped. Where one invoice stands needs no status: two places in the history."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.sync import events as e


class ConnectorStatus(Status):
    ACTIVE = "active", t("in use")
    STOPPED = "stopped", t("stopped")


CONNECTOR = Machine(
    "connector",
    ConnectorStatus,
    begins={ConnectorStatus.ACTIVE: e.ConnectorAdded},
    edges={
        (ConnectorStatus.ACTIVE, ConnectorStatus.STOPPED): e.ConnectorStopped,
        (ConnectorStatus.STOPPED, ConnectorStatus.ACTIVE): e.ConnectorResumed,
    },
)
