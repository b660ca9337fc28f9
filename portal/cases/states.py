"""A question waits for a person, or has its answer."""

from portal.cases.events import QuestionAnswered, QuestionAsked
from portal.core.states import Machine, Status
from portal.core.text import t


class QuestionStatus(Status):
    OPEN = "open", t("waiting for an answer")
    ANSWERED = "answered", t("answered")


MACHINE = Machine(
    "question",
    QuestionStatus,
    begins={QuestionStatus.OPEN: QuestionAsked},
    edges={(QuestionStatus.OPEN, QuestionStatus.ANSWERED): QuestionAnswered},
)
