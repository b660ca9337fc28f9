"""That somebody was asked, and answered. Never what: a score beside an id would be a score beside a name (E-02)."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("survey.noted", about="survey")
@dataclass(frozen=True, kw_only=True)
class SurveyNoted(Event):
    """Something ended; they are asked about it in a day, if nothing forbids it."""

    survey_id: int
    outcome: str


@event("survey.asked", about="survey")
@dataclass(frozen=True, kw_only=True)
class SurveyAsked(Event):
    """`outcome` is what it was asked after, `channel` how."""

    survey_id: int
    outcome: str
    channel: str


@event("survey.answered", about="survey")
@dataclass(frozen=True, kw_only=True)
class SurveyAnswered(Event):
    """`source` is mail, sms, letter or phone; what was said stands nowhere in the history."""

    survey_id: int
    source: str


@event("survey.answer_changed", about="survey")
@dataclass(frozen=True, kw_only=True)
class SurveyAnswerChanged(Event):
    survey_id: int


@event("survey.let_go", about="survey")
@dataclass(frozen=True, kw_only=True)
class SurveyLetGo(Event):
    """They are not asked, or not any more."""

    survey_id: int


@event("survey.improved", about="survey_improvement")
@dataclass(frozen=True, kw_only=True)
class SurveyImproved(Event):
    """What was heard changed something; `told` is how many are told so."""

    survey_improvement_id: int
    told: int


@event("survey.policy_changed", about="survey_policy")
@dataclass(frozen=True, kw_only=True)
class SurveyPolicyChanged(Event):
    """Somebody wrote a new version of what is asked; answers of before keep theirs."""

    survey_policy_id: int
    number: int
