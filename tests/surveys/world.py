"""Customers who were asked and answered, made as rows: what figures are made of."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal.core import clock, db, ids, scope
from portal.surveys.models import Answer, Survey
from portal.surveys.states import SurveyStatus
from tests.factories.world import Account


@dataclass
class Heard:
    """Surveys of one account's creditor."""

    account: Account
    made: list[int] = field(default_factory=list)

    def asked(self, score: int | None = None, *, days_ago: int = 1, at: datetime | None = None, **values: Any) -> int:
        """One who was asked so many days ago, and answered `score`; `values` go to the survey or, prefixed `answer_`,
        to the answer."""
        at = at or clock.now() - timedelta(days=days_ago)
        of_answer = {name.removeprefix("answer_"): value for name, value in values.items() if name[:7] == "answer_"}
        of_survey = {name: value for name, value in values.items() if name[:7] != "answer_"}
        survey_id, debtor_id = ids.new_id(), of_survey.pop("debtor_id", self.account.debtor_id)
        with db.transaction():
            scope.enter(self.account.creditor_id)
            db.session().add(
                Survey(
                    id=survey_id, debtor_id=debtor_id,
                    **{
                        "outcome": "paid", "happened_at": at, "ask_from": at, "ask_until": at, "segment": "business",
                        "channel": "email", "person": "x", "asked_at": at, "status_at": at,
                        "status": SurveyStatus.ASKED if score is None else SurveyStatus.ANSWERED, **of_survey,
                    },
                )
            )  # fmt: skip
            db.session().flush()
            if score is not None:
                db.session().add(
                    Answer(
                        id=ids.new_id(), debtor_id=debtor_id, survey_id=survey_id, score=score,
                        **{"policy_number": 0, "source": "mail", "answered_at": at, **of_answer},
                    )
                )  # fmt: skip
        self.made.append(survey_id)
        return survey_id
