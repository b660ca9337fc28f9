"""A survey waits for its hour, is asked, and answered; or nobody is asked after all."""

from portal.core.states import Machine, Status
from portal.core.text import t
from portal.surveys.events import SurveyAnswered, SurveyAsked, SurveyLetGo, SurveyNoted


class SurveyStatus(Status):
    WAITING = "waiting", t("to be asked")
    ASKED = "asked", t("asked")
    ANSWERED = "answered", t("answered")
    LET_GO = "let_go", t("not asked")


S = SurveyStatus
MACHINE = Machine(
    "survey",
    S,
    begins={S.WAITING: SurveyNoted},
    edges={
        (S.WAITING, S.ASKED): SurveyAsked,
        (S.WAITING, S.LET_GO): SurveyLetGo,
        (S.ASKED, S.ANSWERED): SurveyAnswered,
        (S.ASKED, S.LET_GO): SurveyLetGo,
    },
)
