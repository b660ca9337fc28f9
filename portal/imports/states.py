"""An import: uploaded and shown, then running after a person's yes, then done."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.imports import events as e


class BatchStatus(Status):
    UPLOADED = "uploaded", t("waiting for your yes")
    RUNNING = "running", t("running")
    DONE = "done", t("done")
    FAILED = "failed", t("stopped")
    DISCARDED = "discarded", t("discarded")


S = BatchStatus
MACHINE = Machine(
    "import",
    S,
    begins={S.UPLOADED: e.ImportUploaded},
    edges={
        (S.UPLOADED, S.RUNNING): e.ImportStarted,
        (S.UPLOADED, S.DISCARDED): e.ImportDiscarded,
        (S.RUNNING, S.DONE): e.ImportFinished,
        (S.RUNNING, S.FAILED): e.ImportFailed,
        (S.FAILED, S.RUNNING): e.ImportStarted,
    },
)
