"""A call is booked, and then it took place, nobody answered, or it was called off."""

from portal.calls.events import CallBooked, CallCalledOff, CallMade
from portal.core.states import Machine, Status
from portal.core.text import t


class CallStatus(Status):
    BOOKED = "booked", t("a call is booked")
    CALLED_OFF = "called_off", t("called off")
    MADE = "made", t("we have spoken")
    NOT_REACHED = "not_reached", t("nobody answered")


S = CallStatus
MACHINE = Machine(
    "call",
    S,
    begins={S.BOOKED: CallBooked},
    edges={
        (S.BOOKED, S.BOOKED): CallBooked,
        (S.BOOKED, S.CALLED_OFF): CallCalledOff,
        (S.BOOKED, S.MADE): CallMade,
        (S.BOOKED, S.NOT_REACHED): CallMade,
    },
)
