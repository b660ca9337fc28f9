"""A debtor asked something."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("question.asked", about="question", public=True)
@dataclass(frozen=True, kw_only=True)
class QuestionAsked(Event):
    question_id: int
    invoice_id: int | None = None


@event("question.answered", about="question", public=True)
@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(Event):
    question_id: int
