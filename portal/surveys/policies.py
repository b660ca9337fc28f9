"""What a creditor asks, and when; every version is kept, and each answer cites its own."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.creditors.versions import Series
from portal.surveys import questions
from portal.surveys.events import SurveyPolicyChanged
from portal.surveys.models import SurveyPolicy


@dataclass(frozen=True, slots=True)
class Version:
    """`nothing_days`: after how many days of silence past the due date one is asked; 0 is never. `remind_days`: so
    many days after the question comes the one reminder; 0 is none. `own`: the creditor's own question by language.
    `soften`: whether words are looked through for a difficulty.
    """

    number: int = 0
    on: bool = True
    question: str | None = questions.CSAT
    own: Mapping[str, str] = field(default_factory=dict)
    nothing_days: int = 30
    remind_days: int = 5
    soften: bool = True

    def asked(self, language: str) -> str | None:
        """The creditor's own question in that language, or in any; None where it has none of its own."""
        if self.question not in questions.OWN:
            return None
        return self.own.get(language) or next(iter(self.own.values()), None)


FIRST = Version()


def _holds(one: Version) -> dict[str, Any]:
    return {"settings": {name: value for name, value in asdict(one).items() if name != "number"}}


def _read(row: SurveyPolicy) -> Version:
    return Version(number=row.number, **row.settings)


def _told(row_id: int, number: int) -> SurveyPolicyChanged:
    return SurveyPolicyChanged(survey_policy_id=row_id, number=number)


_series = Series(SurveyPolicy, FIRST, _read, _holds, _told)
current, version, write, history = _series.current, _series.version, _series.write, _series.history
