"""What happens to a case. Features say what it was about in events of their own; these stay inside the portal,
for some cases are nobody's business outside (rule C-26)."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.events import Event, event


@event("case.opened", about="case")
@dataclass(frozen=True, kw_only=True)
class CaseOpened(Event):
    """`kind` is a key of portal.cases.kinds; `act_by` is when whoever acts next has promised to."""

    case_id: int
    kind: str
    act_by: datetime | None = None


@event("case.written", about="case")
@dataclass(frozen=True, kw_only=True)
class CaseWritten(Event):
    """The customer wrote."""

    case_id: int
    entry_id: int


@event("case.files_added", about="case")
@dataclass(frozen=True, kw_only=True)
class CaseFilesAdded(Event):
    """The customer added so many files."""

    case_id: int
    files: int


@event("case.answered", about="case")
@dataclass(frozen=True, kw_only=True)
class CaseAnswered(Event):
    """One of the creditor's people wrote; `entry_id` is none where a step was taken without words."""

    case_id: int
    entry_id: int | None = None
    act_by: datetime | None = None


@event("case.came_back", about="case")
@dataclass(frozen=True, kw_only=True)
class CaseCameBack(Event):
    """What was waited for did not come: the creditor's people act next."""

    case_id: int
    act_by: datetime | None = None


@event("case.closed", about="case")
@dataclass(frozen=True, kw_only=True)
class CaseClosed(Event):
    """`outcome` is one of its kind's (portal.cases.kinds)."""

    case_id: int
    outcome: str


@event("case.reopened", about="case")
@dataclass(frozen=True, kw_only=True)
class CaseReopened(Event):
    case_id: int
    entry_id: int | None = None


@event("case.seen", about="case")
@dataclass(frozen=True, kw_only=True)
class CaseSeen(Event):
    """One of the creditor's people has it before them."""

    case_id: int


@event("case.assigned", about="case")
@dataclass(frozen=True, kw_only=True)
class CaseAssigned(Event):
    case_id: int
    staff_id: int | None = None


@event("case.put_off", about="case")
@dataclass(frozen=True, kw_only=True)
class CasePutOff(Event):
    """Out of the queue until that moment."""

    case_id: int
    comes_back_at: datetime | None = None


@event("question.asked", about="question", public=True)
@dataclass(frozen=True, kw_only=True)
class QuestionAsked(Event):
    """`question_id` is the case's id."""

    question_id: int
    invoice_id: int | None = None


@event("question.answered", about="question", public=True)
@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(Event):
    question_id: int
