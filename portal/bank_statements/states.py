"""A batch of statement files, and one movement of an account: where each may go."""

from portal.bank_statements import events as e
from portal.core.states import Machine, Status
from portal.core.text import t
from portal.imports.states import BatchStatus

B = BatchStatus
BATCHES = Machine(
    "statement_import",
    B,
    begins={B.UPLOADED: e.StatementsUploaded},
    edges={
        (B.UPLOADED, B.RUNNING): e.StatementsStarted,
        (B.UPLOADED, B.DISCARDED): e.StatementsDiscarded,
        (B.RUNNING, B.DONE): e.StatementsFinished,
        (B.RUNNING, B.FAILED): e.StatementsFailed,
        (B.FAILED, B.RUNNING): e.StatementsStarted,
    },
)


class MovementStatus(Status):
    NEW = "new", t("just arrived")
    MATCHED = "matched", t("matched")
    WAITING = "waiting", t("waits for you")
    BOOKED = "booked", t("booked")
    IGNORED = "ignored", t("put aside")
    CREDITED = "credited", t("kept as credit")
    RETURNED = "returned", t("given back")
    UNDONE = "undone", t("undone")


S = MovementStatus
MOVEMENTS = Machine(
    "bank_movement",
    S,
    begins={S.NEW: e.MovementArrived},
    edges={
        (S.NEW, S.MATCHED): e.MovementMatched,
        (S.NEW, S.WAITING): e.MovementWaiting,
        (S.NEW, S.IGNORED): e.MovementIgnored,
        (S.MATCHED, S.BOOKED): (e.MovementBooked, e.ReturnBooked),
        (S.MATCHED, S.CREDITED): e.MovementCredited,
        (S.MATCHED, S.WAITING): e.MovementWaiting,
        (S.WAITING, S.MATCHED): e.MovementMatched,
        (S.WAITING, S.BOOKED): (e.MovementBooked, e.ReturnBooked),
        (S.WAITING, S.CREDITED): e.MovementCredited,
        (S.WAITING, S.IGNORED): e.MovementIgnored,
        (S.IGNORED, S.WAITING): e.MovementReopened,
        (S.BOOKED, S.RETURNED): e.MovementReturned,
        (S.CREDITED, S.RETURNED): e.MovementReturned,
        (S.BOOKED, S.UNDONE): e.MovementUndone,
        (S.CREDITED, S.UNDONE): e.MovementUndone,
    },
)
