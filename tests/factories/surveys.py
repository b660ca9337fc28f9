"""A customer who was asked how it went, and the address of the question."""

from datetime import timedelta

from portal.core import clock, db, ids, scope
from portal.core.link_addresses import SURVEY
from portal.debtors import links
from portal.surveys.models import Answer, Survey
from portal.surveys.states import SurveyStatus
from tests.factories.world import Account


def asked(account: Account, score: int | None = None) -> str:
    """They were asked just now, by mail, and have answered `score`; the address that the mail has."""
    now, survey_id = clock.now(), ids.new_id()
    with db.transaction():
        scope.enter(account.creditor_id)
        link = links.issue(
            account.debtor_id, purpose=SURVEY, campaign="survey_asked", expires_at=now + timedelta(days=30),
            contact_point_id=account.contact_id,
        )  # fmt: skip
        db.session().add(
            Survey(
                id=survey_id, debtor_id=account.debtor_id, outcome="paid", happened_at=now, ask_from=now,
                ask_until=now, segment="business", channel="email", person="x", asked_at=now, link_id=link.id,
                contact_point_id=account.contact_id, status=SurveyStatus.ASKED if score is None else SurveyStatus.ANSWERED, status_at=now,
            )
        )  # fmt: skip
        db.session().flush()
        if score is not None:
            db.session().add(
                Answer(
                    id=ids.new_id(), debtor_id=account.debtor_id, survey_id=survey_id, score=score, policy_number=0,
                    source="mail", answered_at=now,
                )
            )  # fmt: skip
        return links.address(link.id, SURVEY)
